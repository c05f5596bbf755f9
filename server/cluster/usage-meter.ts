/** What pods and nodes use, for metrics.k8s.io and the autoscaler. */

import type { Fabric } from '../../topology/index.js';
import type { ContainerStatus, Pod } from '../contract/kube.js';
import { BY_NODE } from '../control/index.js';
import type { WallTime } from '../kube/wall-time.js';
import type { Kubelet } from '../kubelet/index.js';
import type { ObjectStore } from '../store/index.js';

const SECOND_NS = 1_000_000_000;
/** metrics-server's `--metric-resolution`: no figure spans less. */
const WINDOW_NS = 15 * SECOND_NS;
/** CPU time that the kernel and a program spend on one packet. */
const PACKET_CPU_NS = 20_000;
/** What an idle process uses of a core, in billionths. */
const IDLE_NANOCORES = 100_000;
const MEBI = 2 ** 20;
/** A process that has loaded nothing yet. */
const PROCESS_BYTES = 2 * MEBI;
/** Of an image's octets, one in so many is in memory. */
const IMAGE_SHARE = 16;
/** Kernel, kubelet and container runtime. */
const NODE_NANOCORES = 25_000_000;
const NODE_BYTES = 320 * MEBI;

/** Use over a window. */
export interface Usage {
  /** Billionths of a core. */
  readonly nanocores: number;
  readonly bytes: number;
}

/** Figures of one window. */
export interface Measured<T> {
  readonly usage: T;
  /** When the window ended, in milliseconds since 1970. */
  readonly atMs: number;
  readonly windowNs: number;
}

interface Sample {
  readonly atNs: number;
  readonly packets: number;
}

interface Gauge {
  atMs: number;
  readonly sinceRun: string;
  last: Sample;
  nanocores: number;
  windowNs: number;
}

/** What a meter reads from. */
export interface UsageMeterOptions {
  readonly fabric: Fabric;
  readonly store: ObjectStore;
  readonly time: WallTime;
  readonly kubelets: ReadonlyMap<string, Kubelet>;
}

/**
 * Measures when it is asked: a figure spans the time since the last one, at least 15 s of simulated time, and stands until the
 * next. A pod has figures once its containers have run for that long.
 *
 * Fidelity: nothing is executed for real, so the figures are a model: CPU is 20 µs for every packet through the pod's devices and 0.1 m
 * for every container, memory 2 MiB and a sixteenth of the image for every container. Nodes add 25 m and 320 MiB of their own. Volumes
 * in memory, page cache and computing without packets do not count.
 */
export class UsageMeter {
  private readonly options: UsageMeterOptions;
  private readonly gauges = new Map<string, Gauge>();

  constructor(options: UsageMeterOptions) {
    this.options = options;
    options.store.watch('pods', ({ type, object }) => {
      if (type === 'DELETED') this.gauges.delete(object.metadata.uid ?? '');
    });
  }

  /** By container; undefined while there is nothing to show. */
  pod(pod: Pod): Measured<ReadonlyMap<string, Usage>> | undefined {
    const running = (pod.status?.containerStatuses ?? []).filter(isRunning);
    if (pod.status?.phase !== 'Running' || running.length === 0) return undefined;
    const gauge = this.gauge(pod, running);
    if (gauge === undefined) return undefined;
    const kubelet = this.options.kubelets.get(pod.spec.nodeName ?? '');
    const sizes = kubelet?.imageSizes(pod.metadata.uid ?? '');
    const share = gauge.nanocores / running.length;
    const usage = new Map(
      running.map(({ name }) => {
        const bytes = PROCESS_BYTES + Math.round((sizes?.get(name) ?? 0) / IMAGE_SHARE);
        return [name, { nanocores: Math.round(share + IDLE_NANOCORES), bytes }] as const;
      }),
    );
    return { usage, atMs: gauge.atMs, windowNs: gauge.windowNs };
  }

  /** Undefined while nothing on the node has run for long enough, or for a node that is off. */
  node(name: string): Measured<Usage> | undefined {
    const { clock } = this.options.fabric;
    if (this.options.kubelets.get(name)?.running !== true || clock.nowNs < WINDOW_NS)
      return undefined;
    let nanocores = NODE_NANOCORES;
    let bytes = NODE_BYTES;
    for (const pod of this.options.store.byIndex('pods', BY_NODE, name)) {
      for (const usage of this.pod(pod)?.usage.values() ?? []) {
        nanocores += usage.nanocores;
        bytes += usage.bytes;
      }
    }
    return { usage: { nanocores, bytes }, atMs: this.options.time.nowMs, windowNs: WINDOW_NS };
  }

  private gauge(pod: Pod, running: readonly ContainerStatus[]): Gauge | undefined {
    const uid = pod.metadata.uid ?? '';
    const { nowNs } = this.options.fabric.clock;
    const starts = running.map(({ state }) => state?.running?.startedAt ?? '').sort();
    const sinceRun = starts.at(-1) ?? '';
    const known = this.gauges.get(uid);
    if (known !== undefined && known.sinceRun === sinceRun) {
      if (nowNs - known.last.atNs < WINDOW_NS) return known;
      this.advance(known, pod, nowNs);
      return known;
    }
    // `untilNs` is negative for what has been.
    const sinceNs = nowNs + this.options.time.untilNs(sinceRun, 0);
    if (nowNs - sinceNs < WINDOW_NS) return undefined;
    const last = { atNs: sinceNs, packets: 0 };
    const gauge = { atMs: 0, sinceRun, last, nanocores: 0, windowNs: 0 };
    this.advance(gauge, pod, nowNs);
    this.gauges.set(uid, gauge);
    return gauge;
  }

  private advance(gauge: Gauge, pod: Pod, nowNs: number): void {
    const packets = this.packetsOf(pod);
    gauge.windowNs = nowNs - gauge.last.atNs;
    const handled = Math.max(0, packets - gauge.last.packets);
    gauge.nanocores = (handled * PACKET_CPU_NS * SECOND_NS) / gauge.windowNs;
    gauge.last = { atNs: nowNs, packets };
    gauge.atMs = this.options.time.nowMs;
  }

  /** Packets through the devices of the pod's own network namespace. */
  private packetsOf(pod: Pod): number {
    const { fabric, kubelets } = this.options;
    const nodeName = pod.spec.nodeName ?? '';
    const netns = kubelets.get(nodeName)?.netnsOf(pod.metadata.uid ?? '');
    const host = fabric.nodes.get(nodeName)?.host;
    if (netns === undefined || netns === '' || host === undefined) return 0;
    let packets = 0;
    for (const { stats } of host.netns(netns)?.devices ?? []) {
      packets += stats.rxPackets + stats.txPackets;
    }
    return packets;
  }
}

function isRunning({ state }: ContainerStatus): boolean {
  return state?.running !== undefined;
}
