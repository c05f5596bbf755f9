import type { Ip } from '../../../addr/index.js';
import { MILLISECOND, SECOND } from '../../../base/index.js';
import type { HashlimitMatch } from '../../ops.js';
import { maskAddress } from './connection.js';
import type { PacketFacts, Predicate } from './facts.js';

/** How long an unused bucket is kept, when the rule says nothing (hashlimit-htable-expire). */
const EXPIRE_MS = 10_000;

/** One bucket per source, destination or port (net/netfilter/xt_hashlimit.c). */
export interface HashlimitBucket {
  credit: number;
  atNs: number;
}

/**
 * Makes the predicate of `-m hashlimit`: true while the packets of one kind stay within the rate, or above it when
 * inverted.
 *
 * Fidelity: a byte rate is counted by octets, where Linux counts 16 at a time; the size of the table has no bound.
 */
export function compileHashlimit(match: HashlimitMatch): Predicate {
  const expireNs = (match.expireMs ?? EXPIRE_MS) * MILLISECOND;
  return (facts) => {
    const nowNs = facts.netns.host.clock.nowNs;
    const buckets = facts.memory.hashlimit(match.name);
    const key = keyOf(match, facts);
    const most = match.bytes && match.burst === 0 ? match.perSecond : match.burst;
    let bucket = buckets.get(key);
    if (bucket === undefined || nowNs - bucket.atNs > expireNs) {
      bucket = { credit: most, atNs: nowNs };
      buckets.set(key, bucket);
    }
    const refill = ((nowNs - bucket.atNs) / SECOND) * match.perSecond;
    bucket.credit = Math.min(most, bucket.credit + refill);
    bucket.atNs = nowNs;
    const cost = match.bytes ? facts.bytes : 1;
    const enough = bucket.credit >= cost;
    if (enough) bucket.credit -= cost;
    return enough !== match.invert;
  };
}

function keyOf(match: HashlimitMatch, facts: PacketFacts): string {
  const { mode, srcMask, dstMask } = match;
  const masked = (address: Ip, mask: number | undefined): Ip =>
    mask === undefined ? address : maskAddress(address, mask);
  return [
    mode.includes('srcip') ? masked(facts.src, srcMask) : '',
    mode.includes('dstip') ? masked(facts.dst, dstMask) : '',
    mode.includes('srcport') ? facts.srcPort : '',
    mode.includes('dstport') ? facts.dstPort : '',
  ].join('/');
}
