/** IPv4 and ICMP (print-ip.c, print-icmp.c). */
import { type Ipv4, pseudoSum4 } from '../../../../topology/index.js';
import { bitNames, type Dissector, hex, shouldBe } from './dissector.js';
import { printTcp } from './tcp.js';
import { printUdp } from './udp.js';

/** Names of protocol numbers, as -v tells them. */
export const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'Options'],
  [1, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IPIP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [41, 'IPv6'],
  [44, 'Fragment'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'ICMPv6'],
  [89, 'OSPF'],
  [132, 'SCTP'],
]);

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [2, 'igmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [58, 'ipv6-icmp'],
  [132, 'sctp'],
]);

const FRAGMENT_FLAGS = [
  [0x2000, '+'],
  [0x4000, 'DF'],
  [0x8000, 'rsvd'],
] as const;
const ECN = ['', ',ECT(1)', ',ECT(0)', ',CE'];

/** An IPv4 packet; `length` is what the layer below says there is. */
export function printIpv4(d: Dissector, at: number, length: number): void {
  d.protocol = 'ip';
  if (length < 20) {
    d.put(`truncated-ip ${length}`);
    return;
  }
  const version = d.u8(at) >> 4;
  if (version !== 4) {
    d.put(`IP${version} (invalid)`);
    return;
  }
  if (!d.style.link) d.put('IP ');
  const headerBytes = (d.u8(at) & 15) * 4;
  const total = d.u16(at + 2);
  if (headerBytes < 20) {
    d.put(`bad-hlen ${headerBytes}`);
    return;
  }
  if (length < total) d.put(`truncated-ip - ${total - length} bytes missing! `);
  if (total < headerBytes) {
    d.put(`bad-len ${total}`);
    return;
  }
  d.within(at + total, () => printPacket(d, { at, headerBytes, total }));
}

function printPacket(
  d: Dissector,
  packet: { readonly at: number; readonly headerBytes: number; readonly total: number },
): void {
  const { at, headerBytes, total } = packet;
  const fragment = d.u16(at + 6);
  const protocol = d.u8(at + 9);
  if (d.style.verbosity > 0) {
    const tos = d.u8(at + 1);
    const flags = bitNames(FRAGMENT_FLAGS, fragment & 0xe000);
    const ttl = d.u8(at + 8);
    d.put(`(tos 0x${hex(tos)}${ECN[tos & 3] ?? ''}${ttl >= 1 ? `, ttl ${ttl}` : ''}`);
    d.put(`, id ${d.u16(at + 4)}, offset ${(fragment & 0x1fff) * 8}, flags [${flags}]`);
    d.put(`, proto ${PROTOCOLS.get(protocol) ?? 'unknown'} (${protocol}), length ${total}`);
    if (headerBytes > 20) d.put(`, options (${ipOptions(d, at + 20, headerBytes - 20)})`);
    if (!d.style.unverified && d.has(at, headerBytes)) {
      const sum = d.checksum(at, headerBytes);
      const found = d.u16(at + 10);
      if (sum !== 0) d.put(`, bad cksum ${hex(found)} (->${hex(shouldBe(found, sum))})!`);
    }
    d.put(')\n    ');
  }
  const src = d.ipv4(at + 12);
  const dst = d.ipv4(at + 16);
  if ((fragment & 0x1fff) !== 0) {
    const name = d.style.numeric ? undefined : PROTOCOL_NAMES.get(protocol);
    d.put(`${src} > ${dst}: ${name ?? `ip-proto-${protocol}`}`);
    return;
  }
  const body = {
    at: at + headerBytes,
    length: total - headerBytes,
    fragmented: (fragment & 0x2000) !== 0,
    src,
    dst,
    isAddressed: true,
    pseudoSum: (bytes: number, number: number) =>
      pseudoSum4(d.u32(at + 12) as Ipv4, d.u32(at + 16) as Ipv4, number, bytes),
  };
  switch (protocol) {
    case 6:
      printTcp(d, body);
      return;
    case 17:
      printUdp(d, body);
      return;
    case 1:
      d.put(`${src} > ${dst}: `);
      printIcmp(d, body);
      return;
    default: {
      const name = d.style.numeric ? undefined : PROTOCOL_NAMES.get(protocol);
      d.put(`${src} > ${dst}:  ${name ?? `ip-proto-${protocol}`} ${body.length}`);
    }
  }
}

function ipOptions(d: Dissector, at: number, bytes: number): string {
  const names: string[] = [];
  for (let done = 0; done < bytes; ) {
    const option = d.u8(at + done);
    if (option === 0) {
      names.push('EOL');
      break;
    }
    names.push(option === 1 ? 'NOP' : option === 7 ? 'RR' : `unknown ${option}`);
    done += option === 1 ? 1 : Math.max(2, d.u8(at + done + 1));
  }
  return names.join(',');
}

const UNREACHABLE: ReadonlyMap<number, (dst: string) => string> = new Map([
  [0, (dst) => `net ${dst} unreachable`],
  [1, (dst) => `host ${dst} unreachable`],
  [5, (dst) => `${dst} unreachable - source route failed`],
  [6, (dst) => `net ${dst} unreachable - unknown`],
  [7, (dst) => `host ${dst} unreachable - unknown`],
  [8, (dst) => `${dst} unreachable - source host isolated`],
  [9, (dst) => `net ${dst} unreachable - admin prohibited`],
  [10, (dst) => `host ${dst} unreachable - admin prohibited`],
  [11, (dst) => `net ${dst} unreachable - tos prohibited`],
  [12, (dst) => `host ${dst} unreachable - tos prohibited`],
  [13, (dst) => `host ${dst} unreachable - admin prohibited filter`],
  [14, (dst) => `host ${dst} unreachable - host precedence violation`],
  [15, (dst) => `host ${dst} unreachable - precedence cutoff`],
]);

const REDIRECT = ['redirect %s to net', 'redirect %s to host', 'redirect-tos %s to net'];

const ICMP_TYPES: ReadonlyMap<number, string> = new Map([
  [4, 'source quench'],
  [9, 'router advertisement'],
  [10, 'router solicitation'],
  [13, 'time stamp query'],
  [14, 'time stamp reply'],
  [17, 'address mask request'],
]);

/** Types that speak of no other packet (ICMP_INFOTYPE). */
function isQuery(type: number): boolean {
  return type === 0 || type === 8 || type === 9 || type === 10 || (type >= 13 && type <= 18);
}

function printIcmp(
  d: Dissector,
  body: { readonly at: number; readonly length: number; readonly fragmented: boolean },
): void {
  d.protocol = 'icmp';
  const { at, length } = body;
  const type = d.u8(at);
  d.put(`ICMP ${icmpWords(d, at, type)}, length ${length}`);
  if (d.style.verbosity === 0) return;
  if (!body.fragmented && d.has(at, length)) {
    const sum = d.checksum(at, length);
    const found = d.u16(at + 2);
    if (sum !== 0) d.put(` (wrong icmp cksum ${hex(found)} (->${hex(shouldBe(found, sum))})!)`);
  }
  if (isQuery(type)) return;
  d.put('\n\t');
  const inner = at + 8;
  const total = d.u16(inner + 2);
  d.within(inner + total, () => d.layers.ipv4(d, inner, total));
}

function icmpWords(d: Dissector, at: number, type: number): string {
  const code = d.u8(at + 1);
  switch (type) {
    case 0:
    case 8:
      return `echo ${type === 8 ? 'request' : 'reply'}, id ${d.u16(at + 4)}, seq ${d.u16(at + 6)}`;
    case 3:
      return unreachableWords(d, at, code);
    case 5: {
      const form = REDIRECT[code] ?? (code === 3 ? 'redirect-tos %s to host' : undefined);
      if (form === undefined) return `redirect-#${code} ${d.ipv4(at + 24)} to ${d.ipv4(at + 4)}`;
      return `${form.replace('%s', d.ipv4(at + 24))} ${d.ipv4(at + 4)}`;
    }
    case 11:
      if (code === 0) return 'time exceeded in-transit';
      return code === 1 ? 'ip reassembly time exceeded' : `time exceeded-#${code}`;
    case 12:
      return code === 0
        ? `parameter problem - octet ${d.u8(at + 4)}`
        : `parameter problem - code ${code}`;
    default:
      return ICMP_TYPES.get(type) ?? `type-#${type}`;
  }
}

function unreachableWords(d: Dissector, at: number, code: number): string {
  const inner = at + 8;
  const dst = d.ipv4(inner + 16);
  const protocol = d.u8(inner + 9);
  if (code === 2) return `${dst} protocol ${protocol} unreachable`;
  if (code === 4) {
    const mtu = d.u16(at + 6);
    return `${dst} unreachable - need to frag${mtu === 0 ? '' : ` (mtu ${mtu})`}`;
  }
  if (code === 3) {
    const port = d.u16(inner + (d.u8(inner) & 15) * 4 + 2);
    if (protocol === 6) return `${dst} tcp port ${d.port(port, 'tcp')} unreachable`;
    if (protocol === 17) return `${dst} udp port ${d.port(port, 'udp')} unreachable`;
    return `${dst} protocol ${protocol} port ${port} unreachable`;
  }
  return UNREACHABLE.get(code)?.(dst) ?? `${dst} unreachable - #${code}`;
}
