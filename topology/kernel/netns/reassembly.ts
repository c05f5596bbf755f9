import { formatIp } from '../../addr/index.js';
import { SECOND, type WheelTimer } from '../../base/index.js';
import {
  ICMP_TIME_EXCEEDED,
  ICMP4,
  ICMP6,
  type Ipv4Packet,
  type Ipv6Packet,
  isIpv4Fragment,
  isIpv6Fragment,
  l3Bytes,
  reassembleIpv4,
  reassembleIpv6,
} from '../../wire/index.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';

/** Who joins fragments: local delivery, or conntrack before it looks at ports (IP_DEFRAG_*). */
export type DefragUser = 'INPUT' | 'PREROUTING';

interface Queue {
  readonly key: string;
  readonly pieces: Skb[];
  timer: WheelTimer | undefined;
}

/**
 * Joins fragments (net/ipv4/ip_fragment.c, net/ipv6/reassembly.c): complete in `ipfrag_time`, 30 s, or
 * `ip6frag_time`, 60 s, or dropped.
 */
export class Reassembly {
  private readonly netns: NetNamespace;
  private readonly queues = new Map<string, Queue>();

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** True when the packet is whole (it may have become so); false while it waits or when it was bad. */
  accept(skb: Skb, user: DefragUser): boolean {
    const { packet } = skb;
    if (!isFragment(packet)) return true;
    const queue = this.queue(packet, user);
    queue.pieces.push(skb);
    if (skb.trace !== undefined) {
      const text = `a fragment from octet ${offsetOf(packet)}: it waits for the others of packet ${idOf(packet)} from ${formatIp(packet.src)}`;
      this.netns.step(skb, 'ip', 'wait-fragments', text);
    }
    const packets = queue.pieces.map((piece) => piece.packet).filter(isFragment);
    const whole = packet.kind === 'ipv4' ? join4(packets) : join6(packets);
    if (!whole.ok) {
      if (whole.error.code === 'wire/incomplete') return false;
      this.forget(queue);
      this.netns.drop(skb, 'malformed', 'ip', 'the fragments do not make a packet');
      return false;
    }
    this.forget(queue);
    const first = queue.pieces.find(isFirst);
    skb.packet = whole.value;
    skb.fragMaxBytes = Math.max(...packets.map((piece) => l3Bytes(piece)));
    if (first !== undefined && skb.trace === undefined) {
      skb.trace = first.trace;
      skb.packetId = first.packetId;
    }
    if (skb.trace !== undefined) {
      this.netns.step(
        skb,
        'ip',
        'reassemble',
        `${packets.length} fragments make a packet of ${l3Bytes(whole.value)} octets`,
      );
    }
    return true;
  }

  /** The namespace dies. */
  clear(): void {
    for (const queue of this.queues.values()) queue.timer?.cancel();
    this.queues.clear();
  }

  private queue(packet: Fragment, user: DefragUser): Queue {
    const key = keyOf(packet, user);
    let queue = this.queues.get(key);
    if (queue === undefined) {
      const seconds = this.netns.sysctl(
        packet.kind === 'ipv4' ? 'net.ipv4.ipfrag_time' : 'net.ipv6.ip6frag_time',
      );
      const made: Queue = { key, pieces: [], timer: undefined };
      const expire = (): void => this.expire(made, user, seconds);
      made.timer = this.netns.host.clock.timer(expire);
      made.timer.arm(seconds * SECOND);
      this.queues.set(key, made);
      queue = made;
    }
    return queue;
  }

  /** The sender is told if the first piece is here, which names the ports. */
  private expire(queue: Queue, user: DefragUser, seconds: number): void {
    const { netns } = this;
    this.queues.delete(queue.key);
    let told = user === 'PREROUTING';
    const text = `the other fragments did not come within ${seconds} s`;
    for (const skb of queue.pieces) {
      netns.drop(skb, 'fragment-timeout', 'ip', text);
      if (told || !isFirst(skb)) continue;
      told = true;
      const code = ICMP_TIME_EXCEEDED.reassembly;
      if (skb.packet.kind === 'ipv4') netns.icmp.sendError(skb, ICMP4.timeExceeded, code, 0);
      else netns.icmpv6.sendError(skb, ICMP6.timeExceeded, code, 0);
    }
  }

  private forget(queue: Queue): void {
    queue.timer?.cancel();
    this.queues.delete(queue.key);
  }
}

type Fragment = Ipv4Packet | Ipv6Packet;

function isFragment(packet: Skb['packet']): packet is Fragment {
  if (packet.kind === 'ipv4') return isIpv4Fragment(packet);
  return packet.kind === 'ipv6' && isIpv6Fragment(packet);
}

function isFirst({ packet }: Skb): boolean {
  return isFragment(packet) && offsetOf(packet) === 0;
}

function offsetOf(packet: Fragment): number {
  return packet.kind === 'ipv4' ? packet.fragOffset : (packet.fragment?.offset ?? 0);
}

function idOf(packet: Fragment): number {
  return packet.kind === 'ipv4' ? packet.id : (packet.fragment?.id ?? 0);
}

/** IPv6 fragments belong together whatever their Next Header says (RFC 8200 section 4.5). */
function keyOf(packet: Fragment, user: DefragUser): string {
  const { src, dst, kind, proto } = packet;
  return `${user}/${src}/${dst}/${kind === 'ipv4' ? proto : kind}/${idOf(packet)}`;
}

function join4(packets: readonly Fragment[]): ReturnType<typeof reassembleIpv4> {
  return reassembleIpv4(packets.filter((packet) => packet.kind === 'ipv4'));
}

function join6(packets: readonly Fragment[]): ReturnType<typeof reassembleIpv6> {
  return reassembleIpv6(packets.filter((packet) => packet.kind === 'ipv6'));
}
