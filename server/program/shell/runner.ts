import type { Process, Result } from '../../../topology/index.js';
import { guarded } from '../guard.js';
import type { Guest } from '../guest.js';
import type { Script } from './ast.js';
import type { Shell } from './interpreter.js';
import type { Descriptor } from './redirect.js';

/** A command that is not part of the shell. */
export interface ExternalCommand {
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** `exec`: it takes the place of the shell instead of becoming its child. */
  readonly replace: boolean;
}

/** A child under way. */
export interface Child {
  readonly pid: number;
  /** Exit status, 128 + signal when it was killed. */
  readonly done: Promise<number>;
}

/** What a shell needs of the container around it. */
export interface ExternalRunner {
  parse(text: string): Result<Script, string>;
  /** Finds and runs a command; 127 and the shell's words when there is none. */
  external(shell: Shell, command: ExternalCommand): Promise<number>;
  /** Runs something in a process of its own where the kubelet can make one, else in the shell's. */
  inChild(argv: readonly string[], shell: Shell, run: (guest: Guest) => Promise<number>): Child;
  /** Whether a command of this name would be found, for `command -v` and `which`. */
  locate(name: string): string | undefined;
  /** The container's own standard output or error, for /dev/stdout and /proc/1/fd/1. */
  standard(fd: number): Descriptor | undefined;
}

/** Starts a child through `spawn`, or runs it in place with a made-up pid. */
export function startChild(
  guest: Guest,
  spawned: Result<Process, string> | undefined,
  run: (guest: Guest) => Promise<number>,
): Child {
  if (spawned?.ok !== true) {
    return { pid: guest.nextPseudoPid(), done: guarded(guest, () => run(guest)) };
  }
  const process = spawned.value;
  const done = new Promise<number>((resolve) => {
    process.onExit((ended) => resolve(ended.exitCode ?? 0));
  });
  const inside = guest.inProcess(process.sys);
  void guarded(inside, () => run(inside)).then((status) => {
    if (process.state === 'running') process.sys.exit(status);
  });
  return { pid: process.pidInNamespace, done };
}
