import type { Timer } from '../../base/index.js';
import type { Process, Sys } from '../sys.js';
import type { NamespaceSet, PidNamespace } from './namespaces.js';

/** What a process is made with. */
export interface ProcessSpec {
  readonly comm: string;
  readonly argv: readonly string[];
  readonly uid: number;
  readonly parent: KernelProcess | undefined;
  readonly namespaces: NamespaceSet;
  readonly startedNs: number;
}

/** Longest comm, TASK_COMM_LEN less its NUL. */
const COMM_LIMIT = 15;

/** A process: identity, namespaces, handlers and what ends with it. `table.ts` makes and ends it. */
export class KernelProcess implements Process {
  comm: string;
  argv: readonly string[];
  readonly uid: number;
  readonly namespaces: NamespaceSet;
  readonly startedNs: number;
  /** Its number in its own PID namespace, then in each above; the last is the host's. */
  readonly pids: { readonly namespace: PidNamespace; readonly pid: number }[] = [];
  readonly handlers = new Map<number, () => void>();
  readonly timers = new Set<Timer>();
  state: 'running' | 'exited' = 'running';
  exitCode: number | undefined = undefined;
  signal: number | undefined = undefined;
  private readonly parent: KernelProcess | undefined;
  private readonly makeSys: (process: KernelProcess) => Sys;
  private ownSys: Sys | undefined;
  private readonly exitListeners: ((process: Process) => void)[] = [];
  private readonly usedFds = new Set<number>();
  /** No number below it is free; 0, 1 and 2 are the standard streams. */
  private lowestFreeFd = 3;

  constructor(spec: ProcessSpec, makeSys: (process: KernelProcess) => Sys) {
    this.comm = spec.comm.slice(0, COMM_LIMIT);
    this.argv = spec.argv;
    this.uid = spec.uid;
    this.parent = spec.parent;
    this.namespaces = spec.namespaces;
    this.startedNs = spec.startedNs;
    this.makeSys = makeSys;
  }

  get pid(): number {
    return this.pids.at(-1)?.pid ?? 0;
  }

  get pidInNamespace(): number {
    return this.pids[0]?.pid ?? 0;
  }

  /** An orphan belongs to PID 1 of its namespace, as after a parent's exit. */
  get parentPid(): number {
    if (this.parent === undefined) return 0;
    if (this.parent.state === 'running') return this.parent.pid;
    const init = this.namespaces.pid.members.get(1);
    return init === undefined || init === this ? 0 : init.pid;
  }

  get sys(): Sys {
    this.ownSys ??= this.makeSys(this);
    return this.ownSys;
  }

  /** PID 1 of its PID namespace. */
  get isInit(): boolean {
    return this.pidInNamespace === 1;
  }

  /** Takes the name and arguments of another program, execve(2). */
  become(argv: readonly string[]): void {
    const [path = ''] = argv;
    this.comm = path.slice(path.lastIndexOf('/') + 1).slice(0, COMM_LIMIT);
    this.argv = argv;
  }

  onExit(run: (process: Process) => void): void {
    this.exitListeners.push(run);
  }

  /** The listeners, each to be called once. */
  takeExitListeners(): ((process: Process) => void)[] {
    return this.exitListeners.splice(0);
  }

  /** The lowest free descriptor number. */
  nextFd(): number {
    let fd = this.lowestFreeFd;
    while (this.usedFds.has(fd)) fd++;
    this.usedFds.add(fd);
    this.lowestFreeFd = fd + 1;
    return fd;
  }

  /** Frees a number that `nextFd` gave. */
  releaseFd(fd: number): void {
    this.usedFds.delete(fd);
    this.lowestFreeFd = Math.min(this.lowestFreeFd, fd);
  }
}
