import { picturePacket } from '../../topology/index.js';
import type { Journey, JourneyPackets, PacketPicture, StepPackets } from '../contract/journey.js';
import type { KeptTrace, TraceRequest } from '../contract/live.js';
import { packPackets } from './pack-packets.js';
import { type Reply, refuse, reply } from './reply.js';
import type { RecordedOutcome } from './tracing.js';

/** How many traces are kept, and how many steps and octets of captures in all; the oldest go first. */
const MAX_TRACES = 24;
const MAX_STEPS = 60_000;
const MAX_CAPTURE_BYTES = 16 * 1024 * 1024;
/** Octets of one packet that are shown. */
const MAX_OCTETS = 2048;

const GONE = 'this trace is no longer kept: send it again';

/** What asked for a trace. */
export interface TraceOrigin {
  readonly request: TraceRequest;
  /** `namespace/name` of a Trace object. */
  readonly object?: string;
  /** It was sent on a copy of the cluster: nobody's trace, and not listed. */
  readonly onCopy?: true;
}

interface Entry {
  readonly outcome: RecordedOutcome;
  readonly origin: TraceOrigin;
}

/**
 * The records of the newest traces, for who wants to see the packet at one of their steps. A journey stays small that
 * way: headers and octets are made when they are asked for.
 */
export class TraceArchive {
  readonly #kept = new Map<string, Entry>();

  keep(outcome: RecordedOutcome, origin: TraceOrigin): void {
    const { id } = outcome.journey;
    this.#kept.delete(id);
    this.#kept.set(id, { outcome, origin });
    for (const oldest of this.#kept.keys()) {
      if (oldest === id || !this.#isFull()) break;
      this.#kept.delete(oldest);
    }
  }

  /** What is kept, newest first. */
  list(): readonly KeptTrace[] {
    const own = [...this.#kept.values()].filter(({ origin }) => origin.onCopy !== true);
    return own.reverse().map(keptTrace);
  }

  /** A trace with its journey; refuses when it is not kept. */
  find(id: string): Reply<KeptTrace & { readonly journey: Journey }> {
    const entry = this.#kept.get(id);
    return entry === undefined
      ? refuse(GONE)
      : reply({ ...keptTrace(entry), journey: entry.outcome.journey });
  }

  /** Everything that is kept of a trace. */
  record(id: string): RecordedOutcome | undefined {
    return this.#kept.get(id)?.outcome;
  }

  /** The packet before and after a step; refuses when the trace is not kept or has no such step. */
  step(id: string, hop: number, step: number): Reply<StepPackets> {
    const entry = this.#kept.get(id);
    if (entry === undefined) return refuse(GONE);
    const views = entry.outcome.recorder.viewsAt(hop, step);
    if (views === undefined) return refuse(`the trace has no step ${step} at hop ${hop}`);
    const after = pictureOf(views.after);
    return reply(
      views.before === undefined ? { after } : { before: pictureOf(views.before), after },
    );
  }

  /** The packets of every step. */
  packets(id: string): Reply<JourneyPackets> {
    const entry = this.#kept.get(id);
    return entry === undefined
      ? refuse(GONE)
      : reply(packPackets(entry.outcome.recorder.views(), pictureOf));
  }

  /** The pcapng in base64. */
  capture(id: string): Reply<string> {
    const entry = this.#kept.get(id);
    return entry === undefined
      ? refuse(GONE)
      : reply(Buffer.from(entry.outcome.capture).toString('base64'));
  }

  #isFull(): boolean {
    let steps = 0;
    let octets = 0;
    for (const { outcome } of this.#kept.values()) {
      steps += outcome.recorder.steps.length;
      octets += outcome.capture.length;
    }
    return this.#kept.size > MAX_TRACES || steps > MAX_STEPS || octets > MAX_CAPTURE_BYTES;
  }
}

function keptTrace({ outcome: { journey }, origin }: Entry): KeptTrace {
  const { id, title, disposition } = journey;
  return { id, title, disposition, ...origin };
}

function pictureOf(view: Parameters<typeof picturePacket>[0]): PacketPicture {
  const { layers, octets } = picturePacket(view);
  return {
    layers,
    octets: Buffer.from(octets.subarray(0, MAX_OCTETS)).toString('hex'),
    length: octets.length,
  };
}
