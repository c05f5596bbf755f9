import { fail, ok, type Result } from '../../../base/index.js';
import type { Errno } from '../../errno.js';

/** The file of a Unix socket: other names of it and a new place do not change what is bound to it. */
export interface SocketInode {
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
  /** The socket that bound it, until that is closed. */
  holder: unknown;
}

/** The files that a mount namespace shows, as far as Unix sockets need them. Paths are absolute. */
export interface SocketPaths {
  /** mknod(2) of a socket. Fails with EADDRINUSE when something has the name, else as the way there does: ENOENT, ENOTDIR, EACCES. */
  make(path: string, inode: SocketInode): Errno | undefined;
  /** The socket behind a name. Fails with ENOENT, ENOTDIR; ECONNREFUSED for another kind of file. */
  find(path: string): Result<SocketInode, Errno>;
  /** unlink(2): what is bound and connected stays so, nobody finds it any more. ENOENT. */
  remove(path: string): Errno | undefined;
}

/**
 * Socket files of a mount namespace.
 *
 * Fidelity: names alone; every directory exists, and is writable by everyone.
 */
export class PlainPaths implements SocketPaths {
  private readonly inodes = new Map<string, SocketInode>();

  make(path: string, inode: SocketInode): Errno | undefined {
    if (this.inodes.has(path)) return 'EADDRINUSE';
    this.inodes.set(path, inode);
    return undefined;
  }

  find(path: string): Result<SocketInode, Errno> {
    const inode = this.inodes.get(path);
    return inode === undefined ? fail('ENOENT') : ok(inode);
  }

  remove(path: string): Errno | undefined {
    return this.inodes.delete(path) ? undefined : 'ENOENT';
  }
}
