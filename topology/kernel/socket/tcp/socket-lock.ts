import { Fifo } from '../fifo.js';
import { pathMtuChanged } from './ack.js';
import type { Connection } from './connection.js';
import type { Arrival } from './flow.js';
import { transmit } from './write.js';

/**
 * Who owns a connection: a program that is inside a call on it, or the network. What arrives during a call waits
 * (lock_sock, the backlog, release_sock).
 */
export class SocketLock {
  /** A program is inside a call (sock_owned_by_user). */
  owned = false;
  private readonly connection: Connection;
  private readonly backlog = new Fifo<Arrival>();
  private readonly releaseSoon = () => this.release();
  /** The path MTU in octets that an error told meanwhile (TCP_MTU_REDUCED_DEFERRED, mtu_info). */
  private deferredMtu: number | undefined = undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Runs a program's call: it ends when the network has done what the call set going. */
  run(call: () => void): void {
    const first = !this.owned;
    this.owned = true;
    call();
    // After the frames that the call sent: they are queued by now.
    if (first) this.connection.clock.schedule(0, this.releaseSoon);
  }

  /** Keeps a segment for the end of the call. */
  defer(arrival: Arrival): void {
    this.backlog.push(arrival);
  }

  /** Keeps a path MTU for the end of the call: it is not known to anyone before. */
  deferMtu(mtuBytes: number): void {
    this.deferredMtu = mtuBytes;
  }

  /** Sends on what the call still has, then treats what arrived meanwhile. */
  private release(): void {
    if (!this.owned) return;
    const { connection, backlog } = this;
    const before = connection.sndNxt;
    transmit(connection);
    if (connection.sndNxt !== before && connection.sendQueue.unsent.length > 0) {
      connection.clock.schedule(0, this.releaseSoon);
      return;
    }
    this.owned = false;
    // What arrived may wake the program into another call, which the rest waits for again.
    while (!this.owned) {
      const next = backlog.shift();
      if (next === undefined) break;
      if (connection.state === 'CLOSED')
        connection.layer.deliver(next.skb, next.packet, next.segment);
      else connection.receive(next);
    }
    const mtuBytes = this.deferredMtu;
    this.deferredMtu = undefined;
    if (mtuBytes !== undefined && connection.state !== 'CLOSED')
      pathMtuChanged(connection, mtuBytes);
  }
}
