import { type Box, type Point, pointAlong } from '../model/geometry.js';
import { meets } from '../render/map/canvas-tools.js';
import type { DropMark } from './drop-marks.js';
import type { Lines, Way } from './lines.js';
import {
  type Brush,
  paintDot,
  paintDrop,
  paintLabels,
  paintStream,
  type RateLabel,
  streamLook,
} from './paint.js';
import type { Stream, TrafficStore } from './traffic-store.js';

/** Zoom from which on the lines within nodes are drawn on a map, by width of a pod in CSS pixels. */
const VETHS_FROM_PX = 44;
const UPLINKS_FROM_PX = 30;
/** A rate is written on an edge that is so long, in CSS pixels. */
const LABEL_FROM_PX = 26;
/** Width of a pod from which on the rate of its veth is written in it, and how far from its edge. */
const BRIEF_FROM_PX = 110;
const BESIDE_PX = 8;
/** Width of a node from which on the rate of its cable is written in full, and how far from the node. */
const FULL_FROM_PX = 190;
const NEAR_NODE_PX = 22;
/** Below this width of a node, or length of a cable between others, nothing is written. */
const LEAST_PX = 62;

/** What a frame is painted from. */
export interface FrameSource {
  readonly traffic: TrafficStore;
  readonly lines: Lines;
  readonly brush: Brush;
  readonly window: { readonly width: number; readonly height: number };
  /** Width of a pod, in units of the drawing. */
  readonly podWidth: number;
  /** Much traffic, as the store said last. */
  readonly streams: readonly Stream[];
  /** How far each stream has come, in CSS pixels; moved on by this frame. */
  readonly phases: Map<string, number>;
  /** Real time since the frame before, times the speed of the clock; 0 while nothing may move. */
  readonly flowMs: number;
  /** Nothing moves: a person asked for that. */
  readonly still: boolean;
  /** How much larger than usual the page is shown. */
  readonly scale: number;
}

/** What a frame showed. */
export interface FrameReport {
  readonly dots: readonly string[];
  readonly streams: readonly string[];
  readonly labels: readonly string[];
  readonly drops: readonly string[];
}

/** Paints what passes at this moment. */
export function paintFrame(source: FrameSource): FrameReport {
  const { traffic, brush, window, scale } = source;
  const nowMs = traffic.show.nowMs;
  brush.context.clearRect(0, 0, window.width, window.height);
  const streams = paintStreams(source);
  const dots = source.still ? [] : paintDots(source, nowMs);
  const labels = paintLabels(brush, labelsOf(source), source);
  const drops: string[] = [];
  for (const [mark, strength] of traffic.marks.at(nowMs)) {
    const at = placeOf(mark, source.lines);
    if (at === undefined) continue;
    const { k, x, y } = brush.view;
    paintDrop(brush, mark, {
      at: { x: at.x * k + x, y: at.y * k + y },
      strength,
      scale,
      window,
    });
    drops.push(`${mark.edge ?? mark.vertex} ${mark.reason} ${mark.count}`);
  }
  return { dots, streams, labels, drops };
}

function paintStreams(source: FrameSource): readonly string[] {
  const { brush, phases, flowMs } = source;
  const painted: string[] = [];
  for (const { edge, forward, packets } of source.streams) {
    const way = shownWay(source, edge, source.lines.stream(edge));
    if (way === undefined) continue;
    const name = laneOf(edge, forward);
    const { pixelsPerSecond } = streamLook(packets);
    const phase = ((phases.get(name) ?? 0) + (flowMs * pixelsPerSecond) / 1000) % 1e6;
    phases.set(name, phase);
    const along = forward ? way : { ...way, points: [...way.points].reverse() };
    paintStream(brush, along, { packets, phase, scale: source.scale });
    painted.push(name);
  }
  return painted;
}

/** Packets one by one; not those that began in a stream, which they are a part of. */
function paintDots(
  { traffic, lines, brush, ...source }: FrameSource,
  nowMs: number,
): readonly string[] {
  const edges: string[] = [];
  const streaming = new Set(source.streams.map(({ edge, forward }) => laneOf(edge, forward)));
  for (const leg of traffic.timetable.at(nowMs)) {
    if (!drawn(leg.edge, { brush, podWidth: source.podWidth })) continue;
    const { edge, forward } = leg.first;
    if (streaming.has(laneOf(edge, forward))) continue;
    const way = lines.leg(leg.edge, leg.forward, leg.before);
    if (way === undefined) continue;
    paintDot(brush, leg, way, nowMs);
    edges.push(leg.edge);
  }
  return edges;
}

/** One rate for an edge, both directions together, in the middle of what is seen of it. */
function labelsOf(source: FrameSource): readonly RateLabel[] {
  const sums = new Map<string, { packets: number; bits: number }>();
  for (const { edge, packets, bits } of source.streams) {
    // What passes between bridge, IP stack and tunnel is told by the cables and veths around.
    if (edge.startsWith('uplink:')) continue;
    const sum = sums.get(edge);
    if (sum === undefined) sums.set(edge, { packets, bits });
    else {
      sum.packets += packets;
      sum.bits += bits;
    }
  }
  const labels: RateLabel[] = [];
  const { x, y, k } = source.brush.view;
  for (const [edge, sum] of sums) {
    const way = shownWay(source, edge, source.lines.of(edge));
    if (way === undefined || way.length * k < LABEL_FROM_PX) continue;
    const label = placeOfLabel(source, edge, way);
    if (label === undefined) continue;
    const at = { x: label.at.x * k + x, y: label.at.y * k + y };
    const { width, height } = source.window;
    if (at.x < 0 || at.y < 0 || at.x > width || at.y > height) continue;
    labels.push({ edge, ...sum, ...label, at });
  }
  return labels;
}

/**
 * A veth's rate stands in its pod, at the end of its line. A cable's stands where it leaves its node, as many cables may
 * run side by side further on; in few words where nodes are small.
 */
function placeOfLabel(
  { lines, brush, podWidth, scale }: FrameSource,
  edge: string,
  way: Way,
): Pick<RateLabel, 'at' | 'brief' | 'beside'> | undefined {
  const { k } = brush.view;
  if (edge.startsWith('veth:')) {
    const [at] = way.points;
    if (at === undefined || podWidth * k < BRIEF_FROM_PX * scale) return undefined;
    return { at: { x: at.x - BESIDE_PX / k, y: at.y }, brief: true, beside: true };
  }
  const node = lines.nodeAt(edge);
  const near = Math.min(0.5, NEAR_NODE_PX / (way.length * k));
  const at = pointAlong(way.points, node === undefined ? 0.5 : node.atEnd ? 1 - near : near);
  if (at === undefined) return undefined;
  const room = node === undefined ? way.length * k : node.width * k;
  if (room < LEAST_PX * scale) return undefined;
  const brief = room < FULL_FROM_PX * scale;
  return { at, brief, beside: false };
}

/** The line of an edge if it is drawn at this zoom and seen in the window. */
function shownWay(source: FrameSource, edge: string, way: Way | undefined): Way | undefined {
  if (way === undefined || !drawn(edge, source)) return undefined;
  const { x, y, k } = source.brush.view;
  const { width, height } = source.window;
  const seen: Box = { x: -x / k, y: -y / k, width: width / k, height: height / k };
  return meets(boundsOf(way), seen) ? way : undefined;
}

function drawn(
  edge: string,
  { brush, podWidth }: Pick<FrameSource, 'brush' | 'podWidth'>,
): boolean {
  const podPx = podWidth * brush.view.k;
  if (edge.startsWith('veth:')) return podPx >= VETHS_FROM_PX;
  return edge.startsWith('cable:') || podPx >= UPLINKS_FROM_PX;
}

function boundsOf({ points }: Way): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Where a mark stands: on the edge that lost the packet, in a node's IP stack, where it was seen last, or at the place itself. */
function placeOf({ edge, vertex, leg }: DropMark, lines: Lines): Point | undefined {
  const lost = edge === undefined ? undefined : lines.of(edge);
  if (lost !== undefined) return pointAlong(lost.points, 0.5);
  const stack = lines.hubOf(vertex);
  if (stack !== undefined) return stack;
  const way = leg === undefined ? undefined : lines.of(leg.edge);
  return (leg?.forward === true ? way?.points.at(-1) : way?.points[0]) ?? lines.placeOf(vertex);
}

function laneOf(edge: string, forward: boolean): string {
  return `${forward ? '>' : '<'}${edge}`;
}
