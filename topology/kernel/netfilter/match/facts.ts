import type { Ip } from '../../../addr/index.js';
import type { Ipv4Packet, Ipv6Packet } from '../../../wire/packet.js';
import { l3Bytes } from '../../../wire/size.js';
import type { Device, Netns } from '../../contract.js';
import type { HookName } from '../../ops.js';
import type { Skb } from '../../skb.js';
import type { RuleMemory } from './memory.js';

/** A packet at a hook, as matches and targets see it. */
export class PacketFacts {
  readonly netns: Netns;
  readonly memory: RuleMemory;
  readonly hook: HookName;
  readonly skb: Skb;
  readonly packet: Ipv4Packet | Ipv6Packet;
  readonly src: Ip;
  readonly dst: Ip;
  readonly proto: number;
  /** -1 where there are no ports. */
  readonly srcPort: number;
  readonly dstPort: number;
  readonly inDev: Device | undefined;
  readonly outDev: Device | undefined;

  constructor(
    place: { readonly netns: Netns; readonly memory: RuleMemory; readonly hook: HookName },
    skb: Skb,
    packet: Ipv4Packet | Ipv6Packet,
    devices: { readonly inDev: Device | undefined; readonly outDev: Device | undefined },
  ) {
    this.netns = place.netns;
    this.memory = place.memory;
    this.hook = place.hook;
    this.skb = skb;
    this.packet = packet;
    this.src = packet.src;
    this.dst = packet.dst;
    this.proto = packet.proto;
    const { body } = packet;
    const ports = body.kind === 'udp' || body.kind === 'tcp';
    this.srcPort = ports ? body.srcPort : -1;
    this.dstPort = ports ? body.dstPort : -1;
    this.inDev = devices.inDev;
    this.outDev = devices.outDev;
  }

  /** Octets of the packet with its IP header (skb->len at the hooks). */
  get bytes(): number {
    return l3Bytes(this.packet);
  }
}

/** Whether a packet fulfils one match. */
export type Predicate = (facts: PacketFacts) => boolean;
