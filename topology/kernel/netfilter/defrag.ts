import { SECOND, type Timer } from '../../base/index.js';
import { reassembleIpv4, reassembleIpv6 } from '../../wire/fragment.js';
import type { Ipv4Packet, Ipv6Packet } from '../../wire/packet.js';
import type { Netns } from '../contract.js';
import type { Skb } from '../skb.js';

/** net.ipv4.ipfrag_time. */
const FRAGMENT_TIME_NS = 30 * SECOND;

interface Pending {
  readonly fragments: (Ipv4Packet | Ipv6Packet)[];
  readonly first: Skb;
  readonly timer: Timer;
}

/** Whether a packet is a piece of another. */
export function isFragment(packet: Ipv4Packet | Ipv6Packet): boolean {
  return packet.kind === 'ipv4'
    ? packet.mf || packet.fragOffset > 0
    : packet.fragment !== undefined;
}

/** Collects fragments before connection tracking, which needs ports (nf_defrag_ipv4, nf_defrag_ipv6). */
export class Defragmenter {
  private readonly netns: Netns;
  private readonly pending = new Map<string, Pending>();

  constructor(netns: Netns) {
    this.netns = netns;
  }

  /** Keeps a fragment; the whole packet with the last missing one, else undefined. */
  take(skb: Skb, packet: Ipv4Packet | Ipv6Packet): Ipv4Packet | Ipv6Packet | undefined {
    const id = packet.kind === 'ipv4' ? packet.id : (packet.fragment?.id ?? 0);
    const key = `${packet.src}/${packet.dst}/${packet.proto}/${id}`;
    const known = this.pending.get(key) ?? this.open(key, skb);
    known.fragments.push(packet);
    const whole =
      packet.kind === 'ipv4'
        ? reassembleIpv4(known.fragments.filter((piece) => piece.kind === 'ipv4'))
        : reassembleIpv6(known.fragments.filter((piece) => piece.kind === 'ipv6'));
    if (!whole.ok) {
      if (skb.trace !== undefined) {
        const sentence =
          'a fragment waits until the whole packet is here, since connection tracking needs its ports';
        this.netns.step(skb, 'conntrack', 'queue', sentence);
      }
      return undefined;
    }
    known.timer.cancel();
    this.pending.delete(key);
    return whole.value;
  }

  /** Forgets all fragments. */
  clear(): void {
    for (const { timer } of this.pending.values()) timer.cancel();
    this.pending.clear();
  }

  private open(key: string, first: Skb): Pending {
    const timer = this.netns.host.clock.schedule(FRAGMENT_TIME_NS, () => {
      this.pending.delete(key);
      const sentence = 'not all fragments of the packet came within 30 s';
      this.netns.drop(first, 'fragment-timeout', 'conntrack', sentence);
    });
    const made: Pending = { fragments: [], first, timer };
    this.pending.set(key, made);
    return made;
  }
}
