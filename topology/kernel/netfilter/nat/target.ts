import {
  type Cidr,
  IPV4_LOOPBACK,
  IPV6_LOOPBACK,
  type Ip,
  ipv4,
  isCidr4,
} from '../../../addr/index.js';
import type { Target } from '../../ops.js';
import { ctRefOf } from '../conntrack/conntrack.js';
import type { PacketFacts } from '../match/facts.js';
import { manipAt, type Nat } from './nat.js';
import type { NatRange } from './range.js';

/** Targets of the nat table. */
export type NatTarget = Target & { target: 'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT' | 'NETMAP' };

/** Carries out a target of the nat table; undefined when it did, or why the packet is dropped. */
export function applyNatTarget(
  nat: Nat,
  facts: PacketFacts,
  target: NatTarget,
): string | undefined {
  const connection = ctRefOf(facts.skb)?.connection;
  if (connection === undefined) return undefined;
  switch (target.target) {
    case 'DNAT':
      nat.setUp(connection, rangeOf(target), 'dst');
      return undefined;
    case 'SNAT':
      nat.setUp(connection, rangeOf(target), 'src');
      return undefined;
    case 'MASQUERADE':
      return masquerade(nat, facts, {
        ...portsOf(target),
        random: target.random === true,
        randomFully: target.randomFully === true,
      });
    case 'REDIRECT':
      return redirect(nat, facts, { ...portsOf(target), random: target.random === true });
    case 'NETMAP':
      netmap(nat, facts, target.to);
      return undefined;
  }
}

function rangeOf(target: Target & { target: 'DNAT' | 'SNAT' }): NatRange {
  return {
    ...(target.to === undefined
      ? {}
      : { minAddress: target.to, maxAddress: target.toEnd ?? target.to }),
    ...portsOf(target),
    ...(target.basePort === undefined ? {} : { basePort: target.basePort }),
    random: target.random === true,
    randomFully: target.randomFully === true,
    persistent: target.persistent === true,
  };
}

function portsOf(target: { readonly ports?: { readonly from: number; readonly to: number } }): {
  minPort?: number;
  maxPort?: number;
} {
  return target.ports === undefined ? {} : { minPort: target.ports.from, maxPort: target.ports.to };
}

/** Translates the source to an address of the device it leaves by (net/netfilter/nf_nat_masquerade.c); undefined, or why not. */
export function masquerade(nat: Nat, facts: PacketFacts, range: NatRange): string | undefined {
  const { netns, outDev, packet, src, dst } = facts;
  const connection = ctRefOf(facts.skb)?.connection;
  if (connection === undefined || outDev === undefined || src === 0) return undefined;
  const nextHop = netns.ip.route({ dst, oif: outDev })?.via ?? dst;
  const address = netns.ip.primaryAddress(outDev, packet.kind, nextHop);
  if (address === undefined) return `${outDev.name} has no address to masquerade as`;
  connection.masqueradeIfindex = outDev.ifindex;
  nat.setUp(connection, { ...range, minAddress: address, maxAddress: address }, 'src');
  return undefined;
}

/** Translates the destination to this machine (net/netfilter/nf_nat_redirect.c); undefined, or why not. */
export function redirect(nat: Nat, facts: PacketFacts, range: NatRange): string | undefined {
  const { netns, hook, inDev, packet } = facts;
  const connection = ctRefOf(facts.skb)?.connection;
  if (connection === undefined) return undefined;
  const loopback = packet.kind === 'ipv4' ? IPV4_LOOPBACK : IPV6_LOOPBACK;
  const address =
    hook === 'OUTPUT'
      ? loopback
      : inDev === undefined
        ? undefined
        : netns.ip.primaryAddress(inDev, packet.kind);
  if (address === undefined) return `${inDev?.name ?? 'the device'} has no address to redirect to`;
  nat.setUp(connection, { ...range, minAddress: address, maxAddress: address }, 'dst');
  return undefined;
}

/** net/netfilter/xt_NETMAP.c: the bits of the network are replaced, those of the host stay. */
function netmap(nat: Nat, facts: PacketFacts, to: Cidr): void {
  const { hook, src, dst } = facts;
  const connection = ctRefOf(facts.skb)?.connection;
  if (connection === undefined) return;
  const manip = manipAt(hook);
  const present = manip === 'src' ? src : dst;
  const host = BigInt(present) & ((1n << BigInt((isCidr4(to) ? 32 : 128) - to.prefixLength)) - 1n);
  const mapped = BigInt(to.network) | host;
  const address: Ip = isCidr4(to) ? ipv4(Number(mapped)) : (mapped as Ip);
  nat.setUp(connection, { minAddress: address, maxAddress: address }, manip);
}
