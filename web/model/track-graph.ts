import { type Box, centreOf, distance, lengthOf, type Point } from './geometry.js';

/** Named points and the lines between them. */
export interface TrackGraph {
  /** Where a point is; undefined when nothing has that name. */
  at(name: string): Point | undefined;
  /** The shortest way along lines, both ends included; undefined when there is none. */
  way(from: string, to: string): readonly Point[] | undefined;
}

interface Link {
  readonly to: string;
  readonly line: readonly Point[];
  readonly length: number;
}

interface Bar {
  readonly box: Box;
  readonly joints: { readonly name: string; readonly at: Point }[];
}

/** Collects points and lines. A bar (bridge, switch) is a line along its middle that others join at their own place. */
export class TrackGraphBuilder {
  private readonly points = new Map<string, Point>();
  private readonly links = new Map<string, Link[]>();
  private readonly bars = new Map<string, Bar>();

  add(name: string, at: Point): void {
    if (!this.points.has(name)) this.points.set(name, at);
  }

  connect(from: string, to: string, line: readonly Point[]): void {
    const length = lengthOf(line);
    this.linksOf(from).push({ to, line, length });
    this.linksOf(to).push({ to: from, line: [...line].reverse(), length });
  }

  bar(name: string, box: Box): void {
    this.add(name, centreOf(box));
    this.bars.set(name, { box, joints: [] });
  }

  /** Joins a point with a bar; a bar that is not there is ignored. */
  attach(bar: string, name: string, at: Point): void {
    this.bars.get(bar)?.joints.push({ name, at });
  }

  build(): TrackGraph {
    for (const [name, bar] of this.bars) this.layBar(name, bar);
    return new ReadyTrackGraph(this.points, this.links);
  }

  private layBar(name: string, { box, joints }: Bar): void {
    const { y } = centreOf(box);
    const stops: { readonly name: string; readonly at: Point }[] = [{ name, at: centreOf(box) }];
    for (const joint of joints) {
      const stop = { name: `${name}|${joint.name}`, at: { x: joint.at.x, y } };
      this.add(stop.name, stop.at);
      this.connect(joint.name, stop.name, [joint.at, stop.at]);
      stops.push(stop);
    }
    stops.sort((a, b) => a.at.x - b.at.x);
    for (let i = 1; i < stops.length; i += 1) {
      const before = stops[i - 1];
      const here = stops[i];
      if (before !== undefined && here !== undefined) {
        this.connect(before.name, here.name, [before.at, here.at]);
      }
    }
  }

  private linksOf(name: string): Link[] {
    const links = this.links.get(name) ?? [];
    this.links.set(name, links);
    return links;
  }
}

/** Answers ways by Dijkstra's method; a drawing has some hundreds of points. */
class ReadyTrackGraph implements TrackGraph {
  private readonly points: ReadonlyMap<string, Point>;
  private readonly links: ReadonlyMap<string, readonly Link[]>;

  constructor(points: ReadonlyMap<string, Point>, links: ReadonlyMap<string, readonly Link[]>) {
    this.points = points;
    this.links = links;
  }

  at(name: string): Point | undefined {
    return this.points.get(name);
  }

  way(from: string, to: string): readonly Point[] | undefined {
    const start = this.points.get(from);
    if (start === undefined || !this.points.has(to)) return undefined;
    if (from === to) return [start];
    const reached = new Map<string, { readonly from: string; readonly link: Link }>();
    const costs = new Map<string, number>([[from, 0]]);
    const open = new Map<string, number>([[from, 0]]);
    while (open.size > 0) {
      const name = cheapest(open);
      if (name === to) return unwind(from, to, reached);
      const cost = costs.get(name) ?? 0;
      open.delete(name);
      for (const link of this.links.get(name) ?? []) {
        const next = cost + link.length + 0.01;
        if (next >= (costs.get(link.to) ?? Number.POSITIVE_INFINITY)) continue;
        costs.set(link.to, next);
        open.set(link.to, next);
        reached.set(link.to, { from: name, link });
      }
    }
    return undefined;
  }
}

function cheapest(open: ReadonlyMap<string, number>): string {
  let best = '';
  let least = Number.POSITIVE_INFINITY;
  for (const [name, cost] of open) {
    if (cost < least) {
      best = name;
      least = cost;
    }
  }
  return best;
}

function unwind(
  from: string,
  to: string,
  reached: ReadonlyMap<string, { readonly from: string; readonly link: Link }>,
): readonly Point[] {
  const pieces: (readonly Point[])[] = [];
  for (let name = to; name !== from; ) {
    const step = reached.get(name);
    if (step === undefined) return [];
    pieces.unshift(step.link.line);
    name = step.from;
  }
  const way: Point[] = [];
  for (const point of pieces.flat()) {
    if (way.length === 0 || distance(way.at(-1), point) > 0.01) way.push(point);
  }
  return way;
}
