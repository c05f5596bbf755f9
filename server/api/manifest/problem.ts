/** What is wrong with a manifest, told so that its author can put it right. */

/** Why something was refused; reports are counted by it. */
export type ProblemReason =
  | 'unreadable'
  | 'syntax'
  | 'duplicate-key'
  | 'template'
  | 'not-a-manifest'
  | 'no-kind'
  | 'unknown-kind'
  | 'unknown-field'
  | 'wrong-type'
  | 'invalid'
  | 'missing-namespace'
  | 'conflict'
  | 'refused';

/** One problem in one place. */
export interface Problem {
  readonly reason: ProblemReason;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `Deployment/web`, where it is known. */
  readonly object?: string;
  /** `spec.replicas`, where the problem is in a field. */
  readonly field?: string;
  readonly value?: unknown;
  /** What must be true, or what was found. */
  readonly message: string;
  /** What would be right. */
  readonly hint?: string;
}

/** Something worth knowing that stops nothing. */
export interface Note {
  readonly file: string;
  readonly line: number;
  readonly object?: string;
  readonly message: string;
}

/** `app.yaml:12:5: Deployment/web: spec.replicas: must be a whole number, not "three" (leave out the quotes: 3)`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, object, field, message, hint } = problem;
  const parts = [`${file}:${line}:${column}`];
  if (object !== undefined) parts.push(object);
  if (field !== undefined && field !== '') parts.push(field);
  parts.push(message);
  return `${parts.join(': ')}${hint === undefined ? '' : ` (${hint})`}`;
}

/** `app.yaml:3: Deployment/web: configured again`. */
export function formatNote({ file, line, object, message }: Note): string {
  return `${file}:${line}: ${object === undefined ? '' : `${object}: `}${message}`;
}
