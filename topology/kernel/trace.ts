import type { Mac } from '../addr/index.js';
import type { L3Packet } from '../wire/packet.js';
import type { DropReason } from './drop.js';

/** Parts of the kernel that report steps. */
export type TraceComponent =
  | 'socket'
  | 'route'
  | 'neighbor'
  | 'arp'
  | 'ndp'
  | 'icmp'
  | 'ip'
  | 'netfilter'
  | 'conntrack'
  | 'nat'
  | 'device'
  | 'bridge'
  | 'vxlan'
  | 'veth'
  | 'cable'
  | 'switch';

/** A packet with its Ethernet header as it is at one moment. */
export interface PacketView {
  readonly srcMac: Mac | undefined;
  readonly dstMac: Mac | undefined;
  readonly packet: L3Packet;
}

/** One thing that happened to one traced packet, as the part that did it tells it. */
export interface TraceStep {
  readonly atNs: number;
  readonly host: string;
  /** Label of the namespace: '' for the host's own, else the name it has for people (`default/web-0`). */
  readonly netns: string;
  readonly device?: string;
  /** Number of the packet within the trace; 0 is the first one sent. */
  readonly packetId: number;
  /** The packet this one came from: an answer, a copy of a flood, the ARP request a packet had to wait for. */
  readonly parentId?: number;
  readonly component: TraceComponent;
  /** A verb: transmit, receive, lookup, forward, flood, resolve, queue, dnat, snat, accept, drop, reject, deliver … */
  readonly action: string;
  /** One sentence with the values that decided, for a learner. */
  readonly reason: string;
  /** Set when the packet ends here. */
  readonly drop?: DropReason;
  readonly facts?: Readonly<Record<string, string>>;
  readonly view: PacketView;
}

/** Receives the steps of the packets of one probe. Packets without one are not recorded at all. */
export interface PacketTrace {
  /** Numbers packets of this trace from 0. */
  nextPacketId(): number;
  record(step: TraceStep): void;
}
