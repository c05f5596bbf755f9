import type { NftConstant, NftExpr, NftStatement, NftType, NftValue } from '../../nft.js';
import { compileExpression } from './compile-expression.js';
import type { NftAction, NftContext, SlotCounter } from './context.js';
import { entryOf, isParts, type NftDatum, type NftEntry, type NftSet } from './set.js';

/**
 * `add @SET { KEY }`, `update`, `delete`: a rule that changes a set (net/netfilter/nft_dynset.c).
 *
 * Fidelity: statements kept for each element, such as a limit, are shared by all elements of the set.
 */
export function compileDynset(
  statement: NftStatement & { stmt: 'dynset' },
  stateful: readonly NftAction[],
  slots: SlotCounter,
): NftAction | undefined {
  const { verb, timeoutMs } = statement;
  const key = compileExpression(statement.key, slots);
  const data = statement.data === undefined ? undefined : compileExpression(statement.data, slots);
  if (key === undefined || (statement.data !== undefined && data === undefined)) return undefined;
  return (context) => {
    const set = context.table.set(statement.set);
    const value = key(context);
    if (set === undefined || value === undefined) return 'break';
    const wanted = makeEntry(set, value, data?.(context));
    if (verb === 'delete') return set.elements.remove(wanted) ? 'next' : 'break';
    if (!keep(context, set, wanted, { refresh: verb === 'update', timeoutMs })) return 'break';
    for (const action of stateful) if (action(context) === 'break') return 'break';
    return 'next';
  };
}

/** Puts an element in or makes it young again; false when the set is full. */
function keep(
  { netns }: NftContext,
  set: NftSet,
  wanted: NftEntry,
  how: { readonly refresh: boolean; readonly timeoutMs: number | undefined },
): boolean {
  const nowNs = netns.host.clock.nowNs;
  const present = set.elements.same(wanted);
  const until = set.expiry(how.timeoutMs, nowNs);
  if (present !== undefined && present.expiresAtNs > nowNs) {
    if (how.refresh) present.expiresAtNs = until;
    return true;
  }
  const limit = set.spec.size ?? Number.POSITIVE_INFINITY;
  if (set.elements.size >= limit) set.elements.sweep(nowNs);
  if (set.elements.size >= limit) return false;
  const timeout = how.timeoutMs === undefined ? {} : { timeoutMs: how.timeoutMs };
  set.elements.put({ ...wanted, element: { ...wanted.element, ...timeout }, expiresAtNs: until });
  return true;
}

function makeEntry(set: NftSet, value: NftDatum, data: NftDatum | undefined): NftEntry {
  const key = constantOf(value, set.spec.key);
  const datum = data === undefined ? {} : { data: constantOf(data, set.spec.data ?? ['integer']) };
  return entryOf({ key, ...datum });
}

function constantOf(value: NftDatum, types: readonly NftType[]): NftExpr {
  const [first = 'integer'] = types;
  if (typeof value !== 'object') return constant(value, first);
  if (!isParts(value)) return constant(value.low, first);
  const parts = value.map((part, at) => constant(part, types[at] ?? 'integer'));
  return { expr: 'concat', parts };
}

function constant(value: NftValue, type: NftType): NftConstant {
  return { expr: 'value', type, value };
}
