/**
 * Orders the elements of a merged list: those that a patch names as it names them, the others as they stood, each kind
 * keeping its own order. Source: apimachinery, `strategicpatch.normalizeElementOrder`.
 */

/** Tells elements apart: the merge key's value, or the element itself. */
export type Identify = (element: unknown) => unknown;

/** What to order by. */
export interface ElementOrder {
  /** What the patch says, as identities. */
  readonly wanted: readonly unknown[];
  /** How the live list stood, as identities. */
  readonly live: readonly unknown[];
  readonly identify: Identify;
}

/** The elements in order. */
export function orderElements(
  elements: readonly unknown[],
  { wanted, live, identify }: ElementOrder,
): unknown[] {
  const wantedRank = rankOf(wanted);
  const liveRank = rankOf(live);
  const at = (ranks: ReadonlyMap<unknown, number>, element: unknown) =>
    ranks.get(identify(element));
  const byRank = (ranks: ReadonlyMap<unknown, number>) => (a: unknown, b: unknown) =>
    (at(ranks, a) ?? ranks.size) - (at(ranks, b) ?? ranks.size);
  const named = elements.filter((one) => at(wantedRank, one) !== undefined);
  const others = elements.filter((one) => at(wantedRank, one) === undefined);
  named.sort(byRank(wantedRank));
  others.sort(byRank(liveRank));
  const result: unknown[] = [];
  let next = 0;
  for (const element of named) {
    const here = at(liveRank, element);
    while (here !== undefined && next < others.length) {
      const other = at(liveRank, others[next]);
      if (other === undefined || other >= here) break;
      result.push(others[next]);
      next += 1;
    }
    result.push(element);
  }
  return [...result, ...others.slice(next)];
}

function rankOf(identities: readonly unknown[]): ReadonlyMap<unknown, number> {
  const ranks = new Map<unknown, number>();
  for (const [index, identity] of identities.entries()) {
    if (!ranks.has(identity)) ranks.set(identity, index);
  }
  return ranks;
}
