import type { Edge } from '../../server/contract/graph.js';
import { centreOf, lengthOf, type Point } from '../model/geometry.js';
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

/** An edge in one direction. */
interface Course {
  readonly edge: string;
  readonly forward: boolean;
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
        ...this.beforeCard(ends.from, way.points[0]),
        ...way.points,
        ...this.beforeCard(ends.to, way.points.at(-1)).toReversed(),
      ]);
    });
  }

  /** The node at an end of an edge: how wide it is, and whether it is where the edge ends. */
  nodeAt(edge: string): { readonly width: number; readonly atEnd: boolean } | undefined {
    const ends = this.drawing.edges.get(edge);
    for (const [vertex, atEnd] of [
      [ends?.from, false],
      [ends?.to, true],
    ] as const) {
      const { boxes } = this.drawing.layout;
      const box = boxes.has(`stack:${vertex}`) ? boxes.get(vertex ?? '') : undefined;
      if (box !== undefined) return { width: box.width, atEnd };
    }
    return undefined;
  }

  /** The way of a packet along an edge, from where the edge before has left it. */
  leg(edge: string, forward: boolean, before?: Course): Way | undefined {
    const name = `${before?.edge ?? ''}${before?.forward === true ? '>' : '<'}${edge}${forward ? '>' : '<'}`;
    return this.kept(name, () => {
      const line = this.of(edge)?.points;
      if (line === undefined) return undefined;
      const along = forward ? line : [...line].reverse();
      if (before === undefined) return wayOf(along);
      return wayOf([...this.joint(before, { edge, forward }), ...along]);
    });
  }

  /** Where a thing is drawn: the middle of its box. */
  placeOf(vertex: string): Point | undefined {
    const box = this.drawing.layout.boxes.get(vertex);
    return box === undefined ? undefined : centreOf(box);
  }

  /** Where packets of a node or tunnel turn. */
  hubOf(vertex: string): Point | undefined {
    const { boxes } = this.drawing.layout;
    const box = vertex.startsWith('tunnel:') ? boxes.get(vertex) : boxes.get(`stack:${vertex}`);
    return box === undefined ? undefined : centreOf(box);
  }

  /** Where a tunnel takes the packets, few go straight to the card. */
  private beforeCard(vertex: string, port: Point | undefined): readonly Point[] {
    const tunnels = this.drawing.layout.boxes.has(
      `${vertex.replace('node:', 'tunnel:')}/flannel.1`,
    );
    return tunnels ? [] : this.fromStack(vertex, port);
  }

  private fromStack(vertex: string, port: Point | undefined): readonly Point[] {
    const stack = this.drawing.layout.boxes.get(`stack:${vertex}`);
    if (stack === undefined || port === undefined) return [];
    const foot = { x: stack.x + stack.width / 2, y: stack.y + stack.height };
    if (Math.abs(foot.x - port.x) < 1) return [foot];
    const middle = (foot.y + port.y) / 2;
    return [foot, { x: foot.x, y: middle }, { x: port.x, y: middle }];
  }

  /** From where one edge was left to where the next begins: through the IP stack of a node, as its own lines go. */
  private joint(before: Course, next: Course): readonly Point[] {
    const past = this.of(before.edge)?.points;
    const end = before.forward ? past?.at(-1) : past?.[0];
    if (end === undefined) return [];
    const [last, first] = [this.endOf(before, 'last'), this.endOf(next, 'first')];
    const hubs = [last, first].flatMap((vertex) => this.hubOf(vertex) ?? []);
    const through = before.edge.startsWith('uplink:') || next.edge.startsWith('uplink:');
    const tunnelled =
      last !== first || isTunnel(before, this.drawing) === isTunnel(next, this.drawing);
    if (hubs.length < 2 || !through || !tunnelled) return [end];
    const into = before.edge.startsWith('cable:') ? this.fromStack(last, end).toReversed() : [];
    const start = this.of(next.edge)?.points;
    const out = next.edge.startsWith('cable:')
      ? this.fromStack(first, next.forward ? start?.[0] : start?.at(-1))
      : [];
    return [end, ...into, ...hubs, ...out];
  }

  private endOf({ edge, forward }: Course, which: 'first' | 'last'): string {
    const ends = this.drawing.edges.get(edge);
    return (forward === (which === 'last') ? ends?.to : ends?.from) ?? '';
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

function isTunnel({ edge }: Course, { edges }: Drawing): boolean {
  return edges.get(edge)?.from.startsWith('tunnel:') === true;
}
