import {
  fail,
  formatIp,
  type NamespaceKind,
  ok,
  type Process,
  type Result,
  type Timer,
} from '../../topology/index.js';
import type { Container as ContainerSpec, Pod } from '../contract/kube.js';
import type {
  BindFailure,
  ExecRequest,
  ExecSession,
  ProgramHandle,
  StartError,
  VirtualFileSystem,
} from '../program/index.js';
import type { ResolvedImage } from '../registry/index.js';
import type { KubeletOptions, RuntimeFailure } from './contract.js';
import { expectedPorts } from './declared-ports.js';
import { imageFacts } from './image-facts.js';
import { LogRing } from './log-ring.js';
import { namespaceOf, runtimeId } from './names.js';
import { capabilitiesOf, type OciConfig, securityOf } from './oci-bundle.js';
import type { Sandbox } from './sandbox.js';
import type { PortConflict } from './view.js';

/** What CRI CreateContainer is asked. */
export interface ContainerConfig {
  readonly pod: Pod;
  readonly podUid: string;
  readonly spec: ContainerSpec;
  readonly sandbox: Sandbox;
  readonly attempt: number;
  readonly id: string;
  readonly image: ResolvedImage;
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly workingDir: string;
  readonly uid: number;
  readonly files: VirtualFileSystem;
  /** The container whose PID namespace it enters (`targetContainerName`). */
  readonly target?: RuntimeContainer | undefined;
  /** Its OCI configuration, made when somebody looks. */
  readonly bundle: () => OciConfig;
  readonly onExit: (container: RuntimeContainer) => void;
}

/** A container of the runtime: one run of one container of a pod. */
export interface RuntimeContainer {
  readonly id: string;
  readonly config: ContainerConfig;
  readonly log: LogRing;
  state: 'created' | 'running' | 'exited';
  process: Process | undefined;
  handle: ProgramHandle | undefined;
  startedAt: string | undefined;
  startedNs: number;
  finishedAt: string | undefined;
  finishedNs: number;
  exitCode: number;
  /** Completed, Error, StartError. */
  reason: string;
  message: string | undefined;
  conflict: PortConflict | undefined;
  stopTimer: Timer | undefined;
  /** Processes that exec started and that run. */
  readonly execs: Set<Process>;
}

/** How an exec ended: the exit code of its process and what it printed. */
export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

/** 2026-01-01. */
const DEFAULT_EPOCH_MS = 1_767_225_600_000;
const SIGKILL = 9;
const COMM_LENGTH = 15;
const START_ERROR_EXIT = 128;
const MAX_OUTPUT_BYTES = 10 * 1024;
const MAX_MESSAGE = 4096;
const TASK =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ';

/** Id of a container's run. */
export function containerIdOf(
  podUid: string,
  name: string,
  attempt: number,
  nowNs: number,
): string {
  return runtimeId('container', podUid, name, attempt, nowNs);
}

/** The container half of a CRI runtime: processes of one node that run programs in the namespaces of their sandbox. */
export class ContainerRuntime {
  private readonly options: KubeletOptions;
  private readonly byPid = new Map<number, RuntimeContainer>();

  constructor(options: KubeletOptions) {
    this.options = options;
  }

  /** CRI CreateContainer. */
  createContainer(config: ContainerConfig): RuntimeContainer {
    return {
      id: config.id,
      config,
      log: new LogRing(() => this.options.clock.nowNs, this.options.epochMs ?? DEFAULT_EPOCH_MS),
      state: 'created',
      process: undefined,
      handle: undefined,
      startedAt: undefined,
      startedNs: 0,
      finishedAt: undefined,
      finishedNs: 0,
      exitCode: 0,
      reason: '',
      message: undefined,
      conflict: undefined,
      stopTimer: undefined,
      execs: new Set(),
    };
  }

  /** CRI StartContainer: joins the sandbox's namespaces and runs the program. Fails in runc's words. */
  startContainer(container: RuntimeContainer): Result<void, RuntimeFailure> {
    const { config } = container;
    const { argv, image, pod, sandbox, spec, target } = config;
    const { clock, host, nodeName } = this.options;
    const kinds = namespaceKinds(pod, target !== undefined);
    const program = argv[0] ?? '';
    const cloned = host.processes.clone({
      comm: program.slice(program.lastIndexOf('/') + 1).slice(0, COMM_LENGTH),
      argv,
      uid: config.uid,
      join: { of: target?.process ?? sandbox.pause, kinds: kinds.joined },
      unshare: kinds.made,
    });
    if (!cloned.ok) {
      const words = `error during container init: error joining namespaces: ${cloned.error}`;
      return this.refuse(container, words);
    }
    const process = cloned.value;
    container.process = process;
    container.state = 'running';
    container.startedAt = this.options.timestamp();
    container.startedNs = clock.nowNs;
    this.byPid.set(process.pid, container);
    process.onExit(() => this.exited(container, process));
    const viewer = host.viewerOf?.(process);
    const { epochMs, zone } = this.options;
    const started = this.options.startProgram({
      sys: process.sys,
      argv,
      env: config.env,
      workingDir: config.workingDir,
      image: imageFacts(image),
      declaredPorts: expectedPorts(spec),
      files: config.files,
      write: (stream, octets) => {
        container.log.write(stream, octets);
        return undefined;
      },
      terminal: spec.tty === true,
      stdin: spec.stdin === true,
      containerName: spec.name,
      podName: pod.metadata.name,
      namespace: namespaceOf(pod),
      nodeName,
      random: this.options.random,
      spawn: (args) => this.spawn(process, args),
      onBindFailure: (failure) => {
        container.conflict = this.conflictOf(container, failure);
      },
      security: {
        capabilities: new Set(capabilitiesOf(securityOf(spec))),
        writesSysctls: securityOf(spec).privileged === true,
      },
      ...(viewer === undefined ? {} : { viewer }),
      ...(zone === undefined ? {} : { zone }),
      ...(epochMs === undefined ? {} : { epochMs }),
    });
    if (started.ok) {
      container.handle = started.value;
      return ok(undefined);
    }
    container.process = undefined;
    this.byPid.delete(process.pid);
    process.sys.exit(START_ERROR_EXIT);
    return this.refuse(container, started.error.text);
  }

  /** CRI StopContainer: the image's stop signal, and SIGKILL after the grace period. Does nothing when it has ended. */
  stopContainer(container: RuntimeContainer, graceNs: number): void {
    const { process } = container;
    if (container.state !== 'running' || process === undefined) return;
    const { host } = this.options;
    if (graceNs <= 0) {
      host.processes.kill(process.pid, SIGKILL);
      return;
    }
    this.killIn(container, graceNs);
    host.processes.kill(process.pid, container.config.image.entry.stopSignal);
  }

  /** Sets the SIGKILL of a running container, or moves it forward; never back. */
  killIn(container: RuntimeContainer, graceNs: number): void {
    const { clock, host } = this.options;
    const { process, stopTimer } = container;
    if (process === undefined || container.state !== 'running') return;
    if (stopTimer !== undefined && stopTimer.atNs <= clock.nowNs + graceNs) return;
    stopTimer?.cancel();
    container.stopTimer = clock.schedule(graceNs, () => {
      if (container.state === 'running') host.processes.kill(process.pid, SIGKILL);
    });
  }

  /** Runs a command beside the program; the session's exit code follows. Fails when the container does not run. */
  exec(
    container: RuntimeContainer,
    request: Omit<ExecRequest, 'sys' | 'spawn'>,
  ): Result<{ readonly session: ExecSession; readonly process: Process }, StartError> {
    const { handle, process: main } = container;
    if (handle === undefined || main === undefined || container.state !== 'running') {
      return fail({ kind: 'not-found', text: 'container not running' });
    }
    const program = request.argv[0] ?? '';
    const cloned = this.options.host.processes.clone({
      comm: program.slice(program.lastIndexOf('/') + 1).slice(0, COMM_LENGTH),
      argv: request.argv,
      uid: container.config.uid,
      join: { of: main, kinds: ['net', 'ipc', 'uts', 'pid', 'mnt', 'cgroup'] },
    });
    if (!cloned.ok) return fail({ kind: 'not-executable', text: cloned.error });
    const process = cloned.value;
    const session = handle.exec({
      ...request,
      sys: process.sys,
      spawn: (args) => this.spawn(process, args),
    });
    if (session.ok) {
      container.execs.add(process);
      process.onExit(() => container.execs.delete(process));
      return ok({ session: session.value, process });
    }
    if (process.state === 'running') process.sys.exit(127);
    const id = runtimeId('exec', container.id, process.pid, this.options.clock.nowNs);
    return fail({ ...session.error, id });
  }

  /**
   * Runs a command to its end, or kills it after `timeoutNs`, and hands over its exit code and output; `done` gets undefined for a
   * timeout. Used by probes and hooks.
   */
  execSync(
    container: RuntimeContainer,
    argv: readonly string[],
    timeoutNs: number,
    done: (result: Result<ExecResult, string> | undefined) => void,
  ): void {
    const { clock, host } = this.options;
    const decoder = new TextDecoder();
    let output = '';
    let finished = false;
    const write = (_stream: string, octets: Uint8Array) => {
      if (output.length < MAX_OUTPUT_BYTES) output += decoder.decode(octets, { stream: true });
      return undefined;
    };
    const started = this.exec(container, { argv, write });
    if (!started.ok) {
      const words = `OCI runtime exec failed: exec failed: unable to start container process: ${started.error.text}: unknown`;
      done(
        fail(
          `rpc error: code = Unknown desc = failed to exec in container: failed to start exec: ${words}`,
        ),
      );
      return;
    }
    const { process } = started.value;
    const timer = clock.schedule(timeoutNs, () => {
      if (finished) return;
      finished = true;
      host.processes.kill(process.pid, SIGKILL);
      done(undefined);
    });
    const finish = (exitCode: number) => {
      if (finished) return;
      finished = true;
      timer.cancel();
      done(ok({ exitCode, output }));
    };
    if (process.state === 'exited') finish(process.exitCode ?? 0);
    else process.onExit((ended) => finish(ended.exitCode ?? 0));
  }

  /** The container that a process of this node belongs to, by itself or by its parents. */
  ownerOf(pid: number): RuntimeContainer | undefined {
    for (let at: number | undefined = pid; at !== undefined && at > 1; ) {
      const owner = this.byPid.get(at);
      if (owner !== undefined) return owner;
      at = this.options.host.processes.get(at)?.parentPid;
    }
    return undefined;
  }

  private spawn(parent: Process, argv: readonly string[]): Result<Process, string> {
    const program = argv[0] ?? '';
    return this.options.host.processes.clone({
      parent,
      comm: program.slice(program.lastIndexOf('/') + 1).slice(0, COMM_LENGTH),
      argv,
      uid: parent.uid,
    });
  }

  private exited(container: RuntimeContainer, process: Process): void {
    if (container.process !== process) return;
    this.byPid.delete(process.pid);
    container.stopTimer?.cancel();
    container.stopTimer = undefined;
    container.state = 'exited';
    // Everything in its cgroup ends with its first process, also where they share a PID namespace with others.
    for (const exec of [...container.execs]) this.options.host.processes.kill(exec.pid, SIGKILL);
    container.exitCode = process.exitCode ?? 0;
    container.reason = container.exitCode === 0 ? 'Completed' : 'Error';
    container.message = terminationMessage(container);
    container.finishedAt = this.options.timestamp();
    container.finishedNs = this.options.clock.nowNs;
    container.log.close();
    container.config.onExit(container);
  }

  private refuse(container: RuntimeContainer, words: string): Result<void, RuntimeFailure> {
    const message = `${TASK}unable to start container process: error during container init: ${words}: unknown`;
    container.state = 'exited';
    container.exitCode = START_ERROR_EXIT;
    container.reason = 'StartError';
    container.message = message;
    container.startedAt = '1970-01-01T00:00:00Z';
    container.finishedAt = this.options.timestamp();
    container.finishedNs = this.options.clock.nowNs;
    return fail({ reason: 'RunContainerError', message });
  }

  private conflictOf(container: RuntimeContainer, failure: BindFailure): PortConflict {
    const { host, clock } = this.options;
    const { process } = container;
    const held =
      process === undefined || failure.errno !== 'EADDRINUSE'
        ? undefined
        : host
            .ports(process)
            .find(
              ({ port, proto, remote }) =>
                port === failure.port && proto === failure.proto && remote === undefined,
            );
    return {
      container: container.config.spec.name,
      proto: failure.proto,
      address: formatIp(failure.address),
      port: failure.port,
      errno: failure.errno,
      holder: held === undefined ? undefined : this.holderName(held.pid, held.comm, container),
      holderPid: held?.pid,
      atNs: clock.nowNs,
    };
  }

  private holderName(pid: number, comm: string, loser: RuntimeContainer): string {
    const owner = this.ownerOf(pid);
    if (owner === undefined) return `${comm} (pid ${pid})`;
    const { pod, podUid, spec } = owner.config;
    if (podUid === loser.config.podUid) return spec.name;
    return `${namespaceOf(pod)}/${pod.metadata.name}/${spec.name}`;
  }
}

/** Which namespaces a container enters and which are made for it; one with a target enters that one's PID namespace. */
export function namespaceKinds(
  pod: Pod,
  hasTarget: boolean,
): { readonly joined: readonly NamespaceKind[]; readonly made: readonly NamespaceKind[] } {
  return hasTarget
    ? { joined: [...joinedKinds(pod), 'pid'], made: ['mnt', 'cgroup'] }
    : { joined: joinedKinds(pod), made: ownKinds(pod) };
}

/** Namespaces of the sandbox that a container enters; pause without those of the host is in the host's already. */
function joinedKinds(pod: Pod): readonly NamespaceKind[] {
  const kinds: NamespaceKind[] = ['net', 'ipc', 'uts'];
  if (pod.spec.shareProcessNamespace === true && pod.spec.hostPID !== true) kinds.push('pid');
  return kinds;
}

function ownKinds(pod: Pod): readonly NamespaceKind[] {
  const shared = pod.spec.shareProcessNamespace === true || pod.spec.hostPID === true;
  return shared ? ['mnt', 'cgroup'] : ['mnt', 'cgroup', 'pid'];
}

function terminationMessage(container: RuntimeContainer): string | undefined {
  const { files, spec } = container.config;
  const written = files.readText(spec.terminationMessagePath ?? '/dev/termination-log');
  if (written.ok && written.value !== '') return written.value.slice(0, MAX_MESSAGE);
  const fallBack =
    spec.terminationMessagePolicy === 'FallbackToLogsOnError' && container.exitCode !== 0;
  return fallBack ? container.log.tail(MAX_MESSAGE / 2) : undefined;
}
