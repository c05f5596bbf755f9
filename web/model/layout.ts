import type { PodVertex, Vertex } from '../../server/contract/graph.js';

/** A rectangle of the drawing, in its own units. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a person put a machine; wins over the computed place. */
export type Pins = ReadonlyMap<string, { readonly x: number; readonly y: number }>;

/** Boxes by vertex id. Pods lie inside their node, the unscheduled ones in a box of their own. */
export interface Layout {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly width: number;
  readonly height: number;
}

export const POD_WIDTH = 132;
export const POD_HEIGHT = 66;
const GAP = 10;
const HEADER = 34;
const FOOTER = 86;
const MACHINE_GAP = 44;
/** Id of the box that holds pods without a node. */
export const PENDING_BOX = 'pending';

/**
 * Places everything: nodes side by side, their pods in columns in order of name, switches below, routers and the
 * outside below those. The same vertices give the same picture, and a pod that comes or goes moves only those
 * behind it in its own node.
 */
export function layOut(vertices: readonly Vertex[], pins: Pins): Layout {
  const pods = podsByNode(vertices);
  const nodes = vertices.filter((v) => v.kind === 'node').sort(byRoleThenName);
  const boxes = new Map<string, Box>();
  const columns = columnsFor(nodes.map((node) => pods.get(node.id)?.length ?? 0));
  const perRow = nodes.length <= 4 ? nodes.length : Math.ceil(Math.sqrt(nodes.length * 1.6));
  const nodeWidth = columns * (POD_WIDTH + GAP) + GAP;
  const rowHeights: number[] = [];
  for (const [index, node] of nodes.entries()) {
    const row = Math.floor(index / Math.max(1, perRow));
    const height =
      HEADER + rowsOf(pods.get(node.id)?.length ?? 0, columns) * (POD_HEIGHT + GAP) + FOOTER;
    rowHeights[row] = Math.max(rowHeights[row] ?? 0, height);
  }
  for (const [index, node] of nodes.entries()) {
    const row = Math.floor(index / Math.max(1, perRow));
    const column = index % Math.max(1, perRow);
    const y = sum(rowHeights.slice(0, row)) + row * MACHINE_GAP;
    place(boxes, node.id, pins, {
      x: column * (nodeWidth + MACHINE_GAP),
      y,
      width: nodeWidth,
      height: rowHeights[row] ?? HEADER + FOOTER,
    });
  }
  for (const node of nodes) placeInside(node.id, pods.get(node.id) ?? [], vertices, columns, boxes);
  const totalWidth = Math.max(nodeWidth, perRow * (nodeWidth + MACHINE_GAP) - MACHINE_GAP);
  let y = sum(rowHeights) + rowHeights.length * MACHINE_GAP + 14;
  y = placeSwitches(vertices, boxes, pins, { y, width: totalWidth });
  y = placeRouters(vertices, boxes, pins, { y, width: totalWidth });
  placePending(pods.get(PENDING_BOX) ?? [], boxes, pins, { y, width: totalWidth });
  return { boxes, ...extent(boxes) };
}

function podsByNode(vertices: readonly Vertex[]): Map<string, PodVertex[]> {
  const groups = new Map<string, PodVertex[]>();
  for (const pod of vertices.filter(isPod)) {
    const key = pod.parent ?? PENDING_BOX;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pod]);
    else group.push(pod);
  }
  return groups;
}

function isPod(vertex: Vertex): vertex is PodVertex {
  return vertex.kind === 'pod';
}

function byRoleThenName(a: Vertex, b: Vertex): number {
  const rank = (v: Vertex) => (v.kind === 'node' && v.role === 'control-plane' ? 0 : 1);
  return rank(a) - rank(b) || compareNames(a.name, b.name);
}

/** worker-2 before worker-10. */
export function compareNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function columnsFor(counts: readonly number[]): number {
  const most = Math.max(0, ...counts);
  if (most <= 4) return 2;
  return Math.min(5, Math.ceil(Math.sqrt(most)));
}

function rowsOf(count: number, columns: number): number {
  return Math.max(2, Math.ceil(count / columns));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function place(boxes: Map<string, Box>, id: string, pins: Pins, box: Box): void {
  const pin = pins.get(id);
  boxes.set(id, pin === undefined ? box : { ...box, x: pin.x, y: pin.y });
}

function placeInside(
  nodeId: string,
  pods: readonly PodVertex[],
  vertices: readonly Vertex[],
  columns: number,
  boxes: Map<string, Box>,
): void {
  const node = boxes.get(nodeId);
  if (node === undefined) return;
  const ordered = [...pods].sort(
    (a, b) => compareNames(a.namespace, b.namespace) || compareNames(a.name, b.name),
  );
  for (const [index, pod] of ordered.entries()) {
    boxes.set(pod.id, {
      x: node.x + GAP + (index % columns) * (POD_WIDTH + GAP),
      y: node.y + HEADER + Math.floor(index / columns) * (POD_HEIGHT + GAP),
      width: POD_WIDTH,
      height: POD_HEIGHT,
    });
  }
  const inner = vertices.filter(
    (v) => (v.kind === 'bridge' || v.kind === 'tunnel') && v.parent === nodeId,
  );
  const width = inner.length === 0 ? 0 : (node.width - GAP * (inner.length + 1)) / inner.length;
  for (const [index, vertex] of inner.entries()) {
    boxes.set(vertex.id, {
      x: node.x + GAP + index * (width + GAP),
      y: node.y + node.height - FOOTER + 14,
      width,
      height: 26,
    });
  }
}

interface Row {
  readonly y: number;
  readonly width: number;
}

function placeSwitches(
  vertices: readonly Vertex[],
  boxes: Map<string, Box>,
  pins: Pins,
  row: Row,
): number {
  const switches = vertices.filter((v) => v.kind === 'switch');
  if (switches.length === 0) return row.y;
  const width = Math.min(420, row.width / switches.length - MACHINE_GAP);
  for (const [index, vertex] of switches.entries()) {
    const centre = ((index + 0.5) * row.width) / switches.length;
    place(boxes, vertex.id, pins, { x: centre - width / 2, y: row.y, width, height: 30 });
  }
  return row.y + 30 + MACHINE_GAP;
}

function placeRouters(
  vertices: readonly Vertex[],
  boxes: Map<string, Box>,
  pins: Pins,
  row: Row,
): number {
  const machines = vertices.filter((v) => v.kind === 'router' || v.kind === 'outside');
  if (machines.length === 0) return row.y;
  const width = 150;
  const total = machines.length * (width + MACHINE_GAP) - MACHINE_GAP;
  for (const [index, vertex] of machines.entries()) {
    place(boxes, vertex.id, pins, {
      x: row.width / 2 - total / 2 + index * (width + MACHINE_GAP),
      y: row.y,
      width,
      height: 46,
    });
  }
  return row.y + 46 + MACHINE_GAP;
}

function placePending(
  pods: readonly PodVertex[],
  boxes: Map<string, Box>,
  pins: Pins,
  row: Row,
): void {
  if (pods.length === 0) return;
  const columns = Math.max(1, Math.floor((row.width - GAP) / (POD_WIDTH + GAP)));
  const rows = Math.ceil(pods.length / columns);
  place(boxes, PENDING_BOX, pins, {
    x: 0,
    y: row.y,
    width: Math.min(columns, Math.max(2, pods.length)) * (POD_WIDTH + GAP) + GAP,
    height: HEADER + rows * (POD_HEIGHT + GAP),
  });
  const box = boxes.get(PENDING_BOX);
  if (box === undefined) return;
  for (const [index, pod] of [...pods].sort((a, b) => compareNames(a.id, b.id)).entries()) {
    boxes.set(pod.id, {
      x: box.x + GAP + (index % columns) * (POD_WIDTH + GAP),
      y: box.y + HEADER + Math.floor(index / columns) * (POD_HEIGHT + GAP),
      width: POD_WIDTH,
      height: POD_HEIGHT,
    });
  }
}

function extent(boxes: ReadonlyMap<string, Box>): { width: number; height: number } {
  let width = 0;
  let height = 0;
  for (const box of boxes.values()) {
    width = Math.max(width, box.x + box.width);
    height = Math.max(height, box.y + box.height);
  }
  return { width, height };
}
