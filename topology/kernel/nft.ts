import type { Errno } from './errno.js';

/**
 * The language of nftables as data: what `nft` sends to the kernel, with names in place of registers. The text is
 * read and written by `command/nft`, the rules are walked by `netfilter/nft`.
 */

/** Address families of tables. */
export const NFT_FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'] as const;

/** A member of `NFT_FAMILIES`. */
export type NftFamily = (typeof NFT_FAMILIES)[number];

/** Hooks, in nft's spelling. */
export type NftHook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'ingress';

/** Data types of values, in nft's spelling (`nft describe`). */
export type NftType =
  | 'integer'
  | 'boolean'
  | 'string'
  | 'verdict'
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'ether_addr'
  | 'ether_type'
  | 'arp_op'
  | 'inet_proto'
  | 'inet_service'
  | 'nf_proto'
  | 'mark'
  | 'ifname'
  | 'iface_index'
  | 'iface_type'
  | 'pkt_type'
  | 'uid'
  | 'gid'
  | 'time'
  | 'dscp'
  | 'ecn'
  | 'tcp_flag'
  | 'icmp_type'
  | 'icmp_code'
  | 'icmpv6_type'
  | 'icmpv6_code'
  | 'ct_state'
  | 'ct_dir'
  | 'ct_status'
  | 'fib_addrtype';

/** A value at run time: addresses as in `addr/`, names as text, everything else as a number. */
export type NftValue = number | bigint | string;

/** A constant and the data type that says how it is written. */
export interface NftConstant {
  readonly expr: 'value';
  readonly type: NftType;
  readonly value: NftValue;
}

/** What a rule decides about a packet. */
export type NftVerdict =
  | { readonly verdict: 'accept' | 'drop' | 'continue' | 'return' }
  | { readonly verdict: 'jump' | 'goto'; readonly chain: string };

/** One element of a set or map. Times are milliseconds. */
export interface NftElement {
  readonly key: NftExpr;
  /** Maps only. */
  readonly data?: NftExpr;
  readonly timeoutMs?: number;
  readonly comment?: string;
}

/** A set or map that stands in a rule itself, or the name of one. */
export type NftSetExpr =
  | { readonly expr: 'set'; readonly elements: readonly NftElement[] }
  | { readonly expr: 'set-ref'; readonly name: string };

/** Operators between two values. */
export type NftBinaryOp = '&' | '|' | '^' | '<<' | '>>';

/** What a `fib` lookup is made with. */
export type NftFibFlag = 'saddr' | 'daddr' | 'mark' | 'iif' | 'oif';

/** Something that gives a value for a packet, or a set of values. */
export type NftExpr =
  | NftConstant
  | NftSetExpr
  | { readonly expr: 'verdict'; readonly verdict: NftVerdict }
  /** Inclusive. */
  | { readonly expr: 'range'; readonly from: NftConstant; readonly to: NftConstant }
  | { readonly expr: 'prefix'; readonly base: NftConstant; readonly length: number }
  /** `a . b`. */
  | { readonly expr: 'concat'; readonly parts: readonly NftExpr[] }
  /** `a,b`: flags of a bit mask. */
  | { readonly expr: 'list'; readonly values: readonly NftConstant[] }
  /** `*` in a set or map. */
  | { readonly expr: 'catchall' }
  /** A field of a header, as `tcp dport`. */
  | { readonly expr: 'payload'; readonly header: string; readonly field: string }
  | { readonly expr: 'meta'; readonly key: string }
  | {
      readonly expr: 'ct';
      readonly key: string;
      readonly direction?: 'original' | 'reply';
    }
  | {
      readonly expr: 'fib';
      readonly by: readonly NftFibFlag[];
      readonly result: 'oif' | 'oifname' | 'type';
    }
  | {
      readonly expr: 'numgen';
      readonly mode: 'inc' | 'random';
      readonly modulus: number;
      readonly offset: number;
    }
  | {
      readonly expr: 'jhash';
      readonly of: NftExpr;
      readonly modulus: number;
      readonly seed?: number;
      readonly offset: number;
    }
  | { readonly expr: 'tcp-option'; readonly option: string; readonly field: string }
  | { readonly expr: 'rt'; readonly key: 'mtu' }
  | {
      readonly expr: 'binary';
      readonly op: NftBinaryOp;
      readonly left: NftExpr;
      readonly right: NftExpr;
    }
  /** The value that a map has for a key. */
  | { readonly expr: 'map'; readonly key: NftExpr; readonly map: NftSetExpr };

/** Operators of a comparison; `implicit` is none written: equal, or for bit masks any bit in common. */
export type NftRelation = 'implicit' | '==' | '!=' | '<' | '>' | '<=' | '>=' | '!';

/** ICMP codes of `reject with icmpx` (NFT_REJECT_ICMPX_*). */
export type NftIcmpxCode =
  | 'no-route'
  | 'port-unreachable'
  | 'host-unreachable'
  | 'admin-prohibited';

/** How `reject` answers. */
export type NftReject =
  | { readonly with: 'tcp reset' }
  | { readonly with: 'icmp' | 'icmpv6' | 'icmpx'; readonly code: string };

/** Flags of translations. */
export interface NftNatFlags {
  readonly random?: boolean;
  readonly fullyRandom?: boolean;
  readonly persistent?: boolean;
}

/** One step of a rule. */
export type NftStatement =
  | {
      readonly stmt: 'match';
      readonly left: NftExpr;
      readonly relation: NftRelation;
      readonly right: NftExpr;
    }
  | { readonly stmt: 'verdict'; readonly verdict: NftVerdict }
  | { readonly stmt: 'vmap'; readonly key: NftExpr; readonly map: NftSetExpr }
  /** `TARGET set VALUE`. */
  | { readonly stmt: 'set'; readonly target: NftExpr; readonly value: NftExpr }
  | { readonly stmt: 'counter'; readonly packets: number; readonly bytes: number }
  | {
      readonly stmt: 'limit';
      readonly over: boolean;
      /** Packets or octets in one `unit`. */
      readonly rate: number;
      readonly of: 'packets' | 'bytes';
      readonly unit: 'second' | 'minute' | 'hour' | 'day' | 'week';
      readonly burst: number;
    }
  | {
      readonly stmt: 'quota';
      readonly over: boolean;
      readonly bytes: number;
      readonly used: number;
    }
  | {
      readonly stmt: 'log';
      readonly prefix?: string;
      readonly level?: string;
      readonly group?: number;
    }
  | { readonly stmt: 'reject'; readonly reject?: NftReject }
  | {
      readonly stmt: 'nat';
      readonly nat: 'dnat' | 'snat';
      /** `ip` or `ip6` written before `to`. */
      readonly family?: 'ip' | 'ip6';
      readonly address?: NftExpr;
      readonly ports?: NftExpr;
      readonly flags: NftNatFlags;
    }
  | {
      readonly stmt: 'masquerade' | 'redirect';
      readonly ports?: NftExpr;
      readonly flags: NftNatFlags;
    }
  | { readonly stmt: 'notrack' }
  | {
      /** `update @SET { KEY timeout T }`. */
      readonly stmt: 'dynset';
      readonly verb: 'add' | 'update' | 'delete';
      readonly set: string;
      readonly key: NftExpr;
      readonly data?: NftExpr;
      readonly timeoutMs?: number;
      /** Statements kept for each element, as `limit` or `counter`. */
      readonly stateful?: readonly NftStatement[];
    };

/** A rule: its statements in order, each of which may end it. */
export interface NftRule {
  readonly statements: readonly NftStatement[];
  readonly comment?: string;
}

/** What makes a chain a base chain. */
export interface NftBase {
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: NftHook;
  /** Lower runs earlier (NF_IP_PRI_*). */
  readonly priority: number;
  readonly policy?: 'accept' | 'drop';
  /** Ingress chains. */
  readonly devices?: readonly string[];
}

/** Flags of sets. */
export type NftSetFlag = 'constant' | 'interval' | 'timeout' | 'dynamic';

/** What a set or map is made of. */
export interface NftSetSpec {
  readonly name: string;
  /** One type for each part of a concatenation. */
  readonly key: readonly NftType[];
  /** Written with `typeof`. */
  readonly keyOf?: NftExpr;
  /** Of a map: the types of its values. */
  readonly data?: readonly NftType[];
  readonly dataOf?: NftExpr;
  readonly flags: readonly NftSetFlag[];
  readonly timeoutMs?: number;
  readonly gcIntervalMs?: number;
  readonly size?: number;
  readonly autoMerge?: boolean;
  readonly comment?: string;
}

/** Names a table. */
export interface NftTableRef {
  readonly family: NftFamily;
  readonly table: string;
}

/** What an nft command speaks of. */
export type NftThing =
  | (NftTableRef & {
      readonly what: 'table';
      readonly comment?: string;
      readonly dormant?: boolean;
      readonly handle?: number;
    })
  | (NftTableRef & {
      readonly what: 'chain';
      readonly chain: string;
      readonly base?: NftBase;
      readonly comment?: string;
      /** For rename. */
      readonly to?: string;
    })
  | (NftTableRef & {
      readonly what: 'rule';
      readonly chain: string;
      readonly rule?: NftRule;
      /** For delete and replace: the rule; for add and insert: the rule after or before which. */
      readonly handle?: number;
      /** 0-based place, as `index N`. */
      readonly index?: number;
    })
  | (NftTableRef & { readonly what: 'set'; readonly set: NftSetSpec })
  | (NftTableRef & {
      readonly what: 'element';
      readonly set: string;
      readonly elements: readonly NftElement[];
    })
  | { readonly what: 'ruleset'; readonly family?: NftFamily };

/** What a command does to the thing it names. */
export type NftVerb =
  | 'add'
  | 'create'
  | 'insert'
  | 'replace'
  | 'delete'
  | 'destroy'
  | 'flush'
  | 'rename';

/** Why the kernel refuses a command, and the part of it that is to blame. */
export interface NftRefusal {
  readonly errno: Errno;
  readonly part: 'table' | 'chain' | 'set' | 'rule' | 'target' | 'element' | 'handle' | 'whole';
  /** Index of the element, for part 'element'; of the statement, for part 'target'. */
  readonly index?: number;
  /** Of an element: the set is one of intervals, of which nft itself tells what is wrong. */
  readonly interval?: true;
}

/** A rule as it stands in a chain; its counters hold what they have counted. */
export interface NftRuleView {
  readonly handle: number;
  readonly rule: NftRule;
}

/** A chain as `nft list` shows it. */
export interface NftChainView {
  readonly name: string;
  readonly handle: number;
  readonly base?: NftBase;
  readonly comment?: string;
  readonly rules: readonly NftRuleView[];
}

/** An element as it stands in a set. */
export interface NftElementView extends NftElement {
  /** Milliseconds until it goes. */
  readonly expiresMs?: number;
}

/** A set or map as `nft list` shows it. */
export interface NftSetView {
  readonly spec: NftSetSpec;
  readonly handle: number;
  readonly elements: readonly NftElementView[];
}

/** A table as `nft list` shows it. */
export interface NftTableView {
  readonly family: NftFamily;
  readonly name: string;
  readonly handle: number;
  readonly comment?: string;
  readonly dormant: boolean;
  readonly sets: readonly NftSetView[];
  readonly chains: readonly NftChainView[];
}
