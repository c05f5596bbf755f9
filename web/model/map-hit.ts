import type { Box, Point } from './geometry.js';
import { cellBox, type MapLayout, type PlacedRoom } from './map-layout.js';
import type { Occupant } from './map-rooms.js';
import { FRAMES } from './plan.js';
import { type Tracks, vethLine } from './tracks.js';

/** What lies under a point. */
export interface Hit {
  readonly id: string;
  readonly kind: 'room' | 'pod' | 'fold' | 'machine' | 'edge';
  readonly occupant?: Occupant;
}

/** What is drawn, as far as a pointer can meet it. */
export interface HitScene {
  readonly layout: MapLayout;
  readonly tracks: Tracks;
  readonly edges: ReadonlyMap<string, { readonly kind: string; readonly to: string }>;
}

const FRAME = FRAMES.map;

/** Finds what lies under a point: rooms by their box, pods by the cell that the point falls in. `slack` is in units. */
export function hitAt(scene: HitScene, at: Point, slack: number): Hit | undefined {
  const { layout } = scene;
  for (const placed of layout.rooms.values()) {
    if (holds(placed.box, at)) return inRoom(scene, placed, { at, slack });
  }
  for (const [id, box] of machineBoxes(layout)) {
    if (holds(box, at)) return { id, kind: 'machine' };
  }
  for (const [id, line] of scene.tracks.lines) {
    if (scene.edges.get(id)?.kind === 'cable' && near(line, at, slack)) return { id, kind: 'edge' };
  }
  return undefined;
}

/** Switches, routers and the outside. */
export function* machineBoxes(layout: MapLayout): Iterable<readonly [string, Box]> {
  for (const [id, box] of layout.boxes) {
    const machine = id.startsWith('switch:') || (id.startsWith('node:') && !layout.rooms.has(id));
    if (machine) yield [id, box];
  }
}

interface Pointer {
  readonly at: Point;
  readonly slack: number;
}

function inRoom(scene: HitScene, placed: PlacedRoom, { at, slack }: Pointer): Hit {
  const { room, box, columns } = placed;
  const { layout } = scene;
  const { podWidth, podHeight } = layout.plan;
  const column = Math.floor((at.x - box.x - FRAME.padding) / (podWidth + FRAME.gutter));
  const row = Math.floor((at.y - box.y - FRAME.header) / (podHeight + FRAME.gap));
  const cell = row * columns + column;
  const within = !room.folded && column >= 0 && column < columns && row >= 0;
  const occupant = within ? room.cells[cell] : undefined;
  if (occupant !== undefined && holds(cellBox(placed, cell), at)) {
    const kind = occupant.namespace === undefined ? 'pod' : 'fold';
    return { id: occupant.id, kind, occupant };
  }
  const path = room.id.slice('node:'.length);
  for (const id of [`bridge:${path}/cni0`, `tunnel:${path}/flannel.1`]) {
    const device = layout.boxes.get(id);
    if (device !== undefined && holds(device, at)) return { id, kind: 'machine' };
  }
  if (!within) return { id: room.id, kind: 'room' };
  for (let above = column; above < room.cells.length; above += columns) {
    const id = vethOf(room.cells[above]);
    const bridge = layout.boxes.get(scene.edges.get(id)?.to ?? '');
    if (bridge === undefined) continue;
    const line = vethLine({ pod: cellBox(placed, above), bridge, node: box }, layout.plan);
    if (near(line, at, Math.min(slack, 4))) return { id, kind: 'edge' };
  }
  return { id: room.id, kind: 'room' };
}

function vethOf(occupant: Occupant | undefined): string {
  return occupant === undefined ? '' : occupant.id.replace(/^pod:/, 'veth:');
}

function holds(box: Box, { x, y }: Point): boolean {
  return x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;
}

/** Whether a point is so near to a polyline. */
function near(line: readonly Point[], at: Point, slack: number): boolean {
  for (let i = 1; i < line.length; i += 1) {
    const a = line[i - 1];
    const b = line[i];
    if (a === undefined || b === undefined) continue;
    const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
    const share =
      length === 0
        ? 0
        : Math.min(
            1,
            Math.max(0, ((at.x - a.x) * (b.x - a.x) + (at.y - a.y) * (b.y - a.y)) / length),
          );
    const x = a.x + (b.x - a.x) * share;
    const y = a.y + (b.y - a.y) * share;
    if (Math.hypot(at.x - x, at.y - y) <= slack) return true;
  }
  return false;
}
