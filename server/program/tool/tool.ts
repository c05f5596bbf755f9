import { decodeUtf8, encodeUtf8, type Result } from '../../../topology/index.js';
import { absolutePath } from '../fs/node.js';
import { FS_ERRORS, type FsError, type VirtualFileSystem } from '../fs/virtual-file-system.js';
import type { Guest } from '../guest.js';
import type { Child } from '../shell/runner.js';
import { BrokenPipe, type Input, type Output, readAllFrom } from '../shell/streams.js';

/** So much is written at once, that a slow reader holds the tool back. */
const WRITE_BYTES = 64 * 1024;

/** What a tool runs with. */
export interface ToolOptions {
  readonly guest: Guest;
  /** `argv[0]` without directories. */
  readonly name: string;
  readonly args: readonly string[];
  /** Called as `busybox NAME`: an applet whatever the image is. */
  readonly applet?: boolean;
  readonly environment: ReadonlyMap<string, string>;
  readonly workingDir: string;
  readonly input: Input;
  readonly output: Output;
  readonly errors: Output;
  /** Runs another command with the same files: `xargs`, `timeout`, `time`. */
  run(argv: readonly string[], input?: Input): Promise<number>;
  /** Starts another command as a child that can be sent signals; undefined when there is no such command. */
  start(argv: readonly string[]): Child | undefined;
  /** Runs another command in other surroundings, as the same process; undefined when there is no such command. */
  runIn(guest: Guest, argv: readonly string[]): Promise<number> | undefined;
}

/** A tool's surroundings, with what most tools do. */
export class ToolIo {
  readonly guest: Guest;
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly workingDir: string;
  readonly input: Input;
  readonly run: (argv: readonly string[], input?: Input) => Promise<number>;
  readonly start: (argv: readonly string[]) => Child | undefined;
  readonly runIn: (guest: Guest, argv: readonly string[]) => Promise<number> | undefined;
  private readonly applet: boolean;
  private readonly output: Output;
  private readonly errors: Output;

  constructor(options: ToolOptions) {
    this.guest = options.guest;
    this.name = options.name;
    this.args = options.args;
    this.applet = options.applet === true;
    this.environment = options.environment;
    this.workingDir = options.workingDir;
    this.input = options.input;
    this.output = options.output;
    this.errors = options.errors;
    this.run = options.run;
    this.start = options.start;
    this.runIn = options.runIn;
  }

  get sys() {
    return this.guest.sys;
  }

  get files(): VirtualFileSystem {
    return this.guest.request.files;
  }

  /** Whether the image's tools are busybox's applets, whose words differ from GNU's. */
  get busybox(): boolean {
    if (this.applet) return true;
    const { userland } = this.guest.request.image;
    const own =
      this.guest.request.image.executables?.some((each) => each.endsWith(this.name)) === true;
    return (userland === 'busybox' || userland === 'alpine') && !own;
  }

  /** Whether standard output is a terminal. */
  get terminal(): boolean {
    return this.output.terminal === true;
  }

  path(text: string): string {
    return absolutePath(text, this.workingDir);
  }

  /** Writes to standard output. Throws `BrokenPipe`, which ends the tool, when nobody reads. */
  async out(content: string | Uint8Array): Promise<void> {
    const octets = typeof content === 'string' ? encodeUtf8(content) : content;
    for (let at = 0; at < octets.length; at += WRITE_BYTES) {
      if (!(await this.output.write(octets.subarray(at, at + WRITE_BYTES)))) throw new BrokenPipe();
    }
  }

  async err(text: string): Promise<void> {
    await this.errors.write(encodeUtf8(text));
  }

  /** Prints `name: text` on standard error and gives the status. */
  async fail(text: string, status = 1): Promise<number> {
    await this.err(`${this.name}: ${text}\n`);
    return status;
  }

  /** Content of a file, or of standard input for `-`. */
  async read(name: string): Promise<Result<Uint8Array, FsError>> {
    if (name === '-') return { ok: true, value: await readAllFrom(this.input) };
    return this.files.readFile(this.path(name));
  }

  /** Text of the named files one after another, standard input when there are none; complaints go to standard error. */
  async readTexts(
    names: readonly string[],
  ): Promise<{ readonly texts: { name: string; text: string }[]; readonly status: number }> {
    const texts: { name: string; text: string }[] = [];
    let status = 0;
    for (const name of names.length > 0 ? names : ['-']) {
      const read = await this.read(name);
      if (read.ok) texts.push({ name, text: decodeUtf8(read.value) });
      else status = await this.fail(this.fileError(name, read.error));
    }
    return { texts, status };
  }

  /** `name: No such file or directory`, as busybox and GNU word it for most tools. */
  fileError(name: string, error: FsError): string {
    return this.busybox
      ? `can't open '${name}': ${FS_ERRORS[error]}`
      : `${name}: ${FS_ERRORS[error]}`;
  }
}

/** A command of a container. It returns its exit status; a promise when it waits. */
export type Tool = (io: ToolIo) => number | Promise<number>;

/** Options read from arguments, getopt(3)'s way. */
export interface ParsedOptions {
  /** Letters and long names that were given. */
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
  readonly unknown: string | undefined;
}

/**
 * Reads options. `withValue` names those that take one; long names are given without dashes. Unknown ones are
 * remembered, and the first is told.
 */
export function parseOptions(
  args: readonly string[],
  how: {
    readonly flags: string;
    readonly withValue?: readonly string[];
    readonly long?: readonly string[];
  },
): ParsedOptions {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  const withValue = new Set(how.withValue ?? []);
  const long = new Set(how.long ?? []);
  let unknown: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', ...value] = arg.slice(2).split('=');
      if (withValue.has(name))
        values.set(name, value.length > 0 ? value.join('=') : (args[++at] ?? ''));
      else if (long.has(name)) flags.add(name);
      else unknown ??= arg;
    } else if (/^-./.test(arg)) {
      for (let index = 1; index < arg.length; index++) {
        const letter = arg[index] ?? '';
        if (withValue.has(letter)) {
          values.set(letter, index + 1 < arg.length ? arg.slice(index + 1) : (args[++at] ?? ''));
          break;
        }
        if (how.flags.includes(letter)) flags.add(letter);
        else unknown ??= `-${letter}`;
      }
    } else rest.push(arg);
  }
  return { flags, values, rest, unknown };
}

/** Lines of a text without their ends; a last line without end counts. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
