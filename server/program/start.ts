import { fail, ok, type Result } from '../../topology/index.js';
import { isWrapped, resolveCommand, resolveMain } from './command.js';
import type {
  Console,
  ExecRequest,
  ExecSession,
  ProgramHandle,
  ProgramRequest,
  StartError,
} from './contract.js';
import { imageTree } from './fs/image-tree.js';
import { kernelFiles } from './fs/kernel-files.js';
import { guarded, guardedStart } from './guard.js';
import { Guest } from './guest.js';
import { runResolved, standardDescriptors } from './run.js';
import { type Input, Pipe } from './shell/streams.js';
import { Terminal } from './shell/terminal.js';
import './tool/all.js';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts the program that a container's command names.
 *
 * Servers bind before this returns. The program ends by `request.sys.exit`.
 *
 * Failures: `not-found` when the image has no such command, as runc says it; `no-working-dir` when the working directory is a file.
 */
export function startProgram(request: ProgramRequest): Result<ProgramHandle, StartError> {
  request.files.layOver(imageTree(request.image));
  const kernel = kernelFiles(request);
  if (kernel !== undefined) request.files.showKernel(kernel);
  const streams = openStreams(request);
  const guest = streams.guest;
  const found = resolveMain(guest, request.argv);
  if (found === undefined) return fail(notFound(request.argv[0] ?? ''));
  const prepared = prepareWorkingDir(request);
  if (prepared !== undefined) return fail(prepared);
  // Entrypoint scripts and init wrappers end in exec: the process goes on as what they start.
  if (isWrapped(request.argv)) guest.sys.exec(found.argv);
  if (found.kind === 'main') guardedStart(guest, () => found.main(guest, found.argv.slice(1)));
  else {
    const context = {
      environment: environmentOf(guest, request.env),
      workingDir: request.workingDir || '/',
      descriptors: standardDescriptors(guest, streams.reader),
    };
    void guarded(guest, () => runResolved(guest, found, context)).then((code) =>
      guest.sys.exit(code),
    );
  }
  return ok({
    console: streams.console,
    exec: (execRequest) => startExec(request, execRequest),
  });
}

/** The runtime makes a working directory that is missing. */
function prepareWorkingDir(request: ProgramRequest): StartError | undefined {
  if (request.workingDir === '' || request.workingDir === '/') return undefined;
  const failure = request.files.exists(request.workingDir)
    ? request.files.list(request.workingDir).ok
      ? undefined
      : 'ENOTDIR'
    : request.files.makeDirectory(request.workingDir, { parents: true });
  if (failure !== 'ENOTDIR') return undefined;
  return {
    kind: 'no-working-dir',
    text: `chdir to cwd ("${request.workingDir}") set in config.json failed: not a directory`,
  };
}

function notFound(command: string): StartError {
  const text = command.includes('/')
    ? `exec: "${command}": stat ${command}: no such file or directory`
    : `exec: "${command}": executable file not found in $PATH`;
  return { kind: 'not-found', text };
}

function environmentOf(
  guest: Guest,
  env: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map([
    ['PATH', PATH],
    ['HOSTNAME', guest.sys.hostname],
    ['HOME', '/root'],
    ...(guest.terminal === undefined ? [] : ([['TERM', 'xterm']] as const)),
    ...env,
  ]);
}

/** What podnet cannot run, in a container that runs, is no server but a check or a chore: it is assumed to succeed. */
function assumedSuccess(guest: Guest, { argv, sys }: ExecRequest): ExecSession {
  guest.assume(`${argv.join(' ')}: podnet cannot run it and assumes that it succeeds`);
  sys.exit(0);
  return { exitCode: Promise.resolve(0), ...NO_CONSOLE };
}

const NO_CONSOLE: Console = {
  writeInput: () => undefined,
  closeInput: () => undefined,
  resize: () => undefined,
};

/** The standard streams of a process. */
interface Streams {
  readonly guest: Guest;
  readonly reader: Input;
  readonly console: Console;
}

/** A pipe to standard input, or a terminal in front of one. */
function openStreams(request: ProgramRequest): Streams {
  const pipe = new Pipe();
  const writer = pipe.writeEnd();
  if (request.terminal !== true) {
    if (request.stdin !== true) writer.close();
    const console: Console = {
      writeInput: (octets) => {
        const taken = writer.write(octets);
        return typeof taken === 'boolean' ? undefined : taken.then(() => undefined);
      },
      closeInput: () => writer.close(),
      resize: () => undefined,
    };
    return { guest: new Guest(request), reader: pipe.readEnd(), console };
  }
  const terminal = new Terminal(writer, request.write);
  const { sys } = request;
  terminal.enterForeground((signal) => sys.kill(sys.pid, signal));
  return {
    guest: new Guest({ ...request, write: terminal.write }, { terminal }),
    reader: pipe.readEnd(terminal),
    console: terminal,
  };
}

function startExec(container: ProgramRequest, exec: ExecRequest): Result<ExecSession, StartError> {
  const { spawn: _spawn, stdin: _stdin, terminal: _terminal, ...rest } = container;
  const { argv, env = [], spawn, stdin = false, sys, terminal = false, write } = exec;
  const request: ProgramRequest = {
    ...rest,
    sys,
    argv,
    env: new Map([...container.env, ...env]),
    write,
    stdin,
    terminal,
    ...(spawn === undefined ? {} : { spawn }),
  };
  const { console, guest, reader } = openStreams(request);
  const found = resolveCommand(guest, argv);
  if (found === undefined) return fail(notFound(argv[0] ?? ''));
  if (found.kind === 'assumed') return ok(assumedSuccess(guest, exec));
  const context = {
    environment: environmentOf(guest, request.env),
    workingDir: container.workingDir || '/',
    descriptors: standardDescriptors(guest, reader),
  };
  const exitCode = guarded(guest, () => runResolved(guest, found, context));
  void exitCode.then((code) => sys.exit(code));
  return ok({
    exitCode,
    writeInput: (octets) => console.writeInput(octets),
    closeInput: () => console.closeInput(),
    resize: (size) => console.resize(size),
  });
}
