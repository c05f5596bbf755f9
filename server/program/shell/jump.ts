/** Thrown to leave loops, functions and the shell; caught where each ends. */
export class ShellJump extends Error {
  readonly kind: 'break' | 'continue' | 'return' | 'exit' | 'interrupt';
  /** Levels of loops, or a status. */
  readonly value: number;

  constructor(kind: 'break' | 'continue' | 'return' | 'exit' | 'interrupt', value: number) {
    super(kind);
    this.kind = kind;
    this.value = value;
  }
}
