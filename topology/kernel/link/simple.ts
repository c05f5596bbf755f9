import { MAC_ZERO } from '../../addr/index.js';
import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';

/** `lo`: what is sent comes back (drivers/net/loopback.c). Keeps mark and connection. */
export class LoopbackDriver implements Driver {
  xmit(device: NetDevice, skb: Skb): void {
    skb.srcMac = MAC_ZERO;
    skb.dstMac = MAC_ZERO;
    device.enqueue(skb);
  }

  linkChanged(device: NetDevice): void {
    device.carrier = device.up;
  }

  removed(): void {}
}

/** A device that swallows what it sends (drivers/net/dummy.c): a place for addresses. */
export class DummyDriver implements Driver {
  xmit(device: NetDevice, skb: Skb): void {
    if (skb.trace === undefined) return;
    device.netns.step(
      skb,
      'device',
      'discard',
      `${device.name} is a dummy device: the frame ends here`,
    );
  }

  linkChanged(device: NetDevice): void {
    device.carrier = device.up;
  }

  removed(): void {}
}
