import type { Ip } from '../../../addr/index.js';
import { IPPROTO, type Ipv4Packet, type Ipv6Packet } from '../../../wire/packet.js';
import { rewriteQuote } from '../../../wire/quote.js';
import type { Device, Netns, Verdict } from '../../contract.js';
import type { HookName } from '../../ops.js';
import type { Skb } from '../../skb.js';
import { type Connection, type CtRef, type Direction, Tuple } from '../conntrack/connection.js';
import { type Conntrack, ctRefOf } from '../conntrack/conntrack.js';
import { endpointText } from '../conntrack/text.js';
import { invertTuple, isIcmpProto, sameTuple, type TupleFields } from '../conntrack/tuple.js';
import type { Manip, NatRange } from './range.js';
import { rewritePacket } from './rewrite.js';
import { chooseTuple } from './unique-tuple.js';

/** Which end of a packet is translated at a hook (HOOK2MANIP). */
export function manipAt(hook: HookName): Manip {
  return hook === 'POSTROUTING' || hook === 'INPUT' ? 'src' : 'dst';
}

/** Whether the nat table was asked about this connection for this end already. */
function isDone(connection: Connection, manip: Manip): boolean {
  return manip === 'src' ? connection.srcNatDone : connection.dstNatDone;
}

/** Network address translation of one namespace, on top of its connection tracking (net/netfilter/nf_nat_core.c). */
export class Nat {
  private readonly netns: Netns;
  private readonly conntrack: Conntrack;

  constructor(netns: Netns, conntrack: Conntrack) {
    this.netns = netns;
    this.conntrack = conntrack;
  }

  /**
   * Translates one packet at one hook (nf_nat_inet_fn). `askRules` walks the nat chains one after the other until
   * `isDone`; it is called for the first packet of a connection only, and the chains' targets call `setUp`.
   */
  run(
    hook: HookName,
    skb: Skb,
    packet: Ipv4Packet | Ipv6Packet,
    outDev: Device | undefined,
    askRules: (isDone: () => boolean) => Verdict,
  ): Verdict {
    const ref = ctRefOf(skb);
    const connection = ref?.connection;
    if (ref === undefined || connection === undefined) return 'accept';
    const manip = manipAt(hook);
    if (ref.state === 'RELATED') {
      if (isIcmpProto(packet.proto)) this.translateError(skb, packet, ref, manip);
      else this.translate(skb, packet, ref, manip);
      return 'accept';
    }
    if (ref.state === 'NEW' && !isDone(connection, manip)) {
      const verdict = askRules(() => isDone(connection, manip));
      if (verdict !== 'accept') return verdict;
      if (!isDone(connection, manip)) this.setUp(connection, nullRange(connection, manip), manip);
    } else if (this.leavesElsewhere(hook, ref, connection, outDev)) {
      return this.dropMoved(skb, connection, outDev);
    }
    this.translate(skb, packet, ref, manip);
    return 'accept';
  }

  /** Decides how a connection is translated at one end (nf_nat_setup_info); does nothing once it is confirmed. */
  setUp(connection: Connection, range: NatRange, manip: Manip): void {
    if (connection.confirmed) return;
    const present = invertTuple(connection.reply);
    const chosen = chooseTuple({
      present,
      range,
      manip,
      connection,
      table: this.conntrack.table,
      rng: this.netns.host.rng,
    });
    if (!sameTuple(present, chosen)) {
      connection.reply = new Tuple(invertTuple(chosen), connection, 'reply');
      if (manip === 'src') connection.srcNat = true;
      else connection.dstNat = true;
    }
    if (manip === 'src') connection.srcNatDone = true;
    else connection.dstNatDone = true;
  }

  private translate(skb: Skb, packet: Ipv4Packet | Ipv6Packet, ref: CtRef, manip: Manip): void {
    const connection = ref.connection;
    if (connection === undefined || !isTranslated(connection, ref.direction, manip)) return;
    const target = invertTuple(connection.tuple(opposite(ref.direction)));
    const rewritten = rewritePacket(packet, target, manip);
    // Over loopback a packet meets the same translation again.
    if (
      rewritten.body === packet.body &&
      addressAt(rewritten, manip) === addressAt(packet, manip)
    ) {
      return;
    }
    skb.packet = rewritten;
    if (skb.trace === undefined) return;
    const action = manip === 'src' ? 'snat' : 'dnat';
    this.netns.step(skb, 'nat', action, sentenceOf(packet, target, ref, manip));
  }

  /** An ICMP error: the packet it quotes and its own address are put back (nf_nat_icmp_reply_translation). */
  private translateError(
    skb: Skb,
    packet: Ipv4Packet | Ipv6Packet,
    ref: CtRef,
    manip: Manip,
  ): void {
    const connection = ref.connection;
    const { body } = packet;
    if (connection === undefined || body.kind !== 'icmp') return;
    if (!isTranslated(connection, ref.direction, manip)) return;
    const quoted = connection.tuple(opposite(ref.direction));
    const outer = invertTuple(quoted);
    const icmp = isIcmpProto(quoted.proto);
    const payload = rewriteQuote(body.payload, {
      ...(manip === 'src' ? { dst: quoted.dst } : { src: quoted.src }),
      ...(icmp ? { icmpId: quoted.srcPort } : {}),
      ...(!icmp && manip === 'src' ? { dstPort: quoted.dstPort } : {}),
      ...(!icmp && manip === 'dst' ? { srcPort: quoted.srcPort } : {}),
    });
    const inner = { ...packet, body: { ...body, payload } };
    skb.packet = rewritePacket(inner, outer, manip);
    if (skb.trace === undefined) return;
    const end = manip === 'src' ? 'source' : 'destination';
    const before = manip === 'src' ? packet.src : packet.dst;
    const after = manip === 'src' ? outer.src : outer.dst;
    const sentence =
      `an ICMP error about a translated connection: its ${end} is rewritten from ${endpointText(before, undefined)} ` +
      `to ${endpointText(after, undefined)}, and the packet it quotes looks as its sender sent it`;
    this.netns.step(skb, 'nat', manip === 'src' ? 'snat' : 'dnat', sentence);
  }

  /** A masqueraded connection whose packets now leave by another device has the wrong source (nf_nat_oif_changed). */
  private leavesElsewhere(
    hook: HookName,
    ref: CtRef,
    connection: Connection,
    outDev: Device | undefined,
  ): boolean {
    return (
      hook === 'POSTROUTING' &&
      ref.direction === 'original' &&
      outDev !== undefined &&
      connection.masqueradeIfindex !== 0 &&
      connection.masqueradeIfindex !== outDev.ifindex
    );
  }

  private dropMoved(skb: Skb, connection: Connection, outDev: Device | undefined): Verdict {
    this.conntrack.table.remove(connection);
    const sentence = `the connection was masqueraded for another device than ${outDev?.name ?? 'this one'}; it is forgotten`;
    this.netns.drop(skb, 'hook-dropped', 'nat', sentence);
    return 'drop';
  }
}

function addressAt(packet: Ipv4Packet | Ipv6Packet, manip: Manip): Ip {
  return manip === 'src' ? packet.src : packet.dst;
}

function opposite(direction: Direction): Direction {
  return direction === 'original' ? 'reply' : 'original';
}

/** Whether packets of this direction are rewritten at this end. */
function isTranslated(connection: Connection, direction: Direction, manip: Manip): boolean {
  return (manip === 'src') === (direction === 'original') ? connection.srcNat : connection.dstNat;
}

/** The range that changes nothing but a port that is taken (nf_nat_alloc_null_binding). */
function nullRange(connection: Connection, manip: Manip): NatRange {
  const address: Ip = manip === 'src' ? connection.reply.dst : connection.reply.src;
  return { minAddress: address, maxAddress: address };
}

function sentenceOf(
  before: Ipv4Packet | Ipv6Packet,
  target: TupleFields,
  ref: CtRef,
  manip: Manip,
): string {
  const { proto, body } = before;
  const ports =
    (proto === IPPROTO.tcp || proto === IPPROTO.udp) &&
    (body.kind === 'tcp' || body.kind === 'udp');
  const end = manip === 'src' ? 'source' : 'destination';
  const from =
    manip === 'src'
      ? endpointText(before.src, ports ? body.srcPort : undefined)
      : endpointText(before.dst, ports ? body.dstPort : undefined);
  const to =
    manip === 'src'
      ? endpointText(target.src, ports ? target.srcPort : undefined)
      : endpointText(target.dst, ports ? target.dstPort : undefined);
  if (ref.direction === 'reply') {
    return `reply of a known connection, ${end} rewritten back from ${from} to ${to}`;
  }
  const why = ref.state === 'NEW' ? '' : ', as for the first packet of this connection';
  return `${end} rewritten from ${from} to ${to}${why}`;
}
