import type { Cidr, Ip, Mac } from '../addr/index.js';

/**
 * What a rule of iptables asks of a packet: one record per `-m` extension or option of the header, named after it.
 */

/** A match that may be inverted with `!`. */
interface Invertible {
  readonly invert?: boolean;
}

/** Inclusive port range; a single port has equal ends. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Inclusive range of numbers. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** Connection states of `-m conntrack --ctstate`. */
export type CtState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED' | 'SNAT' | 'DNAT';

/** Connection status of `-m conntrack --ctstatus` (IPS_*). */
export type CtStatus = 'NONE' | 'EXPECTED' | 'SEEN_REPLY' | 'ASSURED' | 'CONFIRMED';

/** A condition that `!` may stand before. */
export interface Asked<T> {
  readonly value: T;
  readonly invert?: boolean;
}

/** `-m conntrack` with other options than `--ctstate` alone; the addresses and ports are of the connection's tuples. */
export interface ConntrackMatch {
  readonly match: 'conntrack';
  readonly state?: Asked<readonly CtState[]>;
  readonly proto?: Asked<number>;
  readonly origSrc?: Asked<Cidr>;
  readonly origDst?: Asked<Cidr>;
  readonly replSrc?: Asked<Cidr>;
  readonly replDst?: Asked<Cidr>;
  readonly origSrcPort?: Asked<PortRange>;
  readonly origDstPort?: Asked<PortRange>;
  readonly replSrcPort?: Asked<PortRange>;
  readonly replDstPort?: Asked<PortRange>;
  readonly status?: Asked<readonly CtStatus[]>;
  /** Seconds until the entry ends. */
  readonly expire?: Asked<NumberRange>;
  readonly direction?: 'ORIGINAL' | 'REPLY';
}

/** `-m addrtype`: each side is of one of the types. */
export interface AddrtypeMatch {
  readonly match: 'addrtype';
  readonly srcTypes?: readonly AddrType[];
  readonly srcInvert?: boolean;
  readonly dstTypes?: readonly AddrType[];
  readonly dstInvert?: boolean;
  readonly limitIfaceIn?: boolean;
  readonly limitIfaceOut?: boolean;
}

/** `-m physdev`: bridge ports that a frame came in and goes out by. */
export interface PhysdevMatch {
  readonly match: 'physdev';
  readonly in?: Asked<string>;
  readonly out?: Asked<string>;
  /** False is `! --physdev-is-in`, and so on. */
  readonly isIn?: boolean;
  readonly isOut?: boolean;
  readonly isBridged?: boolean;
}

/** `-m recent`: a list of addresses seen lately. */
export interface RecentMatch {
  readonly match: 'recent';
  readonly verb: 'set' | 'rcheck' | 'update' | 'remove';
  readonly invert?: boolean;
  readonly name: string;
  readonly side: 'source' | 'destination';
  readonly seconds?: number;
  readonly reap?: boolean;
  readonly hitcount?: number;
  readonly rttl?: boolean;
  /** Netmask put on the address; all ones when absent. */
  readonly mask?: Ip;
}

/** `-m hashlimit`: a token bucket per combination of what `mode` names. */
export interface HashlimitMatch {
  readonly match: 'hashlimit';
  readonly invert: boolean;
  /** Packets a second, or octets a second when `bytes`. */
  readonly perSecond: number;
  readonly bytes: boolean;
  /** Packets, or octets when `bytes`. */
  readonly burst: number;
  readonly mode: readonly ('srcip' | 'srcport' | 'dstip' | 'dstport')[];
  readonly name: string;
  readonly srcMask?: number;
  readonly dstMask?: number;
  readonly htableSize?: number;
  readonly htableMax?: number;
  readonly gcIntervalMs?: number;
  readonly expireMs?: number;
}

/** `-m set`: an ipset holds what `dims` name of the packet. */
export interface SetMatch extends Invertible {
  readonly match: 'set';
  readonly name: string;
  readonly dims: readonly ('src' | 'dst')[];
  readonly returnNomatch?: boolean;
  readonly noUpdateCounters?: boolean;
}

/** Inclusive range of user or group ids, as `-m owner` writes it. */
export type IdRange = NumberRange;

/** Matches, named after their iptables extension. */
export type Match =
  | (Invertible & { readonly match: 'src' | 'dst'; readonly block: Cidr })
  | (Invertible & { readonly match: 'proto'; readonly proto: number })
  | (Invertible & { readonly match: 'in' | 'out'; readonly dev: string })
  /** `-f`: second and further fragments. */
  | (Invertible & { readonly match: 'fragment' })
  /** `-m tcp` and such without an option: holds for every packet of the protocol. */
  | { readonly match: 'bare'; readonly extension: string }
  | (Invertible & { readonly match: 'sport' | 'dport'; readonly ports: PortRange })
  | (Invertible & {
      readonly match: 'multiport';
      readonly side: 'source' | 'destination' | 'either';
      readonly ports: readonly PortRange[];
    })
  | (Invertible & { readonly match: 'tcp-flags'; readonly mask: number; readonly set: number })
  | (Invertible & { readonly match: 'tcp-option'; readonly option: number })
  | (Invertible & { readonly match: 'tcpmss'; readonly mss: NumberRange })
  | (Invertible & {
      readonly match: 'sctp-chunks';
      readonly how: 'any' | 'all' | 'only';
      /** Chunk types by number. */
      readonly types: readonly number[];
    })
  | (Invertible & { readonly match: 'icmp'; readonly type: number; readonly code?: number })
  | (Invertible & {
      readonly match: 'ctstate';
      readonly states: readonly CtState[];
      /** Written as `-m state --state`. */
      readonly legacy?: boolean;
    })
  | ConntrackMatch
  | (Invertible & { readonly match: 'mark'; readonly value: number; readonly mask: number })
  | (Invertible & { readonly match: 'connmark'; readonly value: number; readonly mask: number })
  | (Invertible & {
      readonly match: 'connbytes';
      readonly range: { readonly from: number; readonly to?: number };
      readonly mode: 'packets' | 'bytes' | 'avgpkt';
      readonly direction: 'original' | 'reply' | 'both';
    })
  | (Invertible & {
      readonly match: 'connlimit';
      /** Holds while there are more than this many connections; inverted: at most. */
      readonly above: number;
      readonly prefixLength: number;
      readonly side: 'source' | 'destination';
    })
  | { readonly match: 'comment'; readonly text: string }
  | (Invertible & { readonly match: 'statistic-random'; readonly probability: number })
  | (Invertible & {
      readonly match: 'statistic-nth';
      readonly every: number;
      readonly packet: number;
    })
  | AddrtypeMatch
  | PhysdevMatch
  | RecentMatch
  | { readonly match: 'limit'; readonly perSecond: number; readonly burst: number }
  | HashlimitMatch
  | SetMatch
  | {
      readonly match: 'iprange';
      readonly src?: Asked<{ readonly from: Ip; readonly to: Ip }>;
      readonly dst?: Asked<{ readonly from: Ip; readonly to: Ip }>;
    }
  | (Invertible & { readonly match: 'length'; readonly range: NumberRange })
  | (Invertible & { readonly match: 'mac'; readonly mac: Mac })
  | {
      readonly match: 'owner';
      readonly uid?: Asked<IdRange>;
      readonly gid?: Asked<IdRange>;
      /** False is `! --socket-exists`. */
      readonly socketExists?: boolean;
      readonly supplGroups?: boolean;
    }
  | (Invertible & {
      readonly match: 'pkttype';
      readonly type: 'unicast' | 'broadcast' | 'multicast';
    })
  | (Invertible & {
      readonly match: 'rpfilter';
      readonly loose?: boolean;
      readonly validMark?: boolean;
      readonly acceptLocal?: boolean;
    })
  | (Invertible & { readonly match: 'tos'; readonly value: number; readonly mask: number })
  | (Invertible & { readonly match: 'dscp'; readonly dscp: number })
  /** `-m ttl` and `-m hl`. */
  | (Invertible & { readonly match: 'ttl'; readonly how: 'eq' | 'lt' | 'gt'; readonly ttl: number })
  | (Invertible & { readonly match: 'u32'; readonly tests: readonly U32Test[] })
  | (Invertible & {
      readonly match: 'string';
      readonly pattern: string;
      /** Written as `--hex-string`. */
      readonly hex: boolean;
      readonly algo: 'bm' | 'kmp';
      readonly from?: number;
      readonly to?: number;
      readonly icase?: boolean;
    });

/** One comparison of `-m u32`: where to read, and the ranges that the number may lie in. */
export interface U32Test {
  readonly location: readonly {
    readonly op: 'at' | '&' | '<<' | '>>' | '@';
    readonly number: number;
  }[];
  readonly values: readonly NumberRange[];
}

/** Address types of `-m addrtype` (RTN_*). */
export type AddrType =
  | 'UNSPEC'
  | 'UNICAST'
  | 'LOCAL'
  | 'BROADCAST'
  | 'ANYCAST'
  | 'MULTICAST'
  | 'BLACKHOLE'
  | 'UNREACHABLE'
  | 'PROHIBIT'
  | 'THROW'
  | 'NAT'
  | 'XRESOLVE';
