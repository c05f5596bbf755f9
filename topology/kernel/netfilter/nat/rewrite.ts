import type { Ipv4, Ipv6 } from '../../../addr/index.js';
import { ICMP4, ICMP6 } from '../../../wire/icmp.js';
import type { Ipv4Packet, Ipv6Packet, L4Body } from '../../../wire/packet.js';
import type { TupleFields } from '../conntrack/tuple.js';
import type { Manip } from './range.js';

/** A packet whose source or destination, with its port or echo identifier, is that of `target`. */
export function rewritePacket(
  packet: Ipv4Packet | Ipv6Packet,
  target: TupleFields,
  manip: Manip,
): Ipv4Packet | Ipv6Packet {
  const body = rewriteBody(packet.body, target, manip);
  if (packet.kind === 'ipv4') {
    return {
      kind: 'ipv4',
      src: manip === 'src' ? (target.src as Ipv4) : packet.src,
      dst: manip === 'dst' ? (target.dst as Ipv4) : packet.dst,
      ttl: packet.ttl,
      tos: packet.tos,
      id: packet.id,
      df: packet.df,
      mf: packet.mf,
      fragOffset: packet.fragOffset,
      proto: packet.proto,
      body,
    };
  }
  return manip === 'src'
    ? { ...packet, src: target.src as Ipv6, body }
    : { ...packet, dst: target.dst as Ipv6, body };
}

function rewriteBody(body: L4Body, target: TupleFields, manip: Manip): L4Body {
  switch (body.kind) {
    case 'udp': {
      const srcPort = manip === 'src' ? target.srcPort : body.srcPort;
      const dstPort = manip === 'dst' ? target.dstPort : body.dstPort;
      if (srcPort === body.srcPort && dstPort === body.dstPort) return body;
      if (body.noChecksum !== undefined) return { ...body, srcPort, dstPort };
      return { kind: 'udp', srcPort, dstPort, payload: body.payload };
    }
    case 'tcp': {
      const srcPort = manip === 'src' ? target.srcPort : body.srcPort;
      const dstPort = manip === 'dst' ? target.dstPort : body.dstPort;
      if (srcPort === body.srcPort && dstPort === body.dstPort) return body;
      return { ...body, srcPort, dstPort };
    }
    case 'icmp': {
      if (!isEcho(body.type) || body.rest >>> 16 === target.srcPort) return body;
      return { ...body, rest: ((target.srcPort << 16) | (body.rest & 0xffff)) >>> 0 };
    }
    case 'opaque':
      return body;
  }
}

function isEcho(type: number): boolean {
  return (
    type === ICMP4.echoRequest ||
    type === ICMP4.echoReply ||
    type === ICMP6.echoRequest ||
    type === ICMP6.echoReply
  );
}
