import { invariant } from '../base/index.js';
import { get16 } from './octets.js';

/**
 * Domain names, RFC 1035 section 3.1 and 4.1.4. As text a name is absolute, without the final dot; the
 * root is '.'. A dot or backslash inside a label is written `\.` and `\\`, an octet that does not
 * print as `\DDD` (RFC 4343 section 2.1).
 */

/** Longest label and longest name in octets, length octets included. */
export const DNS_LABEL_MAX_BYTES = 63;
export const DNS_NAME_MAX_BYTES = 255;

const POINTER = 0xc0;

/** Whether a name can be written: no empty or too long label, not too long as a whole. */
export function isDnsName(name: string): boolean {
  const labels = labelsOf(name);
  const total = labels.reduce((sum, label) => sum + label.length + 1, 1);
  const fits = (label: readonly number[]) =>
    label.length > 0 && label.length <= DNS_LABEL_MAX_BYTES;
  return total <= DNS_NAME_MAX_BYTES && labels.every(fits);
}

/** Appends a name; `known` maps suffixes to offsets for compression, absent to forbid it. */
export function writeName(octets: number[], name: string, known?: Map<string, number>): void {
  invariant(isDnsName(name), `'${name}' must be a domain name before it is written`);
  const labels = labelsOf(name);
  for (let index = 0; index < labels.length; index++) {
    const suffix = labels.slice(index).map(textOfLabel).join('.').toLowerCase();
    const offset = known?.get(suffix);
    if (offset !== undefined) {
      octets.push(POINTER | (offset >>> 8), offset & 255);
      return;
    }
    if (known !== undefined && octets.length < 0x4000) known.set(suffix, octets.length);
    const label = labels[index] ?? [];
    octets.push(label.length, ...label);
  }
  octets.push(0);
}

/** Reads a name; undefined when it runs past the octets, loops or is too long. */
export function readName(
  octets: Uint8Array,
  start: number,
): { readonly name: string; readonly next: number } | undefined {
  const labels: string[] = [];
  let at = start;
  let next = -1;
  let total = 1;
  // A pointer must lead to an earlier place than the last one, so reading ends.
  let limit = start;
  for (;;) {
    const length = octets[at];
    if (length === undefined) return undefined;
    if (length === 0) break;
    if ((length & POINTER) === POINTER) {
      if (at + 1 >= octets.length) return undefined;
      const target = get16(octets, at) & 0x3fff;
      if (target >= limit) return undefined;
      if (next < 0) next = at + 2;
      at = target;
      limit = target;
      continue;
    }
    total += length + 1;
    if (length > DNS_LABEL_MAX_BYTES || total > DNS_NAME_MAX_BYTES) return undefined;
    if (at + 1 + length > octets.length) return undefined;
    labels.push(textOfLabel([...octets.subarray(at + 1, at + 1 + length)]));
    at += 1 + length;
  }
  return { name: labels.length === 0 ? '.' : labels.join('.'), next: next < 0 ? at + 1 : next };
}

function labelsOf(name: string): readonly (readonly number[])[] {
  if (name === '.' || name === '') return [];
  const labels: number[][] = [[]];
  for (let index = 0; index < name.length; index++) {
    const character = name.charAt(index);
    const label = labels[labels.length - 1] ?? [];
    if (character === '.') labels.push([]);
    else if (character !== '\\') label.push(name.charCodeAt(index) & 255);
    else {
      const decimal = /^\d{3}/.exec(name.slice(index + 1, index + 4))?.[0];
      label.push((decimal === undefined ? name.charCodeAt(index + 1) : Number(decimal)) & 255);
      index += decimal === undefined ? 1 : 3;
    }
  }
  return labels;
}

function textOfLabel(label: readonly number[]): string {
  return label
    .map((octet) => {
      const character = String.fromCharCode(octet);
      if (character === '.' || character === '\\') return `\\${character}`;
      return octet > 0x20 && octet < 0x7f ? character : `\\${`${octet}`.padStart(3, '0')}`;
    })
    .join('');
}
