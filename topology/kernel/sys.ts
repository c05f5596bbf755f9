import type { Ip } from '../addr/index.js';
import type { Result, Timer } from '../base/index.js';
import type { Errno } from './errno.js';
import type { PacketType } from './skb.js';
import type { PacketTrace } from './trace.js';

/**
 * What a program may ask of its kernel. Nothing blocks: a call answers at once, EAGAIN where it would have to wait,
 * and `onReady` is called when asking again may give another answer. Programs that want to wait wrap this.
 */
export interface Sys {
  readonly pid: number;
  readonly uid: number;
  readonly hostname: string;
  readonly nowNs: number;
  /** Calls back after simulated time; cancelled when the process ends. */
  schedule(delayNs: number, run: () => void): Timer;
  socket(
    domain: 'inet' | 'inet6',
    type: 'stream' | 'dgram' | 'ping' | 'raw',
  ): Result<Socket, Errno>;
  /**
   * socket(AF_PACKET, SOCK_RAW, protocol): every device until it is bound. `protocol` is an EtherType, or 3 (ETH_P_ALL),
   * the default, for all frames and both directions. Fails with EPERM for another user than root.
   */
  packetSocket(protocol?: number): Result<PacketSocket, Errno>;
  /** socket(AF_UNIX, type), unix(7). */
  unixSocket(type: UnixSocketType): Result<UnixSocket, Errno>;
  /** socketpair(AF_UNIX, type): two that are connected with each other. */
  unixSocketPair(type: UnixSocketType): Result<readonly [UnixSocket, UnixSocket], Errno>;
  /** POSIX message queues, mq_overview(7). */
  mqOpen(name: string, options: MqOpenOptions): Result<MessageQueueDescriptor, Errno>;
  mqUnlink(name: string): Errno | undefined;
  /** System V message queues, sysvipc(7). */
  msgget(
    key: number,
    options: { readonly create?: boolean; readonly exclusive?: boolean; readonly mode?: number },
  ): Result<number, Errno>;
  msgsnd(
    id: number,
    message: { readonly type: number; readonly octets: Uint8Array },
    options?: { readonly nonBlocking?: boolean },
  ): Errno | undefined;
  msgrcv(
    id: number,
    options: {
      readonly type: number;
      readonly maxBytes: number;
      readonly noError?: boolean;
      readonly except?: boolean;
    },
  ): Result<{ readonly type: number; readonly octets: Uint8Array }, Errno>;
  msgctlRemove(id: number): Errno | undefined;
  /** System V shared memory: `bytes` of an existing segment may be fewer. */
  shmget(
    key: number,
    bytes: number,
    options: { readonly create?: boolean; readonly exclusive?: boolean; readonly mode?: number },
  ): Result<number, Errno>;
  shmctlRemove(id: number): Errno | undefined;
  /** System V semaphores: `count` of an existing array may be fewer. */
  semget(
    key: number,
    count: number,
    options: { readonly create?: boolean; readonly exclusive?: boolean; readonly mode?: number },
  ): Result<number, Errno>;
  semctlRemove(id: number): Errno | undefined;
  /** Called when msgsnd or msgrcv on the queue may give another answer (also EIDRM); returns the call that stops it. */
  msgWatch(id: number, run: () => void): () => void;
  /** Sends a signal; 0 only asks whether the process exists. Pids are those of the caller's PID namespace. */
  kill(pid: number, signal: number): Errno | undefined;
  /** What execve(2) leaves of a process: its pid, namespaces and sockets; its name and arguments are those given here. */
  exec(argv: readonly string[]): void;
  exit(code: number): void;
  /** Handles a catchable signal; without a handler its default action is taken (PID 1 of a namespace ignores it). */
  onSignal(signal: number, handler: () => void): void;
}

/** Options of a socket, in the names of socket(7), ip(7), ipv6(7), tcp(7). */
export type SocketOption =
  | 'SO_REUSEADDR'
  | 'SO_REUSEPORT'
  | 'SO_BROADCAST'
  | 'SO_RCVBUF'
  | 'IPV6_V6ONLY'
  | 'IP_TTL'
  | 'IP_TOS'
  | 'IP_RECVERR'
  | 'IP_FREEBIND'
  /** 0 dont, 1 want, 2 do, 3 probe. */
  | 'IP_MTU_DISCOVER'
  | 'TCP_NODELAY'
  | 'SO_KEEPALIVE'
  /** Seconds of silence, seconds between questions, how many. */
  | 'TCP_KEEPIDLE'
  | 'TCP_KEEPINTVL'
  | 'TCP_KEEPCNT'
  | 'SO_LINGER';

/** An address and port; port is 0 for ping and raw sockets. */
export interface SocketAddress {
  readonly address: Ip;
  readonly port: number;
  /** The ifindex of the link that a link-local IPv6 address belongs to (sin6_scope_id, RFC 4007). */
  readonly scopeId?: number | undefined;
}

/** What one receive gave. */
export interface Received {
  readonly octets: Uint8Array;
  readonly from: SocketAddress;
  /** The address that a datagram was sent to (IP_PKTINFO, IPV6_RECVPKTINFO). */
  readonly to?: Ip;
  readonly ttl?: number;
  /** ICMP type and code, on ping and raw sockets and from the error queue. */
  readonly icmp?: {
    readonly type: number;
    readonly code: number;
    readonly id: number;
    readonly sequence: number;
    readonly mtu?: number;
  };
}

/** A socket. `close` is idempotent. */
export interface Socket {
  readonly fd: number;
  readonly type: 'stream' | 'dgram' | 'ping' | 'raw';
  /** Called when a call that said EAGAIN or EINPROGRESS may now say something else. */
  onReady: (() => void) | undefined;
  /** Packets that this socket sends, and their answers, are recorded here. */
  trace: PacketTrace | undefined;
  readonly local: SocketAddress | undefined;
  readonly remote: SocketAddress | undefined;
  /** Where a connection stands, in the words of `ss` (LISTEN, SYN-SENT, ESTAB, …); UNCONN for datagrams. */
  readonly state: string;
  setOption(option: SocketOption, value: number): Errno | undefined;
  bindToDevice(name: string): Errno | undefined;
  /** `scopeId`, an ifindex, is needed for a link-local IPv6 address unless the socket is bound to a device. */
  bind(address: Ip, port: number, scopeId?: number): Errno | undefined;
  listen(backlog: number): Errno | undefined;
  accept(): Result<Socket, Errno>;
  /** EINPROGRESS for a stream: `onReady` follows and `takeError` tells how it ended. */
  connect(address: Ip, port: number, scopeId?: number): Errno | undefined;
  /** Octets taken; EAGAIN when the send buffer is full. Without `to` the socket must be connected. */
  send(octets: Uint8Array, to?: SocketAddress): Result<number, Errno>;
  /** For a stream, an empty `octets` is the end of what the peer sends. */
  receive(maxBytes?: number): Result<Received, Errno>;
  /** IP_RECVERR: the error queue. */
  receiveError(): Result<Received & { readonly errno: Errno }, Errno>;
  /** SO_ERROR: the pending error, cleared by asking. */
  takeError(): Errno | undefined;
  shutdown(how: 'read' | 'write' | 'both'): Errno | undefined;
  close(): void;
}

/** A frame that a packet socket saw. */
export interface CapturedFrame {
  /** From the Ethernet header on; loopback devices have one of zeros. */
  readonly octets: Uint8Array;
  readonly atNs: number;
  readonly ifindex: number;
  readonly ifname: string;
  /** sll_pkttype: how it is addressed, or `outgoing`. */
  readonly type: PacketType;
}

/** A socket of packet(7). `close` is idempotent. */
export interface PacketSocket {
  readonly fd: number;
  /** Called when a frame has come. */
  onReady: (() => void) | undefined;
  /** Takes the frames of one device alone, '' for all. ENODEV; a device that is down gives ENETDOWN at the next call. */
  bind(ifname: string): Errno | undefined;
  /** PACKET_ADD_MEMBERSHIP with PACKET_MR_PROMISC on the bound device, until it is closed. */
  setPromiscuous(): Errno | undefined;
  /** SO_ATTACH_FILTER: frames that it refuses are not counted. */
  setFilter(accepts: ((octets: Uint8Array) => boolean) | undefined): void;
  receive(): Result<CapturedFrame, Errno>;
  /** Sends a frame as it is: ENXIO without device, ENETDOWN, EMSGSIZE, EINVAL when its headers cannot be read. */
  send(octets: Uint8Array, ifname?: string): Result<number, Errno>;
  /** SO_ERROR. */
  takeError(): Errno | undefined;
  /** PACKET_STATISTICS: what passed the filter and what found no room, since it was last asked. */
  takeStatistics(): { readonly received: number; readonly dropped: number };
  close(): void;
}

/** Kinds of Unix sockets: octets, datagrams, and records over a connection. */
export type UnixSocketType = 'stream' | 'dgram' | 'seqpacket';

/**
 * The name of a Unix socket: an absolute path of the mount namespace, or an abstract name of the network namespace,
 * without the NUL before it.
 */
export type UnixAddress =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'abstract'; readonly name: string };

/** SO_PEERCRED: the pid as the asking process sees it, 0 when it does not; uid -1 without a peer. */
export interface UnixCredentials {
  readonly pid: number;
  readonly uid: number;
}

/** What one receive of a Unix socket gave; `from` is undefined for a sender without a name. */
export interface UnixReceived {
  readonly octets: Uint8Array;
  readonly from: UnixAddress | undefined;
}

/** A Unix domain socket. `close` is idempotent. */
export interface UnixSocket {
  readonly fd: number;
  readonly type: UnixSocketType;
  /** Called when a call that said EAGAIN may now say something else. */
  onReady: (() => void) | undefined;
  readonly local: UnixAddress | undefined;
  readonly remote: UnixAddress | undefined;
  /** In the words of `ss`. */
  readonly state: 'UNCONN' | 'LISTEN' | 'ESTAB';
  /** Of who called connect, listen or socketpair at the other end. */
  readonly peerCredentials: UnixCredentials;
  /** Without an address the kernel chooses an abstract name of five digits. EADDRINUSE; EINVAL when it has a name, or the name is too long. */
  bind(address?: UnixAddress): Errno | undefined;
  /** EOPNOTSUPP for datagrams; EINVAL without a name or when connected. */
  listen(backlog: number): Errno | undefined;
  accept(): Result<UnixSocket, Errno>;
  /**
   * Connected at once, or: ECONNREFUSED when nobody listens there, ENOENT, EACCES, EPROTOTYPE for another type, EAGAIN while
   * the backlog is full. A datagram socket may change its peer, or have none with undefined.
   */
  connect(address: UnixAddress | undefined): Errno | undefined;
  /** Octets taken; a datagram or record goes whole or not at all. */
  send(octets: Uint8Array, to?: UnixAddress): Result<number, Errno>;
  /** For a connection an empty `octets` is the end of what the peer sends. */
  receive(maxBytes?: number): Result<UnixReceived, Errno>;
  /** SO_ERROR: the pending error, cleared by asking. */
  takeError(): Errno | undefined;
  shutdown(how: 'read' | 'write' | 'both'): Errno | undefined;
  close(): void;
}

/** One row of `ss -x`. */
export interface UnixHolder {
  readonly type: UnixSocketType;
  readonly state: 'UNCONN' | 'LISTEN' | 'ESTAB';
  readonly local?: UnixAddress;
  readonly inode: number;
  /** Of the peer; 0 without one, or while it waits for accept. */
  readonly peerInode: number;
  /** Octets to be read, of datagrams those of the first; of a listener, connections that wait for accept. */
  readonly receiveQueue: number;
  /** Octets of memory that what was sent still takes; of a listener, its backlog. */
  readonly sendQueue: number;
  readonly pid: number;
  readonly comm: string;
  readonly uid: number;
  readonly fd: number;
}

/** Options of mq_open(3). */
export interface MqOpenOptions {
  readonly access: 'read' | 'write' | 'read-write';
  readonly create?: boolean;
  readonly exclusive?: boolean;
  readonly nonBlocking?: boolean;
  readonly mode?: number;
  readonly maxMessages?: number;
  readonly messageBytes?: number;
}

/** An open POSIX message queue. A blocking descriptor answers EAGAIN too; its caller waits for `onReady`. */
export interface MessageQueueDescriptor {
  readonly fd: number;
  onReady: (() => void) | undefined;
  send(octets: Uint8Array, priority: number): Errno | undefined;
  receive(
    bufferBytes: number,
  ): Result<{ readonly octets: Uint8Array; readonly priority: number }, Errno>;
  attributes(): {
    /** O_NONBLOCK: of this descriptor, not of the queue. */
    readonly nonBlocking: boolean;
    readonly maxMessages: number;
    readonly messageBytes: number;
    readonly currentMessages: number;
  };
  /** mq_setattr(3), which changes O_NONBLOCK alone. */
  setNonBlocking(value: boolean): Errno | undefined;
  /**
   * mq_notify(3): calls back once, when a message comes to the empty queue and nobody waits for it. EBUSY while
   * another registration stands; without `run` the caller's own is taken back.
   */
  notify(run: (() => void) | undefined): Errno | undefined;
  /** EBADF when it was closed before. */
  close(): Errno | undefined;
}

/** Kinds of namespace, in the spelling of /proc/PID/ns. */
export type NamespaceKind = 'net' | 'ipc' | 'uts' | 'pid' | 'mnt' | 'cgroup' | 'user' | 'time';

/** A namespace; two processes share it when the inode numbers are equal. */
export interface Namespace {
  readonly kind: NamespaceKind;
  readonly inode: number;
}

/** A process of a host. */
export interface Process {
  /** Pid on the host; `pidIn` gives the one inside its own PID namespace. */
  readonly pid: number;
  readonly pidInNamespace: number;
  readonly parentPid: number;
  readonly comm: string;
  readonly argv: readonly string[];
  readonly uid: number;
  readonly namespaces: Readonly<Record<NamespaceKind, Namespace>>;
  readonly startedNs: number;
  readonly state: 'running' | 'exited';
  /** Exit code, or 128 + signal, once exited. */
  readonly exitCode: number | undefined;
  readonly signal: number | undefined;
  readonly sys: Sys;
  /** Called once when it ends. */
  onExit(run: (process: Process) => void): void;
}

/** clone(2) and, for `join`, setns(2). */
export interface CloneRequest {
  readonly parent?: Process;
  readonly comm: string;
  readonly argv: readonly string[];
  readonly uid?: number;
  /** CLONE_NEW*: namespaces made for this process. */
  readonly unshare?: readonly NamespaceKind[];
  /** Namespaces of another process to enter; fails with ESRCH when it has ended. */
  readonly join?: { readonly of: Process; readonly kinds: readonly NamespaceKind[] };
  readonly hostname?: string;
}

/** Processes of one host. */
export interface ProcessTable {
  clone(request: CloneRequest): Result<Process, Errno>;
  get(pid: number): Process | undefined;
  readonly all: Iterable<Process>;
  /** SIGKILL ends at once; others run the handler or the default action. Ending PID 1 of a PID namespace ends all in it. */
  kill(pid: number, signal: number): Errno | undefined;
}

/** Who holds which port: one row of `ss -lntup`. */
export interface PortHolder {
  readonly proto: 'tcp' | 'udp';
  readonly address: Ip;
  readonly port: number;
  readonly pid: number;
  readonly comm: string;
  readonly state: string;
  readonly remote?: SocketAddress;
  readonly uid: number;
  /** Number of the descriptor; undefined while no process has one: not accepted yet, or closed. */
  readonly fd?: number;
  readonly family: 'inet' | 'inet6';
  /** IPV6_V6ONLY. */
  readonly v6only: boolean;
  /** The device it is bound to. */
  readonly device?: string;
  /** Octets that wait to be read; of a listener, connections that wait for accept. */
  readonly receiveQueue: number;
  /** Octets not acknowledged yet; of a listener, its backlog. */
  readonly sendQueue: number;
  /** What it waits for next, as `ss -o` names it. */
  readonly timer?: {
    readonly name: 'on' | 'timewait' | 'persist';
    readonly leftNs: number;
    readonly retransmits: number;
  };
}
