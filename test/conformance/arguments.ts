/** What the runner was asked for. */
export interface RunnerOptions {
  readonly folder: string;
  /** Scenarios to run; all when empty. */
  readonly ids: readonly string[];
  readonly json: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
}

/** What `--help` prints. */
export const HELP = `usage: npm run conformance -- FOLDER [ID...] [--json] [--verbose]

Builds every scenario of FOLDER in podnet, sends its probes, and compares what happens with what was recorded
on Linux: results, every frame on every device, and what the kernel remembers afterwards.

  FOLDER     scenarios, one JSON file each; INDEX.json is passed over
  ID         run these scenarios alone
  --json     print one JSON document: for each scenario its first difference (both sides), why it is known to
             differ, and how its frames agree in the order of all devices together
  --verbose  after a scenario that failed, print what Linux did and what podnet did
  --help     print this

Prints one line for each scenario, then the scenarios that are known to differ and why, then the figures;
last comes "N passed, N failed". The exit code is 0 when all passed, 1 when one failed, and 2 when the
folder or an argument is not usable.
`;

const OPTIONS: ReadonlySet<string> = new Set(['--json', '--verbose', '--help', '-h']);

/** Reads the words after the command. Gives what must be true when they are not understood. */
export function readArguments(
  args: readonly string[],
):
  | { readonly ok: true; readonly value: RunnerOptions }
  | { readonly ok: false; readonly error: string } {
  const unknown = args.find((word) => word.startsWith('-') && !OPTIONS.has(word));
  if (unknown !== undefined) {
    return {
      ok: false,
      error: `an option must be one of ${[...OPTIONS].join(', ')}, not ${unknown}`,
    };
  }
  const [folder = '', ...ids] = args.filter((word) => !word.startsWith('-'));
  const help = args.includes('--help') || args.includes('-h');
  if (folder === '' && !help) {
    const error =
      'the folder of recordings must be named, as in: npm run conformance -- ../shared/linux/reach';
    return { ok: false, error };
  }
  const [json, verbose] = [args.includes('--json'), args.includes('--verbose')];
  return { ok: true, value: { folder, ids, json, verbose, help } };
}
