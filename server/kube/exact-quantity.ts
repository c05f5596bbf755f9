/**
 * Resource quantities that add up without loss and print as upstream prints them (apimachinery,
 * `api/resource/quantity.go`).
 *
 * Fidelity: what is smaller than a thousandth is rounded up, where upstream keeps nanos.
 */

import type { IntOrString } from '../contract/kube.js';

/** In which suffixes a quantity is written. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI';

/** A quantity as whole thousandths. */
export interface ExactQuantity {
  readonly milli: bigint;
  readonly format: QuantityFormat;
}

/** Quantities by resource: `cpu`, `requests.memory`, `pods`. */
export type ResourceAmounts = ReadonlyMap<string, ExactQuantity>;

const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;
const DECIMAL_POWERS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL_SUFFIXES = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const KIBI = 1024n;
const KILO = 1000n;

/** Nothing at all. */
export const ZERO_QUANTITY: ExactQuantity = Object.freeze({ milli: 0n, format: 'DecimalSI' });

/** A count of pieces. */
export function pieces(count: number): ExactQuantity {
  return { milli: BigInt(count) * KILO, format: 'DecimalSI' };
}

/** Reads a quantity; undefined when it is none. */
export function parseExact(text: IntOrString | undefined): ExactQuantity | undefined {
  const [all, sign, whole = '', fraction = '', exponent, suffix = ''] =
    QUANTITY.exec(String(text ?? '').trim()) ?? [];
  if (all === undefined || (whole === '' && fraction === '')) return undefined;
  const binary = suffix.endsWith('i') ? BINARY_SUFFIXES.indexOf(suffix) : 0;
  const power = exponent === undefined ? (DECIMAL_POWERS[suffix] ?? 0) : Number(exponent);
  const digits = BigInt(whole + fraction) * KIBI ** BigInt(binary);
  // In thousandths: three more decimal places, less those of the fraction.
  const shift = power + 3 - fraction.length;
  const milli =
    shift >= 0 ? digits * 10n ** BigInt(shift) : divideUp(digits, 10n ** BigInt(-shift));
  return { milli: sign === '-' ? -milli : milli, format: binary > 0 ? 'BinarySI' : 'DecimalSI' };
}

/** The canonical text: the largest suffix that leaves a whole number. */
export function formatExact({ milli, format }: ExactQuantity): string {
  if (milli === 0n) return '0';
  const magnitude = milli < 0n ? -milli : milli;
  if (format === 'BinarySI' && magnitude % KILO === 0n && magnitude >= KIBI * KILO) {
    return scaled(milli / KILO, KIBI, BINARY_SUFFIXES);
  }
  return scaled(milli, KILO, DECIMAL_SUFFIXES);
}

/** A sum; it is written as the first of the two that is not zero. */
export function addExact(a: ExactQuantity, b: ExactQuantity): ExactQuantity {
  if (b.milli === 0n) return a;
  return { milli: a.milli + b.milli, format: a.milli === 0n ? b.format : a.format };
}

/** A difference; it is written as the first of the two that is not zero. */
export function subtractExact(a: ExactQuantity, b: ExactQuantity): ExactQuantity {
  return addExact(a, { milli: -b.milli, format: b.format });
}

/** Adds amounts to others, resource by resource. */
export function addAmounts(into: Map<string, ExactQuantity>, amounts: ResourceAmounts): void {
  for (const [name, amount] of amounts) {
    into.set(name, addExact(into.get(name) ?? ZERO_QUANTITY, amount));
  }
}

/** The quantities of a resource list such as `limits`; what is no quantity is left out. */
export function amountsOf(list: unknown): Map<string, ExactQuantity> {
  const amounts = new Map<string, ExactQuantity>();
  if (typeof list !== 'object' || list === null) return amounts;
  for (const [name, text] of Object.entries(list)) {
    const amount =
      typeof text === 'string' || typeof text === 'number' ? parseExact(text) : undefined;
    if (amount !== undefined) amounts.set(name, amount);
  }
  return amounts;
}

/** `cpu=1,pods=2`, in order of name. */
export function amountsText(amounts: ResourceAmounts): string {
  return [...amounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${formatExact(amount)}`)
    .join(',');
}

function scaled(value: bigint, factor: bigint, suffixes: readonly string[]): string {
  let left = value;
  let step = 0;
  while (step < suffixes.length - 1 && left % factor === 0n) {
    left /= factor;
    step++;
  }
  return `${left}${suffixes[step]}`;
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
