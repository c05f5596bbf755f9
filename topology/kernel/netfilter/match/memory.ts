import type { Ip } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';
import type { Connection } from '../conntrack/connection.js';
import { IpSets } from '../set/sets.js';
import type { HashlimitBucket } from './hashlimit.js';

/** Addresses that a `recent` list holds (ip_list_tot) and sightings kept of each (ip_pkt_list_tot). */
const RECENT_ADDRESSES = 100;
const RECENT_SIGHTINGS = 20;

/**
 * What the rules of one namespace remember between packets. Compiled rules are shared by namespaces, so they keep
 * nothing themselves: each match that counts has a `slot`, under which each namespace keeps its own count.
 */
export class RuleMemory {
  private readonly counters = new WeakMap<object, number>();
  private readonly buckets = new WeakMap<object, { credit: number; atNs: number }>();
  private readonly recents = new Map<string, RecentList>();
  private readonly hashlimits = new Map<string, Map<string, HashlimitBucket>>();
  private readonly counted = new WeakMap<object, Map<Ip, Set<Connection>>>();
  /** The sets of `-m set`. */
  readonly sets = new IpSets();

  /** Of `-m statistic --mode nth`: the next number of a cycle 0 … every-1 that starts at `first`. */
  nextOf(slot: object, every: number, first: number): number {
    const value = this.counters.get(slot) ?? first;
    this.counters.set(slot, (value + 1) % every);
    return value;
  }

  /** Of `-m limit`: takes one token of a bucket that refills by `perSecond`; false when it is empty. */
  takeToken(slot: object, perSecond: number, burst: number, nowNs: number): boolean {
    const bucket = this.buckets.get(slot) ?? { credit: burst, atNs: nowNs };
    const refill = ((nowNs - bucket.atNs) / SECOND) * perSecond;
    bucket.credit = Math.min(burst, bucket.credit + refill);
    bucket.atNs = nowNs;
    const enough = bucket.credit >= 1;
    if (enough) bucket.credit -= 1;
    this.buckets.set(slot, bucket);
    return enough;
  }

  /** Of `-m connlimit`: the connections that a rule saw of an address. */
  connectionsOf(slot: object, address: Ip): Set<Connection> {
    const byAddress = this.counted.get(slot) ?? new Map<Ip, Set<Connection>>();
    this.counted.set(slot, byAddress);
    const known = byAddress.get(address) ?? new Set<Connection>();
    byAddress.set(address, known);
    return known;
  }

  /** The buckets of `-m hashlimit --hashlimit-name NAME`. */
  hashlimit(name: string): Map<string, HashlimitBucket> {
    const known = this.hashlimits.get(name) ?? new Map<string, HashlimitBucket>();
    this.hashlimits.set(name, known);
    return known;
  }

  /** The list of `-m recent --name NAME`, made when first named. */
  recent(name: string): RecentList {
    const known = this.recents.get(name);
    if (known !== undefined) return known;
    const made = new RecentList();
    this.recents.set(name, made);
    return made;
  }
}

/** Addresses seen lately, the longest unseen first (net/netfilter/xt_recent.c). */
export class RecentList {
  private readonly sightings = new Map<Ip, number[]>();
  private readonly ttls = new Map<Ip, number>();

  has(address: Ip): boolean {
    return this.sightings.has(address);
  }

  /** The TTL of the packet that was noted last. */
  ttlOf(address: Ip): number | undefined {
    return this.ttls.get(address);
  }

  /** Notes a sighting; a full list forgets the address unseen for longest. */
  note(address: Ip, nowNs: number, ttl: number): void {
    this.ttls.set(address, ttl);
    const stamps = this.sightings.get(address) ?? [];
    if (stamps.length === 0 && this.sightings.size >= RECENT_ADDRESSES) {
      const oldest = this.sightings.keys().next();
      if (oldest.done !== true) this.sightings.delete(oldest.value);
    }
    stamps.push(nowNs);
    if (stamps.length > RECENT_SIGHTINGS) stamps.shift();
    this.sightings.delete(address);
    this.sightings.set(address, stamps);
  }

  /** How often the address was seen at or after a moment, of the sightings that are kept. */
  seenSince(address: Ip, atNs: number): number {
    return this.sightings.get(address)?.filter((stamp) => stamp >= atNs).length ?? 0;
  }

  /** Addresses with their last TTL and the moments they were seen at, the longest unseen first. */
  entries(): readonly {
    readonly address: Ip;
    readonly ttl: number;
    readonly stamps: readonly number[];
  }[] {
    return Array.from(this.sightings, ([address, stamps]) => ({
      address,
      ttl: this.ttls.get(address) ?? 0,
      stamps,
    }));
  }

  remove(address: Ip): void {
    this.sightings.delete(address);
  }

  /** Forgets the address unseen for longest if that was before a moment (--reap). */
  reap(beforeNs: number): void {
    const first = this.sightings.entries().next();
    if (first.done === true) return;
    const [address, stamps] = first.value;
    if ((stamps.at(-1) ?? 0) < beforeNs) this.sightings.delete(address);
  }
}
