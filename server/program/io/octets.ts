/** Joins pieces of a stream. */
export function concatOctets(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/**
 * Octets waiting to be read, with the operations that line-oriented protocols need.
 *
 * Pieces are joined when somebody looks across them, so that a long stream costs no more than its length.
 */
export class OctetQueue {
  private pieces: Uint8Array[] = [];
  private bytes = 0;

  get length(): number {
    return this.bytes;
  }

  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.pieces.push(octets);
    this.bytes += octets.length;
  }

  /** Puts octets before those that wait. */
  unshift(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.pieces.unshift(octets);
    this.bytes += octets.length;
  }

  /** Takes up to so many octets. */
  take(maxBytes = this.bytes): Uint8Array {
    const [first] = this.pieces;
    if (first === undefined) return EMPTY;
    // A piece that is long enough is cut; joining the others with it would copy them each time.
    const whole = first.length >= maxBytes ? first : this.peek();
    const taken = whole.subarray(0, maxBytes);
    if (taken.length < whole.length) this.pieces[0] = whole.subarray(taken.length);
    else this.pieces.shift();
    this.bytes -= taken.length;
    return taken;
  }

  /** Index of an octet, or -1. */
  indexOf(octet: number): number {
    let before = 0;
    for (const piece of this.pieces) {
      const at = piece.indexOf(octet);
      if (at >= 0) return before + at;
      before += piece.length;
    }
    return -1;
  }

  /** Takes a line without its `\n` or `\r\n`; undefined until one is whole. */
  takeLine(): Uint8Array | undefined {
    const end = this.indexOf(NEWLINE);
    if (end < 0) return undefined;
    const line = this.take(end + 1).subarray(0, end);
    return line[line.length - 1] === RETURN ? line.subarray(0, line.length - 1) : line;
  }

  peek(): Uint8Array {
    if (this.pieces.length === 0) return EMPTY;
    const joined = concatOctets(this.pieces);
    this.pieces = [joined];
    return joined;
  }
}

const EMPTY = new Uint8Array(0);
const NEWLINE = 10;
const RETURN = 13;
