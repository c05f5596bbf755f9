import type { NodeVertex, PodVertex } from '../../../server/contract/graph.js';
import type { Box } from '../../model/geometry.js';
import type { PlacedRoom } from '../../model/map-layout.js';
import { type Occupant, type Tally, totalOf } from '../../model/map-rooms.js';
import { hueOf } from '../../model/names.js';
import { FRAMES } from '../../model/plan.js';
import { PENDING_BOX } from '../../model/slots.js';
import { SIGNS } from '../container-mark.js';
import { textWidth } from '../fit-text.js';
import { type Brush, fontOf, onScreen, panel, write } from './canvas-tools.js';
import { emphasisOf, type MapScene } from './map-scene.js';
import { paintMarks } from './paint-marks.js';
import { type Emphasis, outline } from './paint-pod.js';
import { MAP_WORDS } from './words.js';

const TONES = ['bad', 'busy', 'good', 'done'] as const satisfies readonly PodVertex['tone'][];
const FRAME = FRAMES.map;

/** Draws a node's room: frame, name, counts; and, where it is folded, a mark for each pod in order of state. */
export function paintRoom(brush: Brush, scene: MapScene, placed: PlacedRoom): void {
  const { palette, view } = brush;
  const { room } = placed;
  const box = onScreen(placed.box, view);
  const vertex = scene.vertices.get(room.id);
  const node = vertex?.kind === 'node' ? vertex : undefined;
  const off = node?.powered === false;
  const trouble = node !== undefined && !node.ready;
  panel(brush, box, {
    fill: off ? palette.line : palette.node,
    edge: trouble || room.id === PENDING_BOX ? palette.bad : palette.line,
    width: trouble ? 2 : 1.2,
    radius: Math.max(2, Math.min(12, 30 * view.k)),
    ...(trouble || room.id === PENDING_BOX ? { dash: [6, 3] } : {}),
  });
  outline(brush, box, { ...emphasisOf(room.id, scene), related: false });
  const head = { ...box, height: FRAME.header * view.k };
  const name = room.id === PENDING_BOX ? MAP_WORDS.pending : (vertex?.name ?? room.id);
  paintHeading(brush, { name, node, tally: room.tally, folded: room.folded, head });
  if (room.folded) paintWaffle(brush, room.tally, placed);
}

interface Heading {
  readonly name: string;
  readonly node: NodeVertex | undefined;
  readonly tally: Tally;
  readonly folded: boolean;
  readonly head: Box;
}

/** Name and count always; state, addresses and counts by state as there is room. */
function paintHeading(brush: Brush, { name, node, tally, folded, head }: Heading): void {
  const { palette } = brush;
  if (head.width < 34) return;
  const size = Math.min(17, Math.max(10, head.height * 0.62));
  const pad = Math.min(14, Math.max(3, head.height * 0.2));
  const tall = head.height >= 48;
  const y = head.y + (tall ? size + 8 : Math.max(size * 0.95, head.height / 2 + size / 3));
  const bad = node !== undefined && (!node.ready || node.powered === false);
  const sign = node?.powered === false ? '⏻ ' : bad ? '▲ ' : '';
  const count = folded || tall ? '' : `${totalOf(tally)}`;
  const right = count === '' ? 0 : textWidth(count, fontOf(size - 1)) + 4;
  const ink = bad ? palette.bad : palette.ink;
  const room = head.width - 2 * pad - right;
  const words = shortened(`${sign}${name}`, room, fontOf(size, true));
  write(brush, words, { x: head.x + pad, y }, { size, colour: ink, bold: true, room });
  if (count !== '') {
    write(
      brush,
      count,
      { x: head.x + head.width - pad, y },
      { size: size - 1, colour: tally.bad > 0 ? palette.bad : palette.faint, align: 'right' },
    );
  }
  if (!tall) return;
  const counts = countsOf(tally);
  let x = head.x + pad;
  for (const [tone, words] of counts) {
    write(brush, words, { x, y: y + 18 }, { size: 12, colour: palette[tone], bold: true });
    x += textWidth(words, fontOf(12, true)) + 9;
  }
  if (node === undefined || head.height < 68) return;
  const state = [
    node.powered === false ? MAP_WORDS.off : node.ready ? '● Ready' : '▲ NotReady',
    node.schedulable ? '' : MAP_WORDS.cordoned,
    node.addresses.join(' '),
    node.podCidr === undefined ? '' : `pods ${node.podCidr}`,
  ].filter((part) => part !== '');
  write(
    brush,
    state.join(' · '),
    { x: head.x + pad, y: y + 36 },
    { size: 12, colour: palette.faint, room: head.width - 2 * pad },
  );
}

/** A name, or what tells it from its neighbours: `…35` of worker-35, and 35 where even that is too wide. */
function shortened(name: string, room: number, font: string): string {
  if (textWidth(name, font) <= room) return name;
  const tail = /-([a-z]{0,3}\d+)$/.exec(name)?.[1];
  if (tail === undefined) return name;
  return textWidth(`…${tail}`, font) <= room ? `…${tail}` : tail;
}

function countsOf(tally: Tally): readonly (readonly [PodVertex['tone'], string])[] {
  return TONES.filter((tone) => tally[tone] > 0).map((tone) => [
    tone,
    `${SIGNS[tone]} ${tally[tone]}`,
  ]);
}

/** A mark for each pod, those in trouble first. */
function paintWaffle(brush: Brush, tally: Tally, placed: PlacedRoom): void {
  const { box } = placed;
  const area = {
    x: box.x + FRAME.padding,
    y: box.y + FRAME.header,
    width: box.width - 2 * FRAME.padding,
    height: box.height - FRAME.header - FRAME.footer,
  };
  waffle(brush, tally, onScreen(area, brush.view));
}

function waffle(brush: Brush, tally: Tally, area: Box): void {
  const total = totalOf(tally);
  if (total === 0) return;
  const columns = Math.max(
    1,
    Math.ceil(Math.sqrt((total * area.width) / Math.max(1, area.height))),
  );
  const step = Math.min(area.width / columns, area.height / Math.ceil(total / columns));
  const side = Math.max(1, step - Math.max(0.6, step * 0.18));
  let index = 0;
  for (const tone of TONES) {
    const boxes: Box[] = [];
    for (let i = 0; i < tally[tone]; i += 1, index += 1) {
      boxes.push({
        x: area.x + (index % columns) * step,
        y: area.y + Math.floor(index / columns) * step,
        width: side,
        height: side,
      });
    }
    if (boxes.length > 0) paintMarks(brush, tone, boxes);
  }
}

/** The pods of a namespace on one node, as one thing. */
export function paintFold(
  brush: Brush,
  occupant: Occupant,
  { box, emphasis }: { readonly box: Box; readonly emphasis: Emphasis },
): void {
  const { palette, context } = brush;
  context.globalAlpha = emphasis.dimmed ? 0.18 : 1;
  panel(brush, box, {
    fill: palette.card,
    edge: palette.faint,
    radius: Math.min(8, box.height / 6),
  });
  context.fillStyle = `hsl(${hueOf(occupant.namespace ?? '')} ${brush.palette.namespace})`;
  context.fillRect(box.x + 1, box.y + 1, Math.max(2, box.width / 28), box.height - 2);
  const named = box.width >= 46;
  const top = named ? Math.min(box.height * 0.42, 22) : 2;
  const pad = Math.max(3, box.width / 18);
  if (named) {
    write(
      brush,
      `${occupant.namespace ?? ''} ${occupant.pods.size}`,
      { x: box.x + pad + 2, y: box.y + top * 0.78 },
      {
        size: Math.min(13, Math.max(10, top * 0.66)),
        colour: palette.ink,
        bold: true,
        room: box.width - 2 * pad,
      },
    );
  }
  waffle(brush, occupant.tally, {
    x: box.x + pad + 2,
    y: box.y + top,
    width: box.width - 2 * pad,
    height: Math.max(2, box.height - top - 3),
  });
  context.globalAlpha = 1;
  outline(brush, box, emphasis);
}
