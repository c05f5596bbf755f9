import { ARP_BYTES } from './arp.js';
import { ETHERNET_HEADER_BYTES } from './ethernet.js';
import { ICMP_HEADER_BYTES } from './icmp.js';
import { IPV4_HEADER_BYTES } from './ipv4.js';
import { ipv6HeaderBytes } from './ipv6.js';
import type { Frame, L3Packet, L4Body, UdpDatagram } from './packet.js';
import { tcpHeaderBytes } from './tcp.js';
import { UDP_HEADER_BYTES } from './udp.js';
import { VXLAN_HEADER_BYTES } from './vxlan.js';

/** Octets that a frame takes on the wire, without preamble and check sequence. Emits nothing. */
export function frameBytes(frame: Frame): number {
  return ETHERNET_HEADER_BYTES + l3Bytes(frame.packet);
}

/** Octets of a packet: what is compared with an MTU. Emits nothing. */
export function l3Bytes(packet: L3Packet): number {
  switch (packet.kind) {
    case 'ipv4':
      return IPV4_HEADER_BYTES + bodyBytes(packet.body);
    case 'ipv6':
      return ipv6HeaderBytes(packet) + bodyBytes(packet.body);
    case 'arp':
      return ARP_BYTES;
    case 'opaque-l3':
      return packet.octets.length;
  }
}

/** Octets of what an IP packet carries, transport header included. Emits nothing. */
export function bodyBytes(body: L4Body): number {
  switch (body.kind) {
    case 'udp':
      return UDP_HEADER_BYTES + payloadBytes(body.payload);
    case 'tcp':
      return tcpHeaderBytes(body.options) + body.payload.length;
    case 'icmp':
      return ICMP_HEADER_BYTES + body.payload.length;
    case 'opaque':
      return body.octets.length;
  }
}

/** Octets of what a UDP datagram carries, a frame in a tunnel included. Emits nothing. */
export function payloadBytes(payload: UdpDatagram['payload']): number {
  return payload instanceof Uint8Array
    ? payload.length
    : VXLAN_HEADER_BYTES + frameBytes(payload.inner);
}
