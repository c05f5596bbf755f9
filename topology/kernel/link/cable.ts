import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';

/**
 * What a physical network card is plugged into, implemented by the fabric, which adds delay, rate and loss
 * and calls `receiveFromCable` of the device at the other end, later or never.
 */
export interface CableEnd {
  /** What is at the other end, for sentences: `eth0 of worker-2`. */
  readonly leadsTo: string;
  /** Takes a frame; it belongs to the cable from now on. */
  send(frame: Skb): void;
}

/** A physical network card. Its carrier is what the fabric says with `setCarrier`. */
export class CableDriver implements Driver {
  private readonly end: CableEnd;

  constructor(end: CableEnd) {
    this.end = end;
  }

  get leadsTo(): string {
    return this.end.leadsTo;
  }

  xmit(_device: NetDevice, skb: Skb): boolean {
    this.end.send(skb);
    return true;
  }

  linkChanged(): void {}

  removed(): void {}
}
