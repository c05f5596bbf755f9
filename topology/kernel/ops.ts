import type { Cidr, Ip, Ipv4, IpWithPrefix, Mac } from '../addr/index.js';
import type { NftRefusal, NftThing, NftVerb } from './nft.js';
import type { Match } from './rule-match.js';
import type { Target } from './rule-target.js';
import type { SetElement, SetSpec } from './set-spec.js';

export type * from './rule-match.js';
export type * from './rule-target.js';
export type * from './set-spec.js';

/**
 * The vocabulary of change: every change to a kernel is one of these, shaped like the netlink message
 * or the file that Linux uses for it. `command/print.ts` writes each as the command a person would
 * type; `command/parse-*.ts` read such commands.
 *
 * `netns` names a network namespace of the host as `ip netns` would; absent means the host's own.
 */
export type KernelOp =
  | NetnsOp
  | LinkOp
  | AddrOp
  | RouteOp
  | RuleOp
  | NeighOp
  | ProxyOp
  | FdbOp
  | SysctlOp
  | IptablesOp
  | NftOp
  | IpsetOp
  | ConntrackOp;

interface InNetns {
  readonly netns?: string;
}

/** `ip netns add|del NAME`; `attach` gives a name to the namespace a process lives in. */
export type NetnsOp =
  | { readonly op: 'netns.add'; readonly name: string }
  | { readonly op: 'netns.attach'; readonly name: string; readonly pid: number }
  | { readonly op: 'netns.del'; readonly name: string };

/** What `ip link add` may make. */
export type LinkSpec =
  | { readonly type: 'dummy' }
  | { readonly type: 'bridge' }
  | {
      readonly type: 'veth';
      readonly peer: {
        readonly name: string;
        readonly netns?: string;
        readonly mac?: Mac;
        readonly mtuBytes?: number;
      };
    }
  | {
      readonly type: 'vxlan';
      readonly vni: number;
      readonly local?: Ip;
      readonly dev?: string;
      readonly dstPort: number;
      readonly learning: boolean;
    }
  | { readonly type: 'macvlan'; readonly parent: string; readonly mode: MacvlanMode };

/** Modes of a macvlan; `passthru` and `source` are not modelled. */
export type MacvlanMode = 'bridge' | 'private' | 'vepa';

/** `ip link` and `bridge link`. */
export type LinkOp =
  | (InNetns & {
      readonly op: 'link.add';
      readonly name: string;
      readonly spec: LinkSpec;
      readonly mac?: Mac;
      readonly mtuBytes?: number;
    })
  | (InNetns & {
      readonly op: 'link.set';
      readonly name: string;
      readonly up?: boolean;
      readonly mtuBytes?: number;
      readonly mac?: Mac;
      /** A bridge's name, or null for `nomaster`. */
      readonly master?: string | null;
      readonly promisc?: boolean;
      /** Moves the device to another namespace; '' is the host's own. */
      readonly toNetns?: string;
      readonly rename?: string;
    })
  | (InNetns & { readonly op: 'link.del'; readonly name: string })
  | (InNetns & {
      readonly op: 'bridge.port';
      readonly name: string;
      readonly hairpin?: boolean;
      readonly isolated?: boolean;
      readonly learning?: boolean;
      /** 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking (BR_STATE_*). */
      readonly state?: number;
    });

/** `ip addr add|del`. */
export type AddrOp = InNetns & {
  readonly op: 'addr.add' | 'addr.del';
  readonly dev: string;
  readonly addr: IpWithPrefix;
  readonly scope?: 'global' | 'link' | 'host';
  /** IPv4 only: the broadcast address that `ip addr` shows; none when absent. */
  readonly broadcast?: Ipv4;
  /** IPv6 only: skip duplicate address detection. */
  readonly nodad?: boolean;
};

/** Route types of `ip route`. */
export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'unreachable'
  | 'prohibit'
  | 'blackhole'
  | 'throw'
  /** IPv6 only: an address of several routers, delivered here (RFC 4291 section 2.6). */
  | 'anycast'
  /** IPv6 only: groups, sent by the device. */
  | 'multicast';

/** `ip route add|replace|del`. */
export type RouteOp = InNetns & {
  readonly op: 'route.add' | 'route.replace' | 'route.del';
  readonly dst: Cidr;
  readonly type?: RouteType;
  readonly via?: Ip;
  readonly dev?: string;
  readonly src?: Ip;
  readonly metric?: number;
  readonly mtuBytes?: number;
  readonly onlink?: boolean;
  readonly scope?: 'global' | 'link' | 'host';
  /** Routing table number: 254 main (default), 255 local, 253 default. */
  readonly table?: number;
  /** Who puts it there: a name of /etc/iproute2/rt_protos or a number; `boot` when absent. */
  readonly proto?: string;
};

/** `ip rule add|del`. */
export type RuleOp = InNetns & {
  readonly op: 'rule.add' | 'rule.del';
  /** Whose packets it is about (`ip -6 rule`); where absent, as `from` and `to` say, else IPv4's. */
  readonly family?: 'ipv4' | 'ipv6';
  readonly priority: number;
  readonly from?: Cidr;
  readonly to?: Cidr;
  readonly fwmark?: number;
  readonly fwmask?: number;
  readonly iif?: string;
  /** The device that the sender named (SO_BINDTODEVICE). */
  readonly oif?: string;
  /** True: about the packets that the words before do not describe (FIB_RULE_INVERT). */
  readonly not?: boolean;
  /** What becomes of packets instead of a look in a table. */
  readonly action?: RuleAction;
  /** Routes to prefixes of this length or shorter do not count (suppress_prefixlength). */
  readonly suppressPrefixLength?: number;
  readonly table: number;
};

/** What a rule does instead of looking in a table (FR_ACT_*). */
export type RuleAction = 'unreachable' | 'prohibit' | 'blackhole';

/** Neighbour states of `ip neigh` (NUD_*). */
export type NeighborState =
  | 'incomplete'
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'failed'
  | 'permanent'
  | 'noarp';

/** `ip neigh replace|del`. */
export type NeighOp =
  | (InNetns & {
      readonly op: 'neigh.replace';
      readonly dev: string;
      readonly dst: Ip;
      readonly mac: Mac;
      readonly state: 'permanent' | 'reachable' | 'stale' | 'noarp';
    })
  | (InNetns & { readonly op: 'neigh.del'; readonly dev: string; readonly dst: Ip });

/** `ip neigh add|del proxy`: addresses that a device answers for in place of others. */
export type ProxyOp = InNetns & {
  readonly op: 'neigh.proxy-add' | 'neigh.proxy-del';
  readonly dev: string;
  readonly dst: Ip;
};

/** `bridge fdb append|replace|del`. */
export type FdbOp = InNetns & {
  readonly op: 'fdb.append' | 'fdb.replace' | 'fdb.del';
  readonly dev: string;
  readonly mac: Mac;
  /** VXLAN: the tunnel end that owns the address. */
  readonly dst?: Ip;
  /** The database of the device itself (a tunnel, a bridge), not of its master; with `dst` always. */
  readonly self?: true;
};

/** `sysctl -w KEY=VALUE`, keys with dots, as in `net.ipv4.ip_forward`. */
export type SysctlOp = InNetns & {
  readonly op: 'sysctl.set';
  readonly key: string;
  readonly value: string;
};

/** Tables of iptables. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

/** Built-in chains, in the spelling of iptables. */
export type HookName = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/**
 * `iptables-restore`, or with `noflush` `iptables-restore --noflush`: a chain that is named is replaced
 * whole. A `RuleChain` is immutable, so nodes with the same rules share one object.
 */
export type IptablesOp =
  | (InNetns & {
      readonly op: 'iptables.restore';
      readonly family: 'ipv4' | 'ipv6';
      readonly noflush: boolean;
      readonly tables: readonly RestoreTable[];
    })
  | (InNetns & {
      /** For insert and replace `position` counts from 1; insert's default is 1. */
      readonly op: 'iptables.append' | 'iptables.insert' | 'iptables.delete' | 'iptables.replace';
      readonly family: 'ipv4' | 'ipv6';
      readonly table: TableName;
      readonly chain: string;
      readonly rule: Rule;
      readonly position?: number;
    })
  | (InNetns & {
      /** `-D CHAIN NUMBER`, counted from 1. */
      readonly op: 'iptables.delete-number';
      readonly family: 'ipv4' | 'ipv6';
      readonly table: TableName;
      readonly chain: string;
      readonly position: number;
    })
  | (InNetns & {
      /** `-E CHAIN TO`. */
      readonly op: 'iptables.rename-chain';
      readonly family: 'ipv4' | 'ipv6';
      readonly table: TableName;
      readonly chain: string;
      readonly to: string;
    })
  | (InNetns & {
      /** `-Z [CHAIN [NUMBER]]`: counters become 0. */
      readonly op: 'iptables.zero';
      readonly family: 'ipv4' | 'ipv6';
      readonly table: TableName;
      readonly chain?: string;
      readonly position?: number;
    })
  | (InNetns & {
      readonly op: 'iptables.policy';
      readonly family: 'ipv4' | 'ipv6';
      readonly table: TableName;
      readonly chain: HookName;
      readonly policy: 'ACCEPT' | 'DROP';
    })
  | (InNetns & {
      /** `-N CHAIN`. */
      readonly op: 'iptables.new-chain';
      readonly family: 'ipv4' | 'ipv6';
      readonly table: TableName;
      readonly chain: string;
    })
  | (InNetns & {
      /** `-F [CHAIN]` empties, `-X [CHAIN]` deletes; without a chain all, of the user's for `-X`. */
      readonly op: 'iptables.flush' | 'iptables.delete-chain';
      readonly family: 'ipv4' | 'ipv6';
      readonly table: TableName;
      readonly chain?: string;
    });

/** One table of a restore. */
export interface RestoreTable {
  readonly table: TableName;
  readonly chains: readonly RuleChain[];
  /** Chains to delete (`-X`), after the others were replaced. */
  readonly removeChains?: readonly string[];
}

/** A chain and its rules; policy only for built-in chains. */
export interface RuleChain {
  readonly name: string;
  readonly policy?: 'ACCEPT' | 'DROP';
  readonly rules: readonly Rule[];
}

/** One rule: all matches must hold, then the target acts. Matches keep the order they were written in. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly target?: Target;
}

/** `ipset`; `exist` is `-exist`: what is there already, or gone already, is no failure. */
export type IpsetOp =
  | (InNetns & {
      readonly op: 'ipset.create';
      readonly name: string;
      readonly spec: SetSpec;
      readonly exist?: boolean;
    })
  | (InNetns & {
      readonly op: 'ipset.add' | 'ipset.del';
      readonly name: string;
      readonly element: SetElement;
      readonly exist?: boolean;
    })
  | (InNetns & {
      /** One set, or all of them. */
      readonly op: 'ipset.destroy' | 'ipset.flush';
      readonly name?: string;
    })
  | (InNetns & {
      readonly op: 'ipset.swap' | 'ipset.rename';
      readonly from: string;
      readonly to: string;
    });

/** One command of `nft`; the commands of one text are one list of ops. */
export type NftOp = InNetns & {
  readonly op: `nft.${NftVerb}`;
  readonly thing: NftThing;
};

/** Which connections are meant: absent fields match anything, none given means all. */
export interface ConntrackFilter {
  readonly family?: 'ipv4' | 'ipv6';
  readonly proto?: number;
  readonly origSrc?: Ip;
  readonly origDst?: Ip;
  readonly origSrcPort?: number;
  readonly origDstPort?: number;
  readonly replySrc?: Ip;
  readonly replyDst?: Ip;
  readonly replySrcPort?: number;
  readonly replyDstPort?: number;
  /** Of TCP, as `conntrack -L` names it. */
  readonly state?: string;
  readonly mark?: number;
  /** `[ASSURED]`, or `[UNREPLIED]`. */
  readonly status?: 'ASSURED' | 'UNREPLIED';
  /** Translated at that end: to this address, or to any. */
  readonly srcNat?: Ip | 'any';
  readonly dstNat?: Ip | 'any';
}

/** `conntrack -D` and `conntrack -F`. */
export type ConntrackOp = InNetns & ConntrackFilter & { readonly op: 'conntrack.delete' };

/** Why an op list was refused; nothing of the list was applied. */
export interface OpError {
  readonly code: 'kernel/bad-op';
  /** Index in the list of the op that failed. */
  readonly index: number;
  readonly op: KernelOp;
  /** Linux's errno name where it has one, such as ENODEV or EEXIST. */
  readonly errno: string;
  /** What the tool prints, such as `Cannot find device "eth7"`. */
  readonly message: string;
  /** Of an nft command: the part of it that is to blame. */
  readonly nft?: NftRefusal;
}
