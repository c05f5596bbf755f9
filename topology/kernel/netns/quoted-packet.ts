import {
  get32,
  IPPROTO,
  type Ipv4Packet,
  type Ipv6Packet,
  isIpv4Fragment,
  isIpv6Fragment,
  type L4Body,
  NO_OCTETS,
  parseBody,
  readIpv4Header,
  readIpv6Header,
} from '../../wire/index.js';

/** The IPv4 packet that an error quotes; its body as far as it came, `opaque` when cut too short to read. */
export function readQuotedIpv4(octets: Uint8Array): Ipv4Packet | undefined {
  const read = readIpv4Header(octets);
  if (!read.ok) return undefined;
  const { header, bodyAt } = read.value;
  const rest = octets.subarray(bodyAt);
  const whole = isIpv4Fragment(header) ? undefined : parseBody(rest, header);
  if (whole?.ok === true) return { ...header, body: whole.value };
  return { ...header, body: quotedBody(rest, header.proto) };
}

/** As `readQuotedIpv4`, for the packet that an ICMPv6 error quotes. */
export function readQuotedIpv6(octets: Uint8Array): Ipv6Packet | undefined {
  const read = readIpv6Header(octets);
  if (!read.ok) return undefined;
  const { header, bodyAt } = read.value;
  const rest = octets.subarray(bodyAt);
  const whole = isIpv6Fragment(header) ? undefined : parseBody(rest, header);
  if (whole?.ok === true) return { ...header, body: whole.value };
  return { ...header, body: quotedBody(rest, header.proto) };
}

/** The first 8 octets of a transport header hold the ports. */
function quotedBody(octets: Uint8Array, proto: number): L4Body {
  const opaque = { kind: 'opaque', octets: octets.slice() } as const;
  if (octets.length < 8) return opaque;
  const ports = get32(octets, 0);
  const srcPort = ports >>> 16;
  const dstPort = ports & 0xffff;
  if (proto === IPPROTO.udp) return { kind: 'udp', srcPort, dstPort, payload: octets.slice(8) };
  if (proto === IPPROTO.icmp || proto === IPPROTO.icmpv6) {
    const type = octets[0] ?? 0;
    return {
      kind: 'icmp',
      type,
      code: octets[1] ?? 0,
      rest: get32(octets, 4),
      payload: octets.slice(8),
    };
  }
  if (proto !== IPPROTO.tcp) return opaque;
  const seq = get32(octets, 4);
  return {
    kind: 'tcp',
    srcPort,
    dstPort,
    seq,
    ack: 0,
    flags: 0,
    window: 0,
    options: {},
    payload: NO_OCTETS,
  };
}
