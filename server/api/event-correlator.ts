/** What becomes of an event among those before it (client-go `tools/record/events_cache.go`). */

const MAX_ENTRIES = 4096;
const MAX_SIMILAR = 10;
const SIMILAR_WITHIN_NS = 600_000_000_000;
const SPAM_BURST = 25;
const SPAM_REFILL_NS = 300_000_000_000;
const COMBINED = '(combined from similar events): ';

/** One event, in the words that tell it from others. */
export interface EventIdentity {
  /** Who reports about what: component, host and the object. */
  readonly about: string;
  /** The same with the part of the object, type and reason. */
  readonly similar: string;
  readonly message: string;
}

/** How an event is to be recorded: under which key it is counted, and in what words. */
export interface Correlated {
  readonly key: string;
  readonly message: string;
}

interface Group {
  lastNs: number;
  readonly messages: Set<string>;
}

interface Bucket {
  tokens: number;
  sinceNs: number;
}

/**
 * Lumps together events that differ in their message alone, from the tenth within ten minutes on, and drops those of a
 * reporter that says more than 25 things about one object and then more than one in five minutes.
 */
export class EventCorrelator {
  private readonly groups = new Map<string, Group>();
  private readonly buckets = new Map<string, Bucket>();

  /** Undefined when the event is dropped. */
  correlate({ about, similar, message }: EventIdentity, nowNs: number): Correlated | undefined {
    const combined = this.isCombined(similar, message, nowNs);
    if (!this.takeToken(about, nowNs)) return undefined;
    return combined
      ? { key: similar, message: `${COMBINED}${message}` }
      : { key: `${similar}\u0000${message}`, message };
  }

  private isCombined(similar: string, message: string, nowNs: number): boolean {
    const known = this.groups.get(similar);
    const stale = known === undefined || nowNs - known.lastNs > SIMILAR_WITHIN_NS;
    const group = stale ? { lastNs: nowNs, messages: new Set<string>() } : known;
    group.lastNs = nowNs;
    group.messages.add(message);
    keep(this.groups, similar, group);
    if (group.messages.size < MAX_SIMILAR) return false;
    // One goes, so that the set stays small and the next new message is combined too.
    const [oldest] = group.messages;
    if (oldest !== undefined) group.messages.delete(oldest);
    return true;
  }

  private takeToken(about: string, nowNs: number): boolean {
    const bucket = this.buckets.get(about) ?? { tokens: SPAM_BURST, sinceNs: nowNs };
    const refilled = bucket.tokens + (nowNs - bucket.sinceNs) / SPAM_REFILL_NS;
    const tokens = Math.min(SPAM_BURST, refilled);
    const taken = tokens >= 1;
    keep(this.buckets, about, { tokens: taken ? tokens - 1 : tokens, sinceNs: nowNs });
    return taken;
  }
}

/** The entry that was not used for longest goes first. */
function keep<V>(entries: Map<string, V>, key: string, value: V): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
}
