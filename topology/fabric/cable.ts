import { type Rng, SECOND, type SimClock } from '../base/index.js';
import type { CableEnd, NetDevice, Skb } from '../kernel/index.js';
import { ETHERNET_HEADER_BYTES, l3Bytes } from '../wire/index.js';

/** Preamble, frame check sequence and gap that a frame takes on the wire beyond its octets (IEEE 802.3). */
const WIRE_OVERHEAD_BYTES = 24;
/** Frames a sender may have waiting for the wire; more are dropped, as by a full pfifo (txqueuelen). */
const QUEUE_FRAMES = 1000;

/** How a cable treats frames, in both directions. */
export interface CableProperties {
  readonly delayNs: number;
  /** How far the delay of each frame may be off, either way; frames keep their order. None when absent. */
  readonly jitterNs?: number;
  /** Absent: frames take no time to send. */
  readonly rateBitsPerSecond: number | undefined;
  /** Share of frames lost, from 0 to 1. */
  readonly loss: number;
}

interface Waiting {
  readonly atNs: number;
  readonly skb: Skb;
}

/** One direction of a cable: frames arrive in order, so one timer for the first of them is enough. */
class Lane {
  private readonly cable: Cable;
  private readonly clock: SimClock;
  private queue: Waiting[] = [];
  private head = 0;
  private freeAtNs = 0;
  target: NetDevice | undefined;

  constructor(cable: Cable, clock: SimClock) {
    this.cable = cable;
    this.clock = clock;
  }

  carry(skb: Skb): void {
    const { rateBitsPerSecond } = this.cable.properties;
    let sentNs = this.clock.nowNs;
    if (rateBitsPerSecond !== undefined) {
      if (this.queue.length - this.head >= QUEUE_FRAMES) {
        skb.dev?.netns.drop(
          skb,
          'queue-full',
          'cable',
          `${this.cable.id}: ${QUEUE_FRAMES} frames wait for the wire already`,
        );
        return;
      }
      const bits = (ETHERNET_HEADER_BYTES + l3Bytes(skb.packet) + WIRE_OVERHEAD_BYTES) * 8;
      sentNs = Math.max(sentNs, this.freeAtNs) + Math.ceil((bits * SECOND) / rateBitsPerSecond);
      this.freeAtNs = sentNs;
    }
    const atNs = sentNs + this.cable.drawDelay();
    if (atNs === this.clock.nowNs && this.head === this.queue.length) {
      this.target?.receiveFromCable(skb);
      return;
    }
    const idle = this.head === this.queue.length;
    this.queue.push({ atNs, skb });
    if (idle) this.clock.at(atNs, this.arrive);
  }

  private readonly arrive = (): void => {
    const nowNs = this.clock.nowNs;
    let next = this.queue[this.head];
    while (next !== undefined && next.atNs <= nowNs) {
      this.head++;
      if (this.cable.up) this.target?.receiveFromCable(next.skb);
      else
        next.skb.dev?.netns.drop(
          next.skb,
          'cable-loss',
          'cable',
          `${this.cable.id} went down while the frame was on it`,
        );
      next = this.queue[this.head];
    }
    if (next === undefined) {
      this.queue = [];
      this.head = 0;
      return;
    }
    if (this.head > 4096) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    this.clock.at(next.atNs, this.arrive);
  };
}

/** A cable between two devices: carries frames with delay, at a rate, losing some, or none when unplugged. */
export class Cable {
  readonly id: string;
  properties: CableProperties;
  /** What is at each end, for sentences: `eth0 of worker-2`. */
  private readonly ends: readonly [string, string];
  private readonly rng: Rng;
  private readonly lanes: readonly [Lane, Lane];
  private plugged = true;
  private readonly powered: [boolean, boolean] = [true, true];

  constructor(options: {
    readonly id: string;
    readonly ends: readonly [string, string];
    readonly clock: SimClock;
    readonly rng: Rng;
    readonly properties: CableProperties;
  }) {
    this.id = options.id;
    this.ends = options.ends;
    this.rng = options.rng;
    this.properties = options.properties;
    this.lanes = [new Lane(this, options.clock), new Lane(this, options.clock)];
  }

  /** False when unplugged, or when the machine at one end is off: both ends lose their carrier. */
  get up(): boolean {
    return this.plugged && this.powered[0] && this.powered[1];
  }

  /** How long the next frame takes. */
  drawDelay(): number {
    const { delayNs, jitterNs = 0 } = this.properties;
    if (jitterNs === 0) return delayNs;
    return Math.max(0, Math.round(delayNs + (this.rng.unit() * 2 - 1) * jitterNs));
  }

  /** What one end hands its frames to. */
  end(index: 0 | 1): CableEnd {
    const lane = this.lanes[index];
    return {
      leadsTo: this.ends[index === 0 ? 1 : 0],
      send: (skb) => {
        if (!this.up) {
          const why = this.plugged ? 'leads to a machine that is off' : 'is unplugged';
          skb.dev?.netns.drop(skb, 'no-carrier', 'cable', `${this.id} ${why}`);
          return;
        }
        if (this.properties.loss > 0 && this.rng.unit() < this.properties.loss) {
          skb.dev?.netns.drop(
            skb,
            'cable-loss',
            'cable',
            `${this.id} loses ${this.properties.loss * 100} % of frames, and lost this one`,
          );
          return;
        }
        lane.carry(skb);
      },
    };
  }

  /** Ties the devices to the ends; frames sent at one arrive at the other. */
  attach(first: NetDevice, second: NetDevice): void {
    this.lanes[0].target = second;
    this.lanes[1].target = first;
  }

  /** Plugs or unplugs. */
  setUp(plugged: boolean): void {
    this.change(() => {
      this.plugged = plugged;
    });
  }

  /** Says whether the machine at one end is on. */
  setPower(end: 0 | 1, on: boolean): void {
    this.change(() => {
      this.powered[end] = on;
    });
  }

  private change(act: () => void): void {
    const before = this.up;
    act();
    if (this.up === before) return;
    for (const lane of this.lanes) lane.target?.setCarrier(this.up);
  }
}
