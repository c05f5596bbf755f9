import type { NftExpr, NftFamily, NftType } from '../../nft.js';

type Fields = Readonly<Record<string, NftType>>;

/** Header fields that rules may look at, with their types (nftables' src/proto.c). */
export const HEADER_FIELDS: Readonly<Record<string, Fields>> = {
  ether: { saddr: 'ether_addr', daddr: 'ether_addr', type: 'ether_type' },
  arp: {
    operation: 'arp_op',
    htype: 'integer',
    ptype: 'ether_type',
    'saddr ip': 'ipv4_addr',
    'daddr ip': 'ipv4_addr',
    'saddr ether': 'ether_addr',
    'daddr ether': 'ether_addr',
  },
  ip: {
    version: 'integer',
    hdrlength: 'integer',
    dscp: 'dscp',
    ecn: 'ecn',
    length: 'integer',
    id: 'integer',
    'frag-off': 'integer',
    ttl: 'integer',
    protocol: 'inet_proto',
    checksum: 'integer',
    saddr: 'ipv4_addr',
    daddr: 'ipv4_addr',
  },
  ip6: {
    version: 'integer',
    dscp: 'dscp',
    ecn: 'ecn',
    flowlabel: 'integer',
    length: 'integer',
    nexthdr: 'inet_proto',
    hoplimit: 'integer',
    saddr: 'ipv6_addr',
    daddr: 'ipv6_addr',
  },
  icmp: {
    type: 'icmp_type',
    code: 'icmp_code',
    checksum: 'integer',
    id: 'integer',
    sequence: 'integer',
    gateway: 'integer',
    mtu: 'integer',
  },
  icmpv6: {
    type: 'icmpv6_type',
    code: 'icmpv6_code',
    checksum: 'integer',
    id: 'integer',
    sequence: 'integer',
    mtu: 'integer',
  },
  tcp: {
    sport: 'inet_service',
    dport: 'inet_service',
    sequence: 'integer',
    ackseq: 'integer',
    doff: 'integer',
    flags: 'tcp_flag',
    window: 'integer',
    checksum: 'integer',
  },
  udp: { sport: 'inet_service', dport: 'inet_service', length: 'integer', checksum: 'integer' },
  udplite: { sport: 'inet_service', dport: 'inet_service' },
  sctp: { sport: 'inet_service', dport: 'inet_service', vtag: 'integer' },
  th: { sport: 'inet_service', dport: 'inet_service' },
};

/** Protocol number that a transport header stands for. */
export const HEADER_PROTO: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
};

/** Keys of `meta`. Those of `UNQUALIFIED_META` may be written without the word. */
export const META_KEYS: Fields = {
  length: 'integer',
  protocol: 'ether_type',
  nfproto: 'nf_proto',
  l4proto: 'inet_proto',
  priority: 'integer',
  mark: 'mark',
  iif: 'iface_index',
  iifname: 'ifname',
  iiftype: 'iface_type',
  oif: 'iface_index',
  oifname: 'ifname',
  oiftype: 'iface_type',
  skuid: 'uid',
  skgid: 'gid',
  pkttype: 'pkt_type',
  cpu: 'integer',
  random: 'integer',
  iifgroup: 'integer',
  oifgroup: 'integer',
  cgroup: 'integer',
  ibrname: 'ifname',
  obrname: 'ifname',
};

/** Keys of `meta` that are printed without the word (meta_key_is_unqualified). */
export const UNQUALIFIED_META: ReadonlySet<string> = new Set([
  'iif',
  'oif',
  'iifname',
  'oifname',
  'iifgroup',
  'oifgroup',
]);

/** Keys of `meta` that may be written without the word. */
export const BARE_META: ReadonlySet<string> = new Set([
  ...UNQUALIFIED_META,
  'mark',
  'skuid',
  'skgid',
  'iiftype',
  'oiftype',
  'ibrname',
  'obrname',
]);

/** Keys of `ct`; those with a direction are in `CT_DIRECTION_KEYS`. */
export const CT_KEYS: Fields = {
  state: 'ct_state',
  direction: 'ct_dir',
  status: 'ct_status',
  mark: 'mark',
  expiration: 'time',
  helper: 'string',
  id: 'integer',
  zone: 'integer',
};

/** Keys of `ct original` and `ct reply`. */
export const CT_DIRECTION_KEYS: Fields = {
  'ip saddr': 'ipv4_addr',
  'ip daddr': 'ipv4_addr',
  'ip6 saddr': 'ipv6_addr',
  'ip6 daddr': 'ipv6_addr',
  l3proto: 'nf_proto',
  protocol: 'inet_proto',
  'proto-src': 'inet_service',
  'proto-dst': 'inet_service',
};

const FIB_TYPES = { oif: 'iface_index', oifname: 'ifname', type: 'fib_addrtype' } as const;

/** The data types of an expression, one for each part of a concatenation. */
export function typesOf(expr: NftExpr): readonly NftType[] {
  switch (expr.expr) {
    case 'value':
      return [expr.type];
    case 'range':
      return [expr.from.type];
    case 'prefix':
      return [expr.base.type];
    case 'concat':
      return expr.parts.flatMap(typesOf);
    case 'list':
      return expr.values[0] === undefined ? ['integer'] : [expr.values[0].type];
    case 'payload':
      return [HEADER_FIELDS[expr.header]?.[expr.field] ?? 'integer'];
    case 'meta':
      return [META_KEYS[expr.key] ?? 'integer'];
    case 'ct':
      return [(expr.direction === undefined ? CT_KEYS : CT_DIRECTION_KEYS)[expr.key] ?? 'integer'];
    case 'fib':
      return [FIB_TYPES[expr.result]];
    case 'binary':
      return typesOf(expr.left);
    case 'map':
      return expr.map.expr === 'set' ? dataTypesOf(expr.map.elements[0]?.data) : ['integer'];
    case 'verdict':
      return ['verdict'];
    case 'set':
      return expr.elements[0] === undefined ? ['integer'] : typesOf(expr.elements[0].key);
    default:
      return ['integer'];
  }
}

function dataTypesOf(data: NftExpr | undefined): readonly NftType[] {
  return data === undefined ? ['integer'] : typesOf(data);
}

/** The network family that a header or key belongs to, if it names one. */
export function familyOfExpr(expr: NftExpr): 'ip' | 'ip6' | undefined {
  if (expr.expr === 'payload' && (expr.header === 'ip' || expr.header === 'ip6'))
    return expr.header;
  return undefined;
}

/** Type of the addresses of a table's family; undefined for inet and others. */
export function addressType(family: NftFamily): NftType | undefined {
  if (family === 'ip') return 'ipv4_addr';
  return family === 'ip6' ? 'ipv6_addr' : undefined;
}
