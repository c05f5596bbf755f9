import { MICROSECOND, type SimClock } from '../base/index.js';
import type { NetDevice } from './link/device.js';
import type { Skb } from './skb.js';

/** Frames handled in one instant before the clock is let on: what a loop of bridges costs at most. */
const FRAMES_PER_DRAIN = 100_000;

/** Size of the ring when it was never full; grows by doubling. A power of two. */
const FIRST_RING_SLOTS = 256;

/**
 * The receive queue of all simulated machines (NET_RX softirq with its backlog): frames that arrived are
 * handled first in, first out, at the instant they arrived, by one event of the clock however many they
 * are. A frame is never handled inside the sending of another, so nothing recurses.
 *
 * Fidelity: Linux has one backlog of 1,000 frames per CPU and drops what exceeds it; this one grows, and a
 * frame loop is slowed to 100,000 frames per microsecond instead.
 */
export class Softirq {
  /** Times that a drain stopped at its bound: above 0 means frames go round in a loop. */
  yields = 0;
  private readonly clock: SimClock;
  private devices: (NetDevice | undefined)[] = new Array(FIRST_RING_SLOTS).fill(undefined);
  private frames: (Skb | undefined)[] = new Array(FIRST_RING_SLOTS).fill(undefined);
  private mask = FIRST_RING_SLOTS - 1;
  private head = 0;
  private count = 0;
  /** True while frames are being handled: then no program is running. */
  running = false;
  private scheduled = false;
  private readonly drainNow = (): void => this.drain();

  constructor(clock: SimClock) {
    this.clock = clock;
  }

  /** Frames waiting. */
  get pending(): number {
    return this.count;
  }

  /** Queues a frame that a device received; its `receive` is called later in this instant. */
  raise(device: NetDevice, skb: Skb): void {
    if (this.count > this.mask) this.grow();
    const slot = (this.head + this.count) & this.mask;
    this.devices[slot] = device;
    this.frames[slot] = skb;
    this.count++;
    if (!this.scheduled) this.schedule(0);
  }

  private schedule(delayNs: number): void {
    this.scheduled = true;
    this.clock.schedule(delayNs, this.drainNow);
  }

  private drain(): void {
    let budget = FRAMES_PER_DRAIN;
    this.running = true;
    while (this.count > 0 && budget > 0) {
      const slot = this.head;
      const device = this.devices[slot];
      const skb = this.frames[slot];
      this.devices[slot] = undefined;
      this.frames[slot] = undefined;
      this.head = (slot + 1) & this.mask;
      this.count--;
      budget--;
      if (device !== undefined && skb !== undefined) device.receive(skb);
    }
    this.running = false;
    this.scheduled = false;
    if (this.count === 0) return;
    this.yields++;
    this.schedule(MICROSECOND);
  }

  private grow(): void {
    const size = this.mask + 1;
    const devices: (NetDevice | undefined)[] = new Array(size * 2).fill(undefined);
    const frames: (Skb | undefined)[] = new Array(size * 2).fill(undefined);
    for (let index = 0; index < this.count; index++) {
      devices[index] = this.devices[(this.head + index) & this.mask];
      frames[index] = this.frames[(this.head + index) & this.mask];
    }
    this.devices = devices;
    this.frames = frames;
    this.head = 0;
    this.mask = size * 2 - 1;
  }
}
