import type { Result } from '../../base/index.js';
import type { Netns, SocketLayer } from '../contract.js';
import type { Errno } from '../errno.js';
import type {
  PacketSocket,
  PortHolder,
  Socket,
  UnixHolder,
  UnixSocket,
  UnixSocketType,
} from '../sys.js';
import type { BindAnswer, BindQuestion } from './try-bind.js';
import type { SocketPaths } from './unix/index.js';

/** Whose socket it is: what `ss -p` shows and what permission checks look at. */
export interface SocketCreator {
  readonly uid: number;
  readonly pid: number;
  readonly comm: string;
  /** The lowest free descriptor number; without it numbers count up per namespace. */
  nextFd?(): number;
  /** Frees a number when its socket is closed. */
  releaseFd?(fd: number): void;
  /** Its number in each PID namespace that sees it, its own first. */
  readonly pids?: readonly { readonly namespace: object; readonly pid: number }[];
  /** The files it sees. */
  readonly paths?: SocketPaths;
}

/** Address family of a socket. */
export type SocketDomain = 'inet' | 'inet6';

/** Kind of a socket: SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM with IPPROTO_ICMP, SOCK_RAW with IPPROTO_ICMP. */
export type SocketType = 'stream' | 'dgram' | 'ping' | 'raw';

/** What processes ask of the sockets of their namespace. */
export interface SocketFactory {
  /**
   * socket(2). Fails with EPERM for a raw socket without CAP_NET_RAW (uid 0), EACCES for a ping
   * socket outside `net.ipv4.ping_group_range`.
   */
  open(owner: SocketCreator, domain: SocketDomain, type: SocketType): Result<Socket, Errno>;
  /** socket(AF_PACKET, SOCK_RAW, protocol), ETH_P_ALL by default. Fails with EPERM without CAP_NET_RAW (uid 0). */
  openPacket(owner: SocketCreator, protocol?: number): Result<PacketSocket, Errno>;
  /** socket(AF_UNIX, type). */
  openUnix(owner: SocketCreator, type: UnixSocketType): Result<UnixSocket, Errno>;
  /** socketpair(AF_UNIX, type). */
  openUnixPair(
    owner: SocketCreator,
    type: UnixSocketType,
  ): Result<readonly [UnixSocket, UnixSocket], Errno>;
  /** Every Unix socket that a process has open, as `ss -xa` lists them, by age. */
  unixHolders(): UnixHolder[];
  /** Every bound TCP and UDP socket, as `ss -antup` lists them: by protocol, port, then age. */
  holders(): PortHolder[];
  /** What bind(2) would answer, and who stands in the way; nothing changes. */
  tryBind(question: BindQuestion): BindAnswer;
  /** Closes every socket of a process, as its end does. */
  closeAllOf(pid: number): void;
}

/** A namespace whose sockets can be opened. */
export type SocketNetns = Netns & { readonly sockets: SocketLayer & SocketFactory };
