/** Tools that look at processes or run other commands: ps, kill, top, timeout, time, xargs, watch. */

import { decodeUtf8 } from '../../../topology/index.js';
import { sleep } from '../io/wait.js';
import { signalNumber } from '../shell/builtins.js';
import { inputOf, readAllFrom } from '../shell/streams.js';
import { parseDuration } from './duration.js';
import { linesOf, parseOptions, type Tool } from './tool.js';

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

/** timeout(1). */
export const timeout: Tool = async (io) => {
  const options = parseTimeout(io.args);
  if (options === undefined) return io.fail(`invalid time interval '${io.args[0] ?? ''}'`, 125);
  const late = new Promise<number>((resolve) => {
    io.sys.schedule(options.seconds * 1e9, () => resolve(124));
  });
  const status = await Promise.race([io.run(options.command), late]);
  return status === 124 && io.busybox ? 143 : status;
};

function parseTimeout(
  args: readonly string[],
): { seconds: number; command: readonly string[] } | undefined {
  let at = 0;
  while (args[at]?.startsWith('-') === true) {
    if (args[at] === '-t') return { seconds: Number(args[at + 1]), command: args.slice(at + 2) };
    at += /^-[ks]$/.test(args[at] ?? '') ? 2 : 1;
  }
  const seconds = parseDuration(args[at] ?? '');
  return seconds === undefined ? undefined : { seconds, command: args.slice(at + 1) };
}

/** time(1). */
export const time: Tool = async (io) => {
  const startNs = io.sys.nowNs;
  const status = await io.run(io.args);
  const seconds = (io.sys.nowNs - startNs) / 1e9;
  await io.err(
    `real\t${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n`,
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
