import { fail, type Result, type SimClock, type Timer } from '../../base/index.js';
import type { Errno } from '../errno.js';
import type { IpcCaller, MsggetOptions, MsgrcvOptions } from '../ipc/index.js';
import type { SocketCreator } from '../socket/index.js';
import type {
  MessageQueueDescriptor,
  MqOpenOptions,
  PacketSocket,
  Socket,
  Sys,
  UnixSocket,
  UnixSocketType,
} from '../sys.js';
import type { KernelProcess } from './process.js';
import { isCatchable } from './signal.js';

/** What a process's system calls need of the table that holds it. */
export interface SysTable {
  readonly clock: SimClock;
  end(process: KernelProcess, code: number): void;
  /** Sends a signal from one process to a pid of its own PID namespace. */
  killFrom(sender: KernelProcess, pid: number, signal: number): Errno | undefined;
}

/** Umask of every process: podnet has no umask(2). */
const UMASK = 0o022;

/** The system calls of one process. After its end each fails with ESRCH and does nothing. */
export class ProcessSys implements Sys {
  private readonly process: KernelProcess;
  private readonly table: SysTable;
  private readonly ipcCaller: IpcCaller;
  private readonly socketCreator: SocketCreator;

  constructor(process: KernelProcess, table: SysTable) {
    this.process = process;
    this.table = table;
    const { pid, uid } = process;
    const nextFd = () => process.nextFd();
    const releaseFd = (fd: number) => process.releaseFd(fd);
    // What it has open carries the name that the process has now, not the one it had then.
    const comm = () => process.comm;
    this.ipcCaller = {
      pid,
      uid,
      umask: UMASK,
      nextFd,
      releaseFd,
      get comm() {
        return comm();
      },
    };
    this.socketCreator = {
      pid,
      uid,
      nextFd,
      releaseFd,
      pids: process.pids,
      paths: process.namespaces.mnt.paths,
      get comm() {
        return comm();
      },
    };
  }

  get pid(): number {
    return this.process.pidInNamespace;
  }

  get uid(): number {
    return this.process.uid;
  }

  get hostname(): string {
    return this.process.namespaces.uts.hostname;
  }

  get nowNs(): number {
    return this.table.clock.nowNs;
  }

  schedule(delayNs: number, run: () => void): Timer {
    const { process } = this;
    const timers = process.timers;
    if (!this.alive) return { atNs: this.nowNs + delayNs, cancel: () => undefined };
    const inner = this.table.clock.schedule(delayNs, () => {
      timers.delete(timer);
      if (process.state === 'running') run();
    });
    const timer: Timer = {
      atNs: inner.atNs,
      cancel: () => {
        timers.delete(timer);
        inner.cancel();
      },
    };
    timers.add(timer);
    return timer;
  }

  socket(
    domain: 'inet' | 'inet6',
    type: 'stream' | 'dgram' | 'ping' | 'raw',
  ): Result<Socket, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.net.netns.sockets.open(this.socketCreator, domain, type);
  }

  packetSocket(protocol?: number): Result<PacketSocket, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.net.netns.sockets.openPacket(this.socketCreator, protocol);
  }

  unixSocket(type: UnixSocketType): Result<UnixSocket, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.net.netns.sockets.openUnix(this.socketCreator, type);
  }

  unixSocketPair(type: UnixSocketType): Result<readonly [UnixSocket, UnixSocket], Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.net.netns.sockets.openUnixPair(this.socketCreator, type);
  }

  mqOpen(name: string, options: MqOpenOptions): Result<MessageQueueDescriptor, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.ipc.posix.open(this.ipcCaller, name, options);
  }

  mqUnlink(name: string): Errno | undefined {
    if (!this.alive) return 'ESRCH';
    return this.process.namespaces.ipc.posix.unlink(this.ipcCaller, name);
  }

  msgget(key: number, options: MsggetOptions): Result<number, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.ipc.sysv.get(this.ipcCaller, key, options);
  }

  /** A queue that is full answers EAGAIN whether or not the caller would wait; `msgWatch` tells when to ask again. */
  msgsnd(
    id: number,
    message: { readonly type: number; readonly octets: Uint8Array },
  ): Errno | undefined {
    if (!this.alive) return 'ESRCH';
    return this.process.namespaces.ipc.sysv.send(this.ipcCaller, id, message);
  }

  /** ENOMSG when no message fits, as with IPC_NOWAIT. */
  msgrcv(
    id: number,
    options: MsgrcvOptions,
  ): Result<{ readonly type: number; readonly octets: Uint8Array }, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.ipc.sysv.receive(this.ipcCaller, id, options);
  }

  msgctlRemove(id: number): Errno | undefined {
    if (!this.alive) return 'ESRCH';
    return this.process.namespaces.ipc.sysv.remove(this.ipcCaller, id);
  }

  shmget(key: number, bytes: number, options: MsggetOptions): Result<number, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.ipc.segments.get(this.ipcCaller, key, bytes, options);
  }

  shmctlRemove(id: number): Errno | undefined {
    if (!this.alive) return 'ESRCH';
    return this.process.namespaces.ipc.segments.remove(this.ipcCaller, id);
  }

  semget(key: number, count: number, options: MsggetOptions): Result<number, Errno> {
    if (!this.alive) return fail('ESRCH');
    return this.process.namespaces.ipc.semaphores.get(this.ipcCaller, key, count, options);
  }

  semctlRemove(id: number): Errno | undefined {
    if (!this.alive) return 'ESRCH';
    return this.process.namespaces.ipc.semaphores.remove(this.ipcCaller, id);
  }

  msgWatch(id: number, run: () => void): () => void {
    if (!this.alive) return () => undefined;
    return this.process.namespaces.ipc.sysv.watch(this.ipcCaller, id, run);
  }

  kill(pid: number, signal: number): Errno | undefined {
    if (!this.alive) return 'ESRCH';
    return this.table.killFrom(this.process, pid, signal);
  }

  exec(argv: readonly string[]): void {
    if (this.alive) this.process.become(argv);
  }

  exit(code: number): void {
    if (this.alive) this.table.end(this.process, code & 0xff);
  }

  onSignal(signal: number, handler: () => void): void {
    if (this.alive && isCatchable(signal)) this.process.handlers.set(signal, handler);
  }

  private get alive(): boolean {
    return this.process.state === 'running';
  }
}
