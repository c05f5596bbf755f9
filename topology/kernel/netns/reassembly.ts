import { formatIp, type Ipv4 } from '../../addr/index.js';
import { SECOND, type Timer } from '../../base/index.js';
import {
  ICMP_TIME_EXCEEDED,
  ICMP4,
  type Ipv4Packet,
  isIpv4Fragment,
  l3Bytes,
  reassembleIpv4,
} from '../../wire/index.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';

/** Who joins fragments: local delivery, or conntrack before it looks at ports (IP_DEFRAG_*). */
export type DefragUser = 'INPUT' | 'PREROUTING';

interface Queue {
  readonly key: string;
  readonly pieces: Skb[];
  timer: Timer | undefined;
}

/** Joins fragments (net/ipv4/ip_fragment.c): complete in `ipfrag_time`, 30 s, or dropped. */
export class Reassembly {
  private readonly netns: NetNamespace;
  private readonly queues = new Map<string, Queue>();

  constructor(netns: NetNamespace) {
    this.netns = netns;
  }

  /** True when the packet is whole (it may have become so); false while it waits or when it was bad. */
  accept(skb: Skb, user: DefragUser): boolean {
    const { packet } = skb;
    if (packet.kind !== 'ipv4' || !isIpv4Fragment(packet)) return true;
    const queue = this.queue(keyOf(packet, user), user);
    queue.pieces.push(skb);
    if (skb.trace !== undefined) {
      const text = `a fragment from octet ${packet.fragOffset}: it waits for the others of packet ${packet.id} from ${formatIp(packet.src)}`;
      this.netns.step(skb, 'ip', 'wait-fragments', text);
    }
    const packets = queue.pieces.map((piece) => piece.packet).filter(isIpv4);
    const whole = reassembleIpv4(packets);
    if (!whole.ok) {
      if (whole.error.code === 'wire/incomplete') return false;
      this.forget(queue);
      this.netns.drop(skb, 'malformed', 'ip', 'the fragments do not make a packet');
      return false;
    }
    this.forget(queue);
    const first = queue.pieces.find(
      (piece) => piece.packet.kind === 'ipv4' && piece.packet.fragOffset === 0,
    );
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

  private queue(key: string, user: DefragUser): Queue {
    let queue = this.queues.get(key);
    if (queue === undefined) {
      const made: Queue = { key, pieces: [], timer: undefined };
      const seconds = this.netns.sysctl('net.ipv4.ipfrag_time');
      made.timer = this.netns.host.clock.schedule(seconds * SECOND, () => this.expire(made, user));
      this.queues.set(key, made);
      queue = made;
    }
    return queue;
  }

  private expire(queue: Queue, user: DefragUser): void {
    this.queues.delete(queue.key);
    let told = user === 'PREROUTING';
    for (const skb of queue.pieces) {
      this.netns.drop(
        skb,
        'fragment-timeout',
        'ip',
        'the other fragments did not come within 30 s',
      );
      if (!told && skb.packet.kind === 'ipv4' && skb.packet.fragOffset === 0) {
        told = true;
        this.netns.icmp.sendError(skb, ICMP4.timeExceeded, ICMP_TIME_EXCEEDED.reassembly, 0);
      }
    }
  }

  private forget(queue: Queue): void {
    queue.timer?.cancel();
    this.queues.delete(queue.key);
  }
}

function keyOf(packet: Ipv4Packet, user: DefragUser): string {
  const { src, dst, proto, id }: { src: Ipv4; dst: Ipv4; proto: number; id: number } = packet;
  return `${user}/${src}/${dst}/${proto}/${id}`;
}

function isIpv4(packet: Skb['packet']): packet is Ipv4Packet {
  return packet.kind === 'ipv4';
}
