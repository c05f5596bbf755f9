import { fail, ok, type Result, type SimClock } from '../../base/index.js';
import type { Netns } from '../contract.js';
import type { Errno } from '../errno.js';
import { IpcNamespace, MessageQueueCharges } from '../ipc/index.js';
import { PlainPaths, type SocketNetns } from '../socket/index.js';
import type { CloneRequest, NamespaceKind, Process, ProcessTable } from '../sys.js';
import type { ProcessHost } from './host.js';
import {
  CREATION_ORDER,
  enterPidNamespace,
  INIT_NAMESPACE_INODES,
  type NamespaceSet,
  type PidNamespace,
  type PlainNamespace,
} from './namespaces.js';
import { KernelProcess } from './process.js';
import { ProcessSys, type SysTable } from './process-sys.js';
import { defaultAction, SIGNAL, SIGNAL_MAX } from './signal.js';

/** The processes of a host, with what only the host itself may ask. */
export interface HostProcessTable extends ProcessTable {
  /** Clones straight into a network namespace, as `ip netns exec NAME` does. */
  cloneInNetns(request: CloneRequest, netns: SocketNetns): Result<Process, Errno>;
  /** The network namespace a process lives in, for `netns.attach` and `/proc/PID/ns/net`. */
  netnsOf(pid: number): SocketNetns | undefined;
  /** The IPC namespace a process lives in: its queues and sysctls. */
  ipcOf(pid: number): IpcNamespace | undefined;
  /** The IPC namespace of the first process that lives in a network namespace; the host's own when none does. */
  ipcIn(netns: Netns): IpcNamespace;
  /** The host's own IPC namespace, which `hostIPC` pods share. */
  readonly rootIpc: IpcNamespace;
  /** sethostname(2) in the UTS namespace of a process. */
  setHostname(pid: number, hostname: string): Errno | undefined;
}

/** The process table of a host that has just booted: PID 1 (systemd) in the host's own namespaces. */
export function createProcessTable(host: ProcessHost): HostProcessTable {
  return new Table(host);
}

class Table implements HostProcessTable, SysTable {
  readonly clock: SimClock;
  readonly rootIpc: IpcNamespace;
  private readonly host: ProcessHost;
  private readonly charges = new MessageQueueCharges();
  /** Members of each IPC namespace; it goes with the last. */
  private readonly ipcMembers = new Map<IpcNamespace, number>();
  private readonly rootPids: PidNamespace;
  private readonly init: KernelProcess;

  constructor(host: ProcessHost) {
    this.host = host;
    this.clock = host.clock;
    this.rootIpc = this.makeIpc(INIT_NAMESPACE_INODES.ipc);
    this.rootPids = makePidNamespace(INIT_NAMESPACE_INODES.pid, undefined);
    const namespaces: NamespaceSet = {
      net: { kind: 'net', inode: host.rootNetns.inode, netns: host.rootNetns },
      ipc: this.rootIpc,
      uts: { kind: 'uts', inode: INIT_NAMESPACE_INODES.uts, hostname: host.hostname },
      pid: this.rootPids,
      mnt: { kind: 'mnt', inode: INIT_NAMESPACE_INODES.mnt, paths: new PlainPaths() },
      cgroup: { kind: 'cgroup', inode: INIT_NAMESPACE_INODES.cgroup },
      user: { kind: 'user', inode: INIT_NAMESPACE_INODES.user },
      time: { kind: 'time', inode: INIT_NAMESPACE_INODES.time },
    };
    const request = { comm: 'systemd', argv: ['/sbin/init'], uid: 0 };
    this.init = this.start(request, undefined, namespaces);
  }

  get all(): Iterable<Process> {
    return this.rootPids.members.values();
  }

  get(pid: number): Process | undefined {
    return this.rootPids.members.get(pid);
  }

  netnsOf(pid: number): SocketNetns | undefined {
    return this.rootPids.members.get(pid)?.namespaces.net.netns;
  }

  ipcOf(pid: number): IpcNamespace | undefined {
    return this.rootPids.members.get(pid)?.namespaces.ipc;
  }

  ipcIn(netns: Netns): IpcNamespace {
    for (const { namespaces } of this.rootPids.members.values()) {
      if (namespaces.net.inode === netns.inode) return namespaces.ipc;
    }
    return this.rootIpc;
  }

  setHostname(pid: number, hostname: string): Errno | undefined {
    const process = this.rootPids.members.get(pid);
    if (process === undefined) return 'ESRCH';
    process.namespaces.uts.hostname = hostname;
    return undefined;
  }

  clone(request: CloneRequest): Result<Process, Errno> {
    return this.cloneWith(request, undefined);
  }

  cloneInNetns(request: CloneRequest, netns: SocketNetns): Result<Process, Errno> {
    return this.cloneWith(request, netns);
  }

  kill(pid: number, signal: number): Errno | undefined {
    const process = this.rootPids.members.get(pid);
    if (process === undefined) return 'ESRCH';
    return this.send(process, signal, process.namespaces.pid === this.rootPids);
  }

  killFrom(sender: KernelProcess, pid: number, signal: number): Errno | undefined {
    const own = sender.namespaces.pid;
    const target = own.members.get(pid);
    if (target === undefined) return 'ESRCH';
    if (sender.uid !== 0 && sender.uid !== target.uid) return 'EPERM';
    return this.send(target, signal, target.namespaces.pid === own);
  }

  end(process: KernelProcess, code: number, signal?: number): void {
    if (process.state === 'exited') return;
    process.state = 'exited';
    process.exitCode = code;
    process.signal = signal;
    for (const timer of [...process.timers]) timer.cancel();
    process.handlers.clear();
    const { net, ipc, pid } = process.namespaces;
    net.netns.sockets.closeAllOf(process.pid);
    ipc.closeAllOf(process.pid);
    const hostPid = process.pid;
    for (const place of process.pids) place.namespace.members.delete(place.pid);
    this.releaseIpc(ipc);
    if (process.isInit && pid.parent !== undefined) this.endAll(pid);
    if (hostPid !== 1) this.host.releaseNetns(net.netns);
    for (const run of process.takeExitListeners()) run(process);
  }

  /** zap_pid_ns_processes: without its PID 1 a PID namespace cannot go on. */
  private endAll(namespace: PidNamespace): void {
    for (const member of [...namespace.members.values()]) {
      this.end(member, 128 + SIGNAL.SIGKILL, SIGNAL.SIGKILL);
    }
  }

  private send(
    process: KernelProcess,
    signal: number,
    fromOwnNamespace: boolean,
  ): Errno | undefined {
    if (!Number.isInteger(signal) || signal < 0 || signal > SIGNAL_MAX) return 'EINVAL';
    if (signal === 0) return undefined;
    const handler = process.handlers.get(signal);
    if (handler !== undefined) {
      handler();
      return undefined;
    }
    if (process.isInit) {
      // PID 1 gets only what it handles, and SIGKILL from a namespace above (SIGNAL_UNKILLABLE).
      if (fromOwnNamespace || signal !== SIGNAL.SIGKILL) return undefined;
    }
    if (defaultAction(signal) === 'terminate') this.end(process, 128 + signal, signal);
    return undefined;
  }

  private cloneWith(request: CloneRequest, netns: SocketNetns | undefined): Result<Process, Errno> {
    const parent = this.resolve(request.parent ?? this.init);
    if (parent === undefined) return fail('ESRCH');
    const joined = request.join === undefined ? undefined : this.resolve(request.join.of);
    if (request.join !== undefined && joined === undefined) return fail('ESRCH');
    const unshare = new Set(request.unshare);
    const joins = new Set(request.join?.kinds);
    for (const kind of joins) {
      if (unshare.has(kind)) return fail('EINVAL');
    }
    if (netns !== undefined && (unshare.has('net') || joins.has('net'))) return fail('EINVAL');
    const base = parent.namespaces;
    const other = joined?.namespaces ?? base;
    const pick = <Kind extends NamespaceKind>(kind: Kind): NamespaceSet[Kind] =>
      joins.has(kind) ? other[kind] : base[kind];
    const made = this.makeNamespaces(unshare, request, parent);
    let net = made.net ?? pick('net');
    if (netns !== undefined) net = { kind: 'net', inode: netns.inode, netns };
    const namespaces: NamespaceSet = {
      net,
      ipc: made.ipc ?? pick('ipc'),
      uts: made.uts ?? pick('uts'),
      pid: made.pid ?? pick('pid'),
      mnt: made.mnt ?? pick('mnt'),
      cgroup: made.cgroup ?? pick('cgroup'),
      user: made.user ?? pick('user'),
      time: made.time ?? pick('time'),
    };
    if (made.net === undefined) this.host.acquireNetns(net.netns);
    if (request.hostname !== undefined) namespaces.uts.hostname = request.hostname;
    return ok(this.start(request, parent, namespaces));
  }

  private start(
    request: CloneRequest,
    parent: KernelProcess | undefined,
    namespaces: NamespaceSet,
  ): KernelProcess {
    const process = new KernelProcess(
      {
        comm: request.comm,
        argv: request.argv,
        uid: request.uid ?? parent?.uid ?? 0,
        parent,
        namespaces,
        startedNs: this.clock.nowNs,
      },
      (self) => new ProcessSys(self, this),
    );
    let level: PidNamespace | undefined = namespaces.pid;
    for (; level !== undefined; level = level.parent) {
      process.pids.push({ namespace: level, pid: enterPidNamespace(level, process) });
    }
    this.ipcMembers.set(namespaces.ipc, (this.ipcMembers.get(namespaces.ipc) ?? 0) + 1);
    return process;
  }

  private makeNamespaces(
    unshare: ReadonlySet<NamespaceKind>,
    request: CloneRequest,
    parent: KernelProcess,
  ): Partial<NamespaceSet> {
    const made: { -readonly [Kind in NamespaceKind]?: NamespaceSet[Kind] } = {};
    const plain = (kind: PlainNamespace['kind']): PlainNamespace => ({
      kind,
      inode: this.host.nextInode(),
    });
    for (const kind of CREATION_ORDER) {
      if (!unshare.has(kind)) continue;
      switch (kind) {
        case 'net': {
          const netns = this.host.createNetns(request.hostname ?? request.comm);
          made.net = { kind, inode: netns.inode, netns };
          break;
        }
        case 'ipc':
          made.ipc = this.makeIpc(this.host.nextInode());
          break;
        case 'uts': {
          const { hostname } = parent.namespaces.uts;
          made.uts = { kind, inode: this.host.nextInode(), hostname };
          break;
        }
        case 'pid':
          made.pid = makePidNamespace(this.host.nextInode(), parent.namespaces.pid);
          break;
        case 'mnt':
          made.mnt = { kind, inode: this.host.nextInode(), paths: new PlainPaths() };
          break;
        default:
          made[kind] = plain(kind);
      }
    }
    return made;
  }

  private makeIpc(inode: number): IpcNamespace {
    return new IpcNamespace({ inode, charges: this.charges, nowNs: () => this.clock.nowNs });
  }

  private releaseIpc(ipc: IpcNamespace): void {
    const left = (this.ipcMembers.get(ipc) ?? 0) - 1;
    if (left > 0) {
      this.ipcMembers.set(ipc, left);
      return;
    }
    this.ipcMembers.delete(ipc);
    ipc.destroy();
  }

  /** The living process behind a `Process` of this host. */
  private resolve(process: Process): KernelProcess | undefined {
    const found = this.rootPids.members.get(process.pid);
    return found === process ? found : undefined;
  }
}

function makePidNamespace(inode: number, parent: PidNamespace | undefined): PidNamespace {
  return { kind: 'pid', inode, parent, members: new Map(), lastPid: 0 };
}
