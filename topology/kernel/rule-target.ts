import type { Cidr, Ip } from '../addr/index.js';
import type { PortRange } from './rule-match.js';

/**
 * What a rule of iptables does with a packet that it matches.
 */

/** Types of `-j REJECT --reject-with`. */
export type RejectWith =
  | 'icmp-net-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-port-unreachable'
  | 'icmp-proto-unreachable'
  | 'icmp-net-prohibited'
  | 'icmp-host-prohibited'
  | 'icmp-admin-prohibited'
  | 'tcp-reset'
  | 'icmp6-no-route'
  | 'icmp6-adm-prohibited'
  | 'icmp6-addr-unreachable'
  | 'icmp6-port-unreachable'
  | 'icmp6-policy-fail'
  | 'icmp6-reject-route';

/** Targets. `to` ranges of addresses and ports are inclusive. */
export type Target =
  | { readonly target: 'ACCEPT' | 'DROP' | 'RETURN' | 'NOTRACK' | 'TRACE' }
  | { readonly target: 'jump' | 'goto'; readonly chain: string }
  | { readonly target: 'REJECT'; readonly with: RejectWith }
  | {
      readonly target: 'DNAT' | 'SNAT';
      readonly to?: Ip;
      readonly toEnd?: Ip;
      readonly ports?: PortRange;
      /** DNAT `:80-90/8000`: port 8000 becomes 80, 8001 becomes 81. */
      readonly basePort?: number;
      readonly random?: boolean;
      readonly randomFully?: boolean;
      readonly persistent?: boolean;
    }
  | {
      readonly target: 'MASQUERADE';
      readonly ports?: PortRange;
      readonly random?: boolean;
      readonly randomFully?: boolean;
    }
  | { readonly target: 'REDIRECT'; readonly ports?: PortRange; readonly random?: boolean }
  | { readonly target: 'NETMAP'; readonly to: Cidr }
  | {
      readonly target: 'MARK' | 'CONNMARK';
      /** set-xmark: new = (old & ~mask) ^ value; or/and forms are reduced to it. */
      readonly verb: 'set-xmark' | 'save-mark' | 'restore-mark';
      readonly value: number;
      /** Of save and restore: what is kept of the mark of the packet (nfmask). */
      readonly mask: number;
      /** Of save and restore: what is kept of the mark of the connection; `mask` when absent. */
      readonly ctMask?: number;
    }
  | { readonly target: 'TCPMSS'; readonly clampToPmtu: boolean; readonly mss?: number }
  | {
      readonly target: 'CT';
      readonly notrack?: boolean;
      readonly zone?: number;
      readonly zoneDirection?: 'original' | 'reply';
      readonly events?: readonly string[];
    }
  | { readonly target: 'TTL'; readonly how: 'set' | 'dec' | 'inc'; readonly ttl: number }
  | { readonly target: 'TOS'; readonly value: number; readonly mask: number }
  | { readonly target: 'DSCP'; readonly dscp: number }
  | {
      readonly target: 'LOG';
      readonly prefix: string;
      /** Of syslog, 4 (warning) when absent. */
      readonly level?: number;
      readonly options?: readonly LogOption[];
    }
  | {
      readonly target: 'NFLOG';
      readonly prefix?: string;
      readonly group?: number;
      readonly size?: number;
      readonly threshold?: number;
    }
  | {
      readonly target: 'SET';
      readonly verb: 'add-set' | 'del-set';
      readonly name: string;
      readonly dims: readonly ('src' | 'dst')[];
      readonly exist?: boolean;
      readonly timeoutSeconds?: number;
    }
  | { readonly target: 'CLASSIFY'; readonly major: number; readonly minor: number };

/** What `-j LOG` adds to its line. */
export type LogOption = 'tcp-sequence' | 'tcp-options' | 'ip-options' | 'uid' | 'macdecode';
