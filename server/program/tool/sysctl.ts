/**
 * `sysctl` of procps 4.0 and of busybox.
 *
 * Fidelity: of settings that Linux has and podnet does not, there is no file; configuration files are read with `-p FILE` alone.
 */
import { parseWords, strerror } from '../../../topology/index.js';
import { writesSysctls } from './capability.js';
import { linesOf, type Tool, type ToolIo } from './tool.js';
import { usageText } from './usage.js';

const SYSCTL_USAGE = usageText(
  'sysctl [-n|-N|-b] [-e] [-q] [-r PATTERN] KEY ...',
  'sysctl [-w] [-n] [-q] [-D] KEY=VALUE ...',
  'sysctl -a [-r PATTERN]',
  'sysctl -p [FILE]',
);

interface Wish {
  readonly flags: ReadonlySet<string>;
  readonly pattern: RegExp | undefined;
  readonly file: string | undefined;
  readonly words: readonly string[];
}

const LONG: Readonly<Record<string, string>> = {
  all: 'a',
  binary: 'b',
  ignore: 'e',
  names: 'N',
  values: 'n',
  load: 'p',
  pattern: 'r',
  quiet: 'q',
  write: 'w',
  help: 'h',
  version: 'V',
  system: 'S',
  deprecated: 'o',
  'dry-run': 'D',
};

/** `sysctl`. */
export const sysctl: Tool = async (io) => {
  const wish = readWish(io.args);
  if (typeof wish === 'string') {
    await io.err(`sysctl: ${wish}\n${SYSCTL_USAGE}`);
    return 0;
  }
  const { flags, words } = wish;
  if (flags.has('h') || flags.has('d')) {
    await io.out(SYSCTL_USAGE);
    return 0;
  }
  if (flags.has('V')) {
    await io.out('sysctl from procps-ng 4.0.2\n');
    return 0;
  }
  if (flags.has('a') || flags.has('A') || flags.has('X')) return showAll(io, wish);
  if (wish.file !== undefined) return loadFile(io, wish, wish.file);
  if (words.length === 0) {
    if (flags.has('S') || flags.has('p')) return 0;
    await io.err(SYSCTL_USAGE);
    return 1;
  }
  let status = 0;
  for (const word of words) {
    const failed = word.includes('=') ? await write(io, wish, word) : await read(io, wish, word);
    if (failed) status = 1;
  }
  return status;
};

function readWish(args: readonly string[]): Wish | string {
  const flags = new Set<string>();
  const words: string[] = [];
  let pattern: RegExp | undefined;
  let file: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (!/^-./.test(arg)) {
      words.push(arg);
      continue;
    }
    const long = /^--([^=]+)(?:=(.*))?$/.exec(arg);
    const letters = long === null ? [...arg.slice(1)] : [LONG[long[1] ?? ''] ?? '?'];
    for (const [index, letter] of letters.entries()) {
      if (!'abeNnpfrqwhVSoDdAXxo'.includes(letter))
        return long === null ? `invalid option -- '${letter}'` : `unrecognized option '${arg}'`;
      flags.add(letter);
      if (letter === 'r') {
        const inline = long === null ? arg.slice(index + 2) : (long[2] ?? '');
        pattern = new RegExp(inline === '' ? (args[++at] ?? '') : inline);
        break;
      }
      if (letter === 'p' || letter === 'f') {
        const given = long?.[2] ?? arg.slice(index + 2);
        file =
          given === '' ? (args[at + 1] === undefined ? '/etc/sysctl.conf' : args[++at]) : given;
        break;
      }
    }
  }
  return { flags, pattern, file, words };
}

/** With the first separator a slash, slashes separate and dots belong to names. */
function dotted(word: string): string {
  const slash = word.indexOf('/');
  const dot = word.indexOf('.');
  if (slash < 0 || (dot >= 0 && dot < slash)) return word;
  return word.replaceAll(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}

function pathOf(key: string): string {
  return `/proc/sys/${key.replaceAll(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))}`;
}

async function show(io: ToolIo, { flags }: Wish, key: string, value: string): Promise<void> {
  if (flags.has('N')) await io.out(`${key}\n`);
  else if (flags.has('b')) await io.out(value);
  else if (flags.has('n')) await io.out(`${value}\n`);
  else await io.out(`${key} = ${value}\n`);
}

async function showAll(io: ToolIo, wish: Wish): Promise<number> {
  for (const key of keysOf(io)) {
    if (wish.pattern?.test(key) === false) continue;
    const value = io.guest.request.viewer?.sysctl(key);
    if (value !== undefined) await show(io, wish, key, value);
  }
  return 0;
}

function keysOf(io: ToolIo): readonly string[] {
  return io.guest.request.viewer?.sysctlKeys() ?? [];
}

async function read(io: ToolIo, wish: Wish, word: string): Promise<boolean> {
  const absolute = word.startsWith('/');
  const key = dotted(absolute ? word.slice(1) : word);
  const shown = `${absolute ? '.' : ''}${key}`;
  if (wish.flags.has('w')) {
    await io.err('sysctl: command line(0): invalid syntax, continuing...\n');
    return true;
  }
  const value = io.guest.request.viewer?.sysctl(key);
  if (value !== undefined) {
    await show(io, wish, shown, value);
    return false;
  }
  const below = keysOf(io).filter((each) => each.startsWith(`${key}.`));
  for (const each of below) await show(io, wish, each, io.guest.request.viewer?.sysctl(each) ?? '');
  if (below.length > 0) return false;
  return missing(io, wish, key);
}

async function missing(io: ToolIo, { flags }: Wish, key: string): Promise<boolean> {
  if (flags.has('e')) return false;
  await io.err(
    io.busybox
      ? `sysctl: error: '${key}' is an unknown key\n`
      : `sysctl: cannot stat ${pathOf(key)}: No such file or directory\n`,
  );
  return true;
}

async function write(io: ToolIo, wish: Wish, word: string): Promise<boolean> {
  const at = word.indexOf('=');
  const key = dotted(word.slice(0, at).trim().replace(/^-/, ''));
  const value = word.slice(at + 1).trim();
  const { viewer } = io.guest.request;
  if (viewer?.sysctl(key) === undefined) return missing(io, wish, key);
  if (!writesSysctls(io) || io.sys.uid !== 0) {
    const reason = io.sys.uid === 0 ? 'Read-only file system' : 'Permission denied';
    await io.err(
      io.busybox
        ? `sysctl: error setting key '${key}': ${reason}\n`
        : `sysctl: permission denied on key "${key}"\n`,
    );
    return true;
  }
  if (wish.flags.has('D') || (await set(io, key, value))) {
    if (!wish.flags.has('q')) await show(io, wish, key, value);
    return false;
  }
  const reason = strerror('EINVAL');
  await io.err(
    io.busybox
      ? `sysctl: error setting key '${key}': ${reason}\n`
      : `sysctl: setting key "${key}": ${reason}\n`,
  );
  return true;
}

async function set(io: ToolIo, key: string, value: string): Promise<boolean> {
  const { viewer } = io.guest.request;
  const name = viewer?.netns()?.name;
  const ops = parseWords(['sysctl', '-w', `${key}=${value}`], '', name === '' ? undefined : name);
  return ops.ok && viewer?.apply(ops.value).ok === true;
}

async function loadFile(io: ToolIo, wish: Wish, name: string): Promise<number> {
  const read = await io.read(name);
  if (!read.ok) {
    await io.err(`sysctl: cannot open "${name}": No such file or directory\n`);
    return 1;
  }
  let status = 0;
  for (const line of linesOf(new TextDecoder().decode(read.value))) {
    const text = line.trim();
    if (text === '' || /^[#;]/.test(text)) continue;
    if (text.includes('=') && (await write(io, wish, text))) status = 1;
  }
  return status;
}
