import { formatIp, formatMac, MAC_BROADCAST, type Mac } from '../../topology/addr/index.js';
import type { Device, PacketType, Skb } from '../../topology/kernel/index.js';
import {
  type ArpPacket,
  type Frame,
  get16,
  getIpv6,
  type IcmpMessage,
  IPPROTO,
  IPV6_FRAGMENT_PROTO,
  type Ipv4Packet,
  type Ipv6Packet,
  l3Bytes,
  readQuote,
  type TcpSegment,
} from '../../topology/wire/index.js';

/** A frame in the words of the recordings. */
export type HopFields = Record<string, unknown>;

/** Who owns a MAC address: `n1/cni0`. */
export type MacRoles = Readonly<Record<string, string>>;

/** How much of a packet the recorder kept (its ring had slots of 2 KiB): payload beyond is not counted. */
const RECORDED_BYTES = 1968;

const CAST: Readonly<Record<PacketType, string | undefined>> = {
  host: 'host',
  broadcast: 'bcast',
  multicast: 'mcast',
  otherhost: 'other',
  outgoing: undefined,
};

/** MLD query, report, done; router solicitation and advertisement; MLDv2 report. */
const BACKGROUND_TYPES: ReadonlySet<number> = new Set([130, 131, 132, 133, 134, 143]);

/** Hop-by-hop options stand before nothing but MLD in these labs. */
const IGMP = 2;
const HOP_BY_HOP = 0;

const PROTO: Readonly<Record<number, string>> = {
  [IPPROTO.icmp]: 'icmp',
  [IPPROTO.icmpv6]: 'icmp6',
  [IPPROTO.tcp]: 'tcp',
  [IPPROTO.udp]: 'udp',
};

/** Source ports towards these are a hash of what is inside, which no two kernels share. */
const VXLAN_PORTS: ReadonlySet<number> = new Set([4789, 8472]);

/** What tcpdump would see of a frame on a device. */
export function hopAt(
  device: Device,
  direction: 'in' | 'out',
  frame: { readonly skb: Skb; readonly type: PacketType; readonly roles: MacRoles },
): HopFields {
  const { skb, type, roles } = frame;
  return {
    ns: device.netns.name,
    if: device.name,
    dir: direction,
    ...(direction === 'in' ? { cast: CAST[type] } : {}),
    smac: role(skb.srcMac, roles),
    dmac: role(skb.dstMac, roles),
    ...packetFields(skb.packet, roles),
  };
}

function packetFields(packet: Frame['packet'], roles: MacRoles): HopFields {
  switch (packet.kind) {
    case 'arp':
      return { l3: 'arp', arp: arpFields(packet, roles) };
    case 'ipv4':
      return { l3: 'ip', ...ipv4Fields(packet, roles) };
    case 'ipv6':
      return { l3: 'ip6', ...ipv6Fields(packet, roles) };
    default:
      return { l3: packet.kind };
  }
}

/**
 * Whether a recording leaves a frame out: group membership reports and router discovery, which every device sends
 * at moments of its own.
 */
export function isBackground(packet: Frame['packet']): boolean {
  if (packet.kind === 'ipv4') return packet.proto === IGMP;
  if (packet.kind !== 'ipv6') return false;
  if (packet.body.kind === 'icmp') return BACKGROUND_TYPES.has(packet.body.type);
  return packet.proto === HOP_BY_HOP;
}

function arpFields(arp: ArpPacket, roles: MacRoles): HopFields {
  return {
    op: arp.op === 1 ? 'request' : 'reply',
    sha: role(arp.senderMac, roles),
    spa: formatIp(arp.senderIp),
    tha: arp.targetMac === 0 ? '0' : role(arp.targetMac, roles),
    tpa: formatIp(arp.targetIp),
  };
}

function ipv4Fields(packet: Ipv4Packet, roles: MacRoles): HopFields {
  const { mf, fragOffset } = packet;
  return {
    proto: PROTO[packet.proto] ?? String(packet.proto),
    src: formatIp(packet.src),
    dst: formatIp(packet.dst),
    ttl: packet.ttl,
    len: l3Bytes(packet),
    df: packet.df,
    ...(mf || fragOffset > 0 ? { frag: { off: fragOffset, mf } } : {}),
    ...bodyFields(packet, fragOffset, roles),
  };
}

function ipv6Fields(packet: Ipv6Packet, roles: MacRoles): HopFields {
  const { fragment } = packet;
  return {
    proto: PROTO[packet.proto] ?? String(packet.proto),
    src: formatIp(packet.src),
    dst: formatIp(packet.dst),
    ttl: packet.hopLimit,
    len: l3Bytes(packet),
    ...(fragment === undefined ? {} : { frag: { off: fragment.offset, mf: fragment.more } }),
    ...bodyFields(packet, fragment?.offset ?? 0, roles),
  };
}

function bodyFields(
  packet: Ipv4Packet | Ipv6Packet,
  fragOffset: number,
  roles: MacRoles,
): HopFields {
  const { kind, body, proto } = packet;
  switch (body.kind) {
    case 'udp':
      if (body.payload instanceof Uint8Array) return { sport: body.srcPort, dport: body.dstPort };
      return {
        sport: 'hash',
        dport: body.dstPort,
        vxlan: { vni: body.payload.vni, inner: innerFields(body.payload.inner, roles) },
      };
    case 'tcp':
      return tcpFields(body, l3Bytes(packet) - body.payload.length);
    case 'icmp':
      return { icmp: kind === 'ipv4' ? icmpFields(body) : icmp6Fields(body) };
    case 'opaque':
      return fragOffset === 0 ? firstFragment(proto, body.octets) : {};
  }
}

function innerFields(frame: Frame, roles: MacRoles): HopFields {
  const macs = { smac: role(frame.src, roles), dmac: role(frame.dst, roles) };
  return { ...macs, ...packetFields(frame.packet, roles) };
}

function tcpFields(tcp: TcpSegment, headerBytes: number): HopFields {
  const { mss } = tcp.options;
  return {
    sport: tcp.srcPort,
    dport: tcp.dstPort,
    flags: Array.from('FSRPA', (letter, bit) => ((tcp.flags >> bit) & 1 ? letter : '')).join(''),
    payload: Math.min(tcp.payload.length, RECORDED_BYTES - headerBytes),
    ...(mss === undefined ? {} : { mss }),
  };
}

function icmpFields(icmp: IcmpMessage): HopFields {
  const { type, code, rest } = icmp;
  if (type === 0 || type === 8) return { type, code, id: rest >>> 16, seq: rest & 0xffff };
  const quote = readQuote(icmp.payload);
  return {
    type,
    code,
    ...(type === 3 && code === 4 ? { mtu: rest & 0xffff } : {}),
    ...(type === 5 ? { gw: [24, 16, 8, 0].map((shift) => (rest >>> shift) & 0xff).join('.') } : {}),
    ...(quote.ok ? { orig: quotedFields(icmp.payload) } : {}),
  };
}

function icmp6Fields(icmp: IcmpMessage): HopFields {
  const { type, code, rest, payload } = icmp;
  if (type === 128 || type === 129) return { type, code, id: rest >>> 16, seq: rest & 0xffff };
  if (type === 135 || type === 136 || type === 137) {
    return payload.length < 16 ? { type, code } : { type, code, target: ipv6At(payload, 0) };
  }
  return {
    type,
    code,
    ...(type === 2 ? { mtu: rest } : {}),
    ...(type < 128 && readQuote(payload).ok ? { orig: quotedFields(payload) } : {}),
  };
}

/** The quoted header, read from the octets: what follows may be cut short. */
function quotedFields(octets: Uint8Array): HopFields {
  if ((octets[0] ?? 0) >>> 4 === 6) return quotedFields6(octets);
  const headerBytes = ((octets[0] ?? 0) & 0xf) * 4;
  const address = (at: number) => Array.from(octets.subarray(at, at + 4)).join('.');
  const proto = octets[9] ?? 0;
  const offset = (get16(octets, 6) & 0x1fff) * 8;
  return {
    proto: PROTO[proto] ?? String(proto),
    src: address(12),
    dst: address(16),
    ttl: octets[8],
    ...(offset === 0 ? firstFragment(proto, octets.subarray(headerBytes)) : {}),
  };
}

function quotedFields6(octets: Uint8Array): HopFields {
  const fragment = octets[6] === IPV6_FRAGMENT_PROTO;
  const proto = octets[fragment ? 40 : 6] ?? 0;
  const offset = fragment ? get16(octets, 42) & 0xfff8 : 0;
  return {
    proto: PROTO[proto] ?? String(proto),
    src: ipv6At(octets, 8),
    dst: ipv6At(octets, 24),
    ttl: octets[7],
    ...(offset === 0 ? firstFragment(proto, octets.subarray(fragment ? 48 : 40)) : {}),
  };
}

function ipv6At(octets: Uint8Array, at: number): string {
  return formatIp(getIpv6(octets, at));
}

/** Ports or type of a transport header of which no more may be there. */
function firstFragment(proto: number, octets: Uint8Array): HopFields {
  if (proto === IPPROTO.udp || proto === IPPROTO.tcp) {
    const dport = get16(octets, 2);
    const tunnel = proto === IPPROTO.udp && VXLAN_PORTS.has(dport);
    return { sport: tunnel ? 'hash' : get16(octets, 0), dport };
  }
  if (proto !== IPPROTO.icmp && proto !== IPPROTO.icmpv6) return {};
  const [type, code] = octets;
  const echo =
    type === (proto === IPPROTO.icmp ? 0 : 129) || type === (proto === IPPROTO.icmp ? 8 : 128);
  return {
    icmp: { type, code, ...(echo ? { id: get16(octets, 4), seq: get16(octets, 6) } : {}) },
  };
}

function role(mac: Mac | undefined, roles: MacRoles): string {
  if (mac === undefined) return '00:00:00:00:00:00';
  if (mac === MAC_BROADCAST) return 'broadcast';
  const text = formatMac(mac);
  return roles[text] ?? text;
}
