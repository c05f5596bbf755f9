import { formatIp, type Ip } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';
import { IPPROTO } from '../../../wire/packet.js';
import type { Connection } from './connection.js';
import { isIcmpProto, type TupleFields } from './tuple.js';

const PROTO_NAMES: Readonly<Record<number, string>> = {
  [IPPROTO.icmp]: 'icmp',
  [IPPROTO.tcp]: 'tcp',
  [IPPROTO.udp]: 'udp',
  [IPPROTO.icmpv6]: 'icmpv6',
  [IPPROTO.sctp]: 'sctp',
};

/** `tcp`, `udp`, `icmp` …, or `unknown`. */
export function protoName(proto: number): string {
  return PROTO_NAMES[proto] ?? 'unknown';
}

/** An address, with its port when there is one: `10.96.0.10:80`, `[fd00::1]:80`, `10.96.0.10`. */
export function endpointText(address: Ip, port: number | undefined): string {
  if (port === undefined) return formatIp(address);
  return typeof address === 'number'
    ? `${formatIp(address)}:${port}`
    : `[${formatIp(address)}]:${port}`;
}

/** One direction for people: `tcp 10.244.1.2:40001 → 10.96.0.10:80`. */
export function tupleText(tuple: TupleFields): string {
  const ports = tuple.proto === IPPROTO.tcp || tuple.proto === IPPROTO.udp;
  const src = endpointText(tuple.src, ports ? tuple.srcPort : undefined);
  const dst = endpointText(tuple.dst, ports ? tuple.dstPort : undefined);
  const id = isIcmpProto(tuple.proto) ? ` id ${tuple.srcPort}` : '';
  return `${protoName(tuple.proto)} ${src} → ${dst}${id}`;
}

/** A line of `conntrack -L` (conntrack-tools 1.4). */
export function connectionLine(connection: Connection, nowNs: number): string {
  const { original, reply, tcp } = connection;
  const seconds = Math.max(0, Math.floor((connection.expiresAtNs - nowNs) / SECOND));
  return [
    `${protoName(original.proto).padEnd(8)} ${original.proto} ${seconds}`,
    ...(tcp === undefined ? [] : [tcp.state]),
    directionText(original) + counterText(connection, 'original'),
    ...(connection.seenReply ? [] : ['[UNREPLIED]']),
    directionText(reply) + counterText(connection, 'reply'),
    ...(connection.assured ? ['[ASSURED]'] : []),
    `mark=${connection.mark}`,
    'use=1',
  ].join(' ');
}

function counterText({ counters }: Connection, direction: 'original' | 'reply'): string {
  if (counters === undefined) return '';
  return direction === 'original'
    ? ` packets=${counters.originalPackets} bytes=${counters.originalBytes}`
    : ` packets=${counters.replyPackets} bytes=${counters.replyBytes}`;
}

function directionText(tuple: TupleFields): string {
  const { proto, srcPort, dstPort } = tuple;
  const addresses = `src=${formatIp(tuple.src)} dst=${formatIp(tuple.dst)}`;
  if (isIcmpProto(proto)) {
    return `${addresses} type=${dstPort >> 8} code=${dstPort & 0xff} id=${srcPort}`;
  }
  if (protoName(proto) === 'unknown') return addresses;
  return `${addresses} sport=${srcPort} dport=${dstPort}`;
}
