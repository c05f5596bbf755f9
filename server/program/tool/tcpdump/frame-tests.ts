/** What filters ask of a frame that begins with an Ethernet header. */
import { ETHERTYPE } from '../../../../topology/index.js';

/** A question to a frame. */
export type FrameTest = (frame: Uint8Array) => boolean;

/** Which end of a packet a qualifier names. */
export type Direction = 'src' | 'dst' | 'src or dst' | 'src and dst';

const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
const FRAGMENT_HEADER = 44;

/** Octets of a frame as an unsigned number; undefined beyond its end. */
export function field(frame: Uint8Array, at: number, bytes: number): number | undefined {
  if (at < 0 || at + bytes > frame.length) return undefined;
  let value = 0;
  for (let index = 0; index < bytes; index++) value = value * 256 + (frame[at + index] ?? 0);
  return value;
}

/** Whether a frame is of an EtherType. */
export function etherTypeIs(type: number): FrameTest {
  return (frame) => field(frame, 12, 2) === type;
}

const isIpv4 = etherTypeIs(ETHERTYPE.ipv4);
const isIpv6 = etherTypeIs(ETHERTYPE.ipv6);

/** Whether a frame carries IPv4 of a protocol. */
export function ipv4Protocol(protocol: number): FrameTest {
  return (frame) => isIpv4(frame) && frame[ETHERNET_BYTES + 9] === protocol;
}

/** Whether a frame carries IPv6 of a protocol, in a first or later fragment too. */
export function ipv6Protocol(protocol: number): FrameTest {
  return (frame) => {
    if (!isIpv6(frame)) return false;
    const next = frame[ETHERNET_BYTES + 6];
    if (next === protocol) return true;
    return next === FRAGMENT_HEADER && frame[ETHERNET_BYTES + IPV6_BYTES] === protocol;
  };
}

/** Where the transport header of an IPv4 packet is; undefined in later fragments. */
export function ipv4Body(frame: Uint8Array): number | undefined {
  const fragment = field(frame, ETHERNET_BYTES + 6, 2);
  if (fragment === undefined || (fragment & 0x1fff) !== 0) return undefined;
  return ETHERNET_BYTES + ((frame[ETHERNET_BYTES] ?? 0) & 15) * 4;
}

/** Asks one or both ends. */
export function ends(
  direction: Direction,
  test: (frame: Uint8Array, end: 'src' | 'dst') => boolean,
): FrameTest {
  switch (direction) {
    case 'src':
      return (frame) => test(frame, 'src');
    case 'dst':
      return (frame) => test(frame, 'dst');
    case 'src or dst':
      return (frame) => test(frame, 'src') || test(frame, 'dst');
    case 'src and dst':
      return (frame) => test(frame, 'src') && test(frame, 'dst');
  }
}

/** Addresses of IPv4, ARP and RARP against a network. */
export function ipv4Network(
  network: { readonly address: number; readonly mask: number },
  how: { readonly direction: Direction; readonly protocol: 'ip' | 'arp' | 'rarp' | undefined },
): FrameTest {
  const { address, mask } = network;
  const { protocol } = how;
  return ends(how.direction, (frame, end) => {
    const type = field(frame, 12, 2);
    const at = addressOffset(type, end);
    if (at === undefined) return false;
    if (protocol === 'ip' && type !== ETHERTYPE.ipv4) return false;
    if (protocol === 'arp' && type !== ETHERTYPE.arp) return false;
    if (protocol === 'rarp' && type !== RARP) return false;
    const value = field(frame, at, 4);
    return value !== undefined && (value & mask) >>> 0 === address;
  });
}

const RARP = 0x8035;

function addressOffset(type: number | undefined, end: 'src' | 'dst'): number | undefined {
  switch (type) {
    case ETHERTYPE.ipv4:
      return ETHERNET_BYTES + (end === 'src' ? 12 : 16);
    case ETHERTYPE.arp:
    case RARP:
      return ETHERNET_BYTES + (end === 'src' ? 14 : 24);
    default:
      return undefined;
  }
}

/** Addresses of IPv6 against a network. */
export function ipv6Network(
  network: { readonly address: bigint; readonly prefixLength: number },
  direction: Direction,
): FrameTest {
  const shift = BigInt(128 - network.prefixLength);
  return ends(direction, (frame, end) => {
    if (!isIpv6(frame)) return false;
    const at = ETHERNET_BYTES + (end === 'src' ? 8 : 24);
    if (at + 16 > frame.length) return false;
    let value = 0n;
    for (let index = 0; index < 16; index++) value = (value << 8n) | BigInt(frame[at + index] ?? 0);
    return value >> shift === network.address >> shift;
  });
}

/** Ethernet addresses. */
export function etherAddress(mac: number, direction: Direction): FrameTest {
  return ends(direction, (frame, end) => field(frame, end === 'src' ? 6 : 0, 6) === mac);
}

const PORT_PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** Ports of TCP, UDP and SCTP, or of one of them, in a range. */
export function portRange(
  range: { readonly low: number; readonly high: number },
  how: { readonly direction: Direction; readonly protocol: string | undefined },
): FrameTest {
  const wanted =
    how.protocol === undefined
      ? new Set(Object.values(PORT_PROTOCOLS))
      : new Set([PORT_PROTOCOLS[how.protocol]]);
  return ends(how.direction, (frame, end) => {
    const at = transportAt(frame, wanted);
    const port = at === undefined ? undefined : field(frame, at + (end === 'src' ? 0 : 2), 2);
    return port !== undefined && port >= range.low && port <= range.high;
  });
}

function transportAt(
  frame: Uint8Array,
  protocols: ReadonlySet<number | undefined>,
): number | undefined {
  if (isIpv4(frame)) {
    return protocols.has(frame[ETHERNET_BYTES + 9]) ? ipv4Body(frame) : undefined;
  }
  if (!isIpv6(frame)) return undefined;
  return protocols.has(frame[ETHERNET_BYTES + 6]) ? ETHERNET_BYTES + IPV6_BYTES : undefined;
}

/** Where `proto[…]` counts from; undefined when the frame is not of the protocol. */
export function headerAt(frame: Uint8Array, protocol: string): number | undefined {
  switch (protocol) {
    case 'ether':
    case 'link':
      return 0;
    case 'ip':
      return isIpv4(frame) ? ETHERNET_BYTES : undefined;
    case 'ip6':
      return isIpv6(frame) ? ETHERNET_BYTES : undefined;
    case 'arp':
      return field(frame, 12, 2) === ETHERTYPE.arp ? ETHERNET_BYTES : undefined;
    case 'rarp':
      return field(frame, 12, 2) === RARP ? ETHERNET_BYTES : undefined;
    case 'icmp6':
      return isIpv6(frame) && frame[ETHERNET_BYTES + 6] === 58
        ? ETHERNET_BYTES + IPV6_BYTES
        : undefined;
    default: {
      const number = { icmp: 1, igmp: 2, ...PORT_PROTOCOLS }[protocol];
      if (!isIpv4(frame) || frame[ETHERNET_BYTES + 9] !== number) return undefined;
      return ipv4Body(frame);
    }
  }
}
