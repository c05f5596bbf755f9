import {
  DROP_REASONS,
  type LaneInit,
  type MeterDrop,
  type MeterLane,
  TRAFFIC_KINDS,
  TrafficMeter,
} from '../../topology/index.js';
import type { LaneTraffic, TrafficDrop, TrafficKind, TrafficSlice } from '../contract/traffic.js';
import type { GraphModel } from '../live/graph-model.js';
import type { TrafficSource } from '../live/traffic-source.js';
import type { Cluster } from './cluster.js';
import { lanesOf } from './traffic-lanes.js';

/** Directions of edges that one slice tells of. */
const MOST_LANES = 200;

/** Counts the traffic of a cluster by the edges of its graph. */
export function createTraffic(cluster: Cluster, model: GraphModel): TrafficSource {
  return new ClusterTraffic(cluster, model);
}

/** The taps on one edge. */
interface Attached {
  readonly lanes: readonly LaneInit[];
  readonly detach: readonly (() => void)[];
}

class ClusterTraffic implements TrafficSource {
  private readonly cluster: Cluster;
  private readonly model: GraphModel;
  private meter: TrafficMeter | undefined;
  private readonly attached = new Map<string, Attached>();
  /** Edges whose devices may be others now. */
  private readonly dirty = new Set<string>();
  private readonly mark = (id: string): void => {
    this.dirty.add(id);
  };
  /** `machine/device` → edge, for drops on a cable or veth. */
  private readonly edgeOfDevice = new Map<string, string>();
  private focused: ReadonlySet<string> = new Set();
  private takenNs = 0;
  private takenMs = 0;

  constructor(cluster: Cluster, model: GraphModel) {
    this.cluster = cluster;
    this.model = model;
  }

  start(): void {
    if (this.meter !== undefined) return;
    const { fabric } = this.cluster;
    this.meter = new TrafficMeter((host, pid) => this.isKubelet(host, pid));
    for (const id of this.model.edgeIds()) this.dirty.add(id);
    this.model.edgeListeners.add(this.mark);
    const { meter } = this;
    for (const { host } of fabric.machines.values()) {
      host.dropListener = (skb, where) => meter.dropped(skb, where);
    }
    this.attachDirty();
    this.takenNs = fabric.clock.nowNs;
    this.takenMs = performance.now();
  }

  stop(): void {
    if (this.meter === undefined) return;
    this.meter = undefined;
    this.model.edgeListeners.delete(this.mark);
    for (const { host } of this.cluster.fabric.machines.values()) host.dropListener = undefined;
    for (const id of [...this.attached.keys()]) this.detach(id);
    this.dirty.clear();
    this.focused = new Set();
  }

  focus(edges: ReadonlySet<string>): void {
    this.focused = edges;
  }

  take(): TrafficSlice | undefined {
    const { meter } = this;
    if (meter === undefined) return undefined;
    this.attachDirty();
    const fromNs = this.takenNs;
    const toNs = this.cluster.fabric.clock.nowNs;
    const nowMs = performance.now();
    const realMs = nowMs - this.takenMs;
    this.takenNs = toNs;
    this.takenMs = nowMs;
    const { lanes, crossings, drops } = meter.read();
    if (lanes.length === 0 && drops.length === 0) return undefined;
    return {
      fromNs,
      toNs,
      realMs: Math.round(realMs),
      ...this.chosen(lanes),
      crossings: crossings.map(({ id, after, lane, atNs, kind, tone }) => ({
        id,
        after,
        edge: lane.edge,
        forward: lane.forward,
        atNs,
        kind,
        tone,
      })),
      drops: drops.map((drop) => this.placed(drop)),
    };
  }

  private isKubelet(machine: string, pid: number): boolean {
    return this.cluster.fabric.machines.get(machine)?.host.processes.get(pid)?.comm === 'kubelet';
  }

  private attachDirty(): void {
    for (const id of this.dirty) {
      const edge = this.model.edgeNow(id);
      const lanes = edge === undefined ? [] : lanesOf(this.cluster, edge);
      const before = this.attached.get(id);
      if (before !== undefined && sameDevices(before.lanes, lanes)) continue;
      this.detach(id);
      this.attach(id, lanes);
    }
    this.dirty.clear();
  }

  private attach(id: string, lanes: readonly LaneInit[]): void {
    const { meter } = this;
    if (meter === undefined || lanes.length === 0) return;
    this.attached.set(id, { lanes, detach: lanes.map((lane) => meter.attach(lane)) });
    for (const { device } of lanes)
      if (device.kind !== 'bridge') this.edgeOfDevice.set(keyOf(device), id);
  }

  private detach(id: string): void {
    const before = this.attached.get(id);
    if (before === undefined) return;
    this.attached.delete(id);
    for (const end of before.detach) end();
    for (const { device } of before.lanes) this.edgeOfDevice.delete(keyOf(device));
  }

  /** The lanes with the most packets, and those that somebody looks at. */
  private chosen(lanes: readonly MeterLane[]): Pick<TrafficSlice, 'lanes' | 'rest'> {
    const rest = { lanes: 0, packets: 0, octets: 0 };
    if (lanes.length <= MOST_LANES) return { lanes: lanes.map(told), rest };
    const ordered = lanes
      .map((lane) => ({ lane, packets: total(lane.packets) }))
      .sort((a, b) => b.packets - a.packets);
    const chosen: LaneTraffic[] = [];
    for (const { lane, packets } of ordered) {
      if (chosen.length < MOST_LANES || this.focused.has(lane.edge)) chosen.push(told(lane));
      else {
        rest.lanes += 1;
        rest.packets += packets;
        rest.octets += total(lane.octets);
      }
    }
    return { lanes: chosen, rest };
  }

  private placed({
    netns,
    device,
    reason,
    component,
    kind,
    crossing,
    count,
  }: MeterDrop): TrafficDrop {
    const onEdge = component === 'cable' || component === 'veth';
    const edge = onEdge && device !== undefined ? this.edgeOfDevice.get(keyOf(device)) : undefined;
    return {
      vertex: this.vertexOf(netns.host.name, netns.label, { component, device: device?.name }),
      ...(edge === undefined ? {} : { edge }),
      reason,
      text: DROP_REASONS[reason],
      kind,
      count,
      ...(crossing === 0 ? {} : { crossing }),
    };
  }

  private vertexOf(
    machine: string,
    label: string,
    at: { readonly component: string; readonly device: string | undefined },
  ): string {
    if (label !== '') return `pod:${label}`;
    if (this.cluster.fabric.machines.get(machine)?.kind === 'switch') return `switch:${machine}`;
    if (at.component === 'bridge') return `bridge:${machine}/cni0`;
    if (at.component === 'vxlan' && at.device !== undefined)
      return `tunnel:${machine}/${at.device}`;
    return `node:${machine}`;
  }
}

function keyOf(device: LaneInit['device']): string {
  return `${device.netns.host.name}/${device.netns.inode}/${device.ifindex}`;
}

function sameDevices(before: readonly LaneInit[], now: readonly LaneInit[]): boolean {
  return before.length === now.length && before.every(({ device }, i) => device === now[i]?.device);
}

function told({ edge, forward, packets, octets }: MeterLane): LaneTraffic {
  const counts: Partial<Record<TrafficKind, readonly [number, number]>> = {};
  for (const [index, kind] of TRAFFIC_KINDS.entries()) {
    const seen = packets[index] ?? 0;
    if (seen > 0) counts[kind] = [seen, octets[index] ?? 0];
  }
  return { edge, forward, counts };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
