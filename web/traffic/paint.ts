import { clamp, type Point, pointAlong } from '../model/geometry.js';
import { fontOf, panel, type View } from '../render/map/canvas-tools.js';
import type { Palette } from '../render/map/palette.js';
import type { DropMark } from './drop-marks.js';
import type { Way } from './lines.js';
import { type Leg, LINGER_MS } from './timetable.js';
import { bitRate, short, TRAFFIC } from './words.js';

/** What live traffic is painted with; coordinates are CSS pixels of the canvas. */
export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly palette: Palette;
  readonly view: View;
}

/** Half the size of a packet, in CSS pixels, at a zoom of 1. */
const DOT = 5;
const DASH: readonly [number, number] = [7, 9];
/** Free space between the two directions of an edge, in CSS pixels. */
const APART = 1.2;
const MARK = 7;

/** Paints a packet where it is on its leg. Requests point on, replies back, ARP and ICMP errors are diamonds, as in the legend. */
export function paintDot(brush: Brush, leg: Leg, way: Way, nowMs: number): void {
  const share = clamp((nowMs - leg.startMs) / (leg.endMs - leg.startMs), 0, 1);
  const at = pointAlong(way.points, share);
  if (at === undefined) return;
  const { context, palette, view } = brush;
  const waits = nowMs - leg.endMs;
  context.globalAlpha = leg.leavesMs === undefined && waits > 0 ? 1 - waits / LINGER_MS : 1;
  const r = DOT * clamp(Math.sqrt(view.k), 0.6, 1.4);
  context.beginPath();
  outline(context, leg, { x: at.x * view.k + view.x, y: at.y * view.k + view.y }, r);
  context.fillStyle = { request: palette.blue, reply: palette.good, related: palette.busy }[
    leg.tone
  ];
  context.strokeStyle = palette.card;
  context.lineWidth = 1.5;
  context.stroke();
  context.fill();
  context.globalAlpha = 1;
}

function outline(
  context: CanvasRenderingContext2D,
  { tone }: Leg,
  { x, y }: Point,
  r: number,
): void {
  if (tone === 'related') {
    context.moveTo(x, y - r * 1.25);
    context.lineTo(x + r * 1.25, y);
    context.lineTo(x, y + r * 1.25);
    context.lineTo(x - r * 1.25, y);
  } else {
    const on = tone === 'request' ? 1 : -1;
    context.moveTo(x - on * r * 1.3, y - r * 0.9);
    context.lineTo(x + on * r * 0.4, y - r * 0.9);
    context.lineTo(x + on * r * 1.4, y);
    context.lineTo(x + on * r * 0.4, y + r * 0.9);
    context.lineTo(x - on * r * 1.3, y + r * 0.9);
  }
  context.closePath();
}

/** How a stream looks: wider and faster with ten times as much. */
export function streamLook(packets: number): {
  readonly width: number;
  readonly pixelsPerSecond: number;
} {
  const tens = Math.log10(Math.max(1, packets));
  return { width: 1 + tens * 0.45, pixelsPerSecond: 14 + tens * 22 };
}

/** Paints much traffic as a dashed line that flows; `phase` is how far it has come, in CSS pixels. */
export function paintStream(
  brush: Brush,
  way: Way,
  {
    packets,
    phase,
    scale,
  }: { readonly packets: number; readonly phase: number; readonly scale: number },
): void {
  const { context, palette, view } = brush;
  const width = streamLook(packets).width * scale;
  context.beginPath();
  for (const [index, { x, y }] of aside(way.points, view.k, (width + APART) / 2).entries()) {
    const at = { x: x + view.x, y: y + view.y };
    if (index === 0) context.moveTo(at.x, at.y);
    else context.lineTo(at.x, at.y);
  }
  context.lineJoin = 'round';
  context.strokeStyle = palette.blue;
  context.globalAlpha = 0.3;
  context.lineWidth = width;
  context.stroke();
  context.globalAlpha = 1;
  context.setLineDash([...DASH]);
  context.lineDashOffset = -phase % (DASH[0] + DASH[1]);
  context.stroke();
  context.setLineDash([]);
}

/** A polyline in CSS pixels before panning, moved to the right of its direction, so that the ways there and back lie side by side. */
function aside(points: readonly Point[], k: number, by: number): readonly Point[] {
  return points.map((point, index) => {
    const before = normal(points[index - 1], point);
    const after = normal(point, points[index + 1]);
    const x = (before?.x ?? 0) + (after?.x ?? 0);
    const y = (before?.y ?? 0) + (after?.y ?? 0);
    const length = Math.hypot(x, y);
    if (length === 0) return { x: point.x * k, y: point.y * k };
    // At a right angle the corner lies further out.
    const out = (before !== undefined && after !== undefined ? 2 / length : 1) * by;
    return { x: point.x * k + (x / length) * out, y: point.y * k + (y / length) * out };
  });
}

function normal(from: Point | undefined, to: Point | undefined): Point | undefined {
  if (from === undefined || to === undefined) return undefined;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  return length === 0 ? undefined : { x: (from.y - to.y) / length, y: (to.x - from.x) / length };
}

/** A rate as it stands on an edge. */
export interface RateLabel {
  readonly edge: string;
  readonly packets: number;
  readonly bits: number;
  /** The middle of the label, or its right end, in CSS pixels. */
  readonly at: Point;
  /** Packets only, where there is little room. */
  readonly brief: boolean;
  /** To the left of the point, not around it. */
  readonly beside: boolean;
}

const LABEL_PX = 11.5;

/** Words of a rate. */
export function rateWords({
  packets,
  bits,
  brief,
}: Pick<RateLabel, 'packets' | 'bits' | 'brief'>): string {
  return brief
    ? TRAFFIC.packetsPerSecond(short(packets))
    : TRAFFIC.rate(short(packets), bitRate(bits));
}

/** Paints the rates of edges, the largest first; one that would lie on another is left out. Answers those painted. */
export function paintLabels(
  brush: Brush,
  labels: readonly RateLabel[],
  { scale, window }: { readonly scale: number; readonly window: { readonly width: number } },
): readonly string[] {
  const { context, palette } = brush;
  const taken: { x: number; y: number; width: number; height: number }[] = [];
  const painted: string[] = [];
  const size = LABEL_PX * scale;
  const height = size + 7;
  context.font = fontOf(size, true);
  context.textAlign = 'center';
  for (const label of [...labels].sort((a, b) => b.packets - a.packets)) {
    const words = rateWords(label);
    const width = context.measureText(words).width + 14;
    const wanted = label.beside ? label.at.x - width : label.at.x - width / 2;
    const left = clamp(wanted, 4, window.width - width - 4);
    const box = { x: left, y: label.at.y - height / 2, width, height };
    if (taken.some((other) => overlaps(box, other))) continue;
    taken.push(box);
    painted.push(`${label.edge} ${words}`);
    panel(brush, box, { fill: palette.card, edge: palette.blue, radius: height / 2, width: 1 });
    context.fillStyle = palette.ink;
    context.fillText(words, left + width / 2, label.at.y + size / 2.9);
  }
  return painted;
}

function overlaps(
  a: { x: number; y: number; width: number; height: number },
  b: { x: number; y: number; width: number; height: number },
): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Paints where packets were dropped and why. */
export function paintDrop(
  brush: Brush,
  mark: DropMark,
  {
    at,
    strength,
    scale,
    window,
  }: {
    readonly at: Point;
    readonly strength: number;
    readonly scale: number;
    readonly window: { readonly width: number };
  },
): void {
  const { context, palette } = brush;
  const { x, y } = at;
  const r = MARK * scale;
  context.globalAlpha = strength;
  context.beginPath();
  for (let corner = 0; corner < 8; corner += 1) {
    const angle = (corner + 0.5) * (Math.PI / 4);
    context.lineTo(x + Math.cos(angle) * r * 1.15, y + Math.sin(angle) * r * 1.15);
  }
  context.closePath();
  context.fillStyle = palette.bad;
  context.strokeStyle = palette.card;
  context.lineWidth = 1.5;
  context.stroke();
  context.fill();
  context.beginPath();
  context.moveTo(x - r / 2, y - r / 2);
  context.lineTo(x + r / 2, y + r / 2);
  context.moveTo(x + r / 2, y - r / 2);
  context.lineTo(x - r / 2, y + r / 2);
  context.strokeStyle = palette.card;
  context.lineWidth = 2;
  context.stroke();
  const words = TRAFFIC.dropped(mark.text, mark.count);
  const size = 11 * scale;
  context.font = fontOf(size, true);
  context.textAlign = 'left';
  const width = context.measureText(words).width + 8;
  // A pod's veth leaves at its right: there is room for words on the other side.
  const within = mark.vertex.startsWith('pod:') || x + r + 4 + width > window.width;
  const left = within ? x - r - 4 - width : x + r + 4;
  panel(
    brush,
    { x: left, y: y - size / 2 - 3, width, height: size + 6 },
    {
      fill: palette['bad-soft'],
      radius: 4,
    },
  );
  context.fillStyle = palette.bad;
  context.fillText(words, left + 4, y + size / 2.9);
  context.globalAlpha = 1;
}
