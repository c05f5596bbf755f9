import { MILLISECOND } from '../../../base/index.js';
import { boundsOf } from '../../command/nft/bounds.js';
import type { NftElement, NftExpr, NftSetSpec, NftValue, NftVerdict } from '../../nft.js';

/** A value, the parts of a concatenation, or a range that a translation may choose from. */
export type NftDatum = NftValue | readonly NftValue[] | NftRangeValue;

/** Inclusive. */
export interface NftRangeValue {
  readonly low: NftValue;
  readonly high: NftValue;
}

/** One element as it stands in a set: bounds of each part of its key, and until when it is there. */
export interface NftEntry {
  readonly element: NftElement;
  readonly low: readonly NftValue[];
  readonly high: readonly NftValue[];
  readonly verdict: NftVerdict | undefined;
  readonly datum: NftDatum | undefined;
  expiresAtNs: number;
}

/**
 * The elements of a set or map, looked up by value.
 *
 * Fidelity: elements with ranges are searched one after the other, Linux has a tree or bit maps for them; a full
 * dynamic set refuses new elements as Linux does, but does not sweep expired ones in the background.
 */
export class NftElements {
  /** In the order they were put in. */
  private readonly all = new Set<NftEntry>();
  private readonly exact = new Map<NftValue, NftEntry>();
  private ranges: NftEntry[] = [];
  private fallback: NftEntry | undefined = undefined;

  /** Number of elements, expired ones included. */
  get size(): number {
    return this.all.size;
  }

  /** The element that holds a value. */
  find(value: NftDatum, nowNs: number): NftEntry | undefined {
    const found = this.exact.get(keyOf(value));
    if (found !== undefined && found.expiresAtNs > nowNs) return found;
    for (const entry of this.ranges) {
      if (entry.expiresAtNs > nowNs && holds(entry, value)) return entry;
    }
    return this.fallback;
  }

  /** The element with the same bounds. */
  same(entry: NftEntry): NftEntry | undefined {
    if (entry.low.length === 0) return this.fallback;
    if (isExact(entry)) return this.exact.get(keyOf(entry.low));
    return this.ranges.find((other) => sameBounds(other, entry));
  }

  /** An element that shares a value with this one but is not the same. */
  overlapping(entry: NftEntry): NftEntry | undefined {
    if (entry.low.length === 0) return undefined;
    const touches = (other: NftEntry): boolean =>
      !sameBounds(other, entry) && overlaps(other, entry);
    const range = this.ranges.find(touches);
    if (range !== undefined || isExact(entry)) return range;
    for (const other of this.exact.values()) if (touches(other)) return other;
    return undefined;
  }

  /** Puts an element in, in the place of one with the same bounds. */
  put(entry: NftEntry): void {
    this.remove(entry);
    this.all.add(entry);
    if (entry.low.length === 0) this.fallback = entry;
    else if (isExact(entry)) this.exact.set(keyOf(entry.low), entry);
    else this.ranges.push(entry);
  }

  /** Takes out the element with the same bounds; false when there is none. */
  remove(entry: NftEntry): boolean {
    const present = this.same(entry);
    if (present === undefined) return false;
    this.all.delete(present);
    if (present === this.fallback) this.fallback = undefined;
    else if (isExact(present)) this.exact.delete(keyOf(present.low));
    else this.ranges = this.ranges.filter((other) => other !== present);
    return true;
  }

  /** Forgets what has expired. */
  sweep(nowNs: number): void {
    for (const entry of [...this.all]) if (entry.expiresAtNs <= nowNs) this.remove(entry);
  }

  /** Every element, in the order they were put in. */
  entries(): Iterable<NftEntry> {
    return this.all;
  }

  clone(): NftElements {
    const copy = new NftElements();
    for (const entry of this.all) copy.put(entry);
    return copy;
  }
}

/** Makes an entry of an element; without a timeout it stays. */
export function entryOf(element: NftElement, expiresAtNs = Number.POSITIVE_INFINITY): NftEntry {
  const { key, data } = element;
  const parts = key.expr === 'catchall' ? [] : key.expr === 'concat' ? key.parts : [key];
  const bounds = parts.map(boundsOf);
  return {
    element,
    low: bounds.map(([low]) => low),
    high: bounds.map(([, high]) => high),
    verdict: data?.expr === 'verdict' ? data.verdict : undefined,
    datum: data === undefined || data.expr === 'verdict' ? undefined : datumOf(data),
    expiresAtNs,
  };
}

/** The value of constant data. */
export function datumOf(expr: NftExpr): NftDatum {
  if (expr.expr === 'concat') return expr.parts.map((part) => boundsOf(part)[0]);
  const [low, high] = boundsOf(expr);
  return low === high ? low : { low, high };
}

/** A set or map of a table. */
export class NftSet {
  readonly spec: NftSetSpec;
  readonly handle: number;
  readonly elements: NftElements;

  constructor(spec: NftSetSpec, handle: number, elements: NftElements) {
    this.spec = spec;
    this.handle = handle;
    this.elements = elements;
  }

  clone(): NftSet {
    return new NftSet(this.spec, this.handle, this.elements.clone());
  }

  /** When an element put in now goes: by its own timeout, else by that of the set. */
  expiry(timeoutMs: number | undefined, nowNs: number): number {
    const ms = timeoutMs ?? this.spec.timeoutMs;
    return ms === undefined || ms === 0 ? Number.POSITIVE_INFINITY : nowNs + ms * MILLISECOND;
  }
}

/** A key that compares by value: parts of a concatenation are joined. */
function keyOf(value: NftDatum): NftValue {
  if (typeof value !== 'object') return value;
  if (!isParts(value)) return `${value.low}-${value.high}`;
  const [first = 0] = value;
  return value.length === 1 ? first : value.join(' ');
}

/** Tells the parts of a concatenation from a range. */
export function isParts(value: readonly NftValue[] | NftRangeValue): value is readonly NftValue[] {
  return Array.isArray(value);
}

function isExact(entry: NftEntry): boolean {
  return entry.low.every((low, at) => low === entry.high[at]);
}

function holds(entry: NftEntry, value: NftDatum): boolean {
  const parts = typeof value !== 'object' ? [value] : isParts(value) ? value : [];
  return (
    parts.length === entry.low.length &&
    parts.every((part, at) => part >= (entry.low[at] ?? 0) && part <= (entry.high[at] ?? 0))
  );
}

function sameBounds(a: NftEntry, b: NftEntry): boolean {
  return (
    a.low.length === b.low.length &&
    a.low.every((low, at) => low === b.low[at] && a.high[at] === b.high[at])
  );
}

function overlaps(a: NftEntry, b: NftEntry): boolean {
  return (
    a.low.length === b.low.length &&
    a.low.every(
      (low, at) => low <= (b.high[at] ?? low) && (a.high[at] ?? low) >= (b.low[at] ?? low),
    )
  );
}
