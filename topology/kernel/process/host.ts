import type { SimClock } from '../../base/index.js';
import type { SocketNetns } from '../socket/index.js';

/** What the process table needs of the host it runs on. */
export interface ProcessHost {
  readonly clock: SimClock;
  /** Of the host itself; a process with its own UTS namespace may have another. */
  readonly hostname: string;
  /** The host's own network namespace; lives as long as the host. */
  readonly rootNetns: SocketNetns;
  /**
   * Makes a network namespace with nothing but `lo` (down), for CLONE_NEWNET. It starts with one
   * reference, which the process table releases. The label is the process's name.
   */
  createNetns(label: string): SocketNetns;
  /** Takes one more reference (a process that joins); names of `ip netns` are references of the host's own. */
  acquireNetns(netns: SocketNetns): void;
  /** Gives one reference back; the host destroys the namespace with the last one. */
  releaseNetns(netns: SocketNetns): void;
  /** The next inode number for a namespace: from 4026532200 up. */
  nextInode(): number;
}
