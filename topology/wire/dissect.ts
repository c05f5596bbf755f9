import { formatIp, formatIpv4, formatMac } from '../addr/index.js';
import { ARP_OP } from './arp.js';
import { formatTcpFlags } from './describe.js';
import { dnsRcodeName, parseDns } from './dns.js';
import { dnsTypeName } from './dns-record.js';
import { ETHERNET_HEADER_BYTES } from './ethernet.js';
import { emitFrame } from './frame.js';
import { ICMP_HEADER_BYTES, ICMP4_NAMES, ICMP6_NAMES } from './icmp.js';
import { IPV4_HEADER_BYTES } from './ipv4.js';
import { ipv6HeaderBytes } from './ipv6.js';
import { get16 } from './octets.js';
import type {
  ArpPacket,
  Frame,
  Ipv4Packet,
  Ipv6Packet,
  TcpSegment,
  UdpDatagram,
} from './packet.js';
import { bodyBytes, l3Bytes } from './size.js';
import { TCP_HEADER_BYTES, tcpHeaderBytes } from './tcp.js';
import { UDP_HEADER_BYTES } from './udp.js';
import { VXLAN_HEADER_BYTES } from './vxlan.js';

/** One field of a header. */
export interface DissectedField {
  readonly name: string;
  readonly value: string;
  /** Octets from the start of the frame. */
  readonly offset?: number;
  /** Width. */
  readonly bits?: number;
}

/** One header of a frame, or its payload. */
export interface DissectedLayer {
  readonly layer: string;
  readonly fields: readonly DissectedField[];
}

/** A frame header by header, outermost first, for people to read beside the octets. */
export function dissect(frame: Frame): readonly DissectedLayer[] {
  const layers: DissectedLayer[] = [];
  dissectFrame({ layers, octets: emitFrame(frame) }, 0, frame);
  return layers;
}

interface Dissection {
  readonly layers: DissectedLayer[];
  readonly octets: Uint8Array;
}

type Row = readonly [name: string, value: string | number, offset: number, bits: number];

function add(to: Dissection, layer: string, base: number, rows: readonly Row[]): void {
  const fields = rows.map(([name, value, offset, bits]) => ({
    name,
    value: `${value}`,
    offset: base + offset,
    bits,
  }));
  to.layers.push({ layer, fields });
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

function dissectFrame(to: Dissection, base: number, frame: Frame): void {
  add(to, 'Ethernet', base, [
    ['destination', formatMac(frame.dst), 0, 48],
    ['source', formatMac(frame.src), 6, 48],
    ['type', hex(frame.etherType, 4), 12, 16],
  ]);
  const next = base + ETHERNET_HEADER_BYTES;
  switch (frame.packet.kind) {
    case 'arp':
      dissectArp(to, next, frame.packet);
      return;
    case 'ipv4':
      dissectIpv4(to, next, frame.packet);
      return;
    case 'ipv6':
      dissectIpv6(to, next, frame.packet);
      return;
    case 'opaque-l3':
      addPayload(to, next, frame.packet.octets.length);
  }
}

function dissectArp(to: Dissection, base: number, arp: ArpPacket): void {
  const verb = arp.op === ARP_OP.request ? ' (request)' : arp.op === ARP_OP.reply ? ' (reply)' : '';
  add(to, 'ARP', base, [
    ['hardware type', 1, 0, 16],
    ['protocol type', '0x0800', 2, 16],
    ['hardware length', 6, 4, 8],
    ['protocol length', 4, 5, 8],
    ['operation', `${arp.op}${verb}`, 6, 16],
    ['sender MAC', formatMac(arp.senderMac), 8, 48],
    ['sender IP', formatIpv4(arp.senderIp), 14, 32],
    ['target MAC', formatMac(arp.targetMac), 18, 48],
    ['target IP', formatIpv4(arp.targetIp), 24, 32],
  ]);
}

function dissectIpv4(to: Dissection, base: number, packet: Ipv4Packet): void {
  add(to, 'IPv4', base, [
    ['version', 4, 0, 4],
    ['header length', '20 octets (5)', 0, 4],
    ['TOS', hex(packet.tos, 2), 1, 8],
    ['total length', l3Bytes(packet), 2, 16],
    ['identification', packet.id, 4, 16],
    ["don't fragment", packet.df ? 1 : 0, 6, 1],
    ['more fragments', packet.mf ? 1 : 0, 6, 1],
    ['fragment offset', packet.fragOffset, 6, 13],
    ['TTL', packet.ttl, 8, 8],
    ['protocol', packet.proto, 9, 8],
    ['header checksum', hex(get16(to.octets, base + 10), 4), 10, 16],
    ['source', formatIp(packet.src), 12, 32],
    ['destination', formatIp(packet.dst), 16, 32],
  ]);
  dissectBody(to, base + IPV4_HEADER_BYTES, packet);
}

function dissectIpv6(to: Dissection, base: number, packet: Ipv6Packet): void {
  const { fragment } = packet;
  add(to, 'IPv6', base, [
    ['version', 6, 0, 4],
    ['traffic class', hex(packet.trafficClass, 2), 0, 8],
    ['flow label', hex(packet.flowLabel, 5), 1, 20],
    ['payload length', l3Bytes(packet) - 40, 4, 16],
    ['next header', fragment === undefined ? packet.proto : 44, 6, 8],
    ['hop limit', packet.hopLimit, 7, 8],
    ['source', formatIp(packet.src), 8, 128],
    ['destination', formatIp(packet.dst), 24, 128],
  ]);
  if (fragment !== undefined) {
    add(to, 'Fragment', base + 40, [
      ['next header', packet.proto, 0, 8],
      ['offset', fragment.offset, 2, 13],
      ['more fragments', fragment.more ? 1 : 0, 3, 1],
      ['identification', hex(fragment.id, 8), 4, 32],
    ]);
  }
  dissectBody(to, base + ipv6HeaderBytes(packet), packet);
}

function dissectBody(to: Dissection, base: number, packet: Ipv4Packet | Ipv6Packet): void {
  const { body } = packet;
  switch (body.kind) {
    case 'udp':
      dissectUdp(to, base, body);
      return;
    case 'tcp':
      dissectTcp(to, base, body);
      return;
    case 'icmp': {
      const names = packet.kind === 'ipv4' ? ICMP4_NAMES : ICMP6_NAMES;
      const name = names.find((row) => row.type === body.type && row.code === undefined)?.name;
      add(to, packet.kind === 'ipv4' ? 'ICMP' : 'ICMPv6', base, [
        ['type', name === undefined ? body.type : `${body.type} (${name})`, 0, 8],
        ['code', body.code, 1, 8],
        ['checksum', hex(get16(to.octets, base + 2), 4), 2, 16],
        ['rest of header', hex(body.rest, 8), 4, 32],
      ]);
      addPayload(to, base + ICMP_HEADER_BYTES, body.payload.length);
      return;
    }
    case 'opaque':
      addPayload(to, base, body.octets.length);
  }
}

function dissectUdp(to: Dissection, base: number, udp: UdpDatagram): void {
  add(to, 'UDP', base, [
    ['source port', udp.srcPort, 0, 16],
    ['destination port', udp.dstPort, 2, 16],
    ['length', bodyBytes(udp), 4, 16],
    ['checksum', udp.noChecksum ? '0x0000 (none)' : hex(get16(to.octets, base + 6), 4), 6, 16],
  ]);
  const next = base + UDP_HEADER_BYTES;
  const { payload } = udp;
  if (!(payload instanceof Uint8Array)) {
    add(to, 'VXLAN', next, [
      ['flags', '0x08', 0, 8],
      ['VNI', payload.vni, 4, 24],
    ]);
    dissectFrame(to, next + VXLAN_HEADER_BYTES, payload.inner);
    return;
  }
  if (udp.srcPort === 53 || udp.dstPort === 53) dissectDns(to, next, payload);
  else addPayload(to, next, payload.length);
}

function dissectDns(to: Dissection, base: number, payload: Uint8Array): void {
  const read = parseDns(payload);
  if (!read.ok) {
    addPayload(to, base, payload.length);
    return;
  }
  const message = read.value;
  const questions = message.questions.map((q): Row => {
    return ['question', `${q.name} ${dnsTypeName(q.type)}`, 12, 0];
  });
  add(to, 'DNS', base, [
    ['id', message.id, 0, 16],
    ['kind', message.response ? 'response' : 'query', 2, 1],
    ['rcode', dnsRcodeName(message.rcode), 3, 4],
    ['answers', message.answers.length, 6, 16],
    ...questions,
  ]);
}

function dissectTcp(to: Dissection, base: number, tcp: TcpSegment): void {
  const headerBytes = tcpHeaderBytes(tcp.options);
  const { mss, windowScale, sackPermitted, timestamp, sack } = tcp.options;
  const options: Row[] = [];
  let at = TCP_HEADER_BYTES;
  if (mss !== undefined) {
    options.push(['option MSS', mss, at, 32]);
    at += 4;
  }
  if (sackPermitted === true) {
    options.push(['option SACK permitted', 'yes', at + (timestamp === undefined ? 2 : 0), 16]);
  }
  if (timestamp !== undefined) {
    options.push(['option timestamps', `${timestamp.value}, echo ${timestamp.echo}`, at + 2, 80]);
    at += 12;
  } else if (sackPermitted === true) at += 4;
  if (windowScale !== undefined) {
    options.push(['option window scale', windowScale, at + 1, 24]);
    at += 4;
  }
  if (sack !== undefined) {
    const blocks = sack.map(({ left, right }) => `${left}-${right}`).join(' ');
    options.push(['option SACK', blocks, at + 2, 16 + sack.length * 64]);
  }
  add(to, 'TCP', base, [
    ['source port', tcp.srcPort, 0, 16],
    ['destination port', tcp.dstPort, 2, 16],
    ['sequence number', tcp.seq, 4, 32],
    ['acknowledgment number', tcp.ack, 8, 32],
    ['data offset', `${headerBytes} octets (${headerBytes / 4})`, 12, 4],
    ['flags', `${hex(tcp.flags, 2)} [${formatTcpFlags(tcp.flags)}]`, 13, 8],
    ['window', tcp.window, 14, 16],
    ['checksum', hex(get16(to.octets, base + 16), 4), 16, 16],
    ['urgent pointer', 0, 18, 16],
    ...options,
  ]);
  addPayload(to, base + headerBytes, tcp.payload.length);
}

function addPayload(to: Dissection, base: number, lengthBytes: number): void {
  if (lengthBytes === 0) return;
  add(to, 'Payload', base, [['octets', lengthBytes, 0, lengthBytes * 8]]);
}
