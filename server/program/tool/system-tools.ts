/** Tools about the process, the machine and time. */

import { decodeUtf8, formatIp } from '../../../topology/index.js';
import { formatDate } from '../io/date.js';
import { sleep, WorkMeter } from '../io/wait.js';
import { resolveHost } from '../net/resolver.js';
import { readAllFrom } from '../shell/streams.js';
import { evaluateTest } from '../shell/test-expression.js';
import { parseDuration } from './duration.js';
import { kill, pidof, ps, time, timeout, top, watch, xargs } from './process-tools.js';
import { findTool } from './registry.js';
import { linesOf, parseOptions, type Tool, type ToolIo } from './tool.js';

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
  const letters = io.args.filter((arg) => /^-[a-zA-Z]/.test(arg)).join('');
  if (letters.includes('I') || io.args.includes('--all-ip-addresses')) {
    const own = (io.guest.request.viewer?.devices() ?? [])
      .filter((device) => device.kind !== 'loopback')
      .flatMap((device) => device.addresses)
      .filter(({ scope }) => scope !== 'link' && scope !== 'host');
    await io.out(`${own.map(({ address }) => `${formatIp(address)} `).join('')}\n`);
    return 0;
  }
  if (letters.includes('i') || io.args.includes('--ip-address')) {
    const found = await resolveHost(io.guest, io.sys.hostname, { family: 'ipv4' });
    if (!found.ok) return io.fail('Name or service not known');
    await io.out(`${found.value.map(formatIp).join(' ')}\n`);
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
  echo,
  pwd,
  bc,
  expr,
  perl,
  true: () => 0,
  false: () => 1,
  nproc: async (io) => (await io.out('2\n')) ?? 0,
  arch: async (io) => (await io.out('x86_64\n')) ?? 0,
};
