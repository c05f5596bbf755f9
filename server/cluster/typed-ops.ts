/**
 * What programs and people changed in a kernel with `ip`, `iptables`, `sysctl` and their like: no object says it, so a
 * copy of the cluster has to be told.
 */

import type { Host, KernelOp } from '../../topology/index.js';

/** How many changes of one machine are kept. */
const MOST_OPS = 5000;

/** The changes of one machine, in order. */
export interface TypedOps {
  readonly ops: readonly KernelOp[];
  /** More was changed than is kept: what is here is not all. */
  readonly overflown: boolean;
}

const byHost = new WeakMap<Host, { ops: KernelOp[]; overflown: boolean }>();
const NOTHING: TypedOps = { ops: [], overflown: false };

/** Keeps a change that a kernel took; those of namespaces that are gone are forgotten first when there are too many. */
export function noteOps(host: Host, ops: readonly KernelOp[]): void {
  const kept = byHost.get(host) ?? { ops: [], overflown: false };
  byHost.set(host, kept);
  kept.ops.push(...ops);
  if (kept.ops.length <= MOST_OPS) return;
  kept.ops = kept.ops.filter((op) => isThere(host, op));
  if (kept.ops.length <= MOST_OPS) return;
  kept.ops.splice(0, kept.ops.length - MOST_OPS);
  kept.overflown = true;
}

/** The changes of a machine whose namespaces are still there. */
export function typedOps(host: Host): TypedOps {
  const kept = byHost.get(host);
  if (kept === undefined) return NOTHING;
  return { ops: kept.ops.filter((op) => isThere(host, op)), overflown: kept.overflown };
}

function isThere(host: Host, op: KernelOp): boolean {
  const name = 'netns' in op ? (op.netns ?? '') : '';
  return name === '' || host.netns(name) !== undefined;
}
