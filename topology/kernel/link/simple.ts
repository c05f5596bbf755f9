import { MAC_ZERO } from '../../addr/index.js';
import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';

/** `lo`: what is sent comes back (drivers/net/loopback.c). Keeps mark and connection. */
export class LoopbackDriver implements Driver {
  xmit(device: NetDevice, skb: Skb): boolean {
    skb.srcMac = MAC_ZERO;
    skb.dstMac = MAC_ZERO;
    device.enqueue(skb);
    return true;
  }

  linkChanged(device: NetDevice): void {
    device.carrier = device.up;
  }

  removed(): void {}
}

/** A device that swallows what it sends (drivers/net/dummy.c): a place for addresses. */
export class DummyDriver implements Driver {
  xmit(device: NetDevice, skb: Skb): boolean {
    if (skb.trace !== undefined) {
      const text = `${device.name} is a dummy device: the frame ends here`;
      device.netns.step(skb, 'device', 'discard', text);
    }
    return true;
  }

  linkChanged(device: NetDevice): void {
    device.carrier = device.up;
  }

  removed(): void {}
}
