import { ICMP4_NAMES, ICMP6_NAMES } from '../wire/icmp.js';
import { IPPROTO } from '../wire/packet.js';

const NAMES: Readonly<Record<number, string>> = {
  [IPPROTO.icmp]: 'icmp',
  [IPPROTO.tcp]: 'tcp',
  [IPPROTO.udp]: 'udp',
  [IPPROTO.icmpv6]: 'icmpv6',
  [IPPROTO.sctp]: 'sctp',
  136: 'udplite',
};

/** A port as a set shows it: `tcp:80`, `icmp:echo-request`. */
export function portText(proto: number, port: number): string {
  const name = NAMES[proto] ?? `${proto}`;
  if (proto !== IPPROTO.icmp && proto !== IPPROTO.icmpv6) return `${name}:${port}`;
  const type = port >> 8;
  const code = port & 0xff;
  const table = proto === IPPROTO.icmp ? ICMP4_NAMES : ICMP6_NAMES;
  const known = table.find((row) => row.type === type && (row.code ?? 0) === code);
  return `${name}:${known?.name ?? `${type}/${code}`}`;
}
