import type { Ip } from '../../../addr/index.js';
import { SECOND, type SimClock, type Timer } from '../../../base/index.js';
import type { Connection, Tuple } from './connection.js';
import { hashTuple, type TupleFields } from './tuple.js';

const FIRST_BUCKETS = 64;

/** Connections to look at in one second, with the timer that does it. */
interface Sweep {
  readonly connections: Set<Connection>;
  readonly timer: Timer;
}

/**
 * The hash table of confirmed connections, both directions of each. An entry whose time is over is never found;
 * it leaves the table when found so, or at a sweep. Sweeps are scheduled only for seconds in which a known entry may
 * end, so that an empty table lets the clock go idle; a packet that prolongs its entry touches no timer.
 */
export class ConnectionTable {
  private readonly clock: SimClock;
  private buckets: (Tuple | undefined)[] = new Array(FIRST_BUCKETS).fill(undefined);
  private count = 0;
  private readonly sweeps = new Map<number, Sweep>();

  constructor(clock: SimClock) {
    this.clock = clock;
  }

  /** Connections in the table. */
  get size(): number {
    return this.count;
  }

  /** The tuple of a packet, if its connection is known and its time not over. */
  find(src: Ip, dst: Ip, proto: number, srcPort: number, dstPort: number): Tuple | undefined {
    if (this.count === 0) return undefined;
    const hash = hashTuple(src, dst, proto, srcPort, dstPort);
    let tuple = this.buckets[hash & (this.buckets.length - 1)];
    while (tuple !== undefined) {
      if (
        tuple.hash === hash &&
        tuple.srcPort === srcPort &&
        tuple.dstPort === dstPort &&
        tuple.src === src &&
        tuple.dst === dst &&
        tuple.proto === proto
      ) {
        if (tuple.connection.expiresAtNs > this.clock.nowNs) return tuple;
        this.remove(tuple.connection);
        return undefined;
      }
      tuple = tuple.next;
    }
    return undefined;
  }

  /** As `find`, of a tuple in one piece. */
  findTuple(tuple: TupleFields): Tuple | undefined {
    return this.find(tuple.src, tuple.dst, tuple.proto, tuple.srcPort, tuple.dstPort);
  }

  /** Puts a connection in; its tuples must be free and its end set. */
  add(connection: Connection): void {
    if (this.count * 2 >= this.buckets.length) this.grow();
    this.link(connection.original);
    this.link(connection.reply);
    this.count++;
    connection.confirmed = true;
    this.plan(connection);
  }

  /** Takes a connection out; does nothing when it is not in. */
  remove(connection: Connection): void {
    connection.dying = true;
    if (!connection.confirmed) return;
    connection.confirmed = false;
    this.unlink(connection.original);
    this.unlink(connection.reply);
    this.count--;
    this.unplan(connection);
  }

  /** Sets the end of a connection; the sweep moves only when the end comes nearer. */
  expireAt(connection: Connection, atNs: number): void {
    connection.expiresAtNs = atNs;
    if (!connection.confirmed) return;
    const second = connection.sweepSecond;
    if (second !== undefined && atNs > (second - 1) * SECOND) return;
    this.unplan(connection);
    this.plan(connection);
  }

  /** Every connection whose time is not over, in the order of the buckets. */
  *live(): Iterable<Connection> {
    const now = this.clock.nowNs;
    for (const bucket of this.buckets) {
      for (let tuple = bucket; tuple !== undefined; tuple = tuple.next) {
        if (tuple.direction === 'original' && tuple.connection.expiresAtNs > now) {
          yield tuple.connection;
        }
      }
    }
  }

  /** Some connection that was never answered for good, to make room for another (early_drop); false when there is none. */
  dropUnassured(near: number): boolean {
    const mask = this.buckets.length - 1;
    for (let offset = 0; offset < 8; offset++) {
      let tuple = this.buckets[(near + offset) & mask];
      for (; tuple !== undefined; tuple = tuple.next) {
        if (tuple.connection.assured) continue;
        this.remove(tuple.connection);
        return true;
      }
    }
    return false;
  }

  private plan(connection: Connection): void {
    const second = Math.ceil(connection.expiresAtNs / SECOND);
    connection.sweepSecond = second;
    const known = this.sweeps.get(second);
    if (known !== undefined) {
      known.connections.add(connection);
      return;
    }
    const atNs = Math.max(second * SECOND, this.clock.nowNs);
    const timer = this.clock.at(atNs, () => this.sweep(second));
    this.sweeps.set(second, { connections: new Set([connection]), timer });
  }

  private unplan(connection: Connection): void {
    const second = connection.sweepSecond;
    if (second === undefined) return;
    connection.sweepSecond = undefined;
    const sweep = this.sweeps.get(second);
    if (sweep === undefined) return;
    sweep.connections.delete(connection);
    if (sweep.connections.size > 0) return;
    sweep.timer.cancel();
    this.sweeps.delete(second);
  }

  private sweep(second: number): void {
    const due = this.sweeps.get(second)?.connections ?? new Set<Connection>();
    this.sweeps.delete(second);
    for (const connection of due) {
      connection.sweepSecond = undefined;
      if (connection.expiresAtNs <= this.clock.nowNs) this.remove(connection);
      else this.plan(connection);
    }
  }

  private link(tuple: Tuple): void {
    const at = tuple.hash & (this.buckets.length - 1);
    tuple.next = this.buckets[at];
    this.buckets[at] = tuple;
  }

  private unlink(tuple: Tuple): void {
    const at = tuple.hash & (this.buckets.length - 1);
    let before = this.buckets[at];
    if (before === tuple) {
      this.buckets[at] = tuple.next;
    } else {
      while (before !== undefined && before.next !== tuple) before = before.next;
      if (before !== undefined) before.next = tuple.next;
    }
    tuple.next = undefined;
  }

  private grow(): void {
    const old = this.buckets;
    this.buckets = new Array(old.length * 4).fill(undefined);
    for (const bucket of old) {
      let tuple = bucket;
      while (tuple !== undefined) {
        const next: Tuple | undefined = tuple.next;
        this.link(tuple);
        tuple = next;
      }
    }
  }
}
