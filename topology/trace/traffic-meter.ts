import { isMulticastMac } from '../addr/index.js';
import type { Device, Netns } from '../kernel/contract.js';
import type { DropReason } from '../kernel/drop.js';
import type { Skb } from '../kernel/skb.js';
import type { TraceComponent } from '../kernel/trace.js';
import { ETHERNET_HEADER_BYTES, l3Bytes } from '../wire/index.js';
import {
  kindOf,
  TRAFFIC_KINDS,
  type TrafficKind,
  type TrafficTone,
  tcpFlowOf,
  toneOf,
} from './traffic-kind.js';

/** Packets that one lane lets be followed before it must wait, and how many more each slice brings. */
const FOLLOW_BURST = 30;
const FOLLOW_PER_SLICE = 2;
/** Packets in a slice, over the last ones, from which on a lane's packets are counted only. */
const BUSY_FROM = 2;
/** How much of its mean a lane keeps from slice to slice. */
const KEPT = 0.8;
/** Crossings and drops of one slice; packets begin to be followed in the first part of it only. */
const MOST_CROSSINGS = 400;
const MOST_NEW_UNTIL = 250;
const MOST_DROPS = 64;
/** Connections of probes that are remembered, twice. */
const MOST_PROBES = 4096;

/** What becomes of frames that a flood brought to those whom they do not concern: no loss. */
const HARMLESS: ReadonlySet<DropReason> = new Set([
  'other-host',
  'arp-ignored',
  'ndp-ignored',
  'multicast-not-joined',
  'bridge-same-port',
]);

/** One direction of one edge: where its packets are seen. */
export interface LaneInit {
  /** Id of the edge, and whether packets go from its `from` to its `to`. */
  readonly edge: string;
  readonly forward: boolean;
  readonly device: Device;
  /** Frames that the device sends, or those that it receives. */
  readonly seen: 'in' | 'out';
  /** Where connections of probes begin and pass. */
  readonly probes: boolean;
}

/** A lane with what it counted in this slice. */
export interface MeterLane extends LaneInit {
  /** By place in `TRAFFIC_KINDS`. */
  readonly packets: number[];
  readonly octets: number[];
}

/** A packet passed a lane. Crossings of one packet name the one before. */
export interface MeterCrossing {
  readonly id: number;
  /** The crossing before this one; 0 for the first that was seen of the packet. */
  readonly after: number;
  readonly lane: LaneInit;
  readonly atNs: number;
  readonly kind: TrafficKind;
  readonly tone: TrafficTone;
}

/** Packets that ended at one place for one reason. */
export interface MeterDrop {
  readonly netns: Netns;
  readonly device: Device | undefined;
  readonly reason: DropReason;
  readonly component: TraceComponent;
  readonly kind: TrafficKind;
  /** The crossing after which the first of them ended; 0 when it was not followed. */
  readonly crossing: number;
  count: number;
}

/** What was seen since the slice before. */
export interface MeterReading {
  readonly lanes: readonly MeterLane[];
  readonly crossings: readonly MeterCrossing[];
  readonly drops: readonly MeterDrop[];
}

interface OpenLane extends MeterLane {
  total: number;
  mean: number;
  tokens: number;
  settledAt: number;
}

/**
 * Counts what passes devices while it is attached to them, and follows single packets where there are few. It changes
 * nothing about packets but `Skb.crossing`, and costs nothing where it is not attached.
 *
 * `isProber` says whether a process of a machine sends probes: its connections are counted as such.
 */
export class TrafficMeter {
  private readonly isProber: (host: string, pid: number) => boolean;
  private seen: OpenLane[] = [];
  private crossings: MeterCrossing[] = [];
  private drops = new Map<string, MeterDrop>();
  private probes: Set<number> = new Set();
  private olderProbes: ReadonlySet<number> = new Set();
  private lastCrossing = 0;
  private slices = 0;

  constructor(isProber: (host: string, pid: number) => boolean) {
    this.isProber = isProber;
  }

  /** Counts a lane from now on; the answer ends it. */
  attach(init: LaneInit): () => void {
    const lane: OpenLane = {
      ...init,
      packets: TRAFFIC_KINDS.map(() => 0),
      octets: TRAFFIC_KINDS.map(() => 0),
      total: 0,
      mean: 0,
      tokens: FOLLOW_BURST,
      settledAt: this.slices,
    };
    return init.device.tap((skb, direction) => {
      if (direction === lane.seen) this.count(lane, skb);
    });
  }

  /** A packet was dropped; what a flood brought in vain is not counted. */
  dropped(
    skb: Skb,
    where: {
      readonly netns: Netns;
      readonly reason: DropReason;
      readonly component: TraceComponent;
    },
  ): void {
    if (HARMLESS.has(where.reason)) return;
    const { netns, reason, component } = where;
    const device = skb.dev;
    const kind = this.kindOf(skb, undefined);
    const key = `${netns.host.name} ${netns.inode} ${device?.ifindex ?? 0} ${reason} ${kind}`;
    const known = this.drops.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.drops.size < MOST_DROPS) {
      const crossing = Math.max(0, skb.crossing);
      this.drops.set(key, { netns, device, reason, component, kind, crossing, count: 1 });
    }
  }

  /** What was seen since it was asked last; lanes of the answer are good until it is asked again. */
  read(): MeterReading {
    const { crossings } = this;
    const drops = [...this.drops.values()];
    const lanes = this.seen.map((lane) => {
      const counted = { ...lane, packets: [...lane.packets], octets: [...lane.octets] };
      this.settle(lane);
      lane.packets.fill(0);
      lane.octets.fill(0);
      lane.total = 0;
      return counted;
    });
    this.seen = [];
    this.crossings = [];
    this.drops = new Map();
    this.slices += 1;
    return { lanes, crossings, drops };
  }

  private count(lane: OpenLane, skb: Skb): void {
    if (lane.total === 0) this.begin(lane);
    lane.total += 1;
    const kind = this.kindOf(skb, lane);
    const index = TRAFFIC_KINDS.indexOf(kind);
    lane.packets[index] = (lane.packets[index] ?? 0) + 1;
    lane.octets[index] = (lane.octets[index] ?? 0) + ETHERNET_HEADER_BYTES + l3Bytes(skb.packet);
    if (skb.crossing >= 0) this.follow(lane, skb, kind);
  }

  /** The first packet of a slice: what slices without any have changed is made up for. */
  private begin(lane: OpenLane): void {
    this.seen.push(lane);
    const missed = this.slices - lane.settledAt;
    if (missed === 0) return;
    lane.mean *= KEPT ** missed;
    lane.tokens = Math.min(FOLLOW_BURST, lane.tokens + missed * FOLLOW_PER_SLICE);
    lane.settledAt = this.slices;
  }

  private settle(lane: OpenLane): void {
    lane.mean = lane.mean * KEPT + lane.total * (1 - KEPT);
    lane.tokens = Math.min(FOLLOW_BURST, lane.tokens + FOLLOW_PER_SLICE);
    lane.settledAt = this.slices + 1;
  }

  private follow(lane: OpenLane, skb: Skb, kind: TrafficKind): void {
    const after = skb.crossing;
    if (after === 0 && !this.mayFollow(lane)) {
      skb.crossing = -1;
      return;
    }
    if (this.crossings.length >= MOST_CROSSINGS) return;
    this.lastCrossing += 1;
    const id = this.lastCrossing;
    const atNs = lane.device.netns.host.clock.nowNs;
    this.crossings.push({ id, after, lane, atNs, kind, tone: toneOf(skb.packet) });
    // A bridge shows itself a flooded frame before the copies leave, which do not come from there.
    const copied = lane.seen === 'in' && skb.dstMac !== undefined && isMulticastMac(skb.dstMac);
    if (!copied) skb.crossing = id;
  }

  private mayFollow(lane: OpenLane): boolean {
    if (lane.mean > BUSY_FROM || lane.tokens < 1) return false;
    if (this.crossings.length >= MOST_NEW_UNTIL) return false;
    lane.tokens -= 1;
    return true;
  }

  private kindOf(skb: Skb, lane: OpenLane | undefined): TrafficKind {
    const kind = kindOf(skb.packet);
    if (kind !== 'tcp' || lane?.probes === false) return kind;
    const { owner } = skb;
    if (lane !== undefined && owner !== undefined && skb.crossing === 0) {
      if (this.isProber(lane.device.netns.host.name, owner.pid)) this.learn(skb);
    }
    return this.isProbe(skb) ? 'probe' : 'tcp';
  }

  private learn(skb: Skb): void {
    const flow = tcpFlowOf(skb, 'destination');
    if (flow === undefined) return;
    if (this.probes.size >= MOST_PROBES) {
      this.olderProbes = this.probes;
      this.probes = new Set();
    }
    this.probes.add(flow);
  }

  private isProbe(skb: Skb): boolean {
    if (this.probes.size === 0 && this.olderProbes.size === 0) return false;
    const from = tcpFlowOf(skb, 'source') ?? -1;
    const to = tcpFlowOf(skb, 'destination') ?? -1;
    return (
      this.probes.has(from) ||
      this.probes.has(to) ||
      this.olderProbes.has(from) ||
      this.olderProbes.has(to)
    );
  }
}
