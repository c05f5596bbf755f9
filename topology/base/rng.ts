/** Spreads text over 32 bits (FNV-1a), for seeds and stable hashes; not for secrets. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Seeded chance. Streams are forked by name, so that adding one object does not reshuffle the
 * numbers that others draw.
 */
export class Rng {
  private state: number;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.state = this.seed;
  }

  /** A stream of its own, decided by this stream's seed and the name alone. */
  fork(name: string): Rng {
    return new Rng(hash32(`${this.seed}/${name}`));
  }

  /** A stream that goes on as this one would, and leaves it where it is. */
  copy(): Rng {
    const copy = new Rng(this.seed);
    copy.state = this.state;
    return copy;
  }

  /** A whole number from 0 to 2^32 - 1 (splitmix32). */
  uint32(): number {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number from 0 (inclusive) to `limit` (exclusive). */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }
}
