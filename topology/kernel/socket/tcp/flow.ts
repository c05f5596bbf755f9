import type { Ipv4Packet, Ipv6Packet, TcpSegment } from '../../../wire/packet.js';
import type { Skb } from '../../skb.js';
import type { InetSock, SocketQueues } from '../inet-sock.js';

/** A segment under treatment: with the packet that carried it. */
export interface Arrival {
  readonly skb: Skb;
  readonly packet: Ipv4Packet | Ipv6Packet;
  readonly segment: TcpSegment;
}

/** Something that a segment may belong to by its four addresses and ports. */
export interface TcpFlow {
  readonly kind: 'connection' | 'request' | 'time-wait';
  readonly sock: InetSock;
  /** In the words of `ss`. */
  readonly state: string;
  /** The next flow with the same two ports. */
  chain: TcpFlow | undefined;
  receive(arrival: Arrival): void;
  /** Ends without a word: the namespace is gone. */
  abandon(): void;
}

/** Whatever holds a TCP port: a socket that is bound or listens, a connection, a TIME_WAIT record. */
export interface TcpHolder {
  readonly sock: InetSock;
  readonly state: string;
  /** What waits in it, where anything can. */
  queues?(): SocketQueues;
}
