import type { Ipv4, Ipv6, Mac } from '../../../addr/index.js';
import type {
  IcmpMessage,
  Ipv4Packet,
  Ipv6Packet,
  L4Body,
  TcpSegment,
} from '../../../wire/packet.js';
import { IPPROTO } from '../../../wire/packet.js';
import { bodyBytes, l3Bytes } from '../../../wire/size.js';
import { tcpHeaderBytes } from '../../../wire/tcp.js';
import type { NftValue } from '../../nft.js';
import type { Skb } from '../../skb.js';

type Read<T> = (from: T) => NftValue | undefined;
type Fields<T> = Readonly<Record<string, Read<T>>>;

const IPV4_HEADER_WORDS = 5;

const IP: Fields<Ipv4Packet> = {
  version: () => 4,
  hdrlength: () => IPV4_HEADER_WORDS,
  dscp: ({ tos }) => tos >> 2,
  ecn: ({ tos }) => tos & 3,
  length: (packet) => l3Bytes(packet),
  id: ({ id }) => id,
  'frag-off': ({ df, mf, fragOffset }) => (df ? 0x4000 : 0) | (mf ? 0x2000 : 0) | (fragOffset >> 3),
  ttl: ({ ttl }) => ttl,
  protocol: ({ proto }) => proto,
  saddr: ({ src }) => src,
  daddr: ({ dst }) => dst,
};

const IP6: Fields<Ipv6Packet> = {
  version: () => 6,
  dscp: ({ trafficClass }) => trafficClass >> 2,
  ecn: ({ trafficClass }) => trafficClass & 3,
  flowlabel: ({ flowLabel }) => flowLabel,
  length: ({ body }) => bodyBytes(body),
  nexthdr: ({ proto, fragment }) => (fragment === undefined ? proto : IPV6_FRAGMENT),
  hoplimit: ({ hopLimit }) => hopLimit,
  saddr: ({ src }) => src,
  daddr: ({ dst }) => dst,
};

/** Next header number of the Fragment header (RFC 8200 section 4.5). */
const IPV6_FRAGMENT = 44;

const TCP: Fields<TcpSegment> = {
  sport: ({ srcPort }) => srcPort,
  dport: ({ dstPort }) => dstPort,
  sequence: ({ seq }) => seq,
  ackseq: ({ ack }) => ack,
  doff: ({ options }) => tcpHeaderBytes(options) >> 2,
  flags: ({ flags }) => flags,
  window: ({ window }) => window,
};

const ICMP: Fields<IcmpMessage> = {
  type: ({ type }) => type,
  code: ({ code }) => code,
  id: ({ rest }) => rest >>> 16,
  sequence: ({ rest }) => rest & 0xffff,
  gateway: ({ rest }) => rest,
  mtu: ({ rest }) => rest & 0xffff,
};

/**
 * A reader of a header field, undefined when podnet does not keep that field.
 *
 * Fidelity: checksums and urgent pointers are not kept in packets, so rules about them are refused; `th` reads the
 * ports of TCP and UDP alone.
 */
export function payloadReader(
  header: string,
  field: string,
): ((skb: Skb) => NftValue | undefined) | undefined {
  switch (header) {
    case 'ip':
      return reading(IP[field], ({ packet }) => (packet.kind === 'ipv4' ? packet : undefined));
    case 'ip6':
      return reading(IP6[field], ({ packet }) => (packet.kind === 'ipv6' ? packet : undefined));
    case 'tcp':
      return reading(TCP[field], (skb) => bodyOf(skb, 'tcp'));
    case 'udp':
      return reading(UDP[field], (skb) => bodyOf(skb, 'udp'));
    case 'th':
      return reading(PORTS[field], (skb) => bodyOf(skb, 'tcp') ?? bodyOf(skb, 'udp'));
    case 'icmp':
    case 'icmpv6': {
      const proto = header === 'icmp' ? IPPROTO.icmp : IPPROTO.icmpv6;
      return reading(ICMP[field], (skb) => {
        const { packet } = skb;
        if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return undefined;
        return packet.proto === proto ? bodyOf(skb, 'icmp') : undefined;
      });
    }
    case 'ether':
      return ETHER[field];
    case 'arp':
      // Rules of an arp table are kept; no base chain leads ARP packets to them.
      return () => undefined;
    default:
      return undefined;
  }
}

const PORTS: Fields<{ readonly srcPort: number; readonly dstPort: number }> = {
  sport: ({ srcPort }) => srcPort,
  dport: ({ dstPort }) => dstPort,
};

const UDP: Fields<L4Body & { kind: 'udp' }> = { ...PORTS, length: (body) => bodyBytes(body) };

const ETHER: Fields<Skb> = {
  saddr: ({ srcMac }) => srcMac,
  daddr: ({ dstMac }) => dstMac,
  type: ({ etherType }) => etherType,
};

function reading<T>(
  read: Read<T> | undefined,
  find: (skb: Skb) => T | undefined,
): ((skb: Skb) => NftValue | undefined) | undefined {
  if (read === undefined) return undefined;
  return (skb) => {
    const found = find(skb);
    return found === undefined ? undefined : read(found);
  };
}

function bodyOf<K extends L4Body['kind']>(
  { packet }: Skb,
  kind: K,
): Extract<L4Body, { readonly kind: K }> | undefined {
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return undefined;
  const { body } = packet;
  return isKind(body, kind) ? body : undefined;
}

function isKind<K extends L4Body['kind']>(
  body: L4Body,
  kind: K,
): body is Extract<L4Body, { readonly kind: K }> {
  return body.kind === kind;
}

type Write = (skb: Skb, value: NftValue) => void;

/** Changes a header field, undefined for fields that podnet does not let rules change. */
export function payloadWriter(header: string, field: string): Write | undefined {
  switch (`${header} ${field}`) {
    case 'ip ttl':
      return onIpv4((packet, value) => ({ ...packet, ttl: Number(value) }));
    case 'ip dscp':
      return onIpv4((packet, value) => ({
        ...packet,
        tos: (Number(value) << 2) | (packet.tos & 3),
      }));
    case 'ip ecn':
      return onIpv4((packet, value) => ({ ...packet, tos: (packet.tos & ~3) | Number(value) }));
    case 'ip saddr':
      return onIpv4((packet, value) => ({ ...packet, src: Number(value) as Ipv4 }));
    case 'ip daddr':
      return onIpv4((packet, value) => ({ ...packet, dst: Number(value) as Ipv4 }));
    case 'ip6 hoplimit':
      return onIpv6((packet, value) => ({ ...packet, hopLimit: Number(value) }));
    case 'ip6 saddr':
      return onIpv6((packet, value) => ({ ...packet, src: BigInt(value) as Ipv6 }));
    case 'ip6 daddr':
      return onIpv6((packet, value) => ({ ...packet, dst: BigInt(value) as Ipv6 }));
    case 'ether saddr':
      return (skb, value) => {
        skb.srcMac = Number(value) as Mac;
      };
    case 'ether daddr':
      return (skb, value) => {
        skb.dstMac = Number(value) as Mac;
      };
    default:
      return undefined;
  }
}

function onIpv4(change: (packet: Ipv4Packet, value: NftValue) => Ipv4Packet): Write {
  return (skb, value) => {
    if (skb.packet.kind === 'ipv4') skb.packet = change(skb.packet, value);
  };
}

function onIpv6(change: (packet: Ipv6Packet, value: NftValue) => Ipv6Packet): Write {
  return (skb, value) => {
    if (skb.packet.kind === 'ipv6') skb.packet = change(skb.packet, value);
  };
}
