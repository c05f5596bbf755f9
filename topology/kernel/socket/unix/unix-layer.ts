import type { Rng } from '../../../base/index.js';
import type { Netns } from '../../contract.js';
import type { UnixHolder, UnixSocketType } from '../../sys.js';
import type { SocketContext } from '../context.js';
import type { SocketCreator } from '../factory.js';
import { joinPair } from './connection.js';
import { AbstractNames } from './names.js';
import { UnixSock } from './unix-sock.js';

/** What a host's other inodes leave to sockets. */
const FIRST_INODE = 20_000;

/**
 * The Unix sockets of one network namespace: abstract names are its own, paths are the mount namespace's.
 *
 * Fidelity: inode numbers count per network namespace, where Linux counts per host.
 */
export class UnixLayer {
  readonly netns: Netns;
  readonly names: AbstractNames;
  readonly sockets = new Set<UnixSock>();
  private readonly context: SocketContext;
  private lastInode = FIRST_INODE;

  constructor(context: SocketContext, rng: Rng) {
    this.context = context;
    this.netns = context.netns;
    this.names = new AbstractNames(rng);
  }

  /** socket(AF_UNIX, type). */
  open(creator: SocketCreator, type: UnixSocketType): UnixSock {
    return new UnixSock(this, type, { creator, context: this.context });
  }

  /** socketpair(AF_UNIX, type). */
  openPair(creator: SocketCreator, type: UnixSocketType): readonly [UnixSock, UnixSock] {
    const pair = [this.open(creator, type), this.open(creator, type)] as const;
    for (const sock of pair) sock.peerUser = creator;
    joinPair(...pair);
    return pair;
  }

  /** Every socket that has a descriptor, by age. */
  holders(): UnixHolder[] {
    return [...this.sockets].filter(({ fd }) => fd >= 0).map((sock) => sock.holder());
  }

  nextInode(): number {
    return ++this.lastInode;
  }
}
