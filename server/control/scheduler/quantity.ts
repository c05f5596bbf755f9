import type { IntOrString } from '../../contract/kube.js';

const BINARY: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const DECIMAL: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};
const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))([A-Za-z]*)$/;
const EXPONENT = /^([+-]?(?:\d+\.?\d*|\.\d+))[eE]([+-]?\d+)$/;

/** The value of a quantity (`500m`, `1.5Gi`, `1e3`) in whole units; undefined when it is none. */
export function parseQuantity(text: IntOrString): number | undefined {
  if (typeof text === 'number') return text;
  const trimmed = text.trim();
  const exponent = EXPONENT.exec(trimmed);
  if (exponent !== null) return Number(exponent[1]) * 10 ** Number(exponent[2]);
  const match = QUANTITY.exec(trimmed);
  if (match === null) return undefined;
  const factor = BINARY[match[2] ?? ''] ?? DECIMAL[match[2] ?? ''];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}

/** A resource in the unit the scheduler counts in: thousandths of a core, octets, or pieces; rounded up. */
export function parseAmount(resource: string, text: IntOrString): number {
  const value = parseQuantity(text) ?? 0;
  return Math.ceil(resource === 'cpu' ? roundNoise(value * 1000) : roundNoise(value));
}

/** Takes away what binary fractions add, so that 0.1 core is 100 thousandths and not 101. */
function roundNoise(value: number): number {
  const near = Math.round(value);
  return Math.abs(value - near) < 1e-6 ? near : value;
}
