import { isMulticastMac, type Mac } from '../../addr/index.js';
import type { MacvlanMode } from '../ops.js';
import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';

/** GOLDEN_RATIO_64 of linux/hash.h. */
const GOLDEN_RATIO_64 = 0x61c8864680b583ebn;

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
      let afterNs = 0;
      for (const upper of inHashOrder(uppers)) {
        if (upper === source || !reaches(source?.mode, upper.mode)) continue;
        upper.queueLater(skb.clone(), afterNs++);
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

  /** The work queue hands over one copy after the other: what one causes is done before the next is there. */
  private queueLater(skb: Skb, afterNs: number): void {
    const { own } = this;
    if (own === undefined) return;
    if (afterNs === 0) this.queue(skb);
    else own.netns.host.clock.schedule(afterNs, () => this.queue(skb));
  }

  private hasSibling(skb: Skb): boolean {
    const uppers = this.parent.uppers ?? [];
    return uppers.some(
      (upper) => upper !== this && upper.mode === 'bridge' && upper.own?.mac === skb.dstMac,
    );
  }

  private copyToSiblings(skb: Skb): void {
    for (const upper of inHashOrder(this.parent.uppers ?? [])) {
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

/** The order in which a broadcast is copied (macvlan_broadcast): by hash, of equal ones the latest first. */
function inHashOrder(uppers: readonly MacvlanDriver[]): readonly MacvlanDriver[] {
  if (uppers.length < 2) return uppers;
  return [...uppers]
    .reverse()
    .map((upper) => ({ upper, bucket: macHash(upper.device?.mac ?? (0 as Mac)) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ upper }) => upper);
}

/** macvlan_eth_hash: the upper 8 bits of the address, as a little-endian number, times the golden ratio. */
function macHash(mac: Mac): number {
  let value = 0n;
  for (let octet = 0; octet < 6; octet++) {
    value |= BigInt(Math.floor(mac / 2 ** (40 - 8 * octet)) % 256) << BigInt(8 * octet);
  }
  return Number(BigInt.asUintN(64, (value << 16n) * GOLDEN_RATIO_64) >> 56n);
}
