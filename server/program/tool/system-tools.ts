/** Tools about the process, the machine and time. */
import { decodeUtf8, formatIp } from '../../../topology/index.js';
import { formatDate } from '../io/date.js';
import { sleep, WorkMeter } from '../io/wait.js';
import { signalNumber } from '../shell/builtins.js';
import { inputOf, readAllFrom } from '../shell/streams.js';
import { evaluateTest } from '../shell/test-expression.js';
import { findTool } from './registry.js';
import { linesOf, parseOptions, type Tool, type ToolIo } from './tool.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `1.5m`; undefined for what is no duration, Infinity for `infinity`. */
export function parseDuration(text: string): number | undefined {
  if (/^inf(inity)?$/.test(text)) return Number.POSITIVE_INFINITY;
  const match = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
}

const sleepTool: Tool = async (io) => {
  if (io.args.length === 0) return io.fail('missing operand');
  let total = 0;
  for (const arg of io.args) {
    const seconds = parseDuration(arg);
    if (seconds === undefined)
      return io.fail(io.busybox ? `invalid number '${arg}'` : `invalid time interval '${arg}'`);
    total += seconds;
  }
  if (total === Number.POSITIVE_INFINITY) return new Promise(() => undefined);
  await sleep(io.sys, total * 1e9);
  return 0;
};

const date: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'uR',
    withValue: ['d', 'I'],
    long: ['utc', 'iso-8601', 'rfc-3339'],
  });
  const given = options.values.get('d');
  const ms = given?.startsWith('@') === true ? Number(given.slice(1)) * 1000 : io.guest.wallMs;
  const format = options.rest.find((arg) => arg.startsWith('+'))?.slice(1);
  const usual = options.flags.has('R') ? '%a, %d %b %Y %H:%M:%S +0000' : '%a %b %e %H:%M:%S UTC %Y';
  await io.out(`${formatDate(ms, format ?? usual)}\n`);
  return 0;
};

const hostname: Tool = async (io) => {
  const devices = io.guest.request.viewer?.devices() ?? [];
  if (io.args.includes('-i') || io.args.includes('-I')) {
    const addresses = devices
      .filter((device) => device.ifname !== 'lo')
      .flatMap((device) => device.addresses.map(({ address }) => formatIp(address)));
    await io.out(`${addresses.join(' ')}\n`);
    return 0;
  }
  await io.out(`${io.sys.hostname}\n`);
  return 0;
};

const env: Tool = async (io) => {
  const at = io.args.findIndex((arg) => !/^\w+=/.test(arg) && !arg.startsWith('-'));
  if (at >= 0) return io.run(io.args.slice(at));
  for (const [name, value] of io.environment) await io.out(`${name}=${value}\n`);
  return 0;
};

const printenv: Tool = async (io) => {
  const [name] = io.args;
  if (name === undefined) return env(io);
  const value = io.environment.get(name);
  if (value === undefined) return 1;
  await io.out(`${value}\n`);
  return 0;
};

const id: Tool = async (io) => {
  const { uid } = io.sys;
  const name = uid === 0 ? 'root' : String(uid);
  if (io.args.includes('-u')) await io.out(`${io.args.includes('-n') ? name : uid}\n`);
  else
    await io.out(
      uid === 0
        ? 'uid=0(root) gid=0(root) groups=0(root)\n'
        : `uid=${uid} gid=${uid} groups=${uid}\n`,
    );
  return 0;
};

const whoami: Tool = async (io) => {
  if (io.sys.uid !== 0) return io.fail(`unknown uid ${io.sys.uid}`);
  await io.out('root\n');
  return 0;
};

const uname: Tool = async (io) => {
  const all = io.args.includes('-a');
  const fields: readonly [string, string][] = [
    ['s', 'Linux'],
    ['n', io.sys.hostname],
    ['r', '6.18.0'],
    ['v', '#1 SMP PREEMPT_DYNAMIC'],
    ['m', 'x86_64'],
  ];
  const letters = io.args.join('').replace(/-/g, '') || 's';
  const shown = fields
    .filter(([letter]) => all || letters.includes(letter))
    .map(([, text]) => text);
  await io.out(`${shown.join(' ')}${all ? ' GNU/Linux' : ''}\n`);
  return 0;
};

const ps: Tool = async (io) => {
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

const pidof: Tool = async (io) => {
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

const kill: Tool = async (io) => {
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

const top: Tool = async (io) => {
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

const timeout: Tool = async (io) => {
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

const time: Tool = async (io) => {
  const startNs = io.sys.nowNs;
  const status = await io.run(io.args);
  const seconds = (io.sys.nowNs - startNs) / 1e9;
  await io.err(
    `real\t${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n`,
  );
  return status;
};

const xargs: Tool = async (io) => {
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

const watch: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 't', withValue: ['n'] });
  for (;;) {
    await io.run(options.rest.length === 1 ? ['sh', '-c', options.rest[0] ?? ''] : options.rest);
    await sleep(io.sys, Number(options.values.get('n') ?? 2) * 1e9);
  }
};

const df: Tool = async (io) => {
  await io.out(
    'Filesystem           1K-blocks      Used Available Use% Mounted on\noverlay               20134592   4210000  15924592  21% /\n',
  );
  for (const mount of io.files.listMounts()) {
    await io.out(`tmpfs                  2014170         0   2014170   0% ${mount.path}\n`);
  }
  return 0;
};

const mount: Tool = async (io) => {
  await io.out(
    'overlay on / type overlay (rw,relatime)\nproc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\n',
  );
  for (const each of io.files.listMounts()) {
    await io.out(`tmpfs on ${each.path} type tmpfs (${each.readOnly ? 'ro' : 'rw'},relatime)\n`);
  }
  return 0;
};

const which: Tool = async (io) => {
  let status = 0;
  for (const name of io.args) {
    if (
      io.files.exists(`/bin/${name}`) ||
      (findTool(name) !== undefined && io.guest.request.image.assumed)
    )
      await io.out(`/bin/${name}\n`);
    else status = 1;
  }
  return status;
};

const test: Tool = (io) => {
  const args = io.name === '[' ? io.args.slice(0, -1) : io.args;
  return evaluateTest(args, { files: io.files, workingDir: io.workingDir, extended: false }) ===
    true
    ? 0
    : 1;
};

/** Fidelity: `-w KEY=VALUE` is answered and changes nothing; settings of a pod are its securityContext.sysctls. */
const sysctl: Tool = async (io) => {
  let status = 0;
  for (const word of io.args.filter((arg) => !arg.startsWith('-'))) {
    const [name = '', ...given] = word.split('=');
    if (given.length > 0) {
      // Node-wide settings that no packet depends on: taken and forgotten.
      await io.out(`${name} = ${given.join('=')}\n`);
      continue;
    }
    const value = io.guest.request.viewer?.sysctl(name.replaceAll('/', '.'));
    if (value === undefined)
      status = await io.fail(
        `cannot stat /proc/sys/${name.replaceAll('.', '/')}: No such file or directory`,
        255,
      );
    else await io.out(io.args.includes('-n') ? `${value}\n` : `${name} = ${value}\n`);
  }
  return status;
};

const echo: Tool = async (io) => {
  const newline = io.args[0] !== '-n';
  await io.out(`${(newline ? io.args : io.args.slice(1)).join(' ')}${newline ? '\n' : ''}`);
  return 0;
};

const pwd: Tool = async (io) => {
  await io.out(`${io.workingDir}\n`);
  return 0;
};

/** Digits of pi by a spigot, for the Job of the Kubernetes documentation. */
const bc: Tool = async (io) => {
  const text = decodeUtf8(await readAllFrom(io.input));
  const meter = new WorkMeter(io.sys);
  await meter.charge(1_000_000);
  for (const line of linesOf(text)) {
    const sum = /^\s*(-?\d+)\s*([-+*/])\s*(-?\d+)\s*$/.exec(line);
    if (sum !== null) await io.out(`${calculate(Number(sum[1]), sum[2] ?? '+', Number(sum[3]))}\n`);
  }
  return 0;
};

function calculate(left: number, operator: string, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  return operator === '*' ? left * right : Math.trunc(left / right);
}

const expr: Tool = async (io) => {
  const [left = '', operator = '', right = ''] = io.args;
  const value = operator === '' ? left : String(calculate(Number(left), operator, Number(right)));
  await io.out(`${value}\n`);
  return value === '0' || value === '' ? 1 : 0;
};

/** `perl -Mbignum=bpi -wle 'print bpi(2000)'` prints pi; other programs are not run. */
const perl: Tool = async (io: ToolIo) => {
  const digits = Number(/bpi\((\d+)\)/.exec(io.args.join(' '))?.[1]);
  if (!Number.isInteger(digits)) {
    io.guest.assume(`perl ${io.args.join(' ')}: podnet cannot run it and assumes that it succeeds`);
    return 0;
  }
  await sleep(io.sys, digits * 1_000_000);
  await io.out(`${piDigits(Math.min(digits, 10_000))}\n`);
  return 0;
};

/** Pi with so many significant digits, by Machin's formula in whole numbers. */
export function piDigits(digits: number): string {
  const unit = 10n ** BigInt(digits + 10);
  const arctan = (inverse: bigint): bigint => {
    let term = unit / inverse;
    let sum = term;
    for (let n = 3n, sign = -1n; term !== 0n; n += 2n, sign = -sign) {
      term /= inverse * inverse;
      sum += sign * (term / n);
    }
    return sum;
  };
  const text = String((16n * arctan(5n) - 4n * arctan(239n)) / 10n ** 10n);
  return `${text[0]}.${text.slice(1, digits)}`;
}

/** System tools by name. */
export const SYSTEM_TOOLS: Readonly<Record<string, Tool>> = {
  sleep: sleepTool,
  date,
  hostname,
  env,
  printenv,
  id,
  whoami,
  uname,
  ps,
  pidof,
  pgrep: pidof,
  kill,
  killall: kill,
  pkill: kill,
  top,
  timeout,
  time,
  xargs,
  watch,
  df,
  mount,
  which,
  test,
  '[': test,
  sysctl,
  echo,
  pwd,
  bc,
  expr,
  perl,
  true: () => 0,
  false: () => 1,
  nproc: async (io) => (await io.out('2\n')) ?? 0,
  arch: async (io) => (await io.out('x86_64\n')) ?? 0,
  clear: () => 0,
  stty: () => 0,
  tty: async (io) => (await io.out('not a tty\n')) ?? 1,
};
