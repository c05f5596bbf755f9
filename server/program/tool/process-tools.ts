/** Tools that look at processes or run other commands: ps, kill, top, timeout, time, xargs, watch. */

import { decodeUtf8 } from '../../../topology/index.js';
import { sleep } from '../io/wait.js';
import { signalNumber } from '../shell/builtins.js';
import { inputOf, readAllFrom } from '../shell/streams.js';
import { parseDuration } from './duration.js';
import { linesOf, parseOptions, type Tool, type ToolIo } from './tool.js';

/** ps(1). */
export const ps: Tool = async (io) => {
  const processes = io.guest.request.viewer?.processes() ?? [];
  const wide = io.args.some((arg) => /^-?(aux|ef)/.test(arg));
  if (io.busybox) await io.out('PID   USER     TIME  COMMAND\n');
  else
    await io.out(
      wide
        ? 'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n'
        : '    PID TTY          TIME CMD\n',
    );
  for (const process of processes) {
    const pid = process.pidInNamespace;
    const command = process.argv.join(' ') || process.comm;
    const user = process.uid === 0 ? 'root' : String(process.uid);
    if (io.busybox) await io.out(`${String(pid).padStart(5)} ${user.padEnd(8)}  0:00 ${command}\n`);
    else if (wide)
      await io.out(
        `${user.padEnd(8)} ${String(pid).padStart(7)}  0.0  0.0   2576  1536 ?        Ss   00:00   0:00 ${command}\n`,
      );
    else await io.out(`${String(pid).padStart(7)} ?        00:00:00 ${process.comm}\n`);
  }
  return 0;
};

/** pidof(1). */
export const pidof: Tool = async (io) => {
  const found = (io.guest.request.viewer?.processes() ?? []).filter((process) =>
    io.args.some(
      (name) =>
        process.comm === name || (io.name === 'pgrep' && process.argv.join(' ').includes(name)),
    ),
  );
  if (found.length === 0) return 1;
  await io.out(
    `${found.map((process) => process.pidInNamespace).join(io.name === 'pgrep' ? '\n' : ' ')}\n`,
  );
  return 0;
};

/** kill(1). */
export const kill: Tool = async (io) => {
  const named = /^-(\w+)$/.exec(io.args[0] ?? '')?.[1];
  const signal = named === undefined ? 15 : (signalNumber(named) ?? 15);
  const names = io.args.slice(named === undefined ? 0 : 1);
  const byName = io.name === 'kill' ? undefined : (io.guest.request.viewer?.processes() ?? []);
  let status = 0;
  for (const name of names) {
    const pids =
      byName === undefined
        ? [Number(name)]
        : byName
            .filter((process) => process.comm === name)
            .map((process) => process.pidInNamespace);
    if (pids.length === 0) status = 1;
    for (const pid of pids) {
      if (io.sys.kill(pid, signal) !== undefined)
        status = await io.fail(`can't kill pid ${pid}: No such process`);
    }
  }
  return status;
};

/** top(1). */
export const top: Tool = async (io) => {
  await io.out(
    'Mem: 1017128K used, 3011212K free, 0K shrd, 0K buff, 0K cached\nCPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\nLoad average: 0.00 0.00 0.00 1/64 1\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n',
  );
  for (const process of io.guest.request.viewer?.processes() ?? []) {
    await io.out(
      `${String(process.pidInNamespace).padStart(5)}     0 root     S     1624   0%   0   0% ${process.argv.join(' ')}\n`,
    );
  }
  if (io.args.some((arg) => /n/.test(arg))) return 0;
  return new Promise(() => undefined);
};

/**
 * timeout(1).
 *
 * Fidelity: where the container's runtime makes no processes for children, the command is left behind instead of killed.
 */
export const timeout: Tool = async (io) => {
  const options = parseTimeout(io);
  if (options === undefined) {
    const [interval = ''] = io.args.filter((arg) => !arg.startsWith('-'));
    return io.busybox
      ? io.fail(`invalid number '${interval}'`)
      : io.fail(
          `invalid time interval ${interval === '' ? '' : `\u2018${interval}\u2019`}\nTry 'timeout --help' for more information.`,
          125,
        );
  }
  const { command, killAfter, seconds, signal } = options;
  const child = io.start(command);
  if (child === undefined) {
    return io.fail(
      `failed to run command \u2018${command[0] ?? ''}\u2019: No such file or directory`,
      127,
    );
  }
  if (seconds === 0 || seconds === Number.POSITIVE_INFINITY) return child.done;
  const late = sleep(io.sys, seconds * 1e9).then(() => 'late' as const);
  const first = await Promise.race([child.done, late]);
  if (first !== 'late') return first;
  if (io.sys.kill(child.pid, signal) !== undefined) return io.busybox ? 143 : 124;
  if (killAfter !== undefined) {
    const stubborn = sleep(io.sys, killAfter * 1e9).then(() => 'late' as const);
    if ((await Promise.race([child.done, stubborn])) === 'late') {
      io.sys.kill(child.pid, SIGKILL);
      return 137;
    }
  }
  const status = await child.done;
  if (signal === SIGKILL) return 137;
  return io.busybox || options.preserve ? status : 124;
};

const SIGTERM = 15;
const SIGKILL = 9;

function parseTimeout(io: ToolIo):
  | {
      readonly seconds: number;
      readonly killAfter: number | undefined;
      readonly signal: number;
      readonly preserve: boolean;
      readonly command: readonly string[];
    }
  | undefined {
  const { args } = io;
  let at = 0;
  let signal = SIGTERM;
  let killAfter: number | undefined;
  let seconds: number | undefined;
  let preserve = false;
  for (; args[at]?.startsWith('-') === true; at++) {
    const arg = args[at] ?? '';
    const value = (letter: string): string =>
      arg.length > letter.length ? arg.slice(letter.length).replace(/^=/, '') : (args[++at] ?? '');
    if (arg.startsWith('-s')) signal = signalNumber(value('-s')) ?? SIGTERM;
    else if (arg.startsWith('--signal')) signal = signalNumber(value('--signal')) ?? SIGTERM;
    else if (arg.startsWith('-k')) killAfter = parseDuration(value('-k'));
    else if (arg.startsWith('--kill-after')) killAfter = parseDuration(value('--kill-after'));
    else if (arg.startsWith('-t')) seconds = parseDuration(value('-t'));
    else if (arg === '--preserve-status') preserve = true;
  }
  seconds ??= parseDuration(args[at++] ?? '');
  if (seconds === undefined || args[at] === undefined) return undefined;
  return { seconds, killAfter, signal, preserve, command: args.slice(at) };
}

/** time(1). */
export const time: Tool = async (io) => {
  const startNs = io.sys.nowNs;
  const portable = io.args[0] === '-p';
  const status = await io.run(portable ? io.args.slice(1) : io.args);
  const seconds = (io.sys.nowNs - startNs) / 1e9;
  await io.err(
    portable
      ? `real ${seconds.toFixed(2)}\nuser 0.00\nsys 0.00\n`
      : `real\t${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n`,
  );
  return status;
};

/** xargs(1). */
export const xargs: Tool = async (io) => {
  const options = parseXargs(io.args);
  const text = decodeUtf8(await readAllFrom(io.input));
  const items =
    options.replace === undefined ? text.split(/\s+/).filter((item) => item !== '') : linesOf(text);
  const command = options.command.length > 0 ? options.command : ['echo'];
  const batches: string[][] = [];
  if (options.replace !== undefined) {
    for (const item of items)
      batches.push(command.map((word) => word.replaceAll(options.replace ?? '{}', item)));
  } else {
    const size = options.max ?? (items.length || 1);
    for (let at = 0; at < Math.max(1, items.length); at += size)
      batches.push([...command, ...items.slice(at, at + size)]);
  }
  let status = 0;
  for (const batch of batches) if ((await io.run(batch, inputOf(''))) !== 0) status = 123;
  return status;
};

function parseXargs(args: readonly string[]): {
  replace?: string;
  max?: number;
  command: readonly string[];
} {
  const found: { replace?: string; max?: number } = {};
  let at = 0;
  for (; args[at]?.startsWith('-') === true; at++) {
    if (args[at] === '-I') found.replace = args[++at] ?? '{}';
    else if (args[at] === '-n') found.max = Number(args[++at]);
    else if (args[at] === '-P') at++;
  }
  return { ...found, command: args.slice(at) };
}

/** watch(1). */
export const watch: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 't', withValue: ['n'] });
  for (;;) {
    await io.run(options.rest.length === 1 ? ['sh', '-c', options.rest[0] ?? ''] : options.rest);
    await sleep(io.sys, Number(options.values.get('n') ?? 2) * 1e9);
  }
};
