import { fail, ok, type Result } from '../../../base/index.js';
import type { Errno } from '../../errno.js';
import type {
  UnixAddress,
  UnixCredentials,
  UnixHolder,
  UnixReceived,
  UnixSocket,
  UnixSocketType,
} from '../../sys.js';
import type { Closable, SocketContext } from '../context.js';
import type { SocketCreator } from '../factory.js';
import { Fifo } from '../fifo.js';
import { readSysctl } from '../sysctl.js';
import { acceptConnection, connectStream, listenOn } from './connection.js';
import { connectDatagram, receiveRecord, sendRecord } from './datagram.js';
import { isNameTooLong } from './names.js';
import type { SocketInode } from './paths.js';
import { receiveStream, sendStream } from './stream.js';
import type { UnixLayer } from './unix-layer.js';

/** Permission bits of a socket file less the usual umask, 022. */
const INODE_MODE = 0o755;

/** One sk_buff in a receive queue; it takes room of its sender until it is read. */
export interface UnixSkb {
  /** What is still to be read. */
  octets: Uint8Array;
  readonly from: UnixAddress | undefined;
  readonly sender: UnixSock;
  readonly truesize: number;
}

/** Who uses a socket, and where its descriptor is kept. */
export interface UnixUser {
  readonly creator: SocketCreator;
  readonly context: SocketContext;
}

/**
 * A Unix domain socket, unix(7): `connection.ts` connects streams and records, `stream.ts` and `datagram.ts` carry data.
 * Every change takes place inside the call that makes it; programs are told at the same instant, after it.
 *
 * Fidelity: no ancillary data (descriptors, credentials), no urgent octets, no MSG_PEEK; the send buffer is
 * `net.core.wmem_default`. A call that would have to wait answers EAGAIN, as on a non-blocking socket.
 */
export class UnixSock implements UnixSocket, Closable {
  readonly type: UnixSocketType;
  readonly layer: UnixLayer;
  onReady: (() => void) | undefined = undefined;
  /** Who connected or accepted it; undefined for a connection that waits for accept. */
  user: UnixUser | undefined;
  fd = -1;
  /** 0 until a descriptor names it. */
  inodeNumber = 0;
  local: UnixAddress | undefined = undefined;
  /** The socket file that it is bound to. */
  inode: SocketInode | undefined = undefined;
  peer: UnixSock | undefined = undefined;
  state: 'UNCONN' | 'LISTEN' | 'ESTAB' = 'UNCONN';
  readClosed = false;
  writeClosed = false;
  /** SOCK_DEAD: closed. */
  dead = false;
  error: Errno | undefined = undefined;
  /** Who SO_PEERCRED names. */
  peerUser: SocketCreator | undefined = undefined;
  readonly queue = new Fifo<UnixSkb>();
  readonly accepting = new Fifo<UnixSock>();
  /** sk_max_ack_backlog: one more than this may wait, records or connections. */
  maxBacklog: number;
  /** Octets of the send buffer that are taken (sk_wmem_alloc), and all it has. */
  writeBytes = 0;
  readonly sendBufferBytes: number;
  /** Who was refused because too much waited here (peer_wait). */
  readonly waiting = new Set<UnixSock>();
  /** A send found no room (SOCK_NOSPACE). */
  wantsRoom = false;
  private wakeQueued = false;

  constructor(layer: UnixLayer, type: UnixSocketType, user: UnixUser | undefined) {
    this.layer = layer;
    this.type = type;
    this.user = user;
    this.maxBacklog = readSysctl(layer.netns, 'net.unix.max_dgram_qlen');
    this.sendBufferBytes = readSysctl(layer.netns, 'net.core.wmem_default');
    layer.sockets.add(this);
    if (user !== undefined) this.open(user);
  }

  /** Gives it a descriptor of a process. */
  open(user: UnixUser): void {
    this.user = user;
    this.fd = user.context.nextFd(user.creator);
    this.inodeNumber = this.layer.nextInode();
    user.context.opened(user.creator, this);
  }

  /** The far end of a connection to this listener, for a socket that connects from `near`. */
  makeFarEnd(near: UnixSock): UnixSock {
    const far = new UnixSock(near.layer, near.type, undefined);
    far.local = this.local;
    far.peerUser = near.user?.creator;
    near.peerUser = this.peerUser;
    return far;
  }

  get remote(): UnixAddress | undefined {
    return this.peer?.local;
  }

  get peerCredentials(): UnixCredentials {
    const { peerUser } = this;
    if (peerUser === undefined) return { pid: 0, uid: -1 };
    const reader = this.user?.creator.pids?.[0]?.namespace;
    if (reader === undefined) return { pid: peerUser.pid, uid: peerUser.uid };
    const seen = peerUser.pids?.find(({ namespace }) => namespace === reader);
    return { pid: seen?.pid ?? 0, uid: peerUser.uid };
  }

  bind(address?: UnixAddress): Errno | undefined {
    if (this.dead) return 'EBADF';
    if (address === undefined || (address.kind === 'path' && address.path === '')) {
      return this.autobind();
    }
    if (isNameTooLong(address)) return 'EINVAL';
    if (address.kind === 'abstract') {
      if (this.local !== undefined) return 'EINVAL';
      const taken = this.layer.names.add(address.name, this);
      if (taken !== undefined) return taken;
    } else {
      const made = this.bindPath(address.path);
      if (made !== undefined) return made;
    }
    this.local = address;
    return undefined;
  }

  listen(backlog: number): Errno | undefined {
    return this.dead ? 'EBADF' : listenOn(this, backlog);
  }

  accept(): Result<UnixSocket, Errno> {
    return this.dead ? fail('EBADF') : acceptConnection(this);
  }

  connect(address: UnixAddress | undefined): Errno | undefined {
    if (this.dead) return 'EBADF';
    if (this.type === 'dgram') return connectDatagram(this, address);
    return address === undefined ? 'EINVAL' : connectStream(this, address);
  }

  send(octets: Uint8Array, to?: UnixAddress): Result<number, Errno> {
    if (this.dead) return fail('EBADF');
    if (to !== undefined && isNameTooLong(to)) return fail('EINVAL');
    return this.type === 'stream' ? sendStream(this, octets, to) : sendRecord(this, octets, to);
  }

  receive(maxBytes = Number.POSITIVE_INFINITY): Result<UnixReceived, Errno> {
    if (this.dead) return fail('EBADF');
    return this.type === 'stream' ? receiveStream(this, maxBytes) : receiveRecord(this, maxBytes);
  }

  takeError(): Errno | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  /** The peer of a connection finds the other half closed; a datagram socket's does not. */
  shutdown(how: 'read' | 'write' | 'both'): Errno | undefined {
    if (this.dead) return 'EBADF';
    const { peer } = this;
    if (how !== 'write') this.readClosed = true;
    if (how !== 'read') this.writeClosed = true;
    if (this.type !== 'dgram' && peer !== undefined) {
      if (how !== 'write') peer.writeClosed = true;
      if (how !== 'read') peer.readClosed = true;
      peer.wake();
    }
    this.wake();
    return undefined;
  }

  /** Ends it (unix_release_sock): a connection's peer that left octets unread here, or was not accepted, gets ECONNRESET. */
  close(): void {
    if (this.dead) return;
    this.dead = true;
    this.onReady = undefined;
    this.unbind();
    this.layer.sockets.delete(this);
    this.wakeWaiting();
    const { peer, user } = this;
    if (this.type !== 'dgram' && peer !== undefined) {
      peer.readClosed = true;
      peer.writeClosed = true;
      if (this.queue.size > 0 || user === undefined) peer.error = 'ECONNRESET';
      peer.wake();
    }
    this.peer = undefined;
    this.purge();
    for (let next = this.accepting.shift(); next !== undefined; next = this.accepting.shift()) {
      next.close();
    }
    user?.context.closed(user.creator, this);
  }

  abandon(): void {
    this.close();
  }

  /** The socket that an address names here, of this one's type (unix_find_other). ECONNREFUSED, EPROTOTYPE, EACCES, ENOENT. */
  find(address: UnixAddress): Result<UnixSock, Errno> {
    if (isNameTooLong(address)) return fail('EINVAL');
    if (address.kind === 'abstract') {
      const named = this.layer.names.find(this.type, address.name);
      return named === undefined ? fail('ECONNREFUSED') : ok(named);
    }
    const found = this.user?.creator.paths?.find(address.path);
    if (found === undefined) return fail('ENOENT');
    if (!found.ok) return found;
    const { holder, uid, mode } = found.value;
    const caller = this.user?.creator.uid ?? 0;
    const writable = caller === 0 || (mode & (caller === uid ? 0o200 : 0o002)) !== 0;
    if (!writable) return fail('EACCES');
    if (!(holder instanceof UnixSock)) return fail('ECONNREFUSED');
    return holder.type === this.type ? ok(holder) : fail('EPROTOTYPE');
  }

  /** Tells the program at this instant, after what is running now. */
  wake(): void {
    if (this.wakeQueued || this.dead) return;
    this.wakeQueued = true;
    this.layer.netns.host.clock.schedule(0, () => {
      this.wakeQueued = false;
      this.onReady?.();
    });
  }

  /** Tells everyone who was refused here. */
  wakeWaiting(): void {
    for (const sock of this.waiting) sock.wake();
    this.waiting.clear();
  }

  /** Puts what a sender sends into the receive queue. */
  enqueue(skb: UnixSkb): void {
    skb.sender.writeBytes += skb.truesize;
    this.queue.push(skb);
    this.wake();
  }

  /** Gives the room of a read sk_buff back to its sender, who hears of it once three quarters are free (unix_write_space). */
  free({ sender, truesize }: UnixSkb): void {
    sender.writeBytes -= truesize;
    if (!sender.wantsRoom || sender.writeBytes * 4 > sender.sendBufferBytes) return;
    sender.wantsRoom = false;
    sender.wake();
  }

  /** Forgets what waits to be read. */
  purge(): void {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift())
      this.free(next);
  }

  /** One row of `ss -x`. */
  holder(): UnixHolder {
    const { user, peer, state } = this;
    const listening = state === 'LISTEN';
    return {
      type: this.type,
      state,
      ...(this.local === undefined ? {} : { local: this.local }),
      inode: this.inodeNumber,
      peerInode: peer?.inodeNumber ?? 0,
      receiveQueue: listening ? this.accepting.size : this.unreadBytes(),
      sendQueue: listening ? this.maxBacklog : this.writeBytes,
      pid: user?.creator.pid ?? 0,
      comm: user?.creator.comm ?? '',
      uid: user?.creator.uid ?? 0,
      fd: this.fd,
    };
  }

  /** SIOCINQ: of datagrams the first. */
  private unreadBytes(): number {
    if (this.type === 'dgram') return this.queue.peek()?.octets.length ?? 0;
    let bytes = 0;
    for (const { octets } of this.queue) bytes += octets.length;
    return bytes;
  }

  private autobind(): Errno | undefined {
    if (this.local !== undefined) return undefined;
    const named = this.layer.names.addAny(this);
    if (!named.ok) return named.error;
    this.local = { kind: 'abstract', name: named.value };
    return undefined;
  }

  private bindPath(path: string): Errno | undefined {
    const creator = this.user?.creator;
    const paths = creator?.paths;
    if (paths === undefined) return 'ENOENT';
    const inode = { uid: creator?.uid ?? 0, mode: INODE_MODE, holder: undefined as unknown };
    const refused = paths.make(path, inode);
    if (refused !== undefined) return refused;
    // unix_bind_bsd makes the file first and takes it away again.
    if (this.local !== undefined) {
      paths.remove(path);
      return 'EINVAL';
    }
    inode.holder = this;
    this.inode = inode;
    return undefined;
  }

  private unbind(): void {
    if (this.local?.kind === 'abstract') this.layer.names.remove(this.local.name, this);
    if (this.inode !== undefined) this.inode.holder = undefined;
  }
}
