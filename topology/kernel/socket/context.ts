import type { Rng } from '../../base/index.js';
import type { Netns } from '../contract.js';
import type { SocketCreator } from './factory.js';

/** What the sockets of one namespace share. */
export interface SocketContext {
  readonly netns: Netns;
  /** Chance of this namespace: ports, sequence numbers. */
  readonly rng: Rng;
  /** Key of hashes over flows. */
  readonly secret: number;
  /** Something that ends with its process was opened, or closed by itself. */
  opened(creator: SocketCreator, closable: Closable): void;
  closed(creator: SocketCreator, closable: Closable): void;
  /** A descriptor number for who has no table of its own. */
  nextFd(creator: SocketCreator): number;
}

/** Something that ends with its process. */
export interface Closable {
  readonly fd: number;
  close(): void;
  /** Ends without a word to anyone: the namespace is gone. */
  abandon(): void;
}
