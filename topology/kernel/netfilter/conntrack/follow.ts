import { IPPROTO, type Ipv4Packet, type Ipv6Packet } from '../../../wire/packet.js';
import type { Connection, Direction } from './connection.js';
import type { ConnectionTable } from './table.js';
import { beginTcp, followTcp } from './tcp-follow.js';
import { type Timeouts, UDP_STREAM_AFTER_NS } from './timeout.js';
import { icmpAnswer, isIcmpProto } from './tuple.js';

/**
 * What a packet does to the connection it belongs to. 'invalid': it does not belong; 'repeat': it begins a new
 * connection in the place of a closed one, which was removed.
 */
export type FollowResult = 'ok' | 'invalid' | 'repeat';

const ICMP4_QUESTIONS: ReadonlySet<number> = new Set([8, 13, 15, 17]);
const ICMP6_QUESTIONS: ReadonlySet<number> = new Set([128, 139]);

/** Whether a packet of no known connection may begin one, and what is kept of it (the `new` of each protocol). */
export function begin(
  connection: Connection,
  packet: Ipv4Packet | Ipv6Packet,
  loose: boolean,
): boolean {
  const { body } = packet;
  if (packet.proto === IPPROTO.tcp) {
    return body.kind === 'tcp' && beginTcp(connection, body, loose);
  }
  if (isIcmpProto(packet.proto)) {
    if (body.kind !== 'icmp' || icmpAnswer(packet.proto, body.type) === undefined) return false;
    const questions = packet.proto === IPPROTO.icmp ? ICMP4_QUESTIONS : ICMP6_QUESTIONS;
    return questions.has(body.type);
  }
  return packet.proto !== IPPROTO.udp || body.kind === 'udp';
}

/** Where and when a connection is followed. */
export interface FollowContext {
  readonly table: ConnectionTable;
  readonly timeouts: Timeouts;
  readonly nowNs: number;
}

/** Moves a connection on by one packet of the given direction, and sets its end. */
export function follow(
  context: FollowContext,
  connection: Connection,
  direction: Direction,
  packet: Ipv4Packet | Ipv6Packet,
): FollowResult {
  const { table, timeouts, nowNs } = context;
  switch (packet.proto) {
    case IPPROTO.udp:
      followUdp(context, connection);
      return 'ok';
    case IPPROTO.tcp:
      return packet.body.kind === 'tcp'
        ? followTcp(context, connection, direction, packet.body)
        : 'invalid';
    case IPPROTO.icmp:
    case IPPROTO.icmpv6:
      table.expireAt(
        connection,
        nowNs + (packet.proto === IPPROTO.icmp ? timeouts.icmpNs : timeouts.icmp6Ns),
      );
      return 'ok';
    default:
      table.expireAt(connection, nowNs + timeouts.genericNs);
      return 'ok';
  }
}

function followUdp({ table, timeouts, nowNs }: FollowContext, connection: Connection): void {
  if (connection.streamFromNs === 0) connection.streamFromNs = nowNs + UDP_STREAM_AFTER_NS;
  const stream = connection.seenReply && nowNs > connection.streamFromNs;
  if (stream) connection.assured = true;
  table.expireAt(connection, nowNs + (stream ? timeouts.udpStreamNs : timeouts.udpNs));
}
