import { ICMP4, ICMP4_UNREACHABLE, ICMP6, ICMP6_UNREACHABLE } from '../../wire/icmp.js';
import {
  IPPROTO,
  type Ipv4Packet,
  type Ipv6Packet,
  NO_TCP_OPTIONS,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
  type TcpSegment,
} from '../../wire/packet.js';
import type { Netns } from '../contract.js';
import type { RejectWith } from '../ops.js';
import { Skb } from '../skb.js';

const unreachable4 = (code: number) => ({ type: ICMP4.destUnreachable, code });
const unreachable6 = (code: number) => ({ type: ICMP6.destUnreachable, code });

const ICMP_OF: Readonly<
  Record<Exclude<RejectWith, 'tcp-reset'>, { readonly type: number; readonly code: number }>
> = {
  'icmp-net-unreachable': unreachable4(ICMP4_UNREACHABLE.net),
  'icmp-host-unreachable': unreachable4(ICMP4_UNREACHABLE.host),
  'icmp-proto-unreachable': unreachable4(ICMP4_UNREACHABLE.proto),
  'icmp-port-unreachable': unreachable4(ICMP4_UNREACHABLE.port),
  'icmp-net-prohibited': unreachable4(ICMP4_UNREACHABLE.netProhibited),
  'icmp-host-prohibited': unreachable4(ICMP4_UNREACHABLE.hostProhibited),
  'icmp-admin-prohibited': unreachable4(ICMP4_UNREACHABLE.adminProhibited),
  'icmp6-no-route': unreachable6(ICMP6_UNREACHABLE.noRoute),
  'icmp6-adm-prohibited': unreachable6(ICMP6_UNREACHABLE.adminProhibited),
  'icmp6-addr-unreachable': unreachable6(ICMP6_UNREACHABLE.address),
  'icmp6-port-unreachable': unreachable6(ICMP6_UNREACHABLE.port),
  'icmp6-policy-fail': unreachable6(5),
  'icmp6-reject-route': unreachable6(6),
};

/** Answers a packet as `-j REJECT` does: an ICMP error, or a reset of the connection (net/ipv4/netfilter/nf_reject_ipv4.c). */
export function sendReject(netns: Netns, skb: Skb, how: RejectWith): void {
  const { packet } = skb;
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return;
  if (how === 'tcp-reset') {
    sendReset(netns, skb, packet);
    return;
  }
  const { type, code } = ICMP_OF[how];
  netns.ip.sendIcmpError(skb, type, code);
}

function sendReset(netns: Netns, skb: Skb, packet: Ipv4Packet | Ipv6Packet): void {
  const { body, src, dst } = packet;
  // No reset answers a reset.
  if (body.kind !== 'tcp' || (body.flags & TCP_RST) !== 0) return;
  const acked = (body.flags & TCP_ACK) !== 0;
  const length =
    body.payload.length +
    ((body.flags & TCP_SYN) !== 0 ? 1 : 0) +
    ((body.flags & TCP_FIN) !== 0 ? 1 : 0);
  const reset: TcpSegment = {
    kind: 'tcp',
    srcPort: body.dstPort,
    dstPort: body.srcPort,
    seq: acked ? body.ack : 0,
    ack: acked ? 0 : (body.seq + length) >>> 0,
    flags: acked ? TCP_RST : TCP_RST | TCP_ACK,
    window: 0,
    options: NO_TCP_OPTIONS,
    payload: new Uint8Array(0),
  };
  const { physIn } = skb;
  if (physIn !== undefined && packet.kind === 'ipv4') {
    // A frame from a bridge port is answered on that port, in the name of whom it was sent to.
    const answer = new Skb(
      { ...packet, ...ANSWER_HEADER, src: packet.dst, dst: packet.src, body: reset },
      skb.etherType,
    );
    answer.srcMac = skb.dstMac;
    answer.dstMac = skb.srcMac;
    answer.causedBy(skb);
    physIn.transmit(answer);
    return;
  }
  netns.ip.send({
    src: dst,
    dst: src,
    proto: IPPROTO.tcp,
    body: reset,
    trace: skb.trace,
    cause: skb,
  });
}

/** The rest of the IPv4 header of a reset that no socket sends (nf_reject_iphdr_put). */
const ANSWER_HEADER = { ttl: 64, tos: 0, id: 0, df: true } as const;
