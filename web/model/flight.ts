import type { Journey } from '../../server/contract/journey.js';
import type { Point } from './geometry.js';
import { placeOfStep } from './place-of-step.js';
import { type Frame, isFailure, isIgnored, shortLabel, verdictOf } from './playback.js';
import type { TrackGraph } from './track-graph.js';

/** A packet on the drawing. */
export interface PacketMark {
  readonly id: string;
  readonly at: Point;
  /** The way it came since the position before, along the lines; one point when it stayed. */
  readonly way: readonly Point[];
  readonly label: string;
  readonly tone: 'request' | 'reply' | 'related' | 'none' | 'dropped';
  /** The one whose step is told; others wait where they are. */
  readonly current: boolean;
}

/** A packet's way so far, to be left as a trail. */
export interface Flight {
  readonly marks: readonly PacketMark[];
  readonly trail: readonly (readonly Point[])[];
  /** Vertices and devices that the shown packets pass. */
  readonly lit: ReadonlySet<string>;
  /** Vertices that they will have passed in the end. */
  readonly ahead: ReadonlySet<string>;
  /** Whether all of them are kept in view: what a step of a pod's journey does shows at the pod, wherever it is done. */
  readonly together: boolean;
}

/** A journey as it is played. */
export interface Played {
  readonly journey: Journey;
  readonly frames: readonly Frame[];
  readonly position: number;
}

const NOTHING: Flight = { marks: [], trail: [], lit: new Set(), ahead: new Set(), together: false };

/** Where the packets of a journey are at a position of the player. */
export function flightAt(played: Played, graph: TrackGraph): Flight {
  const { frames, position } = played;
  const now = frames[position];
  if (now === undefined) return NOTHING;
  const last = lastPositions(frames);
  const places = new Map<number, string>();
  const marks = new Map<number, PacketMark>();
  const trail: (readonly Point[])[] = [];
  const lit = new Set<string>();
  for (const frame of frames.slice(0, position + 1)) {
    const { packet } = frame.hop;
    const place = placeOfStep(frame.hop, frame.step, graph);
    const at = place === undefined ? undefined : graph.at(place);
    if (place === undefined || at === undefined) continue;
    lit.add(frame.hop.vertex);
    const before = places.get(packet);
    const way = (before === undefined ? undefined : graph.way(before, place)) ?? [at];
    if (way.length > 1 && packet === now.hop.packet) trail.push(way);
    places.set(packet, place);
    const dropped = isFailure(frame.step);
    marks.set(packet, {
      id: `${packet}`,
      at,
      way,
      label:
        played.journey.kind === 'pod' ? frame.step.component : shortLabel(frame.step.packet ?? ''),
      tone: dropped ? 'dropped' : frame.hop.direction,
      current: packet === now.hop.packet,
    });
  }
  const waiting = [...marks].filter(
    ([packet, mark]) =>
      mark.current || mark.tone === 'dropped' || (last.get(packet) ?? 0) > position,
  );
  const ended = position === frames.length - 1 ? lossOf(played, graph) : undefined;
  return {
    marks: [
      ...waiting.map(([, mark]) => mark).sort((a, b) => Number(a.current) - Number(b.current)),
      ...(ended === undefined ? [] : [ended]),
    ],
    trail,
    lit,
    ahead: new Set(frames.map((frame) => frame.hop.vertex)),
    together: played.journey.kind === 'pod',
  };
}

/** A mark where a packet was last seen that got lost without a step that says so. */
function lossOf({ journey, frames }: Played, graph: TrackGraph): PacketMark | undefined {
  if (
    journey.kind === 'pod' ||
    verdictOf(journey).tone !== 'bad' ||
    frames.some(({ step }) => isFailure(step))
  )
    return undefined;
  const last = frames.findLast(({ hop }) => !hop.steps.some(isIgnored));
  const place = last === undefined ? undefined : placeOfStep(last.hop, last.step, graph);
  const at = place === undefined ? undefined : graph.at(place);
  if (at === undefined) return undefined;
  return { id: 'lost', at, way: [at], label: journey.disposition, tone: 'dropped', current: true };
}

function lastPositions(frames: readonly Frame[]): ReadonlyMap<number, number> {
  return new Map(frames.map((frame) => [frame.hop.packet, frame.index]));
}

/** Ids of the Services whose address the steps up to a position rewrote. */
export function translatedServices(
  frames: readonly Frame[],
  position: number,
  serviceByIp: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { step } of frames.slice(0, position + 1)) {
    for (const { before, after } of step.changes ?? []) {
      for (const value of [before, after]) {
        const service = serviceByIp.get(value);
        if (service !== undefined) found.add(service);
      }
    }
  }
  return found;
}
