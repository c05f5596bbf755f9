import {
  type KernelOp,
  type NetDevice,
  type NetNamespace,
  parseWords,
} from '../../../topology/index.js';
import type { KernelViewer } from '../contract.js';
import { hasCapability } from './capability.js';
import { type Entry, writeEntries } from './iproute-entry.js';
import type { Tool, ToolIo } from './tool.js';

/** What `-f`, `-4`, `-6`, `-0` and `-B` choose; `any` without them. */
export type IpFamily = 'any' | 'inet' | 'inet6' | 'link' | 'bridge';

/** Options that stand before the object. */
export interface IpOptions {
  readonly json: boolean;
  readonly pretty: boolean;
  readonly brief: boolean;
  readonly oneline: boolean;
  /** How often `-d` was given. */
  readonly details: number;
  /** How often `-s` was given. */
  readonly stats: number;
  readonly numeric: boolean;
}

/** One run of `ip` or `bridge`: where it looks and how it writes. */
export interface IpRun {
  readonly io: ToolIo;
  readonly viewer: KernelViewer;
  readonly netns: NetNamespace;
  readonly family: IpFamily;
  readonly options: IpOptions;
  /** What parts lines of one entry: a backslash with `-o`. */
  readonly newline: string;
  /** The name under which the caller finds another namespace in /run/netns; '' when it does not. */
  nameOf(netns: NetNamespace): string;
}

/** Ends a tool from wherever it is: what iproute2 does by exit(3). */
export class ToolExit extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** A tool that asks the kernel, and that `ToolExit` may end from wherever it is. */
export function kernelTool(run: (io: ToolIo, viewer: KernelViewer) => Promise<number>): Tool {
  return async (io) => {
    const { viewer } = io.guest.request;
    if (viewer === undefined) return io.fail('no kernel to ask');
    try {
      return await run(io, viewer);
    } catch (error) {
      if (!(error instanceof ToolExit)) throw error;
      await io.err(error.message);
      return error.status;
    }
  };
}

/** The namespace that `-n` names, the tool's own without it. */
export function needNetns(viewer: KernelViewer, name: string | undefined): NetNamespace {
  const netns = viewer.netns(name);
  if (netns !== undefined) return netns;
  const text = `Cannot open network namespace "${name ?? ''}": No such file or directory\n`;
  throw new ToolExit(text, EXIT_USAGE);
}

/** What exit(-1) comes to. */
export const EXIT_USAGE = 255;

/** The kernel refused. */
export const EXIT_KERNEL = 2;

/** Whether a word abbreviates another, as iproute2's matches() takes it. */
export function matches(word: string, whole: string): boolean {
  return word !== '' && whole.startsWith(word);
}

/** The first of the names that a word abbreviates. */
export function firstMatch<T extends string>(word: string, names: readonly T[]): T | undefined {
  return names.find((name) => matches(word, name));
}

/** Arguments read from the left (NEXT_ARG). */
export class Args {
  private at = 0;
  private readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
  }

  get more(): boolean {
    return this.at < this.words.length;
  }

  get peek(): string {
    return this.words[this.at] ?? '';
  }

  take(): string {
    return this.words[this.at++] ?? '';
  }

  /** The value of the word just taken. */
  value(): string {
    if (!this.more) throw new ToolExit('Command line is not complete. Try option "help"\n', 255);
    return this.take();
  }
}

/** The device of a name; `Cannot find device` otherwise. */
export function needDevice(run: IpRun, name: string, status = 1): NetDevice {
  const device = run.netns.device(name);
  if (device === undefined) throw new ToolExit(`Cannot find device "${name}"\n`, status);
  return device;
}

/** Writes entries as the options ask. */
export function show(run: IpRun, entries: readonly Entry[]): Promise<void> {
  return writeEntries(run.io, entries, run.options);
}

/** Hands changes to the kernel; answers the exit status. */
export async function applyOps(run: IpRun, ops: readonly KernelOp[]): Promise<number> {
  const { io, netns, viewer } = run;
  if (ops.length === 0) return 0;
  if (!hasCapability(io, 'NET_ADMIN')) {
    const missing = missingDevice(netns, ops);
    await io.err(missing ?? 'RTNETLINK answers: Operation not permitted\n');
    return missing === undefined ? EXIT_KERNEL : 1;
  }
  const applied = viewer.apply(ops);
  if (applied.ok) return 0;
  const { message, op } = applied.error;
  const wrong = message.startsWith('Error: argument');
  const port = op.op === 'bridge.port' && message.startsWith('Cannot find device');
  await io.err(
    `${port ? message.replace('device', 'bridge device') : message}\n${wrong ? '\n' : ''}`,
  );
  if (wrong || op.op === 'bridge.port' || op.op.startsWith('fdb.')) return EXIT_USAGE;
  if (/^RTNETLINK|^Error: /.test(message)) return EXIT_KERNEL;
  return message.startsWith('Cannot find device') && lookedUpLate(applied.error.op) ? 255 : 1;
}

/** Devices that only the parser of a kind looks for, which ends by exit(-1). */
function lookedUpLate(op: KernelOp): boolean {
  return (
    (op.op === 'link.add' && op.spec.type === 'vxlan') ||
    op.op.startsWith('fdb.') ||
    op.op === 'bridge.port'
  );
}

/** iproute2 looks devices up before it asks the kernel. */
function missingDevice(netns: NetNamespace, ops: readonly KernelOp[]): string | undefined {
  for (const op of ops) {
    const name =
      'dev' in op ? op.dev : op.op === 'link.set' || op.op === 'link.del' ? op.name : undefined;
    if (name !== undefined && netns.device(name) === undefined)
      return `Cannot find device "${name}"\n`;
  }
  return undefined;
}

/** Reads a changing command with podnet's own parser and applies it. */
export async function change(run: IpRun, words: readonly string[]): Promise<number> {
  return applyOps(run, readChange(run, words));
}

/** The ops that a command asks for; ends the tool in iproute2's way when it cannot be read. */
export function readChange(run: IpRun, words: readonly string[]): readonly KernelOp[] {
  const parsed = parseWords(words, '', run.netns.name === '' ? undefined : run.netns.name);
  if (parsed.ok) return parsed.value;
  const { code, message } = parsed.error;
  if (code === 'command/read-only') return [];
  // Some texts end their line themselves before invarg() does.
  const plain = /scope value|valid ifname|nud state|argument of|invalid id$/.test(message);
  const gap = message.startsWith('Error: argument') && !plain ? '\n' : '';
  throw new ToolExit(`${message}\n${gap}`, statusOf(words, message));
}

/** What iproute2 exits with: the kernel's refusals are 2, a word that is no address 1, a wrong argument 255. */
function statusOf(words: readonly string[], message: string): number {
  if (words[0] === 'bridge') return EXIT_USAGE;
  if (/^RTNETLINK|^Error: (No link layer|Invalid prefix|Unknown device)/.test(message))
    return EXIT_KERNEL;
  if (/is expected rather than|is invalid lladdr|^No netns name|^Error: argument of/.test(message))
    return 1;
  const unsaid = message.startsWith('Not enough information') && !words.includes('set');
  return unsaid ? 1 : EXIT_USAGE;
}

/** The kernel's answer when nothing was even tried. */
export function refusal(text: string): ToolExit {
  return new ToolExit(`RTNETLINK answers: ${text}\n`, EXIT_KERNEL);
}
