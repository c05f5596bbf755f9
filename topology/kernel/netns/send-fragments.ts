import { type Ip, MAC_BROADCAST } from '../../addr/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';

/** Where fragments go. */
export interface FragmentWay {
  readonly dev: NetDevice;
  readonly nextHop: Ip;
  /** True: to every host of the link. */
  readonly broadcast?: boolean;
}

/**
 * Sends the fragments of one packet. A program's leave one by one: each send ends with the softirq, so the first
 * is on its way through the other machines before the second is sent. Those of a forwarded packet or of an answer
 * leave together. When the device drops one the rest are not sent (ip_do_fragment).
 */
export function sendFragments(
  netns: NetNamespace,
  fragments: readonly Skb[],
  way: FragmentWay,
  from = 0,
): void {
  for (let index = from; index < fragments.length; index++) {
    const fragment = fragments[index];
    if (fragment === undefined) return;
    const inProgram = fragment.iif === undefined && !netns.host.softirq.running;
    if (!sendOne(netns, fragment, way)) {
      abandon(netns, fragments, index + 1);
      return;
    }
    if (!inProgram || index + 1 === fragments.length) continue;
    netns.host.clock.schedule(0, () => sendFragments(netns, fragments, way, index + 1));
    return;
  }
}

function sendOne(netns: NetNamespace, fragment: Skb, way: FragmentWay): boolean {
  const { dev } = way;
  if (way.broadcast !== true) return netns.neighbors.output(fragment, dev, way.nextHop);
  fragment.srcMac = dev.mac;
  fragment.dstMac = MAC_BROADCAST;
  return dev.transmit(fragment);
}

function abandon(netns: NetNamespace, fragments: readonly Skb[], from: number): void {
  for (const fragment of fragments.slice(from)) {
    const text = 'the fragment before it was dropped here, so the rest of the packet is not sent';
    netns.drop(fragment, 'fragment-abandoned', 'ip', text);
  }
}

/** One Skb for each piece of a packet, the first being the packet's own. */
export function fragmentSkbs(skb: Skb, pieces: readonly Skb['packet'][]): readonly Skb[] {
  skb.fragMaxBytes = 0;
  return pieces.map((piece, index) => {
    const fragment = index === 0 ? skb : skb.clone();
    fragment.packet = piece;
    return fragment;
  });
}
