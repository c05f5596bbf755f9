import type { Rejection } from './filters.js';
import { SCORE_PLUGINS } from './scores.js';

/** What the scheduler last decided about a pod, and why. */
export interface SchedulingReport {
  readonly atNs: number;
  /** The node chosen; undefined when none did. */
  readonly node: string | undefined;
  /** The message of `FailedScheduling`. */
  readonly message: string | undefined;
  /** One per node that was looked at, in order of name. */
  readonly rows: readonly SchedulingRow[];
}

/** One node in a scheduling report. */
export interface SchedulingRow {
  readonly node: string;
  /** The filter that ruled the node out, and its words; undefined when all let it pass. */
  readonly rejected: { readonly plugin: string; readonly reasons: readonly string[] } | undefined;
  /** Weighed scores by plugin; undefined for a node that was ruled out, or the only one left. */
  readonly scores: Readonly<Record<string, number>> | undefined;
  readonly total: number | undefined;
}

/** A report as it is kept: names shared, scores as numbers. */
export interface KeptReport {
  readonly atNs: number;
  readonly node: string | undefined;
  readonly message: string | undefined;
  readonly names: readonly string[];
  /** By position in `names`; undefined where the node passed. */
  readonly rejections: readonly (Rejection | undefined)[];
  /** By position in `names`. */
  readonly scores: ReadonlyMap<number, Uint16Array>;
}

/** Writes a kept report out. */
export function writeOut(kept: KeptReport): SchedulingReport {
  const rows = kept.names.map((node, index): SchedulingRow => {
    const rejection = kept.rejections[index];
    const numbers = kept.scores.get(index);
    return {
      node,
      rejected: rejection && { plugin: rejection.plugin, reasons: rejection.reasons },
      scores:
        numbers &&
        Object.fromEntries(SCORE_PLUGINS.map(({ plugin }, at) => [plugin, numbers[at] ?? 0])),
      total: numbers?.reduce((sum, score) => sum + score, 0),
    };
  });
  rows.sort((a, b) => (a.node < b.node ? -1 : 1));
  return { atNs: kept.atNs, node: kept.node, message: kept.message, rows };
}
