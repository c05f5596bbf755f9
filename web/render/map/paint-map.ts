import type { Edge, PodVertex, Vertex } from '../../../server/contract/graph.js';
import { type Box, type Point, pointAlong } from '../../model/geometry.js';
import { cellBox, cellsIn, type PlacedRoom } from '../../model/map-layout.js';
import { vethLine } from '../../model/tracks.js';
import { labelOf } from '../draw-edges.js';
import type { Scene } from '../scene.js';
import { type Brush, inWorld, meets, onScreen, panel, trace, write } from './canvas-tools.js';
import { emphasisOf, type MapScene } from './map-scene.js';
import { paintMarks } from './paint-marks.js';
import { type Emphasis, levelFor, outline, paintPod } from './paint-pod.js';
import { paintFold, paintRoom } from './paint-room.js';

/** Zoom from which on there is room for what stands beside cables. */
const LABEL_ZOOM = 0.25;

/** Paints what a rectangle of the canvas shows; nothing outside of it is touched. */
export function paintMap(brush: Brush, scene: MapScene, clip: Box): void {
  const { context, palette } = brush;
  const { layout } = scene;
  context.save();
  context.beginPath();
  context.rect(clip.x, clip.y, clip.width, clip.height);
  context.clip();
  context.fillStyle = palette.paper;
  context.fillRect(clip.x, clip.y, clip.width, clip.height);
  const seen = inWorld(clip, brush.view);
  paintCables(brush, scene, seen);
  for (const placed of layout.rooms.values()) {
    if (!meets(placed.box, seen)) continue;
    paintRoom(brush, scene, placed);
    paintDevices(brush, scene, placed);
    if (!placed.room.folded) paintCells(brush, scene, { placed, seen });
  }
  for (const vertex of scene.vertices.values()) {
    if (vertex.kind === 'switch' || vertex.kind === 'router' || vertex.kind === 'outside')
      paintMachine(brush, scene, vertex);
  }
  context.restore();
}

function paintCables(brush: Brush, scene: MapScene, seen: Box): void {
  const { context, palette } = brush;
  const cut: Box[] = [];
  const labels: { readonly edge: Edge; readonly line: readonly Point[] }[] = [];
  for (const [id, line] of scene.tracks.lines) {
    const edge = scene.edges.get(id);
    if (edge === undefined || edge.kind !== 'cable') continue;
    context.beginPath();
    trace(brush, line);
    const selected = scene.selected === id;
    context.strokeStyle = selected ? palette.blue : edge.up ? palette.faint : palette.bad;
    context.lineWidth = selected ? 3.2 : edge.up ? 1 : 2;
    context.setLineDash(edge.up ? [] : [4, 4]);
    context.stroke();
    if (scene.layers.has('labels') && brush.view.k > LABEL_ZOOM) labels.push({ edge, line });
    const middle = edge.up ? undefined : pointAlong(line, 0.08);
    if (middle !== undefined) cut.push({ ...middle, width: 0, height: 0 });
  }
  context.setLineDash([]);
  for (const { edge, line } of labels) {
    const [end] = line;
    if (end === undefined) continue;
    const { x, y } = onScreen({ ...end, width: 0, height: 0 }, brush.view);
    write(brush, labelOf(edge), { x: x + 9, y: y + 16 }, { size: 11.5, colour: palette.faint });
  }
  for (const at of cut) {
    if (!meets(at, seen)) continue;
    const { x, y } = onScreen(at, brush.view);
    context.beginPath();
    context.moveTo(x - 5, y - 5);
    context.lineTo(x + 5, y + 5);
    context.moveTo(x + 5, y - 5);
    context.lineTo(x - 5, y + 5);
    context.strokeStyle = palette.bad;
    context.lineWidth = 3;
    context.stroke();
  }
}

/** Bridge, IP stack, tunnel devices and network card of a node. */
function paintDevices(brush: Brush, scene: MapScene, { room }: PlacedRoom): void {
  const { palette, view, context } = brush;
  const { layout } = scene;
  const stack = layout.boxes.get(`stack:${room.id}`);
  if (stack === undefined) return;
  const readable = view.k > 0.4;
  context.strokeStyle = palette.faint;
  context.lineWidth = 1;
  context.beginPath();
  for (const id of [`bridge:${room.id.slice(5)}/cni0`, `tunnel:${room.id.slice(5)}/flannel.1`]) {
    const line = scene.tracks.lines.get(`uplink:${id.slice(7)}`);
    if (line !== undefined) trace(brush, line);
    const vertex = scene.vertices.get(id);
    const box = layout.boxes.get(id);
    if (vertex === undefined || box === undefined) continue;
    if (vertex.kind !== 'bridge' && vertex.kind !== 'tunnel') continue;
    const at = onScreen(box, view);
    context.stroke();
    panel(brush, at, {
      fill: vertex.kind === 'bridge' ? palette['blue-soft'] : palette['busy-soft'],
      edge: !vertex.up ? palette.bad : vertex.kind === 'bridge' ? palette.blue : palette.busy,
      radius: at.height / 4,
      ...(vertex.up ? {} : { dash: [5, 3] }),
    });
    outline(brush, at, { ...emphasisOf(id, scene), related: false });
    if (readable) {
      const words =
        vertex.kind === 'bridge'
          ? `${vertex.name} ${vertex.addresses.join(' ')}`
          : `${vertex.name} · VXLAN ${vertex.vni}`;
      centred(brush, words, at, 11.5);
    }
    context.beginPath();
  }
  const at = onScreen(stack, view);
  panel(brush, at, { fill: palette.node, edge: palette.faint, radius: at.height / 2 });
  if (readable) centred(brush, 'iptables · routing', at, 11.5);
}

function centred(brush: Brush, words: string, at: Box, size: number, bold = false): void {
  write(
    brush,
    words,
    { x: at.x + at.width / 2, y: at.y + at.height / 2 + size / 3 },
    {
      size,
      colour: bold ? brush.palette.ink : brush.palette.faint,
      align: 'center',
      bold,
      room: at.width - 6,
    },
  );
}

interface Cells {
  readonly placed: PlacedRoom;
  readonly seen: Box;
}

function paintCells(brush: Brush, scene: MapScene, { placed, seen }: Cells): void {
  const { layout } = scene;
  const marks = levelFor(layout.plan.podWidth * brush.view.k) === 'mark';
  const batches = new Map<PodVertex['tone'], Box[]>();
  for (const cell of cellsIn(placed, seen)) {
    const occupant = placed.room.cells[cell];
    if (occupant === undefined) continue;
    const box = onScreen(cellBox(placed, cell), brush.view);
    if (occupant.namespace !== undefined) {
      paintFold(brush, occupant, { box, emphasis: foldEmphasis([...occupant.pods], scene) });
      continue;
    }
    const pod = scene.vertices.get(occupant.id);
    if (pod?.kind !== 'pod') continue;
    const emphasis = emphasisOf(pod.id, scene);
    if (!marks) {
      paintVeth(brush, scene, { pod, placed, cell });
      paintPod(brush, pod, { box, emphasis });
    } else if (
      emphasis.dimmed ||
      emphasis.selected ||
      emphasis.related ||
      emphasis.lit ||
      emphasis.foretold !== undefined
    ) {
      brush.context.globalAlpha = emphasis.dimmed ? 0.18 : 1;
      paintMarks(brush, pod.tone, [box]);
      brush.context.globalAlpha = 1;
      outline(brush, box, emphasis);
    } else {
      const batch = batches.get(pod.tone);
      if (batch === undefined) batches.set(pod.tone, [box]);
      else batch.push(box);
    }
  }
  for (const [tone, boxes] of batches) paintMarks(brush, tone, boxes);
}

function foldEmphasis(pods: readonly string[], scene: Scene): Emphasis {
  return {
    selected: pods.includes(scene.selected ?? ''),
    related: pods.some((id) => scene.related.has(id)),
    foretold: pods.map((id) => emphasisOf(id, scene).foretold).find((what) => what !== undefined),
    lit: pods.some((id) => scene.flight?.lit.has(id) === true),
    dimmed: pods.every((id) => emphasisOf(id, scene).dimmed),
  };
}

interface Veth {
  readonly pod: PodVertex;
  readonly placed: PlacedRoom;
  readonly cell: number;
}

/** The pod's veth down to the bridge; a pod on the node's network has a dashed line to the node's stack instead. */
function paintVeth(brush: Brush, scene: MapScene, { pod, placed, cell }: Veth): void {
  const { context, palette } = brush;
  const { layout } = scene;
  const box = cellBox(placed, cell);
  if (pod.hostNetwork) {
    const line = scene.tracks.hosted.get(pod.id);
    if (line === undefined || !scene.layers.has('hosted')) return;
    context.beginPath();
    trace(brush, line);
    context.strokeStyle = palette.faint;
    context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
    return;
  }
  const id = `veth:${pod.namespace}/${pod.name}`;
  const edge = scene.edges.get(id);
  const bridge = layout.boxes.get(edge?.to ?? '');
  if (edge === undefined || bridge === undefined) return;
  const selected = scene.selected === id;
  context.beginPath();
  trace(brush, vethLine({ pod: box, bridge, node: placed.box }, layout.plan));
  context.strokeStyle = selected ? palette.blue : edge.up ? palette.faint : palette.bad;
  context.lineWidth = selected ? 3 : edge.up ? 0.8 : 2;
  const { globalAlpha } = context;
  if (edge.up && !selected) context.globalAlpha = globalAlpha * Math.min(1, brush.view.k * 0.9);
  context.setLineDash(edge.up ? [] : [4, 4]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = globalAlpha;
}

function paintMachine(brush: Brush, scene: MapScene, vertex: Vertex): void {
  const box = scene.layout.boxes.get(vertex.id);
  if (box === undefined) return;
  const { palette } = brush;
  const at = onScreen(box, brush.view);
  panel(brush, at, {
    fill: palette.node,
    edge: palette.faint,
    radius: 6,
    width: 1.4,
    ...(vertex.kind === 'outside' ? { dash: [3, 3] } : {}),
  });
  outline(brush, at, { ...emphasisOf(vertex.id, scene), related: false });
  const size = Math.min(15, Math.max(10, at.height / 2.6));
  const words = vertex.kind === 'switch' ? `switch ${vertex.name}` : vertex.name;
  if (at.height < 11) return;
  const addresses = 'addresses' in vertex ? vertex.addresses.join(' ') : '';
  const two = at.height > 40 && addresses !== '';
  centred(brush, words, { ...at, height: two ? at.height - 16 : at.height }, size, true);
  if (two) centred(brush, addresses, { ...at, y: at.y + 9 }, 12);
}
