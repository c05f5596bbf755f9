import type { Ip } from '../../../addr/index.js';
import { SECOND } from '../../../base/index.js';

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

  has(address: Ip): boolean {
    return this.sightings.has(address);
  }

  /** Notes a sighting; a full list forgets the address unseen for longest. */
  note(address: Ip, nowNs: number): void {
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

  /** Whether the address was seen at or after a moment. */
  seenSince(address: Ip, atNs: number): boolean {
    return this.sightings.get(address)?.some((stamp) => stamp >= atNs) ?? false;
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
