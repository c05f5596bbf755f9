import { picturePacket } from '../../topology/index.js';
import type { PacketPicture, StepPackets } from '../contract/journey.js';
import { type Reply, refuse, reply } from './reply.js';
import type { RecordedOutcome } from './tracing.js';

/** How many traces are kept, and how many steps and octets of captures in all; the oldest go first. */
const MAX_TRACES = 24;
const MAX_STEPS = 60_000;
const MAX_CAPTURE_BYTES = 16 * 1024 * 1024;
/** Octets of one packet that are shown. */
const MAX_OCTETS = 2048;

const GONE = 'this trace is no longer kept: send it again';

/**
 * The records of the newest traces, for who wants to see the packet at one of their steps. A journey stays small that
 * way: headers and octets are made when they are asked for.
 */
export class TraceArchive {
  readonly #kept = new Map<string, RecordedOutcome>();

  keep(outcome: RecordedOutcome): void {
    const { id } = outcome.journey;
    this.#kept.delete(id);
    this.#kept.set(id, outcome);
    for (const oldest of this.#kept.keys()) {
      if (oldest === id || !this.#isFull()) break;
      this.#kept.delete(oldest);
    }
  }

  /** The packet before and after a step; refuses when the trace is not kept or has no such step. */
  step(id: string, hop: number, step: number): Reply<StepPackets> {
    const kept = this.#kept.get(id);
    if (kept === undefined) return refuse(GONE);
    const views = kept.recorder.viewsAt(hop, step);
    if (views === undefined) return refuse(`the trace has no step ${step} at hop ${hop}`);
    const after = pictureOf(views.after);
    return reply(
      views.before === undefined ? { after } : { before: pictureOf(views.before), after },
    );
  }

  /** The pcapng in base64. */
  capture(id: string): Reply<string> {
    const kept = this.#kept.get(id);
    return kept === undefined ? refuse(GONE) : reply(Buffer.from(kept.capture).toString('base64'));
  }

  #isFull(): boolean {
    let steps = 0;
    let octets = 0;
    for (const { recorder, capture } of this.#kept.values()) {
      steps += recorder.steps.length;
      octets += capture.length;
    }
    return this.#kept.size > MAX_TRACES || steps > MAX_STEPS || octets > MAX_CAPTURE_BYTES;
  }
}

function pictureOf(view: Parameters<typeof picturePacket>[0]): PacketPicture {
  const { layers, octets } = picturePacket(view);
  return {
    layers,
    octets: Buffer.from(octets.subarray(0, MAX_OCTETS)).toString('hex'),
    length: octets.length,
  };
}
