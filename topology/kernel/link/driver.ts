import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';

/** What one kind of device does differently (net_device_ops). */
export interface Driver {
  /** What a cable leads to, for sentences; absent where there is no cable. */
  readonly leadsTo?: string;
  /** The largest MTU that what is below it allows, in octets; absent without such a bound. */
  readonly mtuLimitBytes?: number | undefined;
  /** Takes a frame that the device sends; counters and taps are done. False when it dropped the frame and says so. */
  xmit(device: NetDevice, skb: Skb): boolean;
  /** The device went up or down, or its other end did: sets its carrier. */
  linkChanged(device: NetDevice): void;
  /** The device is being deleted: lets go of ports, peers and parents. */
  removed(device: NetDevice): void;
}
