import type { DropReason } from '../kernel/drop.js';
import type { PacketTrace, PacketView, TraceStep } from '../kernel/trace.js';
import { describePacket } from '../wire/index.js';
import { changesBetween } from './changes.js';
import type { Direction, Hop, Step } from './journey.js';

/** Most steps one trace keeps; a flood or a loop ends the record, not the simulation. */
const MAX_STEPS = 20_000;

/** Says what a learner calls a place and which vertex of the graph it is. */
export type PlaceNames = (
  host: string,
  netns: string,
) => { readonly place: string; readonly vertex: string };

/** A packet that ended before its destination. */
export interface Loss {
  readonly step: TraceStep;
  readonly reason: DropReason;
}

/** A packet before and after a step; `before` is undefined where it begins. */
export interface StepViews {
  readonly before: PacketView | undefined;
  readonly after: PacketView;
}

/** Keeps the steps of one probe's packets and arranges them as hops. */
export class Recorder implements PacketTrace {
  readonly steps: TraceStep[] = [];
  private packets = 0;
  private full = false;

  nextPacketId(): number {
    return this.packets++;
  }

  record(step: TraceStep): void {
    if (this.steps.length < MAX_STEPS) this.steps.push(step);
    else this.full = true;
  }

  /** True when steps beyond the limit were left out. */
  get truncated(): boolean {
    return this.full;
  }

  /** Packets that were dropped, in order of time. */
  losses(): Loss[] {
    return this.steps.flatMap((step) =>
      step.drop === undefined ? [] : [{ step, reason: step.drop }],
    );
  }

  /** Whether a packet reached a socket at a step that `accept` agrees to. */
  find(accept: (step: TraceStep) => boolean): TraceStep | undefined {
    return this.steps.find(accept);
  }

  /**
   * One hop for each stay of a packet in a namespace, in order of the first step there.
   *
   * Packets that began where the probe began are requests, ARP and what it causes is related, the rest are replies.
   */
  hops(names: PlaceNames): Hop[] {
    const directions = this.directions();
    return this.stays().map((stay, index) => ({
      number: index + 1,
      atNs: stay.atNs,
      ...names(stay.host, stay.netns),
      host: stay.host,
      packet: stay.packet,
      direction: directions.get(stay.packet) ?? 'none',
      steps: stay.steps.map(({ step, before }) => finishStep(step, before)),
    }));
  }

  /** The packet before and after a step: `hop` counts from 1 as in the journey, `step` from 0 within it. */
  viewsAt(hop: number, step: number): StepViews | undefined {
    const found = this.stays()[hop - 1]?.steps[step];
    return found === undefined ? undefined : viewsOf(found);
  }

  /** The packet before and after every step, hop by hop in the order of `hops`. */
  views(): readonly (readonly StepViews[])[] {
    return this.stays().map(({ steps }) => steps.map(viewsOf));
  }

  private stays(): readonly Stay[] {
    const stays: Stay[] = [];
    const open = new Map<number, Stay>();
    const lastView = new Map<number, PacketView>();
    for (const step of this.steps) {
      let stay = open.get(step.packetId);
      if (stay === undefined || stay.host !== step.host || stay.netns !== step.netns) {
        const { host, netns, packetId, atNs } = step;
        stay = { host, netns, packet: packetId, atNs, steps: [] };
        stays.push(stay);
        open.set(packetId, stay);
      }
      const before = lastView.get(step.packetId) ?? parentView(step, lastView);
      stay.steps.push({ step, before });
      lastView.set(step.packetId, step.view);
    }
    return stays;
  }

  private directions(): Map<number, Direction> {
    const directions = new Map<number, Direction>();
    const [first] = this.steps;
    for (const step of this.steps) {
      if (directions.has(step.packetId)) continue;
      const parent = step.parentId === undefined ? undefined : directions.get(step.parentId);
      directions.set(step.packetId, directionOf(step, first, parent));
    }
    return directions;
  }
}

/** One stay of a packet in a namespace. */
interface Stay {
  readonly host: string;
  readonly netns: string;
  readonly packet: number;
  readonly atNs: number;
  readonly steps: { readonly step: TraceStep; readonly before: PacketView | undefined }[];
}

function viewsOf({ step, before }: Stay['steps'][number]): StepViews {
  return { before, after: step.view };
}

function directionOf(
  step: TraceStep,
  first: TraceStep | undefined,
  parent: Direction | undefined,
): Direction {
  if (step.view.packet.kind === 'arp') return 'related';
  const atOrigin = first !== undefined && step.host === first.host && step.netns === first.netns;
  if (atOrigin) return sentByProbe(step, first) ? 'request' : 'reply';
  return isCopy(step) && parent !== undefined ? parent : 'reply';
}

/** A copy made by a bridge or a fragment begins on a device; an answer begins in a socket, in ICMP or in a REJECT. */
function isCopy(step: TraceStep): boolean {
  return (
    step.component === 'bridge' ||
    step.component === 'device' ||
    step.component === 'veth' ||
    step.component === 'ip'
  );
}

/** In one namespace, as over localhost, ports tell question from answer. */
function sentByProbe(step: TraceStep, first: TraceStep): boolean {
  const a = step.view.packet;
  const b = first.view.packet;
  if (a.kind !== 'ipv4' || b.kind !== 'ipv4') return true;
  if (a.body.kind === 'tcp' || a.body.kind === 'udp') {
    return a.body.kind === b.body.kind && a.body.srcPort === b.body.srcPort;
  }
  return (
    a.body.kind === b.body.kind &&
    (a.body.kind !== 'icmp' || b.body.kind !== 'icmp' || a.body.type === b.body.type)
  );
}

function parentView(
  step: TraceStep,
  views: ReadonlyMap<number, PacketView>,
): PacketView | undefined {
  const view = step.parentId === undefined ? undefined : views.get(step.parentId);
  return view !== undefined && view.packet === step.view.packet ? view : undefined;
}

function finishStep(step: TraceStep, previous: PacketView | undefined): Step {
  const changes = previous === undefined ? [] : changesBetween(previous, step.view);
  return {
    atNs: step.atNs,
    component: step.component,
    action: step.action,
    reason: step.reason,
    packet: describePacket(step.view.packet),
    ...(step.device === undefined ? {} : { device: step.device }),
    ...(step.drop === undefined ? {} : { code: step.drop }),
    ...(changes.length === 0 ? {} : { changes }),
    ...(step.facts === undefined ? {} : { facts: step.facts }),
  };
}
