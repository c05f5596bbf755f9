import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../../wire/packet.js';
import { boundText } from '../explain.js';
import { Fifo } from '../fifo.js';
import type { InetSock } from '../inet-sock.js';
import type { Connection } from './connection.js';
import type { Arrival } from './flow.js';
import { Request } from './request.js';
import type { TcpLayer } from './tcp-layer.js';

/**
 * A listening socket: connections being made, and those that wait for accept.
 *
 * Fidelity: the SYN queue has no bound of its own; where Linux would go on with SYN cookies, podnet keeps the request.
 */
export class Listener {
  readonly sock: InetSock;
  readonly layer: TcpLayer;
  backlog: number;
  /** Called when a connection waits for accept. */
  onEvent: (() => void) | undefined = undefined;
  readonly requests = new Set<Request>();
  private readonly queue = new Fifo<Connection>();

  constructor(layer: TcpLayer, sock: InetSock, backlog: number) {
    this.layer = layer;
    this.sock = sock;
    this.backlog = backlog;
  }

  /** Connections that wait for accept. */
  get waiting(): number {
    return this.queue.size;
  }

  /** sk_acceptq_is_full: a backlog of N takes N + 1. */
  get full(): boolean {
    return this.queue.size > this.backlog;
  }

  /** Takes a segment that belongs to no connection. */
  receive(arrival: Arrival): void {
    const { segment, skb } = arrival;
    const { flags } = segment;
    if ((flags & TCP_RST) !== 0) return;
    if ((flags & TCP_ACK) !== 0) {
      const sentence = 'the segment belongs to no connection of this listener; answered with RST';
      this.layer.netns.drop(skb, 'tcp-invalid', 'socket', sentence);
      this.layer.answerReset(arrival);
      return;
    }
    if ((flags & TCP_SYN) === 0 || (flags & TCP_FIN) !== 0) {
      this.layer.netns.drop(skb, 'tcp-invalid', 'socket', 'a connection starts with a SYN');
      return;
    }
    if (this.full) {
      this.overflow(arrival);
      return;
    }
    if (skb.trace !== undefined) {
      const where = `${this.sock.ownerText} listening on ${boundText(this.sock)}`;
      this.layer.netns.step(skb, 'socket', 'deliver', `delivered to ${where}`);
    }
    Request.start(this, arrival);
  }

  /** Notes a drop because nobody accepts fast enough. */
  overflow(arrival: Arrival): void {
    this.layer.netns.drop(
      arrival.skb,
      'listen-overflow',
      'socket',
      `${this.queue.size} connections wait for ${this.sock.ownerText} to accept them; its backlog is ${this.backlog}`,
    );
  }

  /** A connection is made. */
  established(connection: Connection): void {
    this.queue.push(connection);
    this.onEvent?.();
  }

  /** accept(2): the connection that waits longest. */
  accept(): Connection | undefined {
    return this.queue.shift();
  }

  /** Ends: requests are forgotten, connections that nobody accepted are reset. */
  close(): void {
    this.onEvent = undefined;
    for (const request of this.requests) request.drop();
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      next.orphan = true;
      next.abort();
    }
  }
}
