/** Runs a resolved command: as a container's first process, in exec, or as a shell's child. */

import { baseName, type Resolved, resolveCommand } from './command.js';
import { absolutePath } from './fs/node.js';
import type { Guest } from './guest.js';
import { assumeDeclared } from './server/generic.js';
import { applyOptions } from './shell/builtins.js';
import { Shell } from './shell/interpreter.js';
import { parseScript } from './shell/parser.js';
import type { Descriptor, Descriptors } from './shell/redirect.js';
import {
  type Child,
  type ExternalCommand,
  type ExternalRunner,
  startChild,
} from './shell/runner.js';
import { runInput } from './shell/session.js';
import { BrokenPipe, type Input, inputOf } from './shell/streams.js';
import { ToolIo } from './tool/tool.js';

/** Surroundings of one command. */
export interface RunContext {
  readonly environment: ReadonlyMap<string, string>;
  readonly workingDir: string;
  readonly descriptors: Descriptors;
}

const EMPTY: Descriptor = { input: inputOf('') };
const MAX_SCRIPT_DEPTH = 20;

/** Runs a command to its end. A server's promise never settles: it ends the process itself. */
export function runResolved(
  guest: Guest,
  resolved: Resolved,
  context: RunContext,
): Promise<number> {
  switch (resolved.kind) {
    case 'shell':
      return runShell(guest, resolved.argv, { ...context, name: resolved.name });
    case 'script':
      return runScriptFile(guest, resolved, context);
    case 'tool':
      return runTool(guest, resolved, context);
    case 'main':
      resolved.main(guest, resolved.argv.slice(1));
      return new Promise(() => undefined);
    case 'assumed':
      assumeDeclared(guest, resolved.argv.join(' '));
      return new Promise(() => undefined);
  }
}

async function runTool(
  guest: Guest,
  resolved: Extract<Resolved, { kind: 'tool' }>,
  context: RunContext,
): Promise<number> {
  const { descriptors } = context;
  const nowhere = { write: () => true, close: () => undefined, share: () => nowhere };
  const io = new ToolIo({
    guest,
    name: baseName(resolved.argv[0] ?? ''),
    args: resolved.argv.slice(1),
    applet: resolved.applet === true,
    environment: context.environment,
    workingDir: context.workingDir,
    input: descriptors.get(0)?.input ?? inputOf(''),
    output: descriptors.get(1)?.output ?? nowhere,
    errors: descriptors.get(2)?.output ?? nowhere,
    run: (argv, input) => runNested(guest, argv, { context, input }),
    start: (argv) => startNested(guest, argv, context),
    runIn: (other, argv) => {
      const found = resolveCommand(other, argv);
      if (found === undefined || found.kind === 'assumed') return undefined;
      other.sys.exec(argv);
      return runResolved(other, found, { ...context, workingDir: '/' });
    },
  });
  try {
    return await resolved.tool(io);
  } catch (error) {
    if (error instanceof BrokenPipe) return 141;
    // A pattern that a person wrote and JavaScript does not take.
    if (error instanceof SyntaxError) return io.fail(`bad regex: ${error.message}`, 2);
    throw error;
  }
}

function runNested(
  guest: Guest,
  argv: readonly string[],
  how: { readonly context: RunContext; readonly input: Input | undefined },
): Promise<number> {
  const found = resolveCommand(guest, argv);
  if (found === undefined || found.kind === 'assumed') return Promise.resolve(127);
  const { context, input } = how;
  const descriptors =
    input === undefined
      ? context.descriptors
      : new Map([...context.descriptors, [0, { input }] as const]);
  return runResolved(guest, found, { ...context, descriptors });
}

function startNested(
  guest: Guest,
  argv: readonly string[],
  context: RunContext,
): Child | undefined {
  const found = resolveCommand(guest, argv);
  if (found === undefined || found.kind === 'assumed') return undefined;
  return startChild(guest, guest.request.spawn?.(argv), (inside) =>
    runResolved(inside, found, context),
  );
}

/** The shell dialect an image's `sh` is. */
function dialect(guest: Guest, name: string): string {
  if (name !== 'sh') return name;
  const { userland } = guest.request.image;
  return userland === 'debian' ? 'dash' : 'sh';
}

async function runShell(
  guest: Guest,
  argv: readonly string[],
  context: RunContext & { readonly name: string },
): Promise<number> {
  const shell = makeShell(guest, context);
  const args = [...argv.slice(1)];
  const command = args.findIndex((arg) => /^-[a-zA-Z]*c[a-zA-Z]*$/.test(arg));
  if (command >= 0) {
    const letters = (args[command] ?? '').replace('c', '');
    const rest = applyOptions(shell, [
      ...args.slice(0, command),
      ...(letters === '-' ? [] : [letters]),
      ...args.slice(command + 1),
    ]);
    const [text, arg0, ...positional] = rest;
    if (text === undefined) {
      shell.complain('-c requires an argument');
      return 2;
    }
    if (arg0 !== undefined) shell.variables.set('0', arg0);
    shell.positional = positional;
    return runText(shell, text);
  }
  const rest = applyOptions(
    shell,
    args.filter(
      (arg) => !/^--(login|norc|posix)$/.test(arg) && arg !== '-l' && arg !== '-i' && arg !== '-s',
    ),
  );
  const [file, ...positional] = rest;
  if (file !== undefined) {
    const read = guest.request.files.readText(absolutePath(file, context.workingDir));
    if (!read.ok) {
      shell.complain(`can't open '${file}': No such file or directory`);
      return shell.name === 'bash' ? 127 : 2;
    }
    shell.positional = positional;
    shell.variables.set('0', file);
    return runText(shell, read.value);
  }
  return runInput(shell);
}

function makeShell(guest: Guest, context: RunContext & { readonly name: string }): Shell {
  const runner = new ContainerRunner(guest);
  const shell = new Shell(guest, {
    name: dialect(guest, context.name),
    runner,
    descriptors: context.descriptors,
  });
  for (const [name, value] of context.environment) {
    shell.variables.set(name, value);
    shell.variables.export(name);
  }
  shell.workingDir = context.workingDir;
  shell.set('PWD', context.workingDir);
  return shell;
}

function runText(shell: Shell, text: string): Promise<number> {
  const parsed = parseScript(text);
  if (parsed.ok) return shell.runToEnd(parsed.value);
  shell.complain(parsed.error);
  return Promise.resolve(2);
}

async function runScriptFile(
  guest: Guest,
  resolved: Extract<Resolved, { kind: 'script' }>,
  context: RunContext,
): Promise<number> {
  const read = guest.request.files.readText(resolved.path);
  const text = read.ok ? read.value : '';
  const shebang = /^#!\s*(\S+)(?:\s+(\S+))?/.exec(text);
  const named = baseName(shebang?.[1] ?? 'sh');
  const interpreter = named === 'env' ? (shebang?.[2] ?? 'sh') : named;
  const argv = [interpreter, resolved.path, ...resolved.argv.slice(1)];
  if (/^(ba|da|a|z|k)?sh$/.test(interpreter))
    return runShell(guest, argv, { ...context, name: interpreter });
  const depth = Number(context.environment.get('SHLVL') ?? 0);
  const found = depth < MAX_SCRIPT_DEPTH ? resolveCommand(guest, argv) : undefined;
  if (found === undefined || found.kind === 'script') return 126;
  return runResolved(guest, found, context);
}

/** Finds external commands in the container's image. */
class ContainerRunner implements ExternalRunner {
  readonly parse = parseScript;
  private readonly guest: Guest;

  constructor(guest: Guest) {
    this.guest = guest;
  }

  locate(name: string): string | undefined {
    const found = resolveCommand(this.guest, [name]);
    if (found === undefined || found.kind === 'assumed') return undefined;
    return name.includes('/') ? name : `/bin/${name}`;
  }

  standard(fd: number): Descriptor | undefined {
    return containerOutput(this.guest, fd === 2 ? 'stderr' : 'stdout');
  }

  async external(shell: Shell, command: ExternalCommand): Promise<number> {
    const { argv, environment, replace } = command;
    const name = argv[0] ?? '';
    const found = resolveCommand(shell.guest, argv);
    if (found === undefined || (found.kind === 'assumed' && !name.includes('/'))) {
      const words =
        shell.name === 'bash'
          ? `line 1: ${name}: ${name.includes('/') ? 'No such file or directory' : 'command not found'}`
          : shell.name === 'dash'
            ? `1: ${name}: not found`
            : `${name}: not found`;
      shell.complain(words);
      return 127;
    }
    const context: RunContext = {
      environment,
      workingDir: shell.workingDir,
      descriptors: shell.descriptors,
    };
    if (replace) {
      shell.guest.sys.exec(argv);
      return runResolved(shell.guest, found, context);
    }
    // A child that is killed while it reads must not take what the next one waits for.
    const input = shell.descriptors.get(0)?.input?.share();
    const own: RunContext =
      input === undefined
        ? context
        : { ...context, descriptors: new Map([...shell.descriptors, [0, { input }] as const]) };
    const child = this.inChild(argv, shell, (guest) => runResolved(guest, found, own));
    const { sys, terminal } = shell.guest;
    const leave = terminal?.enterForeground((signal) => sys.kill(child.pid, signal));
    const status = await shell.waitFor(child.done);
    leave?.();
    input?.close();
    return status;
  }

  inChild(argv: readonly string[], shell: Shell, run: (guest: Guest) => Promise<number>): Child {
    return startChild(shell.guest, shell.guest.request.spawn?.(argv), run);
  }
}

/** The container's own stream as a shell's descriptor. */
function containerOutput(guest: Guest, stream: 'stdout' | 'stderr'): Descriptor {
  const output = {
    terminal: guest.terminal !== undefined,
    write: (octets: Uint8Array) => guest.request.write(stream, octets)?.then(() => true) ?? true,
    close: () => undefined,
    share: () => output,
  };
  return { output };
}

/** Standard descriptors of a process of the container; input is empty unless given. */
export function standardDescriptors(guest: Guest, input?: Input): Descriptors {
  return new Map([
    [0, input === undefined ? EMPTY : { input }],
    [1, containerOutput(guest, 'stdout')],
    [2, containerOutput(guest, 'stderr')],
  ]);
}
