import type { Edge, PodVertex } from '../../server/contract/graph.js';
import { type Box, centreOf, clamp, type Point } from './geometry.js';
import type { Layout } from './layout.js';
import { FRAMES, type Plan } from './plan.js';
import type { TrackGraph } from './track-graph.js';
import { TrackGraphBuilder } from './track-graph.js';

/** The lines of the drawing, and the ways along them. */
export interface Tracks {
  /** What is drawn for each edge, by its id. */
  readonly lines: ReadonlyMap<string, readonly Point[]>;
  /** Lines inside nodes that belong to no edge: from bridge and tunnel to the IP stack and the network card. */
  readonly inner: readonly (readonly Point[])[];
  /** By id of a pod on its node's network: the line to the IP stack of the node, which is its own. */
  readonly hosted: ReadonlyMap<string, readonly Point[]>;
  /** Where devices are: `<vertex>#<device>`; also `<vertex>#stack`, and plain vertex ids for their middles. */
  readonly graph: TrackGraph;
}

/** Where a node's network card is drawn: the middle of its lower edge. */
export function portOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height };
}

/** Height of the pause container's bar at the foot of a pod; the pod's eth0 is on its right end. */
export function pauseHeight(podHeight: number): number {
  if (podHeight >= 84) return 22;
  return podHeight >= 36 ? 7 : 3;
}

/** Lays the tracks of everything that has a place. */
export function layTracks(
  layout: Layout,
  edges: Iterable<Edge>,
  hosted: Iterable<PodVertex> = [],
): Tracks {
  const work: Work = {
    layout,
    graph: new TrackGraphBuilder(),
    lines: new Map(),
    inner: [],
    hosted: new Map(),
  };
  for (const [id, box] of layout.boxes) {
    if (id.startsWith('stack:')) layStack(id.slice('stack:'.length), box, work);
    else if (id.startsWith('switch:')) work.graph.bar(id, box);
    else if (id.startsWith('bridge:')) work.graph.bar(id, box);
    else if (!id.startsWith('node:')) work.graph.add(id, centreOf(box));
    else if (!layout.boxes.has(`stack:${id}`)) work.graph.add(id, centreOf(box));
  }
  for (const edge of edges) layEdge(edge, work);
  for (const pod of hosted) layHosted(pod, work);
  return { lines: work.lines, inner: work.inner, hosted: work.hosted, graph: work.graph.build() };
}

interface Work {
  readonly layout: Layout;
  readonly graph: TrackGraphBuilder;
  readonly lines: Map<string, readonly Point[]>;
  readonly inner: (readonly Point[])[];
  readonly hosted: Map<string, readonly Point[]>;
}

/** Below the pod's row to the left wall of the node, and down along it past the bridge to the IP stack. */
function layHosted({ id, parent = '' }: PodVertex, { layout, graph, hosted }: Work): void {
  const pod = layout.boxes.get(id);
  const node = layout.boxes.get(parent);
  const stack = layout.boxes.get(`stack:${parent}`);
  if (pod === undefined || node === undefined || stack === undefined) return;
  const { gap, padding } = FRAMES[layout.plan.density];
  const foot = { x: pod.x + Math.min(14, pod.width / 2), y: pod.y + pod.height };
  const below = foot.y + gap / 2;
  const wall = node.x + padding / 2;
  const { y } = centreOf(stack);
  const line = [
    foot,
    { x: foot.x, y: below },
    { x: wall, y: below },
    { x: wall, y },
    { x: stack.x, y },
  ];
  hosted.set(id, line);
  graph.connect(id, `${parent}#stack`, [centreOf(pod), ...line, centreOf(stack)]);
}

/** A node's kernel: stack in the middle, from it to the card; bridge and tunnel join when their uplinks are laid. */
function layStack(nodeId: string, box: Box, { layout, graph, inner }: Work): void {
  const node = layout.boxes.get(nodeId);
  if (node === undefined) return;
  const at = centreOf(box);
  const port = portOf(node);
  graph.add(`${nodeId}#stack`, at);
  graph.add(`${nodeId}#port`, port);
  const line = [
    { x: at.x, y: box.y + box.height },
    ...elbow({ x: at.x, y: box.y + box.height }, port),
  ];
  graph.connect(`${nodeId}#stack`, `${nodeId}#port`, [at, ...line]);
  inner.push(line);
}

function layEdge(edge: Edge, work: Work): void {
  switch (edge.kind) {
    case 'veth':
      layVeth(edge, work);
      break;
    case 'uplink':
      layUplink(edge, work);
      break;
    case 'cable':
      layCable(edge, work);
      break;
    case 'tunnel':
      break;
  }
}

/** The way of a veth: corner by corner. */
export type VethLine = readonly [start: Point, corner: Point, end: Point];

/** Boxes that a veth runs between, and the node around them. */
export interface VethBoxes {
  readonly pod: Box;
  readonly bridge: Box;
  readonly node: Box;
}

/** From the right end of the pod's pause bar along the gutter down to the bridge; a lane for each row of pods. */
export function vethLine({ pod, bridge, node }: VethBoxes, plan: Plan): VethLine {
  const { gutter, header, gap } = FRAMES[plan.density];
  const row = Math.round((pod.y - node.y - header) / (plan.podHeight + gap));
  const lanes = plan.podRows + 1;
  const lane = pod.x + pod.width + (gutter * (lanes - row - 0.5)) / lanes;
  const start = { x: pod.x + pod.width, y: pod.y + pod.height - pauseHeight(pod.height) / 2 };
  const end = { x: clamp(lane, bridge.x + 4, bridge.x + bridge.width - 4), y: bridge.y };
  return [start, { x: end.x, y: start.y }, end];
}

function layVeth(edge: Edge, { layout, graph, lines }: Work): void {
  const pod = layout.boxes.get(edge.from);
  const bridge = layout.boxes.get(edge.to);
  const node = layout.boxes.get(nodeOfDevice(edge.to));
  if (pod === undefined || bridge === undefined || node === undefined) return;
  const line = vethLine({ pod, bridge, node }, layout.plan);
  const [start, , end] = line;
  lines.set(edge.id, line);
  const inside = `${edge.from}#${edge.fromDevice}`;
  const outside = `${nodeOfDevice(edge.to)}#${edge.toDevice}`;
  graph.add(inside, start);
  graph.add(outside, end);
  graph.connect(edge.from, inside, [centreOf(pod), { x: centreOf(pod).x, y: start.y }, start]);
  graph.connect(inside, outside, line);
  graph.attach(edge.to, outside, end);
}

/** A bridge or tunnel of a node: joined with the IP stack, a tunnel with the card as well. */
function layUplink(edge: Edge, { layout, graph, lines, inner }: Work): void {
  const box = layout.boxes.get(edge.from);
  const stack = layout.boxes.get(`stack:${edge.to}`);
  const node = layout.boxes.get(edge.to);
  if (box === undefined || stack === undefined || node === undefined) return;
  graph.add(`${edge.to}#${edge.toDevice}`, portOf(node));
  graph.connect(`${edge.to}#${edge.toDevice}`, `${edge.to}#port`, [portOf(node), portOf(node)]);
  graph.add(`${edge.to}#${edge.fromDevice}`, centreOf(box));
  graph.connect(`${edge.to}#${edge.fromDevice}`, edge.from, [centreOf(box), centreOf(box)]);
  const at = centreOf(stack);
  if (edge.from.startsWith('bridge:')) {
    const join = { x: at.x, y: box.y + box.height };
    lines.set(edge.id, [join, { x: at.x, y: stack.y }]);
    graph.add(`${edge.from}#stack`, join);
    graph.connect(`${edge.from}#stack`, `${edge.to}#stack`, [join, at]);
    graph.attach(edge.from, `${edge.from}#stack`, join);
    return;
  }
  const between = [
    { x: stack.x + stack.width, y: at.y },
    { x: box.x, y: at.y },
  ];
  inner.push(between);
  graph.connect(`${edge.to}#stack`, edge.from, [at, centreOf(box)]);
  const foot = { x: centreOf(box).x, y: box.y + box.height };
  const line = [foot, ...elbow(foot, portOf(node))];
  lines.set(edge.id, line);
  graph.connect(edge.from, `${edge.to}#port`, [centreOf(box), ...line]);
}

function layCable(edge: Edge, { layout, graph, lines }: Work): void {
  const from = layout.boxes.get(edge.from);
  const to = layout.boxes.get(edge.to);
  if (from === undefined || to === undefined) return;
  const a = cableEnd(edge.from, to, layout);
  const b = cableEnd(edge.to, from, layout);
  const line = cableLine(a, b, layout);
  lines.set(edge.id, line);
  graph.add(`${edge.from}#${edge.fromDevice}`, a);
  graph.add(`${edge.to}#${edge.toDevice}`, b);
  graph.connect(`${edge.from}#${edge.fromDevice}`, `${edge.to}#${edge.toDevice}`, line);
  join(edge.from, edge.fromDevice, { graph, box: from, at: a, layout });
  join(edge.to, edge.toDevice, { graph, box: to, at: b, layout });
}

interface Joint {
  readonly graph: TrackGraphBuilder;
  readonly box: Box;
  readonly at: Point;
  readonly layout: Layout;
}

/** Joins a cable's end with the machine it is plugged into. */
function join(id: string, device: string, { graph, box, at, layout }: Joint): void {
  if (id.startsWith('switch:')) graph.attach(id, `${id}#${device}`, at);
  else if (layout.boxes.has(`stack:${id}`))
    graph.connect(`${id}#${device}`, `${id}#port`, [at, at]);
  else graph.connect(`${id}#${device}`, id, [at, centreOf(box)]);
}

/** Nodes are plugged in below, other machines on the side that faces the other end. */
function cableEnd(id: string, other: Box, layout: Layout): Point {
  const box = layout.boxes.get(id) ?? other;
  if (layout.boxes.has(`stack:${id}`)) return portOf(box);
  // Both ends of a cable meet at the middle of the narrower box, so that it runs straight where it can.
  const x = clamp(
    centreOf(other.width < box.width ? other : box).x,
    box.x + 12,
    box.x + box.width - 12,
  );
  if (other.y + other.height <= box.y) return { x, y: box.y };
  if (box.y + box.height <= other.y) return { x, y: box.y + box.height };
  const right = centreOf(other).x > centreOf(box).x;
  return { x: right ? box.x + box.width : box.x, y: box.y + box.height / 2 };
}

/** From the lowest row of a map to the switches nothing is in the way. */
const BELOW_ROWS = FRAMES.map.between * 1.6 + 1;

/** Straight when it can be, else by a lane between the rows; cables of upper rows come down beside the nodes. */
function cableLine(a: Point, b: Point, layout: Layout): readonly Point[] {
  if (Math.abs(a.x - b.x) < 1 || Math.abs(a.y - b.y) < 1) {
    const blocked = Math.abs(a.x - b.x) < 1 && Math.abs(a.y - b.y) > BELOW_ROWS && inRows(layout);
    if (!blocked) return [a, b];
  }
  const { between } = FRAMES[layout.plan.density];
  if (inRows(layout) && b.y - a.y > BELOW_ROWS) {
    const lane = a.y + between / 2;
    const spine = layout.extent.x - between * 0.8;
    const approach = b.y - between / 4;
    return [
      a,
      { x: a.x, y: lane },
      { x: spine, y: lane },
      { x: spine, y: approach },
      { x: b.x, y: approach },
      b,
    ];
  }
  const middle = (a.y + b.y) / 2;
  return [a, { x: a.x, y: middle }, { x: b.x, y: middle }, b];
}

/** Whether nodes may stand above others, so that cables go round them. */
function inRows({ plan }: Layout): boolean {
  return plan.density === 'map';
}

function elbow(from: Point, to: Point): readonly Point[] {
  if (Math.abs(from.x - to.x) < 1) return [to];
  const middle = from.y + (to.y - from.y) * 0.5;
  return [{ x: from.x, y: middle }, { x: to.x, y: middle }, to];
}

/** `bridge:node-1/cni0` → `node:node-1`. */
export function nodeOfDevice(id: string): string {
  const path = id.slice(id.indexOf(':') + 1);
  return `node:${path.split('/')[0] ?? ''}`;
}
