import type { Ip } from '../../../addr/index.js';
import type { ConntrackRef } from '../../contract.js';
import type { TcpConnState } from './tcp-window.js';
import { hashTuple, type TupleFields } from './tuple.js';

/** Which way a packet of a connection goes; `original` is the way of its first packet. */
export type Direction = 'original' | 'reply';

/** One direction of a connection, as it stands in the table. */
export class Tuple implements TupleFields {
  readonly src: Ip;
  readonly dst: Ip;
  readonly proto: number;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly hash: number;
  readonly connection: Connection;
  readonly direction: Direction;
  /** The next tuple in the same bucket. */
  next: Tuple | undefined = undefined;

  constructor(fields: TupleFields, connection: Connection, direction: Direction) {
    this.src = fields.src;
    this.dst = fields.dst;
    this.proto = fields.proto;
    this.srcPort = fields.srcPort;
    this.dstPort = fields.dstPort;
    this.hash = hashTuple(fields.src, fields.dst, fields.proto, fields.srcPort, fields.dstPort);
    this.connection = connection;
    this.direction = direction;
  }
}

/** What a packet notes about its connection; one object per connection, state and direction. */
export class CtRef implements ConntrackRef {
  readonly state: ConntrackRef['state'];
  readonly connection: Connection | undefined;
  readonly direction: Direction;

  constructor(
    state: ConntrackRef['state'],
    connection: Connection | undefined,
    direction: Direction,
  ) {
    this.state = state;
    this.connection = connection;
    this.direction = direction;
  }
}

/** Of a packet that belongs to no connection and may start none. */
export const INVALID_REF = new CtRef('INVALID', undefined, 'original');
/** Of a packet that conntrack was told to leave alone. */
export const UNTRACKED_REF = new CtRef('UNTRACKED', undefined, 'original');

/** What a connection carried; an octet of a packet is counted with its IP header. */
export interface ConnectionCounters {
  originalPackets: number;
  originalBytes: number;
  replyPackets: number;
  replyBytes: number;
}

/** A tracked connection (struct nf_conn). Fields are changed by conntrack and NAT alone. */
export class Connection {
  original: Tuple;
  reply: Tuple;
  readonly family: 'ipv4' | 'ipv6';
  /** In the table: its first packet went all the way through (IPS_CONFIRMED). */
  confirmed = false;
  /** Was removed from the table; packets under way still hold it (IPS_DYING). */
  dying = false;
  seenReply = false;
  assured = false;
  /** Source or destination of the original direction is rewritten (IPS_SRC_NAT, IPS_DST_NAT). */
  srcNat = false;
  dstNat = false;
  /** The nat table was asked, so it is not asked again (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE). */
  srcNatDone = false;
  dstNatDone = false;
  /** ifindex of the device that MASQUERADE took its address from; 0 when it did not. */
  masqueradeIfindex = 0;
  mark = 0;
  expiresAtNs = 0;
  tcp: TcpConnState | undefined = undefined;
  /** UDP: from when on it counts as a stream. */
  streamFromNs = 0;
  /** Packets and octets of each direction, while accounting is on (nf_conn_acct). */
  counters: ConnectionCounters | undefined = undefined;
  /** Second at whose sweep this is looked at; undefined when in none. */
  sweepSecond: number | undefined = undefined;
  private readonly refs: (CtRef | undefined)[] = [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ];

  constructor(original: TupleFields, reply: TupleFields, family: 'ipv4' | 'ipv6') {
    this.family = family;
    this.original = new Tuple(original, this, 'original');
    this.reply = new Tuple(reply, this, 'reply');
  }

  tuple(direction: Direction): Tuple {
    return direction === 'original' ? this.original : this.reply;
  }

  /** Of a packet of the original direction before any answer. */
  get refNew(): CtRef {
    return this.ref(0, 'NEW', 'original');
  }

  /** Of a packet of a connection that saw both directions. */
  refEstablished(direction: Direction): CtRef {
    return this.ref(direction === 'original' ? 1 : 2, 'ESTABLISHED', direction);
  }

  /** Of an ICMP error about this connection that goes the way of `direction`. */
  refRelated(direction: Direction): CtRef {
    return this.ref(direction === 'original' ? 3 : 4, 'RELATED', direction);
  }

  private ref(slot: number, state: CtRef['state'], direction: Direction): CtRef {
    const known = this.refs[slot];
    if (known !== undefined) return known;
    const made = new CtRef(state, this, direction);
    this.refs[slot] = made;
    return made;
  }
}
