/** Thrown when podnet itself is wrong. Nobody catches it but the edge of the process. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws `InvariantError` with the sentence when the condition does not hold. */
export function invariant(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new InvariantError(sentence);
}
