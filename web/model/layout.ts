import type { PodVertex, Vertex } from '../../server/contract/graph.js';
import type { Box, Point } from './geometry.js';
import { compareNames } from './names.js';
import {
  columnsOf,
  FRAMES,
  nodeHeight,
  nodeWidth,
  type Plan,
  planFor,
  type Stage,
} from './plan.js';
import { assignSlots, PENDING_BOX, type Slots } from './slots.js';

/** Where a person put a machine; wins over the computed place. */
export type Pins = ReadonlyMap<string, Point>;

/** Where everything is drawn. Pods lie inside their node, the unscheduled ones in a box of their own. */
export interface Layout {
  readonly plan: Plan;
  /** By vertex id; besides `pending` and, for each node, `stack:<node>`: where its kernel routes and filters. */
  readonly boxes: ReadonlyMap<string, Box>;
  readonly slots: Slots;
  /** The rectangle around all boxes. */
  readonly extent: Box;
}

/** What a layout depends on besides the vertices. */
export interface LayoutOptions {
  readonly pins: Pins;
  readonly stage: Stage;
  readonly slots: Slots;
  /** The plan of before on the same stage: kept while it does. */
  readonly plan?: Plan | undefined;
}

const SWITCH_HEIGHT = 32;
const MACHINE_HEIGHT = 50;
const MACHINE_WIDTH = 160;
const ROW_GAP = 34;

/**
 * Places everything: nodes side by side with their pods above their bridge, switches below, routers and the outside
 * below those. The same vertices and options give the same picture; a pod that comes or goes moves no other, unless its
 * node must grow, which moves its pods and what stands right of it, or less can be drawn of each pod than before.
 */
export function layOut(vertices: readonly Vertex[], options: LayoutOptions): Layout {
  const pods = vertices.filter(isPod);
  const nodes = vertices.filter((v) => v.kind === 'node').sort(byRoleThenName);
  const slots = assignSlots(pods, options.slots);
  const places = placesUsed(slots);
  const counts = nodes.map((node) => places.get(node.id) ?? 0);
  const plan = planFor(counts, options.stage, options.plan);
  const boxes = new Map<string, Box>();
  const columns = columnsOf(counts, plan);
  let y = placeNodes(nodes, { boxes, columns, plan, pins: options.pins });
  const width = Math.max(...[...boxes.values()].map((box) => box.x + box.width), MACHINE_WIDTH * 3);
  for (const [index, node] of nodes.entries()) {
    placeInside(node.id, vertices, { boxes, plan, columns: columns[index] ?? 1 });
  }
  const row = { boxes, pins: options.pins, width, scale: 1 };
  y = placeSwitches(vertices, { ...row, y });
  placeRouters(vertices, { ...row, y });
  const pending = places.get(PENDING_BOX) ?? 0;
  const across = pendingColumns(pending, width, plan);
  placePending(pending, across, { ...row, y, plan });
  const columnsById = new Map([
    [PENDING_BOX, across],
    ...nodes.map((n, i) => [n.id, columns[i] ?? 1] as const),
  ]);
  placePods(pods, slots, { boxes, plan, columns: columnsById });
  return { plan, boxes, slots, extent: extentOf(boxes) };
}

function isPod(vertex: Vertex): vertex is PodVertex {
  return vertex.kind === 'pod';
}

/** Control planes first, then by name. */
export function byRoleThenName(a: Vertex, b: Vertex): number {
  const rank = (v: Vertex) => (v.kind === 'node' && v.role === 'control-plane' ? 0 : 1);
  return rank(a) - rank(b) || compareNames(a.name, b.name);
}

/** Highest place in use, plus one, by group. */
function placesUsed(slots: Slots): Map<string, number> {
  const used = new Map<string, number>();
  for (const { group, index } of slots.values()) {
    used.set(group, Math.max(used.get(group) ?? 0, index + 1));
  }
  return used;
}

interface NodeRow {
  readonly boxes: Map<string, Box>;
  readonly columns: readonly number[];
  readonly plan: Plan;
  readonly pins: Pins;
}

/** Places the nodes' boxes and gives the y below them. */
function placeNodes(nodes: readonly Vertex[], row: NodeRow): number {
  const { between } = FRAMES[row.plan.density];
  const height = nodeHeight(row.plan);
  let x = 0;
  let y = 0;
  for (const [index, node] of nodes.entries()) {
    if (index > 0 && index % row.plan.perRow === 0) {
      x = 0;
      y += height + between;
    }
    const width = nodeWidth(row.columns[index] ?? 1, row.plan);
    place(row, node.id, { x, y, width, height });
    x += width + between;
  }
  return y + (nodes.length === 0 ? 0 : height) + ROW_GAP;
}

function place(
  { boxes, pins }: { readonly boxes: Map<string, Box>; readonly pins: Pins },
  id: string,
  box: Box,
): void {
  const pin = pins.get(id);
  boxes.set(id, pin === undefined ? box : { ...box, x: pin.x, y: pin.y });
}

/** What `placeInside` needs of a node. */
export interface Inside {
  readonly boxes: Map<string, Box>;
  readonly plan: Plan;
  readonly columns: number;
}

/** Bridge across the node, and below it the IP stack with the tunnel devices beside it. */
export function placeInside(nodeId: string, vertices: readonly Vertex[], inside: Inside): void {
  const { boxes, plan } = inside;
  const node = boxes.get(nodeId);
  if (node === undefined) return;
  const { padding, footer } = FRAMES[plan.density];
  const x = node.x + padding;
  const width = node.width - 2 * padding;
  const top = node.y + node.height - footer;
  const bridges = vertices.filter((v) => v.kind === 'bridge' && v.parent === nodeId);
  const tunnels = vertices.filter((v) => v.kind === 'tunnel' && v.parent === nodeId);
  const each = (width - padding * (bridges.length - 1)) / Math.max(1, bridges.length);
  for (const [index, bridge] of bridges.entries()) {
    boxes.set(bridge.id, {
      x: x + index * (each + padding),
      y: top + 10,
      width: each,
      height: 28,
    });
  }
  const middle = node.x + node.width / 2;
  const stackY = top + (footer > 120 ? 58 : 50);
  const height = 24;
  const stackWidth = Math.min(width * (tunnels.length > 0 ? 0.5 : 1), 128);
  const stackX = tunnels.length > 0 ? x : middle - stackWidth / 2;
  boxes.set(`stack:${nodeId}`, { x: stackX, y: stackY, width: stackWidth, height });
  const left = x + stackWidth + padding;
  const tunnelWidth = (x + width - left) / Math.max(1, tunnels.length);
  for (const [index, tunnel] of tunnels.entries()) {
    boxes.set(tunnel.id, {
      x: left + index * tunnelWidth,
      y: stackY,
      width: tunnelWidth - 2,
      height,
    });
  }
}

/** The room below the nodes. */
export interface UnderlayRow {
  readonly boxes: Map<string, Box>;
  readonly pins: Pins;
  readonly y: number;
  readonly width: number;
  /** How much larger than at a zoom of 1 machines are drawn; large drawings are seen from far. */
  readonly scale: number;
}

/** Places switches in a row and gives the y below them. */
export function placeSwitches(vertices: readonly Vertex[], row: UnderlayRow): number {
  const switches = vertices
    .filter((v) => v.kind === 'switch')
    .sort((a, b) => compareNames(a.id, b.id));
  if (switches.length === 0) return row.y;
  const each = row.width / switches.length;
  for (const [index, vertex] of switches.entries()) {
    const width = Math.max(120 * row.scale, each - 24 * row.scale);
    place(row, vertex.id, {
      x: index * each + (each - width) / 2,
      y: row.y,
      width,
      height: SWITCH_HEIGHT * row.scale,
    });
  }
  return row.y + (SWITCH_HEIGHT + ROW_GAP) * row.scale;
}

/** Places routers, and the outside right of them. */
export function placeRouters(vertices: readonly Vertex[], row: UnderlayRow): void {
  const machines = vertices
    .filter((v) => v.kind === 'router' || v.kind === 'outside')
    .sort(
      (a, b) =>
        Number(a.kind === 'outside') - Number(b.kind === 'outside') || compareNames(a.name, b.name),
    );
  const width = MACHINE_WIDTH * row.scale;
  const step = width + 60 * row.scale;
  const start = Math.max(0, row.width / 2 - (machines.length * step - 60 * row.scale) / 2);
  for (const [index, vertex] of machines.entries()) {
    const x = start + index * step;
    place(row, vertex.id, { x, y: row.y, width, height: MACHINE_HEIGHT * row.scale });
  }
}

const PENDING_HEADER = 32;

function placePending(
  count: number,
  columns: number,
  row: UnderlayRow & { readonly plan: Plan },
): void {
  if (count === 0) return;
  const { plan } = row;
  const { gap, padding } = FRAMES[plan.density];
  // Beside the routers while it is narrow, else below them.
  const width = Math.max(256, 2 * padding + columns * (plan.podWidth + gap));
  const beside = width + 40 <= row.width / 2 - MACHINE_WIDTH - 30;
  place(row, PENDING_BOX, {
    x: 0,
    y: beside ? row.y - 16 : row.y + MACHINE_HEIGHT + ROW_GAP,
    width,
    height: PENDING_HEADER + Math.ceil(count / columns) * (plan.podHeight + gap) + padding,
  });
}

function pendingColumns(count: number, width: number, plan: Plan): number {
  const { gap, padding } = FRAMES[plan.density];
  const most = Math.max(1, Math.floor((width - 2 * padding) / (plan.podWidth + gap)));
  return Math.min(most, Math.max(1, count));
}

interface PodPlaces {
  readonly boxes: Map<string, Box>;
  readonly plan: Plan;
  readonly columns: ReadonlyMap<string, number>;
}

function placePods(pods: readonly PodVertex[], slots: Slots, places: PodPlaces): void {
  const { boxes, plan } = places;
  const { header, padding, gutter, gap } = FRAMES[plan.density];
  for (const pod of pods) {
    const slot = slots.get(pod.id);
    const outer = boxes.get(slot?.group ?? '');
    if (slot === undefined || outer === undefined) continue;
    const pending = slot.group === PENDING_BOX;
    const columns = places.columns.get(slot.group) ?? 1;
    boxes.set(pod.id, {
      x: outer.x + padding + (slot.index % columns) * (plan.podWidth + (pending ? gap : gutter)),
      y:
        outer.y +
        (pending ? PENDING_HEADER : header) +
        Math.floor(slot.index / columns) * (plan.podHeight + gap),
      width: plan.podWidth,
      height: plan.podHeight,
    });
  }
}

/** The rectangle around all boxes. */
export function extentOf(boxes: ReadonlyMap<string, Box>): Box {
  if (boxes.size === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const all = [...boxes.values()];
  const x = all.reduce((least, box) => Math.min(least, box.x), Number.POSITIVE_INFINITY);
  const y = all.reduce((least, box) => Math.min(least, box.y), Number.POSITIVE_INFINITY);
  const right = all.reduce((most, box) => Math.max(most, box.x + box.width), 0);
  const bottom = all.reduce((most, box) => Math.max(most, box.y + box.height), 0);
  return { x, y, width: right - x, height: bottom - y };
}
