import type { Namespace } from '../sys.js';
import type { MessageQueueCharges } from './charge.js';
import { IPC_SYSCTL_DEFAULTS, IPC_SYSCTL_RANGES, type IpcSysctl } from './limits.js';
import { PosixQueues } from './posix-queues.js';
import { SEM_LIMITS, SHM_LIMITS, SysvObjects } from './sysv-objects.js';
import { SysvQueues } from './sysv-queues.js';
import type { QueueView } from './view.js';
import { viewPosix, viewSysv } from './view.js';

/** What an IPC namespace is made with. */
export interface IpcNamespaceSpec {
  readonly inode: number;
  readonly charges: MessageQueueCharges;
  nowNs(): number;
}

/**
 * An IPC namespace: the message queues, shared memory segments and semaphores that its processes share and nobody
 * else sees.
 */
export class IpcNamespace implements Namespace {
  readonly kind = 'ipc';
  readonly inode: number;
  readonly posix: PosixQueues;
  readonly sysv: SysvQueues;
  readonly segments = new SysvObjects(SHM_LIMITS);
  readonly semaphores = new SysvObjects(SEM_LIMITS);
  private readonly sysctls = new Map<IpcSysctl, number>();

  constructor(spec: IpcNamespaceSpec) {
    this.inode = spec.inode;
    const limits = (key: IpcSysctl) => this.sysctl(key);
    this.posix = new PosixQueues(limits, spec.charges);
    this.sysv = new SysvQueues({ limits, nowNs: () => spec.nowNs() });
  }

  /** A limit of this namespace. */
  sysctl(key: IpcSysctl): number {
    return this.sysctls.get(key) ?? IPC_SYSCTL_DEFAULTS[key];
  }

  /** `sysctl -w` with the text that was written; false when it is no number that the key takes (EINVAL). */
  writeSysctl(key: IpcSysctl, text: string): boolean {
    const value = /^\s*\d{1,10}\s*$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
    const [least, most] = IPC_SYSCTL_RANGES[key];
    if (!(value >= least && value <= most)) return false;
    this.setSysctl(key, value);
    return true;
  }

  /** Sets a limit; queues that exist keep what they were made with. */
  setSysctl(key: IpcSysctl, value: number): void {
    this.sysctls.set(key, value);
  }

  /** Every queue, for people: POSIX ones first, each kind in order of creation. */
  queues(): QueueView[] {
    return [...Array.from(this.posix.all, viewPosix), ...Array.from(this.sysv.all, viewSysv)];
  }

  /** A process ended: closes its descriptors and stops its watches; the queues stay. */
  closeAllOf(pid: number): void {
    this.posix.closeAllOf(pid);
    this.sysv.closeAllOf(pid);
  }

  /** The last process left: the objects go with the namespace. */
  destroy(): void {
    this.posix.clear();
    this.sysv.clear();
    this.segments.clear();
    this.semaphores.clear();
  }
}
