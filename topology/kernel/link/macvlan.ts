import { isMulticastMac } from '../../addr/index.js';
import type { MacvlanMode } from '../ops.js';
import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';

/**
 * A device with a MAC address of its own on top of another (drivers/net/macvlan.c). In `bridge` mode the
 * devices on one parent reach each other; in `private` mode they do not; in `vepa` mode only by way of a switch outside
 * that sends frames back where they came from. The parent's own addresses are reached in that way too, and in no other.
 *
 * Fidelity: broadcasts are copied at once; Linux does it a moment later from a work queue. Modes `passthru` and `source` are
 * not modelled.
 */
export class MacvlanDriver implements Driver {
  readonly parent: NetDevice;
  readonly mode: MacvlanMode;
  private own: NetDevice | undefined = undefined;

  constructor(parent: NetDevice, mode: MacvlanMode) {
    this.parent = parent;
    this.mode = mode;
  }

  get mtuLimitBytes(): number {
    return this.parent.mtuBytes;
  }

  /** The device that this drives. */
  get device(): NetDevice | undefined {
    return this.own;
  }

  attach(device: NetDevice): void {
    this.own = device;
    this.parent.uppers = [...(this.parent.uppers ?? []), this];
  }

  linkChanged(device: NetDevice): void {
    device.setCarrier(device.up && this.parent.up && this.parent.carrier);
  }

  /** The parent went up or down. */
  parentChanged(): void {
    if (this.own !== undefined) this.linkChanged(this.own);
  }

  removed(): void {
    const rest = this.parent.uppers?.filter((upper) => upper !== this) ?? [];
    this.parent.uppers = rest.length === 0 ? undefined : rest;
  }

  xmit(device: NetDevice, skb: Skb): boolean {
    const { parent } = this;
    if (this.mode === 'bridge' && skb.dstMac !== undefined) {
      if (isMulticastMac(skb.dstMac)) this.copyToSiblings(skb);
      else if (this.hasSibling(skb)) {
        // Through the parent, whose taps see it too.
        skb.scrub();
        parent.enqueue(skb);
        return true;
      }
    }
    if (skb.trace !== undefined) {
      device.netns.step(
        skb,
        'device',
        'transmit',
        `${device.name} sends through ${parent.name} below it`,
      );
    }
    if (parent.netns !== device.netns) skb.scrub();
    return parent.transmit(skb);
  }

  /** Shows a frame for a device on top at the time it arrives at the parent, as it goes on without waiting. */
  showEarly(parent: NetDevice, skb: Skb): void {
    for (const { own } of parent.uppers ?? []) {
      if (own === undefined) continue;
      if (own.mac === skb.dstMac && own.up) own.showTaps(skb, 'in', 'host');
    }
  }

  /** A frame came in by the parent; true when a device on top took it for itself (macvlan_handle_frame). */
  handleFrame(parent: NetDevice, skb: Skb): boolean {
    const uppers = parent.uppers ?? [];
    if (skb.dstMac !== undefined && isMulticastMac(skb.dstMac)) {
      const source = uppers.find((upper) => upper.own?.mac === skb.srcMac);
      if (source?.mode === 'private') {
        // What it sent itself has come back: for nobody else, not even the parent.
        source.queue(skb);
        return true;
      }
      for (const upper of uppers) {
        if (upper !== source && reaches(source?.mode, upper.mode)) upper.queue(skb.clone());
      }
      return false;
    }
    for (const upper of uppers) {
      if (upper.own !== undefined && upper.own.mac === skb.dstMac) {
        upper.take(skb);
        return true;
      }
    }
    return false;
  }

  private take(skb: Skb): void {
    if (this.own?.up !== true) return;
    skb.scrub();
    this.own.receiveFromParent(skb);
  }

  private queue(skb: Skb): void {
    if (this.own?.up !== true) return;
    skb.scrub();
    this.own.enqueue(skb);
  }

  private hasSibling(skb: Skb): boolean {
    const uppers = this.parent.uppers ?? [];
    return uppers.some(
      (upper) => upper !== this && upper.mode === 'bridge' && upper.own?.mac === skb.dstMac,
    );
  }

  private copyToSiblings(skb: Skb): void {
    for (const upper of this.parent.uppers ?? []) {
      if (upper !== this && upper.mode === 'bridge') upper.queue(skb.clone());
    }
  }
}

/** Whether a flooded frame from outside is for a device: one that a sibling sent has come back (macvlan_process_broadcast). */
function reaches(from: Exclude<MacvlanMode, 'private'> | undefined, to: MacvlanMode): boolean {
  switch (from) {
    case undefined:
      return true;
    case 'vepa':
      return to !== 'private';
    case 'bridge':
      return to === 'vepa';
  }
}
