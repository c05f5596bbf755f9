import { fail, ok, type Result } from '../../../../topology/index.js';
import type { TarWords } from './words.js';

/** What tar is asked to do. */
export type TarMode = 'create' | 'extract' | 'list';

/** A command line of tar, read. */
export interface TarOptions {
  readonly mode: TarMode;
  /** `-` is standard input or output. */
  readonly archive: string;
  readonly gzip: boolean;
  readonly verbose: boolean;
  /** Takes modification times from the archive; `-m` does not. */
  readonly keepTimes: boolean;
  readonly absoluteNames: boolean;
  readonly toStdout: boolean;
  readonly keepOldFiles: boolean;
  readonly dereference: boolean;
  readonly recursive: boolean;
  readonly stripComponents: number;
  readonly excluded: readonly string[];
  /** Where each name is looked up, in the order of the command line; `names` of extraction are members. */
  readonly names: readonly { readonly name: string; readonly directory: string }[];
  /** The last -C: where members are extracted. */
  readonly directories: readonly string[];
  /** A file that lists more names (`-T`). */
  readonly namesFrom: string | undefined;
}

const LONG: Readonly<Record<string, string>> = {
  create: 'c',
  extract: 'x',
  get: 'x',
  list: 't',
  file: 'f',
  directory: 'C',
  verbose: 'v',
  gzip: 'z',
  gunzip: 'z',
  ungzip: 'z',
  touch: 'm',
  'preserve-permissions': 'p',
  'same-permissions': 'p',
  'absolute-names': 'P',
  'to-stdout': 'O',
  'keep-old-files': 'k',
  dereference: 'h',
  'no-same-owner': 'o',
  'same-owner': '',
  'numeric-owner': '',
  'no-same-permissions': '',
  overwrite: '',
  'no-recursion': 'no-recursion',
  exclude: 'exclude',
  'exclude-from': 'X',
  'files-from': 'T',
  'strip-components': 'strip',
  strip: 'strip',
  warning: 'ignored-value',
  owner: 'ignored-value',
  group: 'ignored-value',
  format: 'ignored-value',
  sort: 'ignored-value',
  mode: 'ignored-value',
};
const WITH_VALUE = new Set(['f', 'C', 'T', 'X', 'exclude', 'strip', 'ignored-value', 'b', 'H']);
const FLAGS = new Set(['c', 'x', 't', 'v', 'z', 'm', 'p', 'P', 'O', 'k', 'h', 'o', 'B', 'S', 'w']);
const MODES: Readonly<Record<string, TarMode>> = { c: 'create', x: 'extract', t: 'list' };

/** One option with its value, or a name. */
interface Word {
  readonly option?: string;
  readonly value: string;
}

/** Reads tar's command line: short options, long ones, and the old form without a dash (`cf - dir`). */
export function parseTar(args: readonly string[], words: TarWords): Result<TarOptions, string> {
  const read = readWords(args, words);
  if (!read.ok) return read;
  const has = (option: string): boolean => read.value.some((word) => word.option === option);
  const valuesOf = (option: string): readonly string[] =>
    read.value.flatMap((word) => (word.option === option ? [word.value] : []));
  const modes = [...new Set(read.value.flatMap(({ option = '' }) => MODES[option] ?? []))];
  const [mode] = modes;
  if (mode === undefined) return fail(words.noMode);
  if (modes.length > 1) return fail(words.modeTwice);
  const strip = Number(valuesOf('strip').at(-1) ?? 0);
  return ok({
    mode,
    archive: valuesOf('f').at(-1) ?? '-',
    gzip: has('z'),
    verbose: has('v'),
    keepTimes: !has('m'),
    absoluteNames: has('P'),
    toStdout: has('O'),
    keepOldFiles: has('k'),
    dereference: has('h'),
    recursive: !has('no-recursion'),
    stripComponents: Number.isInteger(strip) && strip > 0 ? strip : 0,
    excluded: valuesOf('exclude'),
    names: namesOf(read.value),
    directories: valuesOf('C'),
    namesFrom: valuesOf('T').at(-1),
  });
}

function namesOf(words: readonly Word[]): TarOptions['names'] {
  const names: { name: string; directory: string }[] = [];
  let directory = '';
  for (const { option, value } of words) {
    if (option === 'C') {
      directory = value.startsWith('/') || directory === '' ? value : `${directory}/${value}`;
    }
    if (option === undefined) names.push({ name: value, directory });
  }
  return names;
}

function readWords(args: readonly string[], words: TarWords): Result<readonly Word[], string> {
  const read: Word[] = [];
  const rest = [...args];
  const [first = ''] = rest;
  if (first !== '' && !first.startsWith('-')) {
    rest.shift();
    for (const option of first) {
      if (!FLAGS.has(option) && !WITH_VALUE.has(option))
        return fail(words.invalidOption(`-${option}`));
      const value = WITH_VALUE.has(option) ? rest.shift() : '';
      if (value === undefined) return fail(`Old option '${option}' requires an argument.`);
      read.push({ option, value });
    }
  }
  let onlyNames = false;
  while (rest.length > 0) {
    const arg = rest.shift() ?? '';
    if (onlyNames || !/^-./.test(arg)) read.push({ value: arg });
    else if (arg === '--') onlyNames = true;
    else {
      const failure = arg.startsWith('--')
        ? readLong(arg, { rest, read, words })
        : readShort(arg, { rest, read, words });
      if (failure !== undefined) return fail(failure);
    }
  }
  return ok(read);
}

interface Reading {
  readonly rest: string[];
  readonly read: Word[];
  readonly words: TarWords;
}

function readLong(arg: string, { read, rest, words }: Reading): string | undefined {
  const equals = arg.indexOf('=');
  const name = arg.slice(2, equals < 0 ? undefined : equals);
  const option = LONG[name];
  if (option === undefined) return words.invalidOption(`--${name}`);
  if (!WITH_VALUE.has(option)) {
    if (option !== '') read.push({ option, value: '' });
    return undefined;
  }
  const value = equals < 0 ? rest.shift() : arg.slice(equals + 1);
  if (value === undefined) return `option '--${name}' requires an argument`;
  read.push({ option, value });
  return undefined;
}

function readShort(arg: string, { read, rest, words }: Reading): string | undefined {
  for (let at = 1; at < arg.length; at++) {
    const option = arg[at] ?? '';
    if (WITH_VALUE.has(option)) {
      const value = at + 1 < arg.length ? arg.slice(at + 1) : rest.shift();
      if (value === undefined) return words.needsArgument(option);
      read.push({ option, value });
      return undefined;
    }
    if (!FLAGS.has(option)) return words.invalidOption(`-${option}`);
    read.push({ option, value: '' });
  }
  return undefined;
}
