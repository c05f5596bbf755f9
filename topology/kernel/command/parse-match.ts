import { comment } from './match-comment.js';
import { CONNECTION_MATCHES } from './match-connection.js';
import { PACKET_MATCHES, TTL_MATCHES } from './match-packet.js';
import { PLACE_MATCHES } from './match-place.js';
import { RATE_MATCHES } from './match-rate.js';
import { recent } from './match-recent.js';
import { set } from './match-set.js';
import { ICMP_MATCHES, TRANSPORT_MATCHES } from './match-transport.js';
import type { MatchMaker } from './rule-draft.js';

const SHARED: Readonly<Record<string, MatchMaker>> = {
  ...TRANSPORT_MATCHES,
  ...CONNECTION_MATCHES,
  ...PACKET_MATCHES,
  ...PLACE_MATCHES,
  ...RATE_MATCHES,
  recent,
  set: () => set(),
  comment: () => comment(),
};

const BY_FAMILY: Readonly<Record<'ipv4' | 'ipv6', ReadonlyMap<string, MatchMaker>>> = {
  ipv4: new Map(Object.entries({ ...SHARED, ...ICMP_MATCHES.ipv4, ...TTL_MATCHES.ipv4 })),
  ipv6: new Map(Object.entries({ ...SHARED, ...ICMP_MATCHES.ipv6, ...TTL_MATCHES.ipv6 })),
};

/** Extensions of iptables that exist and are not modelled. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'ah',
  'bpf',
  'cgroup',
  'cluster',
  'connlabel',
  'cpu',
  'devgroup',
  'dst',
  'ecn',
  'esp',
  'eui64',
  'frag',
  'hbh',
  'helper',
  'ipcomp',
  'ipv6header',
  'ipvs',
  'mh',
  'nfacct',
  'osf',
  'policy',
  'quota',
  'rateest',
  'realm',
  'rt',
  'socket',
  'srh',
  'time',
]);

/** Extensions of `-m` that are read, in either family. */
export const EXTENSIONS: readonly string[] = [
  ...new Set([...BY_FAMILY.ipv4.keys(), ...BY_FAMILY.ipv6.keys()]),
];

/** The extension of a name in a family; 'unsupported' when iptables has it and podnet has not. */
export function findMatch(
  name: string,
  family: 'ipv4' | 'ipv6',
): MatchMaker | 'unsupported' | undefined {
  return BY_FAMILY[family].get(name) ?? (UNSUPPORTED.has(name) ? 'unsupported' : undefined);
}

/** Protocols whose extension `-p` brings with it, by number. */
export const PROTO_EXTENSIONS: Readonly<Record<number, string>> = {
  6: 'tcp',
  17: 'udp',
  132: 'sctp',
  33: 'dccp',
  1: 'icmp',
  58: 'icmp6',
};
