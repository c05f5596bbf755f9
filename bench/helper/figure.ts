/** A measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What issue or design asks for. */
  readonly target?: string;
}

/** Prints figures, one per line. */
export function report(...figures: readonly Figure[]): void {
  for (const { name, value, unit, target } of figures) {
    const shown =
      value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 0);
    process.stdout.write(
      `${name.padEnd(62)} ${shown.padStart(10)} ${unit}${target === undefined ? '' : `   (target ${target})`}\n`,
    );
  }
}

/** The middle of some measurements. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
