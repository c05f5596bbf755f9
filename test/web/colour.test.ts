import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { hueOf } from '../../web/model/names.js';

type Rgb = readonly [number, number, number];
type Theme = 'light' | 'dark' | 'projector';

const THEMES: readonly Theme[] = ['light', 'dark', 'projector'];
const SHEET = readFileSync('web/style/theme.css', 'utf8');

/** Colour-blind sight: Machado, Oliveira and Fernandes 2009, table 1, severity 1.0; rows of a matrix over linear RGB. */
const SIGHTS: Readonly<Record<string, readonly [Rgb, Rgb, Rgb]>> = {
  'all colours': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Text, and what it stands on. */
const TEXTS = [
  ['ink', 'paper'],
  ['ink', 'card'],
  ['ink', 'node'],
  ['faint', 'paper'],
  ['faint', 'card'],
  ['faint', 'node'],
  ['faint', 'stack-soft'],
  ['blue', 'card'],
  ['blue', 'blue-soft'],
  ['on-blue', 'blue'],
  ['good', 'card'],
  ['good', 'paper'],
  ['good', 'good-soft'],
  ['busy', 'card'],
  ['busy', 'busy-soft'],
  ['bad', 'card'],
  ['bad', 'paper'],
  ['bad', 'bad-soft'],
  ['ink', 'good-soft'],
  ['ink', 'busy-soft'],
  ['ink', 'bad-soft'],
  ['done', 'card'],
  ['pause-ink', 'pause'],
] as const;

/** Colours that mean different things beside each other; each has a shape of its own as well. */
const TOLD_APART = [
  ['good', 'bad'],
  ['good', 'busy'],
  ['busy', 'bad'],
  ['blue', 'good'],
  ['blue', 'bad'],
  ['blue', 'busy'],
  ['done', 'bad'],
  ['done', 'good'],
  ['done', 'busy'],
] as const;

/** A difference of colour that is seen at a glance side by side, in units of CIE 1976. */
const SEEN = 10;
/** WCAG 2.2, 1.4.3 and 1.4.11. */
const TEXT_CONTRAST = 4.5;
const MARK_CONTRAST = 3;

/** A colour of a theme as the style sheet writes it. */
function colour(theme: Theme, name: string): Rgb {
  const own = new RegExp(`\\[data-theme='${theme}'\\] \\{[^}]*--${name}: (#[0-9a-f]{6});`).exec(
    SHEET,
  )?.[1];
  const both = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(SHEET);
  const hex = own ?? both?.[theme === 'dark' ? 2 : 1];
  if (hex === undefined) throw new Error(`theme.css has no colour --${name}`);
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as unknown as Rgb;
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** A colour as a person with that sight sees it, in linear RGB. */
function seen(rgb: Rgb, sight: string): Rgb {
  const [r, g, b] = rgb.map(linear) as unknown as Rgb;
  return (SIGHTS[sight] ?? []).map((row) =>
    Math.max(0, Math.min(1, row[0] * r + row[1] * g + row[2] * b)),
  ) as unknown as Rgb;
}

function luminance([r, g, b]: Rgb): number {
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

function lab([r, g, b]: Rgb): Rgb {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 / 116) * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(one: Rgb, other: Rgb): number {
  const a = lab(one);
  const b = lab(other);
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function rgbOfHsl(hue: number, saturation: number, lightness: number): Rgb {
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    const a = saturation * Math.min(lightness, 1 - lightness);
    return lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Colour of a namespace in a theme. */
function namespaceColour(theme: Theme, namespace: string): Rgb {
  const own = new RegExp(`\\[data-theme='${theme}'\\] \\{[^}]*--namespace: ([^;]*);`).exec(SHEET);
  const text = own?.[1] ?? /--namespace: ([^;]*);/.exec(SHEET)?.[1] ?? '';
  const [saturation = 0, lightness = 0] = text.split(' ').map((part) => Number.parseFloat(part));
  return rgbOfHsl(hueOf(namespace), saturation / 100, lightness / 100);
}

describe.each(THEMES)('the colours of the %s theme', (theme) => {
  test.each(TEXTS)('text in %s can be read on %s', (text, ground) => {
    expect(contrast(colour(theme, text), colour(theme, ground))).toBeGreaterThanOrEqual(
      TEXT_CONTRAST,
    );
  });

  test.each(Object.keys(SIGHTS))('what means different things looks different: %s', (sight) => {
    const close = TOLD_APART.map(([one, other]) => ({
      pair: `${one}, ${other}`,
      apart: Math.round(
        distance(seen(colour(theme, one), sight), seen(colour(theme, other), sight)),
      ),
    })).filter(({ apart }) => apart < SEEN);
    expect(close).toEqual([]);
  });

  test.each(['good', 'busy', 'bad', 'done', 'blue'])('marks in %s stand out', (mark) => {
    for (const ground of ['card', 'paper', 'node'])
      expect(contrast(colour(theme, mark), colour(theme, ground))).toBeGreaterThanOrEqual(
        MARK_CONTRAST,
      );
  });

  test.each(Object.keys(SIGHTS))('the namespaces of the sample look different: %s', (sight) => {
    const [system, shop] = ['kube-system', 'shop'].map((name) =>
      seen(namespaceColour(theme, name), sight),
    );
    expect(distance(system ?? [0, 0, 0], shop ?? [0, 0, 0])).toBeGreaterThanOrEqual(SEEN);
  });
});
