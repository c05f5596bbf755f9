import { type Command, InvalidArgumentError } from 'commander';
import { MAX_CLUSTERS } from '../host/limits.js';
import { addServerOptions, type ServerOptions } from './connection.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly filename?: readonly string[];
  readonly namespace: string;
  readonly topology?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly seed: number;
}

/** Options of commands that answer a question about a cluster. */
export interface QuestionOptions extends CommonOptions, ServerOptions {}

/** Adds `-f -n --topology --json --strict --seed`. */
export function addCommonOptions(command: Command): Command {
  return command
    .option(
      '-f, --filename <path>',
      'manifest file or folder, or - for stdin (repeatable)',
      collect,
    )
    .option('-n, --namespace <name>', 'namespace of names that name none', 'default')
    .option('--topology <file|preset>', 'cluster shape: a Topology file or a preset')
    .option('--json', 'print JSON')
    .option('--strict', 'stop at the first mistake in the input')
    .option('--seed <number>', 'seed of everything that is drawn by chance', wholeNumber, 1);
}

/** Adds `--server` and what goes with it besides. */
export function addQuestionOptions(command: Command): Command {
  return addServerOptions(
    addCommonOptions(command),
    'ask a running podnet server instead of files',
  );
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Reads a whole number of 0 or more. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError(`must be a whole number, not '${value}'.`);
  }
  return number;
}

/** Reads a port: 0 lets the system choose. */
export function portNumber(value: string): number {
  const number = wholeNumber(value);
  if (number > 65535)
    throw new InvalidArgumentError(`must be a port from 0 to 65535, not ${value}.`);
  return number;
}

/** Reads a speed: simulated seconds per real second. */
export function speedNumber(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 1000)) {
    throw new InvalidArgumentError(`must be a number above 0 and up to 1000, not '${value}'.`);
  }
  return number;
}

const RANGE = /^(.*-)(\d+)\.\.(\d+)$/;

/** Reads names of clusters: `blue`, or `student-1..30` for student-1 to student-30. */
export function collectClusters(
  value: string,
  before: readonly string[] | undefined,
): readonly string[] {
  const [, stem, first, last] = RANGE.exec(value) ?? [];
  if (stem === undefined) return [...(before ?? []), value];
  const count = Number(last) - Number(first) + 1;
  if (!(count >= 1 && count <= MAX_CLUSTERS))
    throw new InvalidArgumentError(
      `must name 1 to ${MAX_CLUSTERS} clusters, not ${Math.max(count, 0)}.`,
    );
  const names = Array.from({ length: count }, (_, index) => `${stem}${Number(first) + index}`);
  return [...(before ?? []), ...names];
}
