import type { Edge } from '../../server/contract/graph.js';
import { type Box, centreOf, lengthOf, type Point } from '../model/geometry.js';
import type { Layout } from '../model/layout.js';
import { nodeOfDevice, type Tracks, vethLine } from '../model/tracks.js';

/** What lines are found in. */
export interface Drawing {
  readonly layout: Layout;
  readonly tracks: Tracks;
  readonly edges: ReadonlyMap<string, Edge>;
}

/** A line with its length, in units of the drawing. */
export interface Way {
  readonly points: readonly Point[];
  readonly length: number;
}

/** Where things are in one drawing; ways are worked out once. */
export class Lines {
  private readonly drawing: Drawing;
  private readonly ways = new Map<string, Way | undefined>();

  constructor(drawing: Drawing) {
    this.drawing = drawing;
  }

  /** The line of an edge; undefined where it is not drawn, as in a folded node. */
  of(edge: string): Way | undefined {
    return this.kept(edge, () => {
      const { tracks } = this.drawing;
      return wayOf(tracks.lines.get(edge) ?? this.vethOf(edge));
    });
  }

  /** The line of an edge with what leads to it inside its machines: from a node's IP stack to its card. */
  stream(edge: string): Way | undefined {
    return this.kept(`stream ${edge}`, () => {
      const way = this.of(edge);
      const ends = this.drawing.edges.get(edge);
      if (way === undefined || ends?.kind !== 'cable') return way;
      return wayOf([
        ...this.fromStack(ends.from, way.points[0]),
        ...way.points,
        ...this.fromStack(ends.to, way.points.at(-1)).toReversed(),
      ]);
    });
  }

  /** The way of a packet along an edge, from where the edge before has left it. */
  leg(
    edge: string,
    forward: boolean,
    before?: { readonly edge: string; readonly forward: boolean },
  ): Way | undefined {
    const name = `${before?.edge ?? ''}${before?.forward === true ? '>' : '<'}${edge}${forward ? '>' : '<'}`;
    return this.kept(name, () => {
      const line = this.of(edge)?.points;
      if (line === undefined) return undefined;
      const along = forward ? line : [...line].reverse();
      const past = before === undefined ? undefined : this.of(before.edge)?.points;
      const from = before?.forward === true ? past?.at(-1) : past?.[0];
      const first = along[0];
      const joined =
        from === undefined || first === undefined || (from.x === first.x && from.y === first.y)
          ? along
          : [from, ...this.between(from, first), ...along];
      return wayOf(joined);
    });
  }

  /** Where a thing is drawn: the middle of its box, or the IP stack of a node. */
  placeOf(vertex: string): Point | undefined {
    const box = this.boxOf(vertex);
    return box === undefined ? undefined : centreOf(box);
  }

  private fromStack(vertex: string, port: Point | undefined): readonly Point[] {
    const stack = this.drawing.layout.boxes.get(`stack:${vertex}`);
    if (stack === undefined || port === undefined) return [];
    const foot = { x: stack.x + stack.width / 2, y: stack.y + stack.height };
    if (Math.abs(foot.x - port.x) < 1) return [foot];
    const middle = (foot.y + port.y) / 2;
    return [foot, { x: foot.x, y: middle }, { x: port.x, y: middle }];
  }

  private boxOf(vertex: string): Box | undefined {
    const { boxes } = this.drawing.layout;
    return boxes.get(`stack:${vertex}`) ?? boxes.get(vertex);
  }

  /** Inside machines packets turn at right angles, as their lines do. */
  private between(from: Point, to: Point): readonly Point[] {
    const straight = Math.abs(from.x - to.x) < 1 || Math.abs(from.y - to.y) < 1;
    return straight ? [] : [{ x: to.x, y: from.y }];
  }

  private vethOf(id: string): readonly Point[] | undefined {
    const { layout, edges } = this.drawing;
    const edge = edges.get(id);
    if (edge?.kind !== 'veth') return undefined;
    const pod = layout.boxes.get(edge.from);
    const bridge = layout.boxes.get(edge.to);
    const node = layout.boxes.get(nodeOfDevice(edge.to));
    if (pod === undefined || bridge === undefined || node === undefined) return undefined;
    return vethLine({ pod, bridge, node }, layout.plan);
  }

  private kept(name: string, find: () => Way | undefined): Way | undefined {
    if (this.ways.has(name)) return this.ways.get(name);
    const found = find();
    this.ways.set(name, found);
    return found;
  }
}

function wayOf(points: readonly Point[] | undefined): Way | undefined {
  return points === undefined ? undefined : { points, length: lengthOf(points) };
}
