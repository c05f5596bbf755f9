import { l3Bytes } from '../../wire/index.js';
import type { Skb } from '../skb.js';
import type { NetDevice } from './device.js';
import type { Driver } from './driver.js';

/** Room for a VLAN tag that a receiver allows above its MTU (is_skb_forwardable). */
export const VLAN_HEADER_BYTES = 4;

/** One end of a pair: what goes in comes out at the peer, in whatever namespace it is (drivers/net/veth.c). */
export class VethDriver implements Driver {
  xmit(device: NetDevice, skb: Skb): boolean {
    const peer = device.peer;
    if (peer === undefined || !peer.up) {
      device.dropOnSend(skb);
      const why = skb.trace === undefined ? '' : `the other end of ${device.name} is down`;
      device.netns.drop(skb, 'no-carrier', 'veth', why);
      return false;
    }
    const lengthBytes = l3Bytes(skb.packet);
    if (lengthBytes > peer.mtuBytes + VLAN_HEADER_BYTES) {
      device.dropOnSend(skb);
      const why =
        skb.trace === undefined
          ? ''
          : `${peer.name}, the other end of ${device.name}, has MTU ${peer.mtuBytes} and takes at most ${peer.mtuBytes + VLAN_HEADER_BYTES} octets, not ${lengthBytes}; nobody is told`;
      device.netns.drop(skb, 'frame-too-long', 'veth', why);
      return false;
    }
    skb.scrub();
    peer.enqueue(skb);
    return true;
  }

  linkChanged(device: NetDevice): void {
    const peer = device.peer;
    const alive = device.up && peer?.up === true;
    device.setCarrier(alive);
    peer?.setCarrier(alive);
  }

  removed(device: NetDevice): void {
    const peer = device.peer;
    if (peer === undefined) return;
    peer.peer = undefined;
    device.peer = undefined;
    peer.setCarrier(false);
  }
}
