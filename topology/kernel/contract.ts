import type { Ip, Mac } from '../addr/index.js';
import type { Rng, SimClock } from '../base/index.js';
import type { IcmpMessage, Ipv4Packet, Ipv6Packet, L4Body } from '../wire/packet.js';
import type { DropReason } from './drop.js';
import type { Errno } from './errno.js';
import type { NftRefusal, NftTableView, NftThing, NftVerb } from './nft.js';
import type {
  ConntrackFilter,
  HookName,
  IpsetOp,
  LinkSpec,
  RestoreTable,
  RouteType,
  Rule,
  SetElement,
  SetSpec,
  TableName,
} from './ops.js';
import type { PacketType, Skb } from './skb.js';
import type { PacketTrace, TraceComponent } from './trace.js';

/**
 * What the parts of a kernel ask of each other. `link` and `netns` move packets, `netfilter` judges and rewrites
 * them, `socket` ends them; none imports another's files, each is handed these.
 */

/** A network device of one namespace. Made and changed by `link.*` ops alone. */
export interface Device {
  readonly ifindex: number;
  readonly name: string;
  readonly kind: 'loopback' | 'dummy' | 'veth' | 'bridge' | 'vxlan' | 'macvlan' | 'cable';
  readonly spec: LinkSpec | undefined;
  readonly netns: Netns;
  readonly mac: Mac;
  readonly mtuBytes: number;
  /** IFF_UP. */
  readonly up: boolean;
  /** IFF_RUNNING: the other end is there and up. */
  readonly carrier: boolean;
  readonly promisc: boolean;
  /** The bridge this device is a port of. */
  readonly master: Device | undefined;
  /** The other end of a veth pair. */
  readonly peer: Device | undefined;
  readonly stats: DeviceStats;
  /** Sends a frame whose MAC addresses are set (dev_queue_xmit): counts, taps, hands it to the driver. False when it was dropped at once. */
  transmit(skb: Skb): boolean;
  /** Called with every frame in and out, where tcpdump would see it. */
  tap(listener: TapListener): () => void;
  /** Counts who wants every frame (dev_set_promiscuity); `promisc` is the flag of `ip link` apart from this. */
  changePromiscuity(by: 1 | -1): void;
}

/** Counters of `ip -s link`. */
export interface DeviceStats {
  rxPackets: number;
  rxBytes: number;
  rxDropped: number;
  txPackets: number;
  txBytes: number;
  txDropped: number;
}

/** Sees a frame at a device; must not keep or change the Skb, only read it (`crossing` may be written). */
export type TapListener = (
  skb: Skb,
  direction: 'in' | 'out',
  device: Device,
  type: PacketType,
) => void;

/** What a route lookup found. */
export interface RouteResult {
  readonly type: RouteType;
  readonly dev: Device | undefined;
  /** The gateway, absent when the destination is on-link. */
  readonly via: Ip | undefined;
  /** The source address that this route prefers. */
  readonly src: Ip | undefined;
  readonly mtuBytes: number;
  /** As `ip route` prints it, with its table, for explanations; computed when asked. */
  text(): string;
}

/** A question to the routing tables. */
export interface RouteQuery {
  readonly dst: Ip;
  readonly src?: Ip;
  readonly iif?: Device;
  readonly oif?: Device;
  readonly mark?: number;
  readonly tos?: number;
}

/** What a socket wants sent. */
export interface SendRequest {
  readonly src: Ip | undefined;
  readonly dst: Ip;
  readonly proto: number;
  readonly body: L4Body;
  readonly owner?: SocketOwner;
  readonly ttl?: number;
  readonly tos?: number;
  /** IP_MTU_DISCOVER: 'want' sets DF when the packet fits, 'do' always and fails, 'dont' never sets DF. */
  readonly pmtudisc?: 'want' | 'do' | 'dont' | 'probe';
  /** SO_BINDTODEVICE. */
  readonly oif?: Device;
  readonly mark?: number;
  readonly broadcastAllowed?: boolean;
  /** Octets of payload in each segment of a TCP packet that is to be cut on its way (gso_size). */
  readonly gsoSize?: number | undefined;
  readonly trace?: PacketTrace | undefined;
  readonly cause?: Skb | undefined;
}

/** The IP layer of a namespace: implemented in `netns`, used by `socket` and `netfilter`. */
export interface IpLayer {
  /** Longest prefix match over the rules and tables, as `ip route get`. */
  route(query: RouteQuery): RouteResult | undefined;
  /**
   * Chooses source address and route without sending (ip_route_output): for connect() and bind checks.
   */
  chooseSource(
    query: RouteQuery,
  ): { ok: true; src: Ip; route: RouteResult } | { ok: false; errno: Errno };
  /** Sends through OUTPUT and POSTROUTING; the errno is what send() returns, undefined when the packet went on its way. */
  send(request: SendRequest): Errno | undefined;
  /** Sends an ICMP error about a packet, subject to RFC 1122 3.2.2 and the rate limits; no error about errors. */
  sendIcmpError(about: Skb, type: number, code: number, rest?: number): void;
  /** Whether the address belongs to this namespace (RTN_LOCAL). */
  isLocal(address: Ip): boolean;
  /** Address type for `-m addrtype` and bind: RTN_*. */
  addrType(
    address: Ip,
    dev?: Device,
  ): 'unicast' | 'local' | 'broadcast' | 'multicast' | 'unreachable' | 'prohibit' | 'blackhole';
  /** First address of a device of a family, for MASQUERADE and REDIRECT. */
  primaryAddress(dev: Device, family: 'ipv4' | 'ipv6', towards?: Ip): Ip | undefined;
  /** Learned path MTU towards a destination, in octets. */
  pathMtu(dst: Ip): number | undefined;
  /** Notes what an ICMP error says of the path, if it is smaller (`net.ipv4.ip_no_pmtu_disc` forbids it). */
  learnPathMtu(dst: Ip, mtuBytes: number): void;
}

/** Hook order inside a namespace, shared by both families. */
export type Verdict = 'accept' | 'drop' | 'stolen';

/** Rules as they were at a moment, as far as they have changed since. */
export interface RuleCheckpoint {
  /** Puts them back. */
  restore(): void;
  /** Keeps what is and forgets what was. */
  release(): void;
}

/** Netfilter of a namespace: implemented in `netfilter`, called by `netns` and by br_netfilter. */
export interface Netfilter {
  /** False while there are no rules and nothing is tracked: callers skip the hooks altogether. */
  readonly active: boolean;
  /** Whether connections of a family are tracked: its fragments are then joined before PREROUTING. */
  tracks(family: 'ipv4' | 'ipv6'): boolean;
  /**
   * Runs the chains of iptables and nftables, conntrack and NAT of one hook in the order of their priorities. May change `skb.packet`, `skb.mark`
   * and `skb.ct`. On 'drop' the reason was recorded and any REJECT answer sent.
   */
  run(hook: HookName, skb: Skb, inDev: Device | undefined, outDev: Device | undefined): Verdict;
  restore(
    family: 'ipv4' | 'ipv6',
    tables: readonly RestoreTable[],
    noflush: boolean,
  ): Errno | undefined;
  edit(
    family: 'ipv4' | 'ipv6',
    change: {
      readonly verb: 'append' | 'insert' | 'delete' | 'replace';
      readonly table: TableName;
      readonly chain: string;
      /** Absent for a deletion by number. */
      readonly rule?: Rule;
      readonly position?: number;
    },
  ): Errno | undefined;
  setPolicy(
    family: 'ipv4' | 'ipv6',
    table: TableName,
    chain: HookName,
    policy: 'ACCEPT' | 'DROP',
  ): Errno | undefined;
  /** Present rules, for iptables-save. */
  tables(family: 'ipv4' | 'ipv6'): readonly RestoreTable[];
  renameChain(
    family: 'ipv4' | 'ipv6',
    table: TableName,
    from: string,
    to: string,
  ): Errno | undefined;
  /** What a chain counted: of its policy first, then of each rule. */
  counters(
    family: 'ipv4' | 'ipv6',
    table: TableName,
    chain: string,
  ): readonly { readonly packets: number; readonly bytes: number }[];
  /** `-Z`: of one rule (from 1), of a chain, or of a table. */
  zeroCounters(
    family: 'ipv4' | 'ipv6',
    table: TableName,
    chain: string | undefined,
    position: number | undefined,
  ): void;
  /** How an ipset was made; undefined when there is none of the name. */
  setSpec(name: string): SetSpec | undefined;
  /** Changes the ipsets; the failure is worded as ipset words it. */
  editSets(op: IpsetOp): { readonly errno: Errno; readonly message: string } | undefined;
  /** Notes the ipsets as they are; the answer puts them back. */
  checkpointSets(): () => void;
  readonly sets: SetsView;
  /** Notes from now on what chains were before they change, until one of the answer's calls. */
  checkpoint(family: 'ipv4' | 'ipv6'): RuleCheckpoint;
  /** Carries out one command of nftables, or says why it is refused; packets see it once the checkpoint is released. */
  applyNft(verb: NftVerb, thing: NftThing): NftRefusal | undefined;
  /** As `checkpoint`, of the nftables rules. */
  nftCheckpoint(): RuleCheckpoint;
  /** Present tables of nftables with what they counted, for `nft list`. */
  listNft(): readonly NftTableView[];
  /**
   * Ties an answer made by this kernel (ICMP error, RST) to the connection of the packet it is about, so that NAT
   * is undone in it (nf_ct_attach). Call before the answer is sent; nothing happens when there is no connection.
   */
  attach(answer: Skb, about: Skb): void;
  /** A device went down: connections masqueraded through it are forgotten. */
  deviceDown(ifindex: number): void;
  /** A device lost an address: connections masqueraded to it are forgotten. */
  addressGone(ifindex: number, address: Ip): void;
  /** The namespace dies: forgets connections and their timers. */
  dispose(): void;
  readonly conntrack: ConntrackView;
}

/** What other parts read of the ipsets. */
export interface SetsView {
  list(): readonly SetView[];
  /** Whether an element is in a set; undefined when there is no such set. */
  test(name: string, element: SetElement): boolean | undefined;
}

/** One ipset as it is now. */
export interface SetView {
  readonly name: string;
  readonly spec: SetSpec;
  /** Rules and lists that name it. */
  readonly references: number;
  readonly entries: readonly {
    readonly text: string;
    readonly nomatch: boolean;
    readonly comment: string | undefined;
    /** Whole seconds left; undefined when it never times out. */
    readonly timeoutSeconds: number | undefined;
    readonly packets: number;
    readonly bytes: number;
  }[];
}

/** What other parts read of conntrack. */
export interface ConntrackView {
  readonly size: number;
  /** One line per entry as `conntrack -L` prints it. */
  list(): readonly string[];
  /** Connections that a filter means, in the order of `list`. */
  entries(filter: ConntrackFilter): readonly ConntrackEntry[];
  /** Forgets connections; answers their number. */
  delete(filter: ConntrackFilter): number;
  /** What `conntrack -S` counts. */
  readonly statistics: ConntrackStatistics;
}

/** One tracked connection for tools. */
export interface ConntrackEntry {
  readonly family: 'ipv4' | 'ipv6';
  /** As `conntrack -L` prints it. */
  readonly line: string;
  /** Number of the entry, stable while it lives (`-o id`). */
  readonly id: number;
}

/** Counters of connection tracking (struct ip_conntrack_stat). */
export interface ConntrackStatistics {
  found: number;
  invalid: number;
  insertFailed: number;
  drop: number;
  earlyDrop: number;
  clashResolve: number;
}

/** A packet's tie to its connection; fields are netfilter's own. */
export interface ConntrackRef {
  readonly state: 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';
}

/** Sockets of a namespace: implemented in `socket`, called by `netns`. */
export interface SocketLayer {
  /** Gives a local transport packet to its socket, or sends RST or port unreachable. */
  deliver(skb: Skb, packet: Ipv4Packet | Ipv6Packet): void;
  /** An ICMP error about a packet that this namespace sent. */
  icmpError(skb: Skb, message: IcmpMessage, quoted: Ipv4Packet | Ipv6Packet): void;
  /** An echo reply for a ping socket. */
  echoReply(skb: Skb, packet: Ipv4Packet | Ipv6Packet, message: IcmpMessage): void;
  /** An address of a device was removed or the namespace dies: closes what cannot go on. */
  namespaceGone(): void;
}

/** What a packet remembers of the socket that sent it. */
export interface SocketOwner {
  readonly uid: number;
  readonly pid: number;
  readonly trace: PacketTrace | undefined;
  /** Spreads a TCP connection's packets over ways (sk_txhash); another after every retransmission timeout. */
  readonly txHash?: number;
  /** IP_MTU_DISCOVER: a prober's packets may be as large as the device allows, whatever was learned of the path. */
  readonly pmtudisc?: SendRequest['pmtudisc'];
  /** A local send found out later that it cannot be delivered (neighbour unresolved): soft or hard error for the socket. */
  reportError?(errno: Errno): void;
}

/** A network namespace as its parts see it. */
export interface Netns {
  readonly inode: number;
  /** The name of `ip netns`, or '' for the host's own. */
  readonly name: string;
  /** For people: '' for the host's own, else such as `default/web-0`; may be set by the owner. */
  label: string;
  readonly host: HostContext;
  readonly ip: IpLayer;
  readonly netfilter: Netfilter;
  readonly sockets: SocketLayer;
  device(name: string): Device | undefined;
  deviceByIndex(ifindex: number): Device | undefined;
  readonly devices: Iterable<Device>;
  /** Called with each device that comes in from now on; gives the call that ends it. */
  onDeviceAdded(listener: (device: Device) => void): () => void;
  /** A sysctl as a number, by its dotted name; per-device ones fold in `all` as Linux does. */
  sysctl(key: string): number;
  /** A sysctl that holds two numbers, such as `net.ipv4.ip_local_port_range`; Linux's defaults hold where absent. */
  sysctlPair?(key: string): readonly [number, number] | undefined;
  /** Counts a drop, records it when traced; the packet ends here. */
  drop(
    skb: Skb,
    reason: DropReason,
    component: TraceComponent,
    sentence: string,
    facts?: Readonly<Record<string, string>>,
  ): void;
  /** Records a step of a traced packet; call only when `skb.trace` is set. */
  step(
    skb: Skb,
    component: TraceComponent,
    action: string,
    sentence: string,
    facts?: Readonly<Record<string, string>>,
  ): void;
  /** Drops so far, by reason. */
  readonly dropCounts: ReadonlyMap<DropReason, number>;
}

/** Sees a packet that was dropped, in the namespace where it ended. */
export type DropListener = (
  skb: Skb,
  where: {
    readonly netns: Netns;
    readonly reason: DropReason;
    readonly component: TraceComponent;
  },
) => void;

/** What a kernel part needs of the machine around it. */
export interface HostContext {
  readonly name: string;
  readonly clock: SimClock;
  readonly rng: Rng;
  /** Runs `work` soon, at this instant, after what is running now: the softirq of this machine. */
  defer(device: Device, skb: Skb): void;
}
