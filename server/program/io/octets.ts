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

/** Octets waiting to be read, with the operations that line-oriented protocols need. */
export class OctetQueue {
  private pending: Uint8Array = EMPTY;

  get length(): number {
    return this.pending.length;
  }

  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.pending = this.pending.length === 0 ? octets : concatOctets([this.pending, octets]);
  }

  /** Takes up to so many octets. */
  take(maxBytes = this.pending.length): Uint8Array {
    const taken = this.pending.subarray(0, maxBytes);
    this.pending = maxBytes >= this.pending.length ? EMPTY : this.pending.subarray(maxBytes);
    return taken;
  }

  /** Index of an octet, or -1. */
  indexOf(octet: number): number {
    return this.pending.indexOf(octet);
  }

  /** Takes a line without its `\n` or `\r\n`; undefined until one is whole. */
  takeLine(): Uint8Array | undefined {
    const end = this.pending.indexOf(NEWLINE);
    if (end < 0) return undefined;
    const line = this.take(end + 1).subarray(0, end);
    return line[line.length - 1] === RETURN ? line.subarray(0, line.length - 1) : line;
  }

  peek(): Uint8Array {
    return this.pending;
  }
}

const EMPTY = new Uint8Array(0);
const NEWLINE = 10;
const RETURN = 13;
