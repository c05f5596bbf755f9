/** Colours of the page's theme as a canvas takes them. */
export type Palette = Readonly<Record<(typeof NAMES)[number], string>> & {
  /** Saturation and lightness of namespaces' colours, for `hsl()`. */
  readonly namespace: string;
};

const NAMES = [
  'paper',
  'card',
  'node',
  'line',
  'ink',
  'faint',
  'blue',
  'blue-soft',
  'good',
  'good-soft',
  'busy',
  'busy-soft',
  'bad',
  'bad-soft',
  'done',
  'pause',
  'pause-line',
  'pause-ink',
] as const;

/** Reads the theme where an element stands: variables may differ between light and dark, so a probe resolves them. */
export function readPalette(within: Element): Palette {
  const probe = document.createElement('span');
  within.append(probe);
  const entries = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  const namespace = getComputedStyle(within).getPropertyValue('--namespace');
  return { ...Object.fromEntries(entries), namespace } as Palette;
}
