import {
  type Cidr,
  cidrOf,
  findRouteTable,
  isIpv4,
  parseCidr,
  parseIp,
} from '../../../topology/index.js';
import { type Args, EXIT_USAGE, firstMatch, type IpRun, ToolExit } from './ip-run.js';

/** How an object of `ip` names its commands. */
export interface Verbs<T extends string> {
  /** The object as its messages write it. */
  readonly object: string;
  /** In the order in which abbreviations are tried. */
  readonly names: readonly T[];
  /** What stands for no word at all. */
  readonly fallback: T;
  /** What `help` prints. */
  readonly usage: string;
}

/** The command that the first word abbreviates; ends the tool when there is none, or after `help`. */
export function readVerb<T extends string>(
  words: readonly string[],
  { object, names, fallback, usage }: Verbs<T>,
): Exclude<T, 'help'> {
  const [word] = words;
  const verb: T | undefined = word === undefined ? fallback : firstMatch(word, names);
  if (verb === undefined) {
    const text = `Command "${word}" is unknown, try "ip ${object} help".\n`;
    throw new ToolExit(text, EXIT_USAGE);
  }
  if (isOther(verb)) return verb;
  throw new ToolExit(usage, EXIT_USAGE);
}

function isOther<T extends string>(verb: T): verb is Exclude<T, 'help'> {
  return verb !== 'help';
}

/**
 * The value of a keyword that may be left out, as `to` in `[ to ] PREFIX`, where `word` is the one just
 * taken; `help` in the place of the value alone ends the tool with its usage.
 */
export function optional(
  args: Args,
  word: string,
  { keyword, usage }: { readonly keyword: string; readonly usage: string },
): string {
  if (word === keyword) return args.value();
  if (firstMatch(word, ['help']) !== undefined) throw new ToolExit(usage, EXIT_USAGE);
  return word;
}

/** What invarg() ends a tool with. */
export function wrongArgument(word: string, complaint: string): ToolExit {
  return new ToolExit(`Error: argument "${word}" is wrong: ${complaint}\n\n`, EXIT_USAGE);
}

/** The option that gives a parser the family of this run. */
export function familyWords(run: IpRun): readonly string[] {
  if (run.family === 'inet') return ['-4'];
  return run.family === 'inet6' ? ['-6'] : [];
}

/** Where ops of this run apply. */
export function placeOf(run: IpRun): { readonly netns?: string } {
  return run.netns.name === '' ? {} : { netns: run.netns.name };
}

/** A prefix, or an address that stands for itself. */
export function readPrefix(word: string): Cidr {
  const block = parseCidr(word);
  if (block.ok) return block.value;
  const address = parseIp(word);
  if (address.ok) return cidrOf(address.value, isIpv4(address.value) ? 32 : 128);
  const loose = /^(.*)\/(\d+)$/.exec(word);
  const base = loose === null ? undefined : parseIp(loose[1] ?? '');
  if (base?.ok === true) return cidrOf(base.value, Number(loose?.[2]));
  throw new ToolExit(`Error: any valid prefix is expected rather than "${word}".\n`, 1);
}

/** A table's number by its name in rt_tables or its digits. */
export function readTable(word: string): number {
  const table = findRouteTable(word);
  if (table === undefined) throw wrongArgument(word, 'table id value is invalid');
  return table;
}
