import type { InetSock } from './inet-sock.js';

/** The sockets of one protocol on one port. */
export interface PortBucket<Entry> {
  /** In order of age. */
  readonly entries: Set<Entry>;
  /** The entry when there is but one, to spare an iteration. */
  only: Entry | undefined;
  /** Made by connect() alone: other connections may share the port, bind(0) may not (fastreuse of -1). */
  connectOnly: boolean;
}

/** Something that holds a port. */
export interface PortEntry {
  readonly sock: InetSock;
}

/** Which sockets hold which port, for one protocol of one namespace. */
export class PortTable<Entry extends PortEntry> {
  private readonly buckets = new Map<number, PortBucket<Entry>>();

  /** The bucket of a port that someone holds. */
  at(port: number): PortBucket<Entry> | undefined {
    return this.buckets.get(port);
  }

  /** Notes that an entry holds the port its sock says. */
  add(entry: Entry, how: 'bind' | 'connect' | 'accept'): void {
    const { port } = entry.sock;
    const bucket = this.buckets.get(port);
    if (bucket === undefined) {
      const connectOnly = how === 'connect';
      this.buckets.set(port, { entries: new Set([entry]), only: entry, connectOnly });
      return;
    }
    bucket.entries.add(entry);
    bucket.only = undefined;
    if (how === 'bind') bucket.connectOnly = false;
  }

  /** Lets another entry stand in the place of one, as a TIME_WAIT record does for its connection. */
  replace(old: Entry, next: Entry): void {
    this.add(next, 'accept');
    this.remove(old);
  }

  /** Forgets an entry; does nothing when it holds no port. */
  remove(entry: Entry): void {
    const bucket = this.buckets.get(entry.sock.port);
    if (bucket === undefined || !bucket.entries.delete(entry)) return;
    if (bucket.entries.size === 0) this.buckets.delete(entry.sock.port);
    else bucket.only = bucket.entries.size === 1 ? [...bucket.entries][0] : undefined;
  }

  /** Every entry, by port, then age. */
  *all(): Iterable<Entry> {
    const ports = [...this.buckets.keys()].sort((a, b) => a - b);
    for (const port of ports) yield* this.buckets.get(port)?.entries ?? [];
  }
}
