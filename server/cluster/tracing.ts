import {
  captureOf,
  type Host,
  type PlaceNames,
  type ProbeResult,
  type Process,
  type Recorder,
  sendProbe,
} from '../../topology/index.js';
import type { Journey } from '../contract/journey.js';
import type { Pod } from '../contract/kube.js';
import type { TraceRequest } from '../contract/live.js';
import type { TraceReport } from '../contract/reports.js';
import { adviceOn } from './advice.js';
import type { Cluster } from './cluster.js';
import { type EndContext, resolveSource, resolveTarget, type Source, type Target } from './ends.js';
import { outsideNames } from './outside.js';
import type { Reply } from './reply.js';

/** How much simulated time a probe may take before the answer is "nothing came". */
const PATIENCE_NS = 30_000_000_000;

/** A probe that can be sent. */
interface ReadyProbe {
  readonly source: Source;
  readonly target: Target;
  readonly process: Process;
  readonly title: string;
}

/** What came of a probe. */
export interface TraceOutcome {
  readonly journey: Journey;
  /** A pcapng of every packet. */
  readonly capture: Uint8Array;
}

/** What came of a probe, and every step of it. */
export type RecordedOutcome = TraceOutcome & { readonly recorder: Recorder };

/** Sends one probe and waits, in simulated time, for what comes of it, which the cluster's archive keeps. */
export async function traceProbe(
  cluster: Cluster,
  request: TraceRequest,
): Promise<Reply<TraceReport>> {
  const { clock } = cluster.fabric;
  let outcome: RecordedOutcome | undefined;
  const started = startTrace(cluster, request, (done) => {
    outcome = done;
  });
  if (!started.ok) return started;
  await cluster.driver.runUntil(clock.nowNs + PATIENCE_NS, () => outcome !== undefined);
  if (outcome === undefined)
    return { ok: false, error: 'the probe did not end within 30 s of simulated time' };
  cluster.archive.keep(outcome, { request });
  const { journey, capture } = outcome;
  return { ok: true, value: { journey, capture: Buffer.from(capture).toString('base64') } };
}

/**
 * Sends one probe in an event of the clock, and tells what came of it when that is known.
 *
 * Failures: a sentence that says which end is missing, and what there is.
 */
export function startTrace(
  cluster: Cluster,
  request: TraceRequest,
  done: (outcome: RecordedOutcome) => void,
): Reply<undefined> {
  const ready = prepareProbe(cluster, request);
  if (!ready.ok) return ready;
  const { source, target, process, title } = ready.value;
  const names = placeNames(cluster);
  const finish = ({ journey, recorder }: ProbeResult) => {
    const startNs = BigInt(cluster.options.epochMs) * 1_000_000n;
    const { protocol } = request;
    const advice = adviceOn({ cluster, protocol, source, target, journey });
    done({
      journey: advice === undefined ? journey : { ...journey, advice },
      capture: captureOf(recorder, names, startNs),
      recorder,
    });
  };
  cluster.fabric.clock.schedule(0, () =>
    sendProbe(
      {
        process,
        protocol: request.protocol,
        dst: target.address,
        port: target.port ?? 0,
        title,
        names,
        ...(request.ttl === undefined ? {} : { ttl: request.ttl }),
        ...(request.size === undefined ? {} : { sizeBytes: request.size }),
        ...(request.dontFragment === undefined ? {} : { dontFragment: request.dontFragment }),
      },
      finish,
    ),
  );
  return { ok: true, value: undefined };
}

/** Finds both ends of a trace; a sentence says which is missing, and what there is. */
export function resolveEnds(
  cluster: Cluster,
  request: TraceRequest,
): { readonly source: Reply<Source>; readonly target: Reply<Target> } {
  const context = endContext(cluster, request);
  const source = resolveSource(request.from, context);
  const to = request.port === undefined ? request.to : `${request.to}:${request.port}`;
  return {
    source: source.ok ? source : { ok: false, error: `from: ${source.error}` },
    target: located(source.ok ? targetFrom(source.value, to, context) : resolveTarget(to, context)),
  };
}

function located(found: ReturnType<typeof resolveTarget>): Reply<Target> {
  return found.ok ? found : { ok: false, error: `to: ${found.error}` };
}

function prepareProbe(cluster: Cluster, request: TraceRequest): Reply<ReadyProbe> {
  const { source, target } = resolveEnds(cluster, request);
  if (!source.ok) return source;
  if (!target.ok) return target;
  const process = probeProcess(cluster, source.value);
  if (!process.ok) return { ok: false, error: `from: ${process.error}` };
  const { label, port } = target.value;
  const title = titleOf(request, source.value, label, port);
  return {
    ok: true,
    value: { source: source.value, target: target.value, process: process.value, title },
  };
}

/** A bare name means the sender's own namespace first, as its DNS search list has it; then that of the request. */
function targetFrom(
  source: Source,
  to: string,
  context: EndContext,
): ReturnType<typeof resolveTarget> {
  const own = source.kind === 'pod' ? source.pod.metadata.namespace : undefined;
  if (own === undefined || own === context.namespace) return resolveTarget(to, context);
  const near = resolveTarget(to, { ...context, namespace: own });
  if (near.ok) return near;
  const far = resolveTarget(to, context);
  return far.ok ? far : near;
}

/** Where ends are looked up. */
export function endContext(
  cluster: Cluster,
  request: Pick<TraceRequest, 'namespace' | 'protocol'>,
): EndContext {
  const { fabric, store, zone } = cluster;
  return {
    store,
    zone,
    namespace: request.namespace ?? 'default',
    protocol: request.protocol,
    machines: () =>
      [...fabric.machines.values()].filter((m) => m.kind !== 'switch').map((m) => m.name),
    machineAddress: (name) => fabric.addressOf(name),
    boundPorts: (pod, protocol) => boundPorts(cluster, pod, protocol),
    outsideAddress: (name) => {
      const outside = [...fabric.machines.values()].find((m) => m.kind === 'outside');
      return outside?.address === undefined
        ? undefined
        : outsideNames(outside.address).lookup(name)?.[0];
    },
  };
}

function boundPorts(cluster: Cluster, pod: Pod, protocol: 'tcp' | 'udp'): readonly number[] {
  const view = cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
  return (view?.ports ?? [])
    .filter((p) => p.proto === protocol && p.boundBy !== undefined)
    .map((p) => p.port);
}

function probeProcess(cluster: Cluster, source: Source): Reply<Process> {
  if (source.kind === 'machine') {
    const machine = cluster.fabric.machines.get(source.name);
    if (cluster.kubelets.get(source.name)?.running === false)
      return { ok: false, error: `${source.name} is off` };
    return machine === undefined
      ? { ok: false, error: `no machine '${source.name}'` }
      : cloneProbe(machine.host);
  }
  const { pod } = source;
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const node = cluster.fabric.nodes.get(pod.spec.nodeName ?? '');
  const pause = cluster.kubeletOf(pod)?.pauseOf(pod.metadata.uid ?? '');
  if (node === undefined)
    return {
      ok: false,
      error: `pod ${name} is on no node yet (${pod.status?.phase ?? 'Pending'})`,
    };
  if (pause === undefined)
    return {
      ok: false,
      error: `pod ${name} has no sandbox yet (${pod.status?.phase ?? 'Pending'})`,
    };
  return cloneProbe(node.host, pause);
}

function cloneProbe(host: Host, pause?: Process): Reply<Process> {
  const cloned = host.processes.clone({
    comm: 'podnet-probe',
    argv: ['podnet-probe'],
    ...(pause === undefined ? {} : { join: { of: pause, kinds: ['net'] } }),
  });
  return cloned.ok
    ? { ok: true, value: cloned.value }
    : { ok: false, error: `the namespace cannot be joined (${cloned.error})` };
}

function titleOf(
  request: TraceRequest,
  source: Source,
  label: string,
  port: number | undefined,
): string {
  const from =
    source.kind === 'pod'
      ? `${source.pod.metadata.namespace}/${source.pod.metadata.name}`
      : source.name;
  const protocol = request.protocol === 'icmp' ? 'ping' : request.protocol.toUpperCase();
  return `${protocol} ${from} → ${label}${port === undefined || request.protocol === 'icmp' ? '' : ` port ${port}`}`;
}

/** Names of places and vertices of the graph, from host and namespace label. */
function placeNames(cluster: Cluster): PlaceNames {
  const { machines } = cluster.fabric;
  return (host, netns) => {
    if (netns !== '') return { place: `pod ${netns}`, vertex: `pod:${netns}` };
    const kind = machines.get(host)?.kind ?? 'node';
    return {
      place: `${kind === 'outside' ? '' : `${kind} `}${host}`,
      vertex: `${kind === 'switch' ? 'switch' : 'node'}:${host}`,
    };
  };
}
