import type { Vertex } from '../../server/contract/graph.js';
import { censusOf } from './census.js';
import type { Box, Point } from './geometry.js';
import {
  byRoleThenName,
  extentOf,
  type Layout,
  type Pins,
  placeInside,
  placeRouters,
  placeSwitches,
} from './layout.js';
import { type Folding, type Room, RoomBook, type RoomChange } from './map-rooms.js';
import { capacityFor, FRAMES, nodeWidth, type Plan, type Stage } from './plan.js';
import { PENDING_BOX } from './slots.js';

/** A room where it is drawn. */
export interface PlacedRoom {
  readonly room: Room;
  readonly box: Box;
  readonly columns: number;
}

/** The layout of a large cluster: `boxes` holds what is drawn of each, and is kept up to date in place. */
export interface MapLayout extends Layout {
  readonly rooms: ReadonlyMap<string, PlacedRoom>;
  readonly book: RoomBook;
  /** Another number where machines and rooms were placed anew. */
  readonly placing: number;
  /** Ids that look different since the layout before; undefined for all. */
  readonly touched: ReadonlySet<string> | undefined;
}

/** What a map depends on besides the vertices. */
export interface MapOptions {
  readonly stage: Stage;
  readonly folding: Folding;
}

const FRAME = FRAMES.map;
const POD = { podWidth: 200, podHeight: 118 };
/** Height of the marks of a folded room. */
const FOLDED_HEIGHT = 300;
/** How much larger machines of the underlay are drawn: as much as the drawing is wide, within reason. */
const UNDERLAY = { least: 1.6, most: 5, unitsEach: 3000 } as const;
let placings = 0;
const NO_PINS: Pins = new Map();

/**
 * Keeps the layout of a large cluster. A change of one pod costs the place of that pod; rooms are placed anew only when
 * machines come or go, or a node has more pods than its room holds.
 */
export class MapKeeper {
  private readonly options: MapOptions;
  private readonly book: RoomBook;
  private machines: readonly Vertex[] = [];
  private layout: MapLayout | undefined;
  private pins: Pins = NO_PINS;

  constructor(options: MapOptions) {
    this.options = options;
    this.book = new RoomBook(options.folding);
  }

  /** The layout of what is there now; the same object when nothing is different. */
  update(vertices: ReadonlyMap<string, Vertex>, pins: Pins = NO_PINS): MapLayout {
    const change = this.book.update(vertices);
    const { machines } = censusOf(vertices);
    const moved = pins !== this.pins && !samePins(pins, this.pins);
    this.pins = pins;
    const same =
      machines.length === this.machines.length &&
      machines.every((vertex, index) => vertex.id === this.machines[index]?.id);
    const touched = new Set(change.touched);
    for (const [index, vertex] of machines.entries()) {
      if (same && vertex !== this.machines[index]) touched.add(vertex.id);
    }
    this.machines = machines;
    const before = this.layout;
    if (before === undefined || !same || moved || this.outgrown(before)) {
      this.layout = this.place();
    } else if (touched.size > 0) {
      if (change.moved) this.placeOccupants(before, change);
      this.layout = { ...before, touched };
    }
    return this.layout ?? this.place();
  }

  private outgrown(layout: MapLayout): boolean {
    for (const room of this.book.rooms.values()) {
      const placed = layout.rooms.get(room.id);
      if (placed === undefined) {
        if (room.cells.length > 0 || room.folded) return true;
        continue;
      }
      const rows = room.id === PENDING_BOX ? pendingRows(placed) : layout.plan.podRows;
      if (!room.folded && room.cells.length > rows * placed.columns) return true;
      if (room.id === PENDING_BOX && room.cells.length === 0) return true;
    }
    return false;
  }

  private place(): MapLayout {
    const nodes = this.machines.filter((v) => v.kind === 'node').sort(byRoleThenName);
    const open = nodes.filter((node) => !this.book.room(node.id).folded);
    const most = Math.max(1, ...open.map((n) => this.book.room(n.id).cells.length));
    const plan = this.plan(nodes.length, open.length === 0 ? 1 : capacityFor(most));
    const boxes = new Map<string, Box>();
    const rooms = new Map<string, PlacedRoom>();
    const columns = Math.max(1, Math.ceil(capacityFor(most) / plan.podRows));
    let at: Point = { x: 0, y: 0 };
    let rowHeight = 0;
    let width = 0;
    for (const [index, { id }] of nodes.entries()) {
      if (index > 0 && index % plan.perRow === 0) {
        at = { x: 0, y: at.y + rowHeight + FRAME.between };
        rowHeight = 0;
      }
      const room = this.book.room(id);
      const size = sizeOf(room.folded, { columns, plan });
      const box = { ...at, ...this.pins.get(id), ...size };
      boxes.set(id, box);
      rooms.set(id, { room, box, columns: room.folded ? 1 : columns });
      placeInside(id, this.childrenOf(id), { boxes, plan, columns });
      width = Math.max(width, at.x + size.width);
      at = { x: at.x + size.width + FRAME.between, y: at.y };
      rowHeight = Math.max(rowHeight, size.height);
    }
    const y = at.y + rowHeight + FRAME.between * 1.6;
    const row = { boxes, pins: this.pins, width: Math.max(width, 2400), scale: scaleFor(width) };
    const below = placeSwitches(this.machines, { ...row, y });
    placeRouters(this.machines, { ...row, y: below });
    this.placePending(rooms, { boxes, plan, width: row.width, y: extentOf(boxes) });
    placings += 1;
    const layout: MapLayout = {
      plan,
      boxes,
      rooms,
      book: this.book,
      slots: new Map(),
      extent: extentOf(boxes),
      placing: placings,
      touched: undefined,
    };
    for (const placed of rooms.values()) placeCells(placed, { boxes, plan });
    return layout;
  }

  private childrenOf(id: string): readonly Vertex[] {
    return this.machines.filter((v) => v.parent === id);
  }

  /** Nodes side by side and pods above each other, so that the whole fills the stage. */
  private plan(nodes: number, capacity: number): Plan {
    const { stage } = this.options;
    let best: { readonly plan: Plan; readonly fit: number } | undefined;
    const folded = this.options.folding.by === 'nodes' && this.options.folding.opened.size === 0;
    for (let podRows = 1; podRows <= Math.min(capacity, 16); podRows += 1) {
      const columns = Math.ceil(capacity / podRows);
      for (let perRow = 1; perRow <= Math.max(1, nodes); perRow += 1) {
        const plan: Plan = { density: 'map', perRow, podRows, ...POD };
        const size = sizeOf(folded, { columns, plan });
        const width = perRow * (size.width + FRAME.between);
        const height = Math.ceil(nodes / perRow) * (size.height + FRAME.between) + 800;
        const fit = Math.min(stage.width / width, stage.height / height);
        if (best === undefined || fit > best.fit) best = { plan, fit };
      }
    }
    return best?.plan ?? { density: 'map', perRow: 1, podRows: 1, ...POD };
  }

  /** Pods that no node has taken wait below everything, at the left. */
  private placePending(
    rooms: Map<string, PlacedRoom>,
    place: { boxes: Map<string, Box>; plan: Plan; width: number; y: Box },
  ): void {
    const room = this.book.rooms.get(PENDING_BOX);
    if (room === undefined || room.cells.length === 0) return;
    const most = Math.floor((place.width - 2 * FRAME.padding) / (POD.podWidth + FRAME.gutter));
    const capacity = capacityFor(room.cells.length);
    const columns = Math.min(most, Math.max(4, capacity));
    const rows = Math.ceil(capacity / columns);
    const box = {
      x: 0,
      y: place.y.y + place.y.height + FRAME.between,
      ...this.pins.get(PENDING_BOX),
      width: 2 * FRAME.padding + columns * (POD.podWidth + FRAME.gutter),
      height: FRAME.header + rows * (POD.podHeight + FRAME.gap) + FRAME.padding,
    };
    place.boxes.set(PENDING_BOX, box);
    rooms.set(PENDING_BOX, { room, box, columns });
  }

  private placeOccupants(layout: MapLayout, { touched }: RoomChange): void {
    const boxes = layout.boxes as Map<string, Box>;
    for (const id of touched) {
      const placed = layout.rooms.get(id);
      if (placed !== undefined) placeCells(placed, { boxes, plan: layout.plan });
      else if (!this.book.stands(id)) boxes.delete(id);
    }
  }
}

function scaleFor(width: number): number {
  return Math.min(UNDERLAY.most, Math.max(UNDERLAY.least, width / UNDERLAY.unitsEach));
}

function samePins(a: Pins, b: Pins): boolean {
  if (a.size !== b.size) return false;
  for (const [id, at] of a) {
    const other = b.get(id);
    if (other?.x !== at.x || other.y !== at.y) return false;
  }
  return true;
}

function pendingRows({ box }: PlacedRoom): number {
  return Math.round((box.height - FRAME.header - FRAME.padding) / (POD.podHeight + FRAME.gap));
}

function sizeOf(
  folded: boolean,
  { columns, plan }: { readonly columns: number; readonly plan: Plan },
): { readonly width: number; readonly height: number } {
  if (folded) {
    return {
      width: nodeWidth(1, plan),
      height: FRAME.header + FOLDED_HEIGHT + FRAME.footer,
    };
  }
  return {
    width: nodeWidth(columns, plan),
    height: FRAME.header + plan.podRows * (plan.podHeight + FRAME.gap) + FRAME.footer,
  };
}

/** The place of a cell of a room. */
export function cellBox({ box, columns }: PlacedRoom, cell: number): Box {
  return {
    x: box.x + FRAME.padding + (cell % columns) * (POD.podWidth + FRAME.gutter),
    y: box.y + FRAME.header + Math.floor(cell / columns) * (POD.podHeight + FRAME.gap),
    width: POD.podWidth,
    height: POD.podHeight,
  };
}

function placeCells(
  placed: PlacedRoom,
  { boxes }: { readonly boxes: Map<string, Box>; readonly plan: Plan },
): void {
  for (const [cell, occupant] of placed.room.cells.entries()) {
    if (occupant !== undefined) boxes.set(occupant.id, cellBox(placed, cell));
  }
}

/** Cells of a room that a part of the drawing shows. */
export function cellsIn(placed: PlacedRoom, view: Box): readonly number[] {
  const { box, columns, room } = placed;
  const stepX = POD.podWidth + FRAME.gutter;
  const stepY = POD.podHeight + FRAME.gap;
  const left = box.x + FRAME.padding;
  const top = box.y + FRAME.header;
  const from = Math.max(0, Math.floor((view.x - left) / stepX));
  const to = Math.min(columns - 1, Math.floor((view.x + view.width - left) / stepX));
  const first = Math.max(0, Math.floor((view.y - top) / stepY));
  const last = Math.min(
    Math.ceil(room.cells.length / columns) - 1,
    Math.floor((view.y + view.height - top) / stepY),
  );
  const cells: number[] = [];
  for (let row = first; row <= last; row += 1) {
    for (let column = from; column <= to; column += 1) {
      const cell = row * columns + column;
      if (room.cells[cell] !== undefined) cells.push(cell);
    }
  }
  return cells;
}
