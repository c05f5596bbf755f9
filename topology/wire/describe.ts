import { formatIp, formatIpv4, formatIpv6, formatMac, ipv4 } from '../addr/index.js';
import { ARP_BYTES, ARP_OP } from './arp.js';
import { parseDns } from './dns.js';
import { describeDns } from './dns-text.js';
import { ICMP4, ICMP4_UNREACHABLE, ICMP6, ICMP6_UNREACHABLE } from './icmp.js';
import { isIpv4Fragment } from './ipv4.js';
import { isIpv6Fragment } from './ipv6.js';
import { get16, getIpv6 } from './octets.js';
import {
  type ArpPacket,
  type Frame,
  type IcmpMessage,
  IPPROTO,
  type Ipv4Packet,
  type Ipv6Packet,
  type L3Packet,
  TCP_ACK,
  TCP_FIN,
  TCP_PSH,
  TCP_RST,
  TCP_SYN,
  TCP_URG,
  type TcpOptions,
  type TcpSegment,
  type UdpDatagram,
} from './packet.js';
import { readQuote } from './quote.js';
import { bodyBytes, l3Bytes, payloadBytes } from './size.js';

/** Ports whose payload is read as DNS. */
const DNS_PORTS: ReadonlySet<number> = new Set([53, 5353]);

/**
 * One line about a frame, as `tcpdump -n -S` writes it; a frame in a VXLAN follows on the same line.
 *
 * Fidelity: payloads other than DNS are not read.
 */
export function describeFrame(frame: Frame): string {
  const { packet } = frame;
  if (packet.kind !== 'opaque-l3') return describePacket(packet);
  const type = frame.etherType.toString(16).padStart(4, '0');
  const macs = `${formatMac(frame.src)} > ${formatMac(frame.dst)}`;
  return `${macs}, ethertype Unknown (0x${type}), length ${packet.octets.length + 14}`;
}

/** One line about a packet, without its Ethernet header. */
export function describePacket(packet: L3Packet): string {
  switch (packet.kind) {
    case 'arp':
      return describeArp(packet);
    case 'ipv4':
    case 'ipv6':
      return describeIp(packet);
    case 'opaque-l3':
      return `unknown, length ${packet.octets.length}`;
  }
}

function describeArp(arp: ArpPacket): string {
  const target = formatIpv4(arp.targetIp);
  const sender = formatIpv4(arp.senderIp);
  if (arp.op === ARP_OP.reply) {
    return `ARP, Reply ${sender} is-at ${formatMac(arp.senderMac)}, length ${ARP_BYTES}`;
  }
  const mac = arp.targetMac === 0 ? '' : ` (${formatMac(arp.targetMac)})`;
  const verb = arp.op === ARP_OP.request ? 'Request' : `Unknown (${arp.op})`;
  return `ARP, ${verb} who-has ${target}${mac} tell ${sender}, length ${ARP_BYTES}`;
}

function describeIp(packet: Ipv4Packet | Ipv6Packet): string {
  const family = packet.kind === 'ipv4' ? 'IP' : 'IP6';
  const hosts = `${family} ${formatIp(packet.src)} > ${formatIp(packet.dst)}:`;
  const { body } = packet;
  switch (body.kind) {
    case 'tcp':
      return `${ends(packet, body)}: ${describeTcp(body)}`;
    case 'udp':
      return `${ends(packet, body)}: ${describeUdp(body)}`;
    case 'icmp':
      return packet.kind === 'ipv4'
        ? `${hosts} ICMP ${describeIcmp4(body)}, length ${bodyBytes(body)}`
        : `${hosts} ICMP6, ${describeIcmp6(body)}, length ${bodyBytes(body)}`;
    case 'opaque':
      return (
        describeFragment(packet, body.octets) ??
        `${hosts} ip-proto-${packet.proto} ${l3Bytes(packet)}`
      );
  }
}

function describeFragment(packet: Ipv4Packet | Ipv6Packet, octets: Uint8Array): string | undefined {
  if (packet.kind === 'ipv4' ? !isIpv4Fragment(packet) : !isIpv6Fragment(packet)) return undefined;
  const offset = packet.kind === 'ipv4' ? packet.fragOffset : (packet.fragment?.offset ?? 0);
  const more = packet.kind === 'ipv4' ? packet.mf : packet.fragment?.more === true;
  const range = `frag (${offset}|${octets.length})${more ? '+' : ''}`;
  if (
    offset === 0 &&
    octets.length >= 8 &&
    (packet.proto === IPPROTO.udp || packet.proto === IPPROTO.tcp)
  ) {
    const ports = { srcPort: get16(octets, 0), dstPort: get16(octets, 2) };
    const what = packet.proto === IPPROTO.udp ? `UDP, length ${get16(octets, 4) - 8}` : 'tcp';
    return `${ends(packet, ports)}: ${what}, ${range}`;
  }
  const family = packet.kind === 'ipv4' ? 'IP' : 'IP6';
  return `${family} ${formatIp(packet.src)} > ${formatIp(packet.dst)}: ip-proto-${packet.proto}, ${range}`;
}

function ends(
  packet: Ipv4Packet | Ipv6Packet,
  ports: { readonly srcPort: number; readonly dstPort: number },
): string {
  const family = packet.kind === 'ipv4' ? 'IP' : 'IP6';
  const { srcPort, dstPort } = ports;
  return `${family} ${formatIp(packet.src)}.${srcPort} > ${formatIp(packet.dst)}.${dstPort}`;
}

function describeTcp(tcp: TcpSegment): string {
  const length = tcp.payload.length;
  const end = (tcp.seq + length) % 0x1_0000_0000;
  const takesSequence = length > 0 || (tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0;
  const parts = [`Flags [${formatTcpFlags(tcp.flags)}]`];
  if (takesSequence) parts.push(length > 0 ? `seq ${tcp.seq}:${end}` : `seq ${tcp.seq}`);
  if ((tcp.flags & TCP_ACK) !== 0) parts.push(`ack ${tcp.ack}`);
  parts.push(`win ${tcp.window}`);
  const options = formatTcpOptions(tcp.options);
  if (options !== '') parts.push(`options [${options}]`);
  parts.push(`length ${length}`);
  return parts.join(', ');
}

/** Writes flags as tcpdump does: `S`, `S.`, `P.`, `F.`, `R`, `.`, or `none`. */
export function formatTcpFlags(flags: number): string {
  const letters: readonly [number, string][] = [
    [TCP_FIN, 'F'],
    [TCP_SYN, 'S'],
    [TCP_RST, 'R'],
    [TCP_PSH, 'P'],
    [TCP_ACK, '.'],
    [TCP_URG, 'U'],
    [0x40, 'E'],
    [0x80, 'W'],
  ];
  const text = letters.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : '')).join('');
  return text === '' ? 'none' : text;
}

function formatTcpOptions(options: TcpOptions): string {
  const words: string[] = [];
  const { mss, timestamp, windowScale } = options;
  const sack = options.sackPermitted === true;
  if (mss !== undefined) words.push(`mss ${mss}`);
  if (timestamp !== undefined) {
    words.push(...(sack ? ['sackOK'] : ['nop', 'nop']));
    words.push(`TS val ${timestamp.value} ecr ${timestamp.echo}`);
  } else if (sack) words.push('nop', 'nop', 'sackOK');
  if (windowScale !== undefined) words.push('nop', `wscale ${windowScale}`);
  if (options.sack !== undefined) {
    const blocks = options.sack.map(({ left, right }) => `{${left}:${right}}`).join('');
    words.push('nop', 'nop', `sack ${options.sack.length} ${blocks}`);
  }
  return words.join(',');
}

function describeUdp(udp: UdpDatagram): string {
  const { payload } = udp;
  if (!(payload instanceof Uint8Array)) {
    return `VXLAN, flags [I] (0x08), vni ${payload.vni}, ${describeFrame(payload.inner)}`;
  }
  if (DNS_PORTS.has(udp.srcPort) || DNS_PORTS.has(udp.dstPort)) {
    const message = parseDns(payload);
    if (message.ok) return `${describeDns(message.value)} (${payload.length})`;
  }
  return `UDP, length ${payloadBytes(payload)}`;
}

function describeIcmp4(icmp: IcmpMessage): string {
  switch (icmp.type) {
    case ICMP4.echoRequest:
      return `echo request, ${echoIds(icmp)}`;
    case ICMP4.echoReply:
      return `echo reply, ${echoIds(icmp)}`;
    case ICMP4.timeExceeded:
      return icmp.code === 0 ? 'time exceeded in-transit' : 'ip reassembly time exceeded';
    case ICMP4.redirect:
      return `redirect ${quotedDst(icmp)} to host ${formatIpv4(ipv4(icmp.rest))}`;
    case ICMP4.destUnreachable:
      return describeUnreachable4(icmp);
    default:
      return `type-#${icmp.type}`;
  }
}

function describeUnreachable4(icmp: IcmpMessage): string {
  const dst = quotedDst(icmp);
  switch (icmp.code) {
    case ICMP4_UNREACHABLE.net:
      return `net ${dst} unreachable`;
    case ICMP4_UNREACHABLE.host:
      return `host ${dst} unreachable`;
    case ICMP4_UNREACHABLE.proto:
      return `${dst} protocol ${quotedProto(icmp)} unreachable`;
    case ICMP4_UNREACHABLE.port:
      return `${dst} ${quotedPort(icmp)} unreachable`;
    case ICMP4_UNREACHABLE.fragNeeded:
      return `${dst} unreachable - need to frag (mtu ${icmp.rest & 0xffff})`;
    case ICMP4_UNREACHABLE.netProhibited:
      return `net ${dst} unreachable - admin prohibited`;
    case ICMP4_UNREACHABLE.hostProhibited:
      return `host ${dst} unreachable - admin prohibited`;
    case ICMP4_UNREACHABLE.adminProhibited:
      return `host ${dst} unreachable - admin prohibited filter`;
    default:
      return `${dst} unreachable - #${icmp.code}`;
  }
}

function describeIcmp6(icmp: IcmpMessage): string {
  switch (icmp.type) {
    case ICMP6.echoRequest:
      return `echo request, ${echoIds(icmp)}`;
    case ICMP6.echoReply:
      return `echo reply, ${echoIds(icmp)}`;
    case ICMP6.neighborSolicitation:
      return `neighbor solicitation, who has ${neighborTarget(icmp)}`;
    case ICMP6.neighborAdvertisement:
      return `neighbor advertisement, tgt is ${neighborTarget(icmp)}`;
    case ICMP6.routerSolicitation:
      return 'router solicitation';
    case ICMP6.routerAdvertisement:
      return 'router advertisement';
    case ICMP6.packetTooBig:
      return `packet too big, mtu ${icmp.rest}`;
    case ICMP6.timeExceeded:
      return icmp.code === 0
        ? `time exceeded in-transit for ${quotedDst(icmp)}`
        : 'ip reassembly time exceeded';
    case ICMP6.destUnreachable:
      return `destination unreachable, ${describeUnreachable6(icmp)}`;
    default:
      return `type-#${icmp.type}`;
  }
}

function describeUnreachable6(icmp: IcmpMessage): string {
  const dst = quotedDst(icmp);
  switch (icmp.code) {
    case ICMP6_UNREACHABLE.noRoute:
      return `unreachable route ${dst}`;
    case ICMP6_UNREACHABLE.adminProhibited:
      return `unreachable prohibited ${dst}`;
    case ICMP6_UNREACHABLE.beyondScope:
      return `beyond scope ${dst}`;
    case ICMP6_UNREACHABLE.address:
      return `unreachable address ${dst}`;
    case ICMP6_UNREACHABLE.port:
      return `unreachable port, ${dst} ${quotedPort(icmp)}`;
    default:
      return `code-#${icmp.code}`;
  }
}

function echoIds(icmp: IcmpMessage): string {
  return `id ${icmp.rest >>> 16}, seq ${icmp.rest & 0xffff}`;
}

function quotedDst(icmp: IcmpMessage): string {
  const quote = readQuote(icmp.payload);
  return quote.ok ? formatIp(quote.value.dst) : 'unknown';
}

function quotedProto(icmp: IcmpMessage): string {
  const quote = readQuote(icmp.payload);
  return quote.ok ? `${quote.value.proto}` : 'unknown';
}

function quotedPort(icmp: IcmpMessage): string {
  const quote = readQuote(icmp.payload);
  if (!quote.ok || quote.value.ports === undefined) return 'port';
  const proto = { [IPPROTO.tcp]: 'tcp ', [IPPROTO.udp]: 'udp ' }[quote.value.proto] ?? '';
  return `${proto}port ${quote.value.ports.dst}`;
}

function neighborTarget(icmp: IcmpMessage): string {
  return icmp.payload.length >= 16 ? formatIpv6(getIpv6(icmp.payload, 0)) : 'unknown';
}
