/** Arithmetic of 32-bit sequence numbers, RFC 9293 section 3.4: they go round, so order is a matter of distance. */

/** `a + n` modulo 2^32. */
export function seqAdd(a: number, n: number): number {
  return (a + n) >>> 0;
}

/** How far `a` is after `b`: from -2^31 to 2^31 - 1. */
export function seqDiff(a: number, b: number): number {
  return (a - b) | 0;
}

/** Whether `a` comes before `b`. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Whether `a` comes after `b`. */
export function after(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** The later of two. */
export function seqMax(a: number, b: number): number {
  return after(a, b) ? a : b;
}
