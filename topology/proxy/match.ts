import { type Cidr, cidrOf, type Ip, isIpv4 } from '../addr/index.js';
import type { Match, Rule, Target } from '../kernel/ops.js';
import { IPPROTO } from '../wire/packet.js';

/** The mark of packets that KUBE-POSTROUTING masquerades (--iptables-masquerade-bit 14). */
export const MASQUERADE_MARK = 0x4000;

/** Protocol number of a Service port. */
export function protocolNumber(protocol: 'TCP' | 'UDP' | 'SCTP'): number {
  return protocol === 'TCP' ? IPPROTO.tcp : protocol === 'UDP' ? IPPROTO.udp : IPPROTO.sctp;
}

/** `-m comment --comment TEXT`. */
export function comment(text: string): Match {
  return { match: 'comment', text };
}

/** `-d ADDRESS`. */
export function to(address: Ip): Match {
  return { match: 'dst', block: cidrOf(address, isIpv4(address) ? 32 : 128) };
}

/** `-s BLOCK`. */
export function from(block: Cidr): Match {
  return { match: 'src', block };
}

/** `-s ADDRESS`. */
export function fromAddress(address: Ip): Match {
  return { match: 'src', block: cidrOf(address, isIpv4(address) ? 32 : 128) };
}

/** `! -s BLOCK`. */
export function notFrom(block: Cidr): Match {
  return { match: 'src', block, invert: true };
}

/** `--dport PORT`. */
export function destinationPort(port: number): Match {
  return { match: 'dport', ports: { from: port, to: port } };
}

/** `-m addrtype --dst-type LOCAL`. */
export const TO_LOCAL: Match = { match: 'addrtype', dstTypes: ['LOCAL'] };
/** `-m addrtype --src-type LOCAL`. */
export const FROM_LOCAL: Match = { match: 'addrtype', srcTypes: ['LOCAL'] };

/** `-j CHAIN`. */
export function jump(chain: string): Target {
  return { target: 'jump', chain };
}

/** A rule; absent matches are left out. */
export function rule(matches: readonly (Match | undefined)[], target?: Target): Rule {
  const present = matches.filter((match) => match !== undefined);
  return target === undefined ? { matches: present } : { matches: present, target };
}
