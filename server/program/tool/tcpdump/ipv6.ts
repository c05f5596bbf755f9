/** IPv6 and ICMPv6 with neighbour discovery (print-ip6.c, print-frag6.c, print-icmp6.c). */
import { type Ipv6, pseudoSum6 } from '../../../../topology/index.js';
import { bitNames, type Dissector, hex, shouldBe } from './dissector.js';
import { hexDump } from './hex.js';
import { PROTOCOLS } from './ipv4.js';
import { printTcp, type TransportBody } from './tcp.js';
import { printUdp } from './udp.js';

const HEADER_BYTES = 40;
const FRAGMENT = 44;
const HOP_BY_HOP = 0;
const ICMPV6 = 58;

/** An IPv6 packet; `length` is what the layer below says there is. */
export function printIpv6(d: Dissector, at: number, length: number): void {
  d.protocol = 'ip6';
  if (length < HEADER_BYTES) {
    d.put(`truncated-ip6 ${length}`);
    return;
  }
  if (!d.style.link) d.put('IP6 ');
  const payload = d.u16(at + 4);
  const total = payload + HEADER_BYTES;
  if (length < total) d.put(`truncated-ip6 - ${total - length} bytes missing!`);
  const next = d.u8(at + 6);
  if (d.style.verbosity > 0) {
    const flow = d.u32(at);
    const trafficClass = (flow >>> 20) & 0xff;
    d.put('(');
    if (trafficClass !== 0) d.put(`class 0x${hex(trafficClass, 2)}, `);
    if ((flow & 0xfffff) !== 0) d.put(`flowlabel 0x${hex(flow & 0xfffff, 5)}, `);
    d.put(`hlim ${d.u8(at + 7)}, next-header ${PROTOCOLS.get(next) ?? 'unknown'}`);
    d.put(` (${next}) payload length: ${payload}) `);
  }
  d.within(at + total, () => printHeaders(d, { at, next, payload }));
}

function printHeaders(
  d: Dissector,
  packet: { readonly at: number; readonly next: number; readonly payload: number },
): void {
  const { at, payload } = packet;
  let { next } = packet;
  let cursor = at + HEADER_BYTES;
  let fragmented = false;
  const src = d.ipv6(at + 8);
  const dst = d.ipv6(at + 24);
  if (next !== 6 && next !== 17 && next !== 132) d.put(`${src} > ${dst}: `);
  while (next === FRAGMENT || next === HOP_BY_HOP) {
    const following = d.u8(cursor);
    if (next === HOP_BY_HOP) {
      d.put(`HBH ${d.style.verbosity > 0 ? hopByHopWords(d, cursor) : ''}`);
      cursor += (d.u8(cursor + 1) + 1) * 8;
    } else {
      const offset = d.u16(cursor + 2);
      const size = HEADER_BYTES + payload - (cursor - at) - 8;
      const ident = d.style.verbosity > 0 ? `0x${hex(d.u32(cursor + 4), 8)}:` : '';
      d.put(`frag (${ident}${offset & 0xfff8}|${size})`);
      if ((offset & 0xfff8) !== 0) return;
      d.put(' ');
      fragmented = true;
      cursor += 8;
    }
    next = following;
  }
  const body: TransportBody = {
    at: cursor,
    length: at + HEADER_BYTES + payload - cursor,
    fragmented,
    src,
    dst,
    isAddressed: d.u8(at + 6) === next,
    pseudoSum: (bytes, number) => {
      return pseudoSum6(address(d, at + 8), address(d, at + 24), number, bytes);
    },
  };
  if (next === 6) printTcp(d, body);
  else if (next === 17) printUdp(d, body);
  else if (next === ICMPV6) printIcmp6(d, body);
  else if (next === 59) d.put('no next header');
  else d.put(` ip-proto-${next} ${body.length}`);
}

/** Options of the hop-by-hop header (ip6_opt_print). */
function hopByHopWords(d: Dissector, at: number): string {
  const end = at + (d.u8(at + 1) + 1) * 8;
  let words = '';
  for (let cursor = at + 2; cursor < end; ) {
    const type = d.u8(cursor);
    if (type === 0) words += '(pad1) ';
    else if (type === 1) words += '(padn) ';
    else if (type === 5) words += `(rtalert: 0x${hex(d.u16(cursor + 2), 4)}) `;
    else words += `(opt_type 0x${hex(type, 2)}: len=${d.u8(cursor + 1)}) `;
    cursor += type === 0 ? 1 : 2 + d.u8(cursor + 1);
  }
  return words;
}

function address(d: Dissector, at: number): Ipv6 {
  let value = 0n;
  for (let index = 0; index < 16; index++) value = (value << 8n) | BigInt(d.u8(at + index));
  return value as Ipv6;
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'destination unreachable'],
  [2, 'packet too big'],
  [3, 'time exceeded in-transit'],
  [4, 'parameter problem'],
  [128, 'echo request'],
  [129, 'echo reply'],
  [130, 'multicast listener query'],
  [131, 'multicast listener report'],
  [132, 'multicast listener done'],
  [133, 'router solicitation'],
  [134, 'router advertisement'],
  [135, 'neighbor solicitation'],
  [136, 'neighbor advertisement'],
  [137, 'redirect'],
  [143, 'multicast listener report v2'],
]);

const UNREACHABLE = [
  'unreachable route',
  // With tcpdump's own second space.
  ' unreachable prohibited',
  'beyond scope',
  'unreachable address',
  'unreachable port',
];

const PROBLEMS = ['erroneous', 'next header', 'option'];

const NEIGHBOR_FLAGS = [
  [0x80, 'router'],
  [0x40, 'solicited'],
  [0x20, 'override'],
] as const;

const ROUTER_FLAGS = [
  [0x80, 'managed'],
  [0x40, 'other stateful'],
  [0x20, 'home agent'],
] as const;

/** Types whose length comes early when -v is given. */
const EARLY_LENGTH = new Set([133, 134, 135, 136, 137]);

function printIcmp6(d: Dissector, body: TransportBody): void {
  d.protocol = 'icmp6';
  const { at, length } = body;
  const verbose = d.style.verbosity > 0;
  if (verbose && !body.fragmented && d.has(at, length)) {
    const sum = d.checksum(at, length, body.pseudoSum(length, ICMPV6));
    const found = d.u16(at + 2);
    if (sum === 0) d.put('[icmp6 sum ok] ');
    else d.put(`[bad icmp6 cksum 0x${hex(found, 4)} -> 0x${hex(shouldBe(found, sum), 4)}!] `);
  }
  const type = d.u8(at);
  d.put(`ICMP6, ${TYPES.get(type) ?? `unknown icmp6 type (${type})`}`);
  if (verbose && EARLY_LENGTH.has(type)) d.put(`, length ${length}`);
  printIcmp6Rest(d, body, type);
  if (!verbose) d.put(`, length ${length}`);
}

function printIcmp6Rest(d: Dissector, { at, length }: TransportBody, type: number): void {
  const verbose = d.style.verbosity > 0;
  switch (type) {
    case 1:
      d.put(`, ${unreachableWords(d, at)}`);
      return;
    case 2:
      d.put(`, mtu ${d.u32(at + 4)}`);
      return;
    case 3:
      if (d.u8(at + 1) === 0) d.put(` for ${d.ipv6(at + 8 + 24)}`);
      else d.put(' (reassembly)');
      return;
    case 4:
      d.put(`, ${PROBLEMS[d.u8(at + 1)] ?? `code-#${d.u8(at + 1)}`} - octet ${d.u32(at + 4)}`);
      return;
    case 130:
    case 131:
    case 132:
      d.put(`max resp delay: ${d.u16(at + 4)} addr: ${d.ipv6(at + 8)}`);
      return;
    case 143:
      d.put(`, ${d.u16(at + 6)} group record(s)`);
      if (verbose) printGroupRecords(d, at + 8, d.u16(at + 6));
      return;
    case 128:
    case 129:
      d.put(`, id ${d.u16(at + 4)}, seq ${d.u16(at + 6)}`);
      return;
    case 133:
      if (verbose) printOptions(d, at + 8, length - 8);
      return;
    case 134: {
      const preference = ['medium', 'high', '0x2', 'low'][(d.u8(at + 5) >> 3) & 3];
      if (!verbose) return;
      d.put(`\n\thop limit ${d.u8(at + 4)}, Flags [${bitNames(ROUTER_FLAGS, d.u8(at + 5))}]`);
      d.put(`, pref ${preference}, router lifetime ${d.u16(at + 6)}s`);
      d.put(`, reachable time ${d.u32(at + 8)}ms, retrans timer ${d.u32(at + 12)}ms`);
      printOptions(d, at + 16, length - 16);
      return;
    }
    case 135:
      d.put(`, who has ${d.ipv6(at + 8)}`);
      if (verbose) printOptions(d, at + 24, length - 24);
      return;
    case 136:
      d.put(`, tgt is ${d.ipv6(at + 8)}`);
      if (!verbose) return;
      d.put(`, Flags [${bitNames(NEIGHBOR_FLAGS, d.u8(at + 4))}]`);
      printOptions(d, at + 24, length - 24);
      return;
    case 137:
      d.put(`, ${d.ipv6(at + 24)} to ${d.ipv6(at + 8)}`);
      if (verbose) printOptions(d, at + 40, length - 40);
  }
}

function unreachableWords(d: Dissector, at: number): string {
  const code = d.u8(at + 1);
  const inner = at + 8;
  const dst = d.ipv6(inner + 24);
  const words = UNREACHABLE[code] ?? `unknown unreach code (${code})`;
  if (code === 0 || code === 1 || code === 3) return `${words} ${dst}`;
  if (code === 2) return `${words} ${dst}, source address ${d.ipv6(inner + 8)}`;
  if (code !== 4) return words;
  const protocol = d.u8(inner + 6);
  const port = d.u16(inner + HEADER_BYTES + 2);
  if (protocol === 6) return `${words}, ${dst} tcp port ${d.port(port, 'tcp')}`;
  if (protocol === 17) return `${words}, ${dst} udp port ${d.port(port, 'udp')}`;
  return `${words}, ${dst} protocol ${protocol} port ${port} unreachable`;
}

const PREFIX_FLAGS = [
  [0x80, 'onlink'],
  [0x40, 'auto'],
  [0x20, 'router'],
] as const;

function prefixWords(d: Dissector, at: number): string {
  const [valid, preferred] = [at + 4, at + 8].map((from) => d.u32(from));
  const flags = bitNames(PREFIX_FLAGS, d.u8(at + 3));
  const prefix = `${d.ipv6(at + 16)}/${d.u8(at + 2)}`;
  return `${prefix}, Flags [${flags}], valid time ${lifetime(valid)}, pref. time ${lifetime(preferred)}`;
}

function lifetime(seconds = 0): string {
  return seconds === 0xffffffff ? 'infinity' : `${seconds}s`;
}

const RECORD_TYPES = ['', 'is_in', 'is_ex', 'to_in', 'to_ex', 'allow', 'block'];

/** Records of a multicast listener report (mldv2_report_print). */
function printGroupRecords(d: Dissector, from: number, count: number): void {
  let at = from;
  for (let index = 0; index < count; index++) {
    const sources = d.u16(at + 2);
    const type = d.u8(at);
    d.put(` [gaddr ${d.ipv6(at + 4)} ${RECORD_TYPES[type] ?? `[v2-report-#${type}]`}`);
    if (d.style.verbosity <= 1) d.put(`, ${sources} source(s)]`);
    else {
      const list = Array.from({ length: sources }, (_, nth) => d.ipv6(at + 20 + nth * 16));
      d.put(` { ${list.map((each) => `${each} `).join('')}}]`);
    }
    at += 20 + sources * 16 + d.u8(at + 1) * 4;
  }
}

const OPTION_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'source link-address'],
  [2, 'destination link-address'],
  [3, 'prefix info'],
  [4, 'redirected header'],
  [5, 'mtu'],
]);

/** Options of neighbour discovery (icmp6_opt_print). */
function printOptions(d: Dissector, from: number, bytes: number): void {
  for (let at = from; at < from + bytes; ) {
    const type = d.u8(at);
    const size = d.u8(at + 1) * 8;
    if (size === 0) return;
    d.put(
      `\n\t  ${OPTION_NAMES.get(type) ?? 'unknown'} option (${type}), length ${size} (${size / 8}): `,
    );
    if (type === 1 || type === 2) d.put(d.mac(at + 2));
    else if (type === 5) d.put(` ${d.u32(at + 4)}`);
    else if (type === 3) d.put(prefixWords(d, at));
    if (d.style.verbosity > 1 || !OPTION_NAMES.has(type)) {
      const shown = d.octets.subarray(at + 2, Math.min(at + size, d.end));
      d.put(hexDump(shown, { ascii: false }).replaceAll('\n\t', '\n\t    '));
    }
    at += size;
  }
}
