/** Resource quantities: `500m`, `1.5Gi`, `1e3` (apimachinery, `api/resource`). */

import type { IntOrString } from '../contract/kube.js';

const FACTORS: Readonly<Record<string, number>> = {
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
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * The value of a quantity in whole units; undefined when it is none.
 *
 * Fidelity: exact to 53 bits, where upstream keeps 63 and decimals beyond.
 */
export function parseQuantity(text: IntOrString): number | undefined {
  if (typeof text === 'number') return text;
  const [whole, digits, exponent = '0', suffix = ''] = QUANTITY.exec(text.trim()) ?? [];
  const factor = FACTORS[suffix];
  if (whole === undefined || factor === undefined) return undefined;
  return Number(digits) * 10 ** Number(exponent) * factor;
}

/** The value of a quantity in whole units; 0 when it is absent or none. */
export function quantityOf(text: IntOrString | undefined): number {
  return text === undefined ? 0 : (parseQuantity(text) ?? 0);
}

/** A resource in the unit that is counted in: thousandths of a core, octets, or pieces; rounded up. */
export function parseAmount(resource: string, text: IntOrString | undefined): number {
  const value = quantityOf(text);
  return Math.ceil(roundNoise(resource === 'cpu' ? value * 1000 : value));
}

/** Takes away what binary fractions add, so that 0.1 core is 100 thousandths and not 101. */
function roundNoise(value: number): number {
  const near = Math.round(value);
  return Math.abs(value - near) < 1e-6 ? near : value;
}
