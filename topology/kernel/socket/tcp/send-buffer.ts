/** Octets that wait to be sent or acknowledged, in the pieces the program wrote. */
export class SendBuffer {
  private chunks: Uint8Array[] = [];
  /** Octets of the first chunk that are acknowledged. */
  private offset = 0;
  private bytes = 0;

  /** Octets in the buffer. */
  get length(): number {
    return this.bytes;
  }

  /** Adds at the end; the octets are the buffer's from now on. */
  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.chunks.push(octets);
    this.bytes += octets.length;
  }

  /** Forgets the first `count` octets. */
  drop(count: number): void {
    let left = Math.min(count, this.bytes);
    this.bytes -= left;
    let index = 0;
    for (; left > 0; index++) {
      const have = (this.chunks[index]?.length ?? 0) - this.offset;
      if (left < have) {
        this.offset += left;
        break;
      }
      left -= have;
      this.offset = 0;
    }
    if (index > 0) this.chunks.splice(0, index);
  }

  /** A copy of `count` octets from `from`, which must be in the buffer; a view where no copy is needed. */
  read(from: number, count: number): Uint8Array {
    let index = 0;
    let at = from + this.offset;
    while (at >= (this.chunks[index]?.length ?? 0) && index < this.chunks.length) {
      at -= this.chunks[index]?.length ?? 0;
      index++;
    }
    const first = this.chunks[index];
    if (first !== undefined && at + count <= first.length) return first.subarray(at, at + count);
    const octets = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const chunk = this.chunks[index++];
      if (chunk === undefined) break;
      const part = chunk.subarray(at, at + count - filled);
      octets.set(part, filled);
      filled += part.length;
      at = 0;
    }
    return octets;
  }

  /** Forgets all. */
  clear(): void {
    this.chunks = [];
    this.offset = 0;
    this.bytes = 0;
  }
}
