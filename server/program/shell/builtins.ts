import { decodeUtf8 } from '../../../topology/index.js';
import { absolutePath } from '../fs/node.js';
import { SIGNALS } from '../guest.js';
import { evaluateArithmetic } from './arithmetic.js';
import type { Shell } from './interpreter.js';
import { ShellJump } from './jump.js';
import { formatPrintf } from './printf.js';
import { readLineFrom } from './streams.js';
import { evaluateTest } from './test-expression.js';
import { unescapeAnsi } from './word-parser.js';

/** A command that runs in the shell itself. */
export type Builtin = (shell: Shell, args: readonly string[]) => Promise<number> | number;

/** Number of a signal from its name (`TERM`, `SIGTERM`) or number; undefined when there is none. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, '');
  return Object.entries(SIGNALS).find(([known]) => known === name)?.[1];
}

function signalName(text: string): string {
  const number = Number(text);
  if (text === '0') return 'EXIT';
  const found = Object.entries(SIGNALS).find(([, value]) => value === number);
  return found?.[0] ?? text.toUpperCase().replace(/^SIG/, '');
}

const cd: Builtin = async (shell, args) => {
  const target = args.find((arg) => !/^-[LP]$/.test(arg)) ?? shell.get('HOME') ?? '/';
  const path = absolutePath(
    target === '-' ? (shell.get('OLDPWD') ?? '/') : target,
    shell.workingDir,
  );
  const found = shell.files.find(path);
  if (!found.ok) {
    shell.complain(`cd: can't cd to ${target}: No such file or directory`);
    return 2;
  }
  if (found.value.kind !== 'directory') {
    shell.complain(`cd: can't cd to ${target}: Not a directory`);
    return 2;
  }
  shell.set('OLDPWD', shell.workingDir);
  shell.workingDir = path;
  shell.set('PWD', path);
  if (target === '-') await shell.print(`${path}\n`);
  return 0;
};

const echo: Builtin = async (shell, args) => {
  let newline = true;
  let escapes = shell.name === 'dash' || shell.name === 'sh';
  let at = 0;
  for (; /^-[neE]+$/.test(args[at] ?? ''); at++) {
    const flags = args[at] ?? '';
    // dash's echo has no -e: it prints it.
    if (shell.name === 'dash' && flags !== '-n') break;
    if (flags.includes('n')) newline = false;
    if (flags.includes('e')) escapes = true;
    if (flags.includes('E')) escapes = false;
  }
  const text = args.slice(at).join(' ');
  await shell.print(`${escapes ? unescapeAnsi(text) : text}${newline ? '\n' : ''}`);
  return 0;
};

const test: Builtin = (shell, args) => runTest(shell, args, false);

function runTest(shell: Shell, args: readonly string[], extended: boolean): number {
  const value = evaluateTest(args, { files: shell.files, workingDir: shell.workingDir, extended });
  if (typeof value === 'boolean') return value ? 0 : 1;
  shell.complain(`test: ${value}`);
  return 2;
}

function bracket(close: string): Builtin {
  return (shell, args) => {
    if (args.at(-1) !== close) {
      shell.complain(`[: missing ${close}`);
      return 2;
    }
    return runTest(shell, args.slice(0, -1), close === ']]');
  };
}

const exportVariables: Builtin = async (shell, args) => {
  const names = args.filter((arg) => !arg.startsWith('-'));
  if (names.length === 0) {
    for (const [name, value] of [...shell.variables.exported()].sort()) {
      await shell.print(`export ${name}='${value}'\n`);
    }
  }
  for (const arg of names) {
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (equals >= 0) shell.set(name, arg.slice(equals + 1));
    shell.variables.export(name);
  }
  return 0;
};

const local: Builtin = (shell, args) => {
  for (const arg of args.filter((each) => !each.startsWith('-'))) {
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const made = shell.variables.makeLocal(name);
    if (equals >= 0) shell.set(name, arg.slice(equals + 1));
    else if (made) shell.set(name, '');
  }
  return 0;
};

const OPTION_LETTERS: Readonly<Record<string, keyof Shell['options']>> = {
  e: 'errexit',
  x: 'xtrace',
  u: 'nounset',
  f: 'noglob',
};
const OPTION_NAMES = new Set(['errexit', 'xtrace', 'nounset', 'noglob', 'pipefail']);

/** Applies `-e`, `+x`, `-o pipefail`; gives what is left of the arguments. */
export function applyOptions(shell: Shell, args: readonly string[]): readonly string[] {
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return args.slice(at + 1);
    if (!/^[-+][a-zA-Z]/.test(arg)) break;
    const on = arg.startsWith('-');
    for (const letter of arg.slice(1)) {
      const option = OPTION_LETTERS[letter];
      if (option !== undefined) shell.options[option] = on;
      if (letter === 'o') {
        const name = args[++at] ?? '';
        if (isOption(name)) shell.options[name] = on;
      }
    }
  }
  return args.slice(at);
}

function isOption(name: string): name is keyof Shell['options'] {
  return OPTION_NAMES.has(name);
}

const set: Builtin = async (shell, args) => {
  if (args.length === 0) {
    for (const [name, value] of shell.variables.sorted()) await shell.print(`${name}='${value}'\n`);
    return 0;
  }
  const rest = applyOptions(shell, args);
  if (rest.length > 0 || args.includes('--')) shell.positional = rest;
  return 0;
};

const read: Builtin = async (shell, args) => {
  const names: string[] = [];
  let raw = false;
  let prompt: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '-p') prompt = args[++at];
    else if (arg === '-t' || arg === '-n' || arg === '-d') at++;
    else if (/^-[rs]+$/.test(arg)) raw ||= arg.includes('r');
    else names.push(arg);
  }
  if (prompt !== undefined) await shell.print(prompt, 2);
  const input = shell.descriptors.get(0)?.input;
  const octets = input === undefined ? undefined : await readLineFrom(input);
  const ended = octets === undefined || octets[octets.length - 1] !== 10;
  const text = octets === undefined ? '' : decodeUtf8(octets).replace(/\n$/, '');
  const line = raw ? text : text.replace(/\\(.)/g, '$1');
  assignFields(shell, line, names.length > 0 ? names : ['REPLY']);
  return ended ? 1 : 0;
};

function assignFields(shell: Shell, line: string, names: readonly string[]): void {
  const ifs = shell.get('IFS') ?? ' \t\n';
  const separators = ifs === '' ? undefined : new RegExp(`[${ifs.replace(/[\\\]^-]/g, '\\$&')}]+`);
  let rest = separators === undefined || ifs.trim() !== '' ? line : line.trim();
  for (const [index, name] of names.entries()) {
    const match =
      separators === undefined || index === names.length - 1 ? null : separators.exec(rest);
    shell.set(name, match === null ? rest : rest.slice(0, match.index));
    rest = match === null ? '' : rest.slice(match.index + match[0].length);
  }
}

const wait: Builtin = async (shell, args) => {
  const wanted =
    args.length === 0
      ? [...shell.jobs]
      : shell.jobs.filter((job) => args.some((arg) => refersTo(shell, job.pid, arg)));
  if (args.length > 0 && wanted.length === 0) return 127;
  let status = 0;
  for (const job of wanted) {
    const outcome = await Promise.race([
      job.done,
      new Promise<'signal'>((resolve) => {
        shell.onTrappedSignal = () => resolve('signal');
      }),
    ]);
    shell.onTrappedSignal = undefined;
    if (outcome === 'signal') return 143;
    status = outcome;
    shell.jobs.splice(shell.jobs.indexOf(job), 1);
  }
  return args.length === 0 ? 0 : status;
};

function refersTo(shell: Shell, pid: number, text: string): boolean {
  if (!text.startsWith('%')) return Number(text) === pid;
  const number = Number(text.slice(1));
  return (
    shell.jobs[Number.isInteger(number) && number > 0 ? number - 1 : shell.jobs.length - 1]?.pid ===
    pid
  );
}

const trap: Builtin = async (shell, args) => {
  const rest = args[0] === '--' ? args.slice(1) : args;
  if (rest.length === 0) {
    for (const [name, action] of shell.traps) await shell.print(`trap -- '${action}' ${name}\n`);
    return 0;
  }
  const [action = '', ...signals] = rest.length === 1 ? ['-', ...rest] : rest;
  for (const text of signals) {
    const name = signalName(text);
    if (action === '-') shell.traps.delete(name);
    else shell.traps.set(name, action);
    const number = signalNumber(name);
    if (number === undefined || action === '-') continue;
    shell.guest.sys.onSignal(number, () => {
      if (!shell.traps.has(name)) {
        shell.guest.sys.exit(128 + number);
        return;
      }
      shell.pendingSignals.push(name);
      shell.onTrappedSignal?.();
    });
  }
  return 0;
};

const kill: Builtin = async (shell, args) => {
  if (args[0] === '-l') {
    await shell.print(`${Object.keys(SIGNALS).join(' ')}\n`);
    return 0;
  }
  let signal = SIGNALS.TERM as number;
  let targets = args;
  const [first = ''] = args;
  if (first === '-s' || first === '-n') {
    signal = signalNumber(args[1] ?? '') ?? signal;
    targets = args.slice(2);
  } else if (/^-\w/.test(first)) {
    const named = signalNumber(first.slice(1));
    if (named === undefined) {
      shell.complain(`kill: invalid signal number or name: ${first.slice(1)}`);
      return 1;
    }
    signal = named;
    targets = args.slice(1);
  }
  let status = 0;
  for (const target of targets.filter((each) => each !== '--')) {
    const job = target.startsWith('%')
      ? shell.jobs.find(({ pid }) => refersTo(shell, pid, target))
      : undefined;
    const pid = job?.pid ?? Number(target);
    const errno = Number.isInteger(pid) ? shell.guest.sys.kill(pid, signal) : 'ESRCH';
    if (errno === undefined) continue;
    const words = errno === 'EPERM' ? 'Operation not permitted' : 'No such process';
    shell.complain(`kill: (${target}) - ${words}`);
    status = 1;
  }
  return status;
};

const command: Builtin = async (shell, args) => {
  const [flag, name = ''] = args;
  if (flag === '-v' || flag === '-V') {
    const known =
      shell.functions.has(name) || BUILTINS.has(name) ? name : shell.runner.locate(name);
    if (known === undefined) return flag === '-v' ? 1 : 127;
    await shell.print(`${known}\n`);
    return 0;
  }
  const builtin = BUILTINS.get(args[0] ?? '');
  if (builtin !== undefined) return builtin(shell, args.slice(1));
  return shell.runner.external(shell, {
    argv: args,
    environment: shell.variables.exported(),
    replace: false,
  });
};

const type: Builtin = async (shell, args) => {
  let status = 0;
  for (const name of args) {
    const where = shell.runner.locate(name);
    const what = shell.functions.has(name)
      ? 'is a function'
      : BUILTINS.has(name)
        ? 'is a shell builtin'
        : where === undefined
          ? undefined
          : `is ${where}`;
    await shell.print(what === undefined ? `${name}: not found\n` : `${name} ${what}\n`);
    if (what === undefined) status = 127;
  }
  return status;
};

const source: Builtin = async (shell, args) => {
  const [name = ''] = args;
  const text = shell.files.readText(absolutePath(name, shell.workingDir));
  if (!text.ok) {
    shell.complain(`.: can't open '${name}': No such file or directory`);
    return 2;
  }
  return shell.evaluate(text.value);
};

const exec: Builtin = async (shell, args) => {
  const status = await shell.runner.external(shell, {
    argv: args,
    environment: shell.variables.exported(),
    replace: true,
  });
  throw new ShellJump('exit', status);
};

function jump(kind: 'break' | 'continue' | 'return' | 'exit'): Builtin {
  return (shell, args) => {
    const otherwise = kind === 'break' || kind === 'continue' ? 1 : shell.lastStatus;
    throw new ShellJump(kind, args[0] === undefined ? otherwise : Number(args[0]) & 255);
  };
}

async function printed(shell: Shell, text: string): Promise<number> {
  await shell.print(text);
  return 0;
}

const ok: Builtin = () => 0;

/** Builtins by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', ok],
  ['true', ok],
  ['false', () => 1],
  ['cd', cd],
  ['pwd', (shell) => printed(shell, `${shell.workingDir}\n`)],
  ['echo', echo],
  ['printf', (shell, args) => printed(shell, formatPrintf(args[0] ?? '', args.slice(1)))],
  ['test', test],
  ['[', bracket(']')],
  ['[[', bracket(']]')],
  ['export', exportVariables],
  ['readonly', exportVariables],
  ['declare', local],
  ['typeset', local],
  ['local', local],
  [
    'unset',
    (shell, args) => {
      for (const name of args) {
        shell.variables.unset(name);
        shell.functions.delete(name);
      }
      return 0;
    },
  ],
  ['set', set],
  [
    'shift',
    (shell, args) => {
      const count = Number(args[0] ?? 1);
      if (count > shell.positional.length) return 1;
      shell.positional = shell.positional.slice(count);
      return 0;
    },
  ],
  ['read', read],
  ['eval', (shell, args) => shell.evaluate(args.join(' '))],
  ['.', source],
  ['source', source],
  ['exec', exec],
  ['wait', wait],
  ['trap', trap],
  ['kill', kill],
  ['command', command],
  ['type', type],
  [
    'jobs',
    async (shell) => {
      for (const [index, job] of shell.jobs.entries()) {
        await shell.print(
          `[${index + 1}]  ${job.status === undefined ? 'Running' : 'Done'}                 ${job.text}\n`,
        );
      }
      return 0;
    },
  ],
  [
    'let',
    (shell, args) => {
      let value = 0;
      for (const arg of args) value = evaluateArithmetic(arg, shell);
      return value === 0 ? 1 : 0;
    },
  ],
  [
    'history',
    (shell) =>
      printed(
        shell,
        shell.history.map((line, at) => `${String(at + 1).padStart(5)}  ${line}\n`).join(''),
      ),
  ],
  ['umask', ok],
  ['ulimit', (shell) => printed(shell, 'unlimited\n')],
  ['alias', ok],
  ['hash', ok],
  ['shopt', ok],
  ['break', jump('break')],
  ['continue', jump('continue')],
  ['return', jump('return')],
  ['exit', jump('exit')],
]);
