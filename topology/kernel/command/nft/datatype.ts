import {
  formatIp,
  formatMac,
  type Mac,
  parseIpv4,
  parseIpv6,
  parseMac,
} from '../../../addr/index.js';
import { fail, ok, type Result } from '../../../base/index.js';
import type { NftConstant, NftType, NftValue } from '../../nft.js';
import {
  CODES_ICMP,
  CODES_ICMPV6,
  DSCP,
  ICMP_TYPES,
  ICMPV6_TYPES,
  INET_PROTOS,
  SERVICES,
} from './names.js';

/** How values of a data type are written. */
export interface DataType {
  readonly bits: number;
  /** A bit mask: several names may be joined by commas, and compare by any bit in common. */
  readonly flags?: boolean;
  /** Names of values; the first of equal values is the one that is printed. */
  readonly names?: readonly (readonly [name: string, value: number])[];
  /** Hexadecimal digits of a value without a name; decimal when absent. */
  readonly hexDigits?: number;
}

/** The data types (nftables' src/datatype.c, src/meta.c, src/ct.c, src/fib.c). */
export const DATA_TYPES: Readonly<Record<NftType, DataType>> = {
  integer: { bits: 32 },
  boolean: {
    bits: 1,
    names: [
      ['exists', 1],
      ['missing', 0],
    ],
  },
  string: { bits: 128 },
  verdict: { bits: 32 },
  ipv4_addr: { bits: 32 },
  ipv6_addr: { bits: 128 },
  ether_addr: { bits: 48 },
  ether_type: {
    bits: 16,
    names: [
      ['ip', 0x0800],
      ['arp', 0x0806],
      ['ip6', 0x86dd],
      ['8021q', 0x8100],
      ['8021ad', 0x88a8],
      ['vlan', 0x8100],
    ],
    hexDigits: 4,
  },
  arp_op: {
    bits: 16,
    names: [
      ['request', 1],
      ['reply', 2],
      ['rrequest', 3],
      ['rreply', 4],
    ],
  },
  inet_proto: { bits: 8, names: INET_PROTOS },
  inet_service: { bits: 16 },
  nf_proto: {
    bits: 8,
    names: [
      ['ipv4', 2],
      ['ipv6', 10],
    ],
  },
  mark: { bits: 32, hexDigits: 8 },
  ifname: { bits: 128 },
  iface_index: { bits: 32 },
  iface_type: {
    bits: 16,
    names: [
      ['ether', 1],
      ['ppp', 512],
      ['ipip', 768],
      ['loopback', 772],
    ],
  },
  pkt_type: {
    bits: 8,
    names: [
      ['host', 0],
      ['unicast', 0],
      ['broadcast', 1],
      ['multicast', 2],
      ['other', 3],
    ],
  },
  uid: {
    bits: 32,
    names: [
      ['root', 0],
      ['nobody', 65534],
    ],
  },
  gid: {
    bits: 32,
    names: [
      ['root', 0],
      ['nogroup', 65534],
    ],
  },
  time: { bits: 32 },
  dscp: { bits: 6, names: DSCP, hexDigits: 2 },
  ecn: {
    bits: 2,
    names: [
      ['not-ect', 0],
      ['ect1', 1],
      ['ect0', 2],
      ['ce', 3],
    ],
  },
  tcp_flag: {
    bits: 8,
    flags: true,
    names: [
      ['fin', 0x01],
      ['syn', 0x02],
      ['rst', 0x04],
      ['psh', 0x08],
      ['ack', 0x10],
      ['urg', 0x20],
      ['ecn', 0x40],
      ['cwr', 0x80],
    ],
    hexDigits: 1,
  },
  icmp_type: { bits: 8, names: ICMP_TYPES },
  icmp_code: { bits: 8, names: CODES_ICMP },
  icmpv6_type: { bits: 8, names: ICMPV6_TYPES },
  icmpv6_code: { bits: 8, names: CODES_ICMPV6 },
  ct_state: {
    bits: 32,
    flags: true,
    names: [
      ['invalid', 1],
      ['established', 2],
      ['related', 4],
      ['new', 8],
      ['untracked', 64],
    ],
    hexDigits: 1,
  },
  ct_dir: {
    bits: 8,
    names: [
      ['original', 0],
      ['reply', 1],
    ],
  },
  ct_status: {
    bits: 32,
    flags: true,
    names: [
      ['expected', 0x1],
      ['seen-reply', 0x2],
      ['assured', 0x4],
      ['confirmed', 0x8],
      ['snat', 0x10],
      ['dnat', 0x20],
      ['dying', 0x200],
    ],
    hexDigits: 1,
  },
  fib_addrtype: {
    bits: 32,
    names: [
      ['unspec', 0],
      ['unicast', 1],
      ['local', 2],
      ['broadcast', 3],
      ['anycast', 4],
      ['multicast', 5],
      ['blackhole', 6],
      ['unreachable', 7],
      ['prohibit', 8],
    ],
  },
};

/** Codes of `reject with icmpx`. */
export const ICMPX_CODES: readonly string[] = [
  'no-route',
  'port-unreachable',
  'host-unreachable',
  'admin-prohibited',
];

/** Names that a `reject with` takes for a protocol's codes. */
export function rejectCodes(protocol: 'icmp' | 'icmpv6' | 'icmpx'): readonly string[] {
  if (protocol === 'icmpx') return ICMPX_CODES;
  const codes = protocol === 'icmp' ? CODES_ICMP : CODES_ICMPV6;
  return codes.map(([name]) => name);
}

/** The type of that name, if there is one. */
export function dataTypeNamed(name: string): NftType | undefined {
  return Object.keys(DATA_TYPES).find((type): type is NftType => type === name);
}

/** Reads a constant of a type; the failure is what nft says of it. */
export function parseConstant(type: NftType, text: string): Result<NftConstant, string> {
  const value = parseValue(type, text);
  return value.ok ? ok({ expr: 'value', type, value: value.value }) : value;
}

function parseValue(type: NftType, text: string): Result<NftValue, string> {
  switch (type) {
    case 'ipv4_addr': {
      const parsed = parseIpv4(text);
      if (parsed.ok) return parsed;
      if (/^\d+$/.test(text)) return ok(Number(text) >>> 0);
      return fail(unresolved(parseIpv6(text).ok));
    }
    case 'ipv6_addr': {
      const parsed = parseIpv6(text);
      return parsed.ok ? parsed : fail(unresolved(parseIpv4(text).ok));
    }
    case 'ether_addr': {
      const parsed = parseMac(text);
      return parsed.ok ? parsed : fail("Can't parse link layer address");
    }
    case 'ifname':
    case 'string':
    case 'iface_index':
      return ok(text);
    case 'time': {
      const ms = parseTime(text);
      return ms === undefined ? fail('Could not parse time') : ok(Math.floor(ms / 1000));
    }
    default:
      return parseNumber(type, text);
  }
}

/** Text that is no address of the family asked for: of the other one, or a name. */
function unresolved(otherFamily: boolean): string {
  const why = otherFamily
    ? 'Address family for hostname not supported'
    : 'Name or service not known';
  return `Could not resolve hostname: ${why}`;
}

function parseNumber(type: NftType, text: string): Result<number, string> {
  const { names = [], bits } = DATA_TYPES[type];
  const named = names.find(([name]) => name === text);
  if (named !== undefined) return ok(named[1]);
  if (/^(\d+|0[xX][0-9a-fA-F]+)$/.test(text)) {
    const value = Number(text);
    if (value < 2 ** bits) return ok(value);
    return fail(RANGE_TEXT[type] ?? `Value ${text} exceeds valid range 0-${2 ** bits - 1}`);
  }
  if (type === 'inet_service') {
    const port = SERVICES.get(text);
    if (port !== undefined) return ok(port);
  }
  return fail(UNKNOWN_TEXT[type] ?? `Could not parse ${WHAT[type]}`);
}

const RANGE_TEXT: Partial<Record<NftType, string>> = {
  inet_service: 'Service out of range',
  inet_proto: 'Protocol out of range',
};

const UNKNOWN_TEXT: Partial<Record<NftType, string>> = {
  inet_service: 'Could not resolve service: Servname not supported for ai_socktype',
  inet_proto: 'Could not resolve protocol name',
  integer: "Can't parse symbolic invalid expressions",
  uid: 'User does not exist',
  gid: 'Group does not exist',
};

const WHAT: Readonly<Record<NftType, string>> = {
  integer: 'integer',
  boolean: 'boolean type',
  string: 'string',
  verdict: 'netfilter verdict',
  ipv4_addr: 'IPv4 address',
  ipv6_addr: 'IPv6 address',
  ether_addr: 'Ethernet address',
  ether_type: 'Ethernet protocol',
  arp_op: 'ARP operation',
  inet_proto: 'Internet protocol',
  inet_service: 'internet network service',
  nf_proto: 'netfilter protocol',
  mark: 'packet mark',
  ifname: 'network interface name',
  iface_index: 'network interface index',
  iface_type: 'network interface type',
  pkt_type: 'packet type',
  uid: 'user ID',
  gid: 'group ID',
  time: 'relative time',
  dscp: 'Differentiated Services Code Point',
  ecn: 'Explicit Congestion Notification',
  tcp_flag: 'TCP flag',
  icmp_type: 'ICMP type',
  icmp_code: 'icmp code',
  icmpv6_type: 'ICMPv6 type',
  icmpv6_code: 'icmpv6 code',
  ct_state: 'conntrack state',
  ct_dir: 'conntrack direction',
  ct_status: 'conntrack status',
  fib_addrtype: 'fib address type',
};

/** The words that nft has for a data type in its messages. */
export function describeType(type: NftType): string {
  return WHAT[type];
}

/** Writes a constant as `nft list` does. */
export function formatConstant({ type, value }: NftConstant): string {
  switch (type) {
    case 'ipv4_addr':
    case 'ipv6_addr':
      return formatAddress(value);
    case 'ether_addr':
      // A value of this type was made by parseMac or read from a frame.
      return typeof value === 'number' ? formatMac(value as Mac) : String(value);
    case 'ifname':
    case 'iface_index':
    case 'string':
      return `"${value}"`;
    case 'time':
      return formatTime(Number(value) * 1000);
    case 'uid':
    case 'gid':
      return `${value}`;
    default:
      return formatNumber(type, Number(value));
  }
}

function formatAddress(value: NftValue): string {
  if (typeof value === 'string') return value;
  return formatIp(value as Parameters<typeof formatIp>[0]);
}

function formatNumber(type: NftType, value: number): string {
  const { names, flags, hexDigits } = DATA_TYPES[type];
  const named = names?.find(([, known]) => known === value);
  if (named !== undefined) return named[0];
  if (flags === true && value !== 0) {
    const set = (names ?? []).filter(([, bit]) => (value & bit) !== 0);
    const rest = set.reduce((left, [, bit]) => left & ~bit, value);
    if (rest === 0) return set.map(([name]) => name).join(',');
  }
  return hexDigits === undefined ? `${value}` : `0x${value.toString(16).padStart(hexDigits, '0')}`;
}

const TIME_UNITS = [
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Reads `1h30m`, `500ms` or plain seconds, as milliseconds; undefined when it is none. */
export function parseTime(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(ms|[wdhms]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[wdhms])/g)) {
    total += Number(count) * (TIME_UNITS.find(([name]) => name === unit)?.[1] ?? 0);
  }
  return total;
}

/** Writes milliseconds as `1h30m`. */
export function formatTime(ms: number): string {
  if (ms === 0) return '0s';
  let left = ms;
  let text = '';
  for (const [name, size] of TIME_UNITS) {
    if (name === 'w') continue;
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${name}`;
    left -= count * size;
  }
  return text;
}
