import { fail, ok, type Result } from '../../topology/index.js';
import { isWrapped, resolveCommand, resolveMain } from './command.js';
import type {
  ExecRequest,
  ExecSession,
  ProgramHandle,
  ProgramRequest,
  StartError,
} from './contract.js';
import { imageTree } from './fs/image-tree.js';
import { kernelFiles } from './fs/kernel-files.js';
import { guarded, guardedStart } from './guard.js';
import { Guest, SIGNALS } from './guest.js';
import { runResolved, standardDescriptors } from './run.js';
import { Pipe } from './shell/streams.js';
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
  const guest = new Guest(request);
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
      descriptors: standardDescriptors(guest),
      interactive: false,
    };
    void guarded(guest, () => runResolved(guest, found, context)).then((code) =>
      guest.sys.exit(code),
    );
  }
  return ok({ exec: (execRequest) => startExec(request, execRequest) });
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
  return new Map([['PATH', PATH], ['HOSTNAME', guest.sys.hostname], ['HOME', '/root'], ...env]);
}

/** What podnet cannot run, in a container that runs, is no server but a check or a chore: it is assumed to succeed. */
function assumedSuccess(guest: Guest, { argv, sys }: ExecRequest): ExecSession {
  guest.assume(`${argv.join(' ')}: podnet cannot run it and assumes that it succeeds`);
  sys.exit(0);
  return { exitCode: Promise.resolve(0), writeInput: () => undefined, closeInput: () => undefined };
}

function startExec(container: ProgramRequest, exec: ExecRequest): Result<ExecSession, StartError> {
  const terminal = exec.terminal === true ? new Terminal(exec.write) : undefined;
  const { spawn: _containerSpawn, ...rest } = container;
  const request: ProgramRequest = {
    ...rest,
    sys: exec.sys,
    argv: exec.argv,
    env: new Map([...container.env, ...(exec.env ?? [])]),
    write: terminal === undefined ? exec.write : terminal.write,
    terminal: terminal !== undefined,
    ...(exec.spawn === undefined ? {} : { spawn: exec.spawn }),
  };
  const guest = new Guest(request);
  const found = resolveCommand(guest, exec.argv);
  if (found === undefined) return fail(notFound(exec.argv[0] ?? ''));
  if (found.kind === 'assumed') return ok(assumedSuccess(guest, exec));
  const pipe = new Pipe();
  const writer = pipe.writeEnd();
  const reader = pipe.readEnd();
  if (exec.stdin !== true && exec.terminal !== true) writer.close();
  terminal?.attach(writer, () => {
    const target = guest.foregroundPid ?? (found.kind === 'shell' ? undefined : exec.sys.pid);
    if (target !== undefined) exec.sys.kill(target, SIGNALS.INT);
  });
  const context = {
    environment: environmentOf(guest, request.env),
    workingDir: container.workingDir || '/',
    descriptors: standardDescriptors(guest, reader),
    interactive: exec.terminal === true,
  };
  const exitCode = guarded(guest, () => runResolved(guest, found, context));
  void exitCode.then((code) => exec.sys.exit(code));
  return ok({
    exitCode,
    writeInput: (octets) => {
      if (terminal === undefined) void writer.write(octets);
      else terminal.input(octets);
    },
    closeInput: () => writer.close(),
  });
}
