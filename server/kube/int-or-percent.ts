import type { IntOrString } from '../contract/kube.js';

const PERCENT = /^(\d+)%$/;

/** A number, or a percentage of a total rounded up (`intstr.GetScaledValueFromIntOrPercent`); undefined for other text. */
export function scaledUp(value: IntOrString, total: number): number | undefined {
  if (typeof value === 'number') return value;
  const [, percent] = PERCENT.exec(value) ?? [];
  return percent === undefined ? undefined : Math.ceil((Number(percent) * total) / 100);
}
