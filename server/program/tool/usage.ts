/**
 * Usage texts of tools.
 *
 * Fidelity: a text lists what podnet's tool takes, in podnet's own words; the stream it goes to and the exit status are
 * those of the real tool.
 */

/** A usage text: one line for each form of the command line. */
export function usageText(...forms: readonly string[]): string {
  return `podnet takes:\n${forms.map((form) => `  ${form}\n`).join('')}`;
}
