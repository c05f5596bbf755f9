/** Exit codes of every command. */
export const EXIT = {
  /** Done; for a trace: delivered. */
  ok: 0,
  /** For a trace: not delivered; for `ports`: there is a conflict. */
  negative: 1,
  /** The input or the question was wrong. */
  badInput: 2,
} as const;

/** Ends a command with a sentence on stderr. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.badInput) {
    super(message);
    this.exitCode = exitCode;
  }
}
