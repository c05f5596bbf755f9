import { clamp } from './geometry.js';

/**
 * How much of a pod is drawn: all of it, or its name and state. On a `map` pods have room for all of it, and the zoom
 * says how much of that can be read.
 */
export type Density = 'full' | 'compact' | 'map';

/** Sizes that the whole drawing shares. */
export interface Plan {
  readonly density: Density;
  /** Nodes side by side. */
  readonly perRow: number;
  /** Pods one above the other in the fullest node. */
  readonly podRows: number;
  readonly podWidth: number;
  readonly podHeight: number;
}

/** Space there is to draw in, in CSS pixels. */
export interface Stage {
  readonly width: number;
  readonly height: number;
}

/** Parts of a node around its pods, by density. */
export interface Frame {
  /** Above the pods: name, state, pod CIDR. */
  readonly header: number;
  /** Below the pods: bridge, IP stack, network card. */
  readonly footer: number;
  readonly padding: number;
  /** Right of each column of pods, where veths run down to the bridge. */
  readonly gutter: number;
  /** Between pods of a column. */
  readonly gap: number;
  /** Between nodes. */
  readonly between: number;
}

/** What lies around pods. */
export const FRAMES: Readonly<Record<Density, Frame>> = {
  full: { header: 50, footer: 138, padding: 12, gutter: 18, gap: 10, between: 30 },
  compact: { header: 46, footer: 112, padding: 9, gutter: 13, gap: 5, between: 22 },
  map: { header: 170, footer: 140, padding: 24, gutter: 20, gap: 14, between: 110 },
};

/** Height of switches, routers and the outside below the nodes. */
export const UNDERLAY_HEIGHT = 150;

const SIZES: Readonly<
  Record<Density, { least: readonly [number, number]; most: readonly [number, number] }>
> = {
  full: { least: [146, 92], most: [236, 132] },
  compact: { least: [100, 38], most: [180, 54] },
  map: { least: [200, 118], most: [200, 118] },
};

/** Pods per node are rounded up to one of these, so that the drawing does not change with every pod. */
const CAPACITIES = [2, 4, 6, 8, 10, 12, 16, 20, 25, 30, 40, 50, 64, 80, 110, 160, 250];

/** The step that a number of pods is rounded up to. */
export function capacityFor(pods: number): number {
  return CAPACITIES.find((capacity) => pods <= capacity) ?? Math.ceil(pods / 250) * 250;
}

/** Narrowest node, by density: its name and state must fit. */
const NARROWEST: Readonly<Record<Density, number>> = { full: 206, compact: 206, map: 700 };

/** Columns of pods in each node; where nodes stand in several rows they are all as wide as the fullest. */
export function columnsOf(
  podCounts: readonly number[],
  plan: Pick<Plan, 'perRow' | 'podRows'>,
): readonly number[] {
  const columns = podCounts.map((pods) => Math.max(1, Math.ceil(capacityFor(pods) / plan.podRows)));
  if (podCounts.length <= plan.perRow) return columns;
  const most = Math.max(1, ...columns);
  return columns.map(() => most);
}

/** Width of a node with that many columns. */
export function nodeWidth(columns: number, plan: Pick<Plan, 'density' | 'podWidth'>): number {
  const { padding, gutter } = FRAMES[plan.density];
  return Math.max(NARROWEST[plan.density], 2 * padding + columns * (plan.podWidth + gutter));
}

/** Height of a node whose pods stand that many rows high. */
export function nodeHeight(plan: Pick<Plan, 'density' | 'podRows' | 'podHeight'>): number {
  const { header, footer, gap } = FRAMES[plan.density];
  return header + plan.podRows * (plan.podHeight + gap) + footer;
}

/** How much smaller than its own size a drawing may be shown before less of each pod is drawn. */
const LEAST_FIT = { full: 0.9, compact: 0.86 } as const;

/**
 * Chooses how to draw so that it fills the stage and can still be read: as much of each pod as fits at its own size,
 * then pods as large as the space allows. What fits neither way is a map, for which one zooms in to read.
 */
export function choosePlan(podCounts: readonly number[], stage: Stage): Plan {
  for (const density of ['full', 'compact'] as const) {
    const best = bestOf(density, podCounts, stage);
    if (best.fit >= LEAST_FIT[density]) return best.plan;
  }
  return bestOf('map', podCounts, stage).plan;
}

/**
 * The plan of before where it still does, so that what comes moves as little as can be: pods stay as large as they are,
 * a node that needs another column grows, and only what stands right of it moves. Otherwise the one that is best now.
 */
export function planFor(
  podCounts: readonly number[],
  stage: Stage,
  before: Plan | undefined,
): Plan {
  const best = choosePlan(podCounts, stage);
  if (before === undefined || before.density !== best.density || best.density === 'map')
    return best;
  const rows = (plan: Plan) => Math.ceil(podCounts.length / plan.perRow);
  const grown = best.podWidth * best.podHeight > before.podWidth * before.podHeight * MUCH_LARGER;
  if (rows(before) !== rows(best) || grown) return best;
  return fitOf(before, podCounts, stage) >= LEAST_FIT[best.density] * STILL_DOES ? before : best;
}

/** How much more room pods must have before all are drawn anew. */
const MUCH_LARGER = 1.8;
/** How much smaller than a new plan would be shown a kept one may be. */
const STILL_DOES = 0.9;

/** Share of its natural size at which a plan fits a stage. */
function fitOf(plan: Plan, podCounts: readonly number[], stage: Stage): number {
  const { header, footer, gap, between } = FRAMES[plan.density];
  const lines = chunked(columnsOf(podCounts, plan), plan.perRow);
  const widest = Math.max(
    ...lines.map((line) => line.reduce((all, n) => all + nodeWidth(n, plan) + between, -between)),
  );
  const each = header + footer + between + plan.podRows * (plan.podHeight + gap);
  return Math.min(stage.width / widest, stage.height / (lines.length * each + UNDERLAY_HEIGHT));
}

interface Candidate {
  readonly plan: Plan;
  /** Share of its natural size at which the drawing fits the stage. */
  readonly fit: number;
  readonly score: number;
}

function bestOf(density: Density, podCounts: readonly number[], stage: Stage): Candidate {
  let best = candidate(density, podCounts, {
    stage,
    perRow: Math.max(1, podCounts.length),
    rows: 1,
  });
  const most = Math.max(1, capacityFor(Math.max(0, ...podCounts)));
  for (let nodeRows = 1; nodeRows <= Math.max(1, podCounts.length); nodeRows += 1) {
    const perRow = Math.max(1, Math.ceil(podCounts.length / nodeRows));
    for (let rows = 1; rows <= most; rows += 1) {
      const next = candidate(density, podCounts, { stage, perRow, rows });
      if (next.score > best.score + 1e-9) best = next;
    }
  }
  return best;
}

function candidate(
  density: Density,
  podCounts: readonly number[],
  shape: { readonly stage: Stage; readonly perRow: number; readonly rows: number },
): Candidate {
  const { stage, perRow, rows } = shape;
  const { header, footer, padding, gutter, gap, between } = FRAMES[density];
  const nodeRows = Math.max(1, Math.ceil(podCounts.length / perRow));
  const { least, most } = SIZES[density];
  const columns = columnsOf(podCounts, { perRow, podRows: rows });
  const lines = chunked(columns, perRow);
  // Nodes that are as narrow as they may be do not share what is left over.
  const podWidths = lines.map((line) => {
    const narrow = line.filter(
      (n) => nodeWidth(n, { density, podWidth: least[0] }) <= NARROWEST[density],
    );
    const wide = line.filter((n) => !narrow.includes(n));
    const fixed =
      (line.length - 1) * between +
      narrow.length * NARROWEST[density] +
      wide.reduce((total, n) => total + 2 * padding + n * gutter, 0);
    const shared = wide.reduce((total, n) => total + n, 0);
    return shared === 0 ? most[0] : (stage.width - fixed) / shared;
  });
  const podWidth = clamp(Math.min(...podWidths), least[0], most[0]);
  const fixedHeight = nodeRows * (header + footer + rows * gap + between) + UNDERLAY_HEIGHT;
  const podHeight = clamp((stage.height - fixedHeight) / (nodeRows * rows), least[1], most[1]);
  const widest = Math.max(
    ...lines.map((line) =>
      line.reduce((total, n) => total + nodeWidth(n, { density, podWidth }) + between, -between),
    ),
  );
  const fit = Math.min(
    stage.width / widest,
    stage.height / (fixedHeight + nodeRows * rows * podHeight),
  );
  const roominess = (podWidth / most[0]) * 0.6 + (podHeight / most[1]) * 0.4;
  return {
    plan: {
      density,
      perRow,
      podRows: rows,
      podWidth: Math.floor(podWidth),
      podHeight: Math.floor(podHeight),
    },
    fit: fit + 0.005,
    score: Math.min(1, fit) * 10 + roominess,
  };
}

function chunked(values: readonly number[], size: number): readonly (readonly number[])[] {
  const chunks: (readonly number[])[] = [];
  for (let start = 0; start < values.length; start += size) {
    chunks.push(values.slice(start, start + size));
  }
  return chunks.length === 0 ? [[1]] : chunks;
}
