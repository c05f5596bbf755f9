import type { Edge } from '../../server/contract/graph.js';
import type { Box, Layout } from './layout.js';

/** A point of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a node's network card is drawn: the middle of its lower edge. */
export function portOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height };
}

function centreOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/**
 * Where a packet is while a step happens: on the device's mark when the device is drawn, else on its vertex.
 * `peers` finds the pod whose veth ends in a device of a node.
 */
export function anchorOf(
  vertex: string,
  device: string | undefined,
  layout: Layout,
  vethPods: ReadonlyMap<string, string>,
): Point | undefined {
  const box = layout.boxes.get(vertex);
  if (box === undefined) return undefined;
  if (!vertex.startsWith('node:') || device === undefined) return centreOf(box);
  const node = vertex.slice('node:'.length);
  const inner =
    layout.boxes.get(`bridge:${node}/${device}`) ?? layout.boxes.get(`tunnel:${node}/${device}`);
  if (inner !== undefined) return centreOf(inner);
  const pod = layout.boxes.get(vethPods.get(`${node}/${device}`) ?? '');
  if (pod !== undefined) return { x: gutterOf(pod), y: pod.y + pod.height + 4 };
  return device === 'lo' ? { x: box.x + box.width - 24, y: box.y + 18 } : portOf(box);
}

/** `node/vethX` → id of the pod at the other end. */
export function vethPodsOf(edges: Iterable<Edge>): Map<string, string> {
  const pods = new Map<string, string>();
  for (const edge of edges) {
    if (edge.kind !== 'veth') continue;
    const node = edge.to.startsWith('bridge:')
      ? edge.to.slice('bridge:'.length).split('/')[0]
      : edge.to.slice('node:'.length);
    pods.set(`${node}/${edge.toDevice}`, edge.from);
  }
  return pods;
}

/** The channel to the right of a column of pods, where their veths run down to the bridge. */
function gutterOf(pod: Box): number {
  return pod.x + pod.width + 5;
}

/** The drawn line of an edge as an SVG path; undefined while an end is not placed. */
export function pathOf(edge: Edge, layout: Layout): string | undefined {
  const from = layout.boxes.get(edge.from);
  const to = layout.boxes.get(edge.to);
  if (from === undefined || to === undefined) return undefined;
  switch (edge.kind) {
    case 'veth': {
      const x = gutterOf(from);
      const y = from.y + from.height - 20;
      return `M${from.x + from.width},${y}H${x}V${to.y}`;
    }
    case 'uplink': {
      const start = { x: from.x + from.width / 2, y: from.y + from.height };
      const end = portOf(to);
      return `M${start.x},${start.y}C${start.x},${start.y + 16} ${end.x},${end.y - 22} ${end.x},${end.y - 6}`;
    }
    case 'cable':
    case 'tunnel':
      return cablePath(edge, from, to);
  }
}

function cablePath(edge: Edge, from: Box, to: Box): string {
  const a = cableEnd(edge.from, from, to);
  const b = cableEnd(edge.to, to, from);
  if (a.y === b.y) return `M${a.x},${a.y}L${b.x},${b.y}`;
  const middle = (a.y + b.y) / 2;
  return `M${a.x},${a.y}C${a.x},${middle} ${b.x},${middle} ${b.x},${b.y}`;
}

/** Cables leave nodes below, and reach other machines on the side that faces the other end. */
function cableEnd(id: string, box: Box, other: Box): Point {
  if (id.startsWith('node:')) return portOf(box);
  const facing = centreOf(other);
  if (other.y + other.height <= box.y) {
    return { x: clamp(facing.x, box.x + 12, box.x + box.width - 12), y: box.y };
  }
  if (box.y + box.height <= other.y) {
    return { x: clamp(facing.x, box.x + 12, box.x + box.width - 12), y: box.y + box.height };
  }
  const right = facing.x > box.x + box.width / 2;
  return { x: right ? box.x + box.width : box.x, y: box.y + box.height / 2 };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
