/** An answer to a question, or a sentence that says why there is none. */
export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** Wraps an answer. */
export function reply<T>(value: T): Reply<T> {
  return { ok: true, value };
}

/** Wraps a refusal. */
export function refuse<T>(error: string): Reply<T> {
  return { ok: false, error };
}
