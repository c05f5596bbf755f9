import { formatIp, formatMac, MAC_BROADCAST, type Mac } from '../../topology/addr/index.js';
import type { Device, PacketType, Skb } from '../../topology/kernel/index.js';
import {
  type ArpPacket,
  type Frame,
  get16,
  type IcmpMessage,
  IPPROTO,
  type Ipv4Packet,
  l3Bytes,
  readQuote,
  type TcpSegment,
} from '../../topology/wire/index.js';

/** A frame in the words of the recordings. */
export type HopFields = Record<string, unknown>;

/** Who owns a MAC address: `n1/cni0`. */
export type MacRoles = Readonly<Record<string, string>>;

const CAST: Readonly<Record<PacketType, string | undefined>> = {
  host: 'host',
  broadcast: 'bcast',
  multicast: 'mcast',
  otherhost: 'other',
  outgoing: undefined,
};

const PROTO: Readonly<Record<number, string>> = {
  [IPPROTO.icmp]: 'icmp',
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
    default:
      return { l3: packet.kind };
  }
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
    ...bodyFields(packet, roles),
  };
}

function bodyFields({ body, proto, fragOffset }: Ipv4Packet, roles: MacRoles): HopFields {
  switch (body.kind) {
    case 'udp':
      if (body.payload instanceof Uint8Array) return { sport: body.srcPort, dport: body.dstPort };
      return {
        sport: 'hash',
        dport: body.dstPort,
        vxlan: { vni: body.payload.vni, inner: innerFields(body.payload.inner, roles) },
      };
    case 'tcp':
      return tcpFields(body);
    case 'icmp':
      return { icmp: icmpFields(body) };
    case 'opaque':
      return fragOffset === 0 ? firstFragment(proto, body.octets) : {};
  }
}

function innerFields(frame: Frame, roles: MacRoles): HopFields {
  const macs = { smac: role(frame.src, roles), dmac: role(frame.dst, roles) };
  return { ...macs, ...packetFields(frame.packet, roles) };
}

function tcpFields(tcp: TcpSegment): HopFields {
  const { mss } = tcp.options;
  return {
    sport: tcp.srcPort,
    dport: tcp.dstPort,
    flags: Array.from('FSRPA', (letter, bit) => ((tcp.flags >> bit) & 1 ? letter : '')).join(''),
    payload: tcp.payload.length,
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

/** The quoted header, read from the octets: what follows may be cut short. */
function quotedFields(octets: Uint8Array): HopFields {
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

/** Ports or type of a transport header of which no more may be there. */
function firstFragment(proto: number, octets: Uint8Array): HopFields {
  if (proto === IPPROTO.udp || proto === IPPROTO.tcp) {
    const dport = get16(octets, 2);
    const tunnel = proto === IPPROTO.udp && VXLAN_PORTS.has(dport);
    return { sport: tunnel ? 'hash' : get16(octets, 0), dport };
  }
  if (proto !== IPPROTO.icmp) return {};
  const [type, code] = octets;
  const echo = type === 0 || type === 8;
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
