/** SHA-256 (FIPS 180-4) of ASCII text, as upstream's chain names need it. Not for secrets: it takes no care of timing. */
export function sha256(text: string): Uint8Array {
  const message = pad(text);
  const hash = Uint32Array.from(INITIAL);
  const schedule = new Uint32Array(64);
  for (let at = 0; at < message.length; at += 64) compress(hash, schedule, message, at);
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  hash.forEach((word, index) => {
    view.setUint32(index * 4, word);
  });
  return digest;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base 32 of RFC 4648 section 6, without padding. */
export function base32(octets: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const octet of octets) {
    held = (held << 8) | octet;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(held >>> (bits - 5)) & 31] ?? '';
    held &= 31;
  }
  return bits > 0 ? text + (BASE32[(held << (5 - bits)) & 31] ?? '') : text;
}

/** The first 32 bits of the fractional parts of a root of a prime. */
function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 0x1_0000_0000) >>> 0;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}

const INITIAL = primes(8).map((prime) => fraction(Math.sqrt(prime)));
const ROUND = Uint32Array.from(primes(64).map((prime) => fraction(Math.cbrt(prime))));

function pad(text: string): Uint8Array {
  const padded = new Uint8Array(Math.ceil((text.length + 9) / 64) * 64);
  for (let at = 0; at < text.length; at++) padded[at] = text.charCodeAt(at);
  padded[text.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, text.length * 8);
  return padded;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function compress(hash: Uint32Array, w: Uint32Array, message: Uint8Array, at: number): void {
  const view = new DataView(message.buffer, at, 64);
  for (let t = 0; t < 16; t++) w[t] = view.getUint32(t * 4);
  for (let t = 16; t < 64; t++) {
    const early = w[t - 15] ?? 0;
    const late = w[t - 2] ?? 0;
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    w[t] = (w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    hash[index] = (hash[index] ?? 0) + word;
  });
}
