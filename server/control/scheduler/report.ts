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

/** What a report is written from: names shared, scores as numbers. */
export interface Decision {
  readonly atNs: number;
  readonly node: string | undefined;
  readonly message: string | undefined;
  readonly names: readonly string[];
  /** By position in `names`; undefined where the node passed. */
  readonly rejections: readonly (Rejection | undefined)[];
  /** One row of `SCORE_PLUGINS` per node that passed, in order; empty when at most one did. */
  readonly scores: Uint16Array;
}

/** A report whose rows are written out when someone reads them: most never are. */
export class LazyReport implements SchedulingReport {
  private readonly decision: Decision;

  constructor(decision: Decision) {
    this.decision = decision;
  }

  get atNs(): number {
    return this.decision.atNs;
  }

  get node(): string | undefined {
    return this.decision.node;
  }

  get message(): string | undefined {
    return this.decision.message;
  }

  get rows(): readonly SchedulingRow[] {
    const { names, rejections, scores } = this.decision;
    const width = SCORE_PLUGINS.length;
    let start = 0;
    const rows = names.map((node, index): SchedulingRow => {
      const rejection = rejections[index];
      if (rejection !== undefined) {
        const { plugin, reasons } = rejection;
        return { node, rejected: { plugin, reasons }, scores: undefined, total: undefined };
      }
      const numbers = scores.subarray(start, start + width);
      start += width;
      if (numbers.length === 0)
        return { node, rejected: undefined, scores: undefined, total: undefined };
      return {
        node,
        rejected: undefined,
        scores: Object.fromEntries(
          SCORE_PLUGINS.map(({ plugin }, at) => [plugin, numbers[at] ?? 0]),
        ),
        total: numbers.reduce((sum, score) => sum + score, 0),
      };
    });
    return rows.sort((a, b) => (a.node < b.node ? -1 : 1));
  }
}
