/**
 * Text as UTF-8 octets (RFC 3629), without the globals of a browser or of Node.
 */

const REPLACEMENT = 0xfffd;

/** Encodes text; an unpaired surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const octets: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? REPLACEMENT;
    pushPoint(octets, point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point);
  }
  return Uint8Array.from(octets);
}

/** Decodes octets; each octet that begins no well-formed sequence becomes U+FFFD. */
export function decodeUtf8(octets: Uint8Array): string {
  let text = '';
  for (let at = 0; at < octets.length; ) {
    const { point, bytes } = readPoint(octets, at);
    text += String.fromCodePoint(point);
    at += bytes;
  }
  return text;
}

function pushPoint(octets: number[], point: number): void {
  if (point < 0x80) octets.push(point);
  else if (point < 0x800) octets.push(0xc0 | (point >> 6), continuation(point, 0));
  else if (point < 0x10000) {
    octets.push(0xe0 | (point >> 12), continuation(point, 6), continuation(point, 0));
  } else {
    octets.push(0xf0 | (point >> 18), continuation(point, 12));
    octets.push(continuation(point, 6), continuation(point, 0));
  }
}

function continuation(point: number, shift: number): number {
  return 0x80 | ((point >> shift) & 0x3f);
}

function readPoint(octets: Uint8Array, at: number): { point: number; bytes: number } {
  const lead = octets[at] ?? 0;
  if (lead < 0x80) return { point: lead, bytes: 1 };
  const bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const bad = { point: REPLACEMENT, bytes: 1 };
  if (lead < 0xc2 || lead > 0xf4) return bad;
  let point = lead & (0x7f >> bytes);
  for (let index = 1; index < bytes; index++) {
    const next = octets[at + index] ?? 0;
    if ((next & 0xc0) !== 0x80) return bad;
    point = (point << 6) | (next & 0x3f);
  }
  const smallest = bytes === 2 ? 0x80 : bytes === 3 ? 0x800 : 0x10000;
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < smallest || point > 0x10ffff || surrogate ? bad : { point, bytes };
}
