/** A trace that failed, and what the cluster says about it: what families of suggestions look at. */

import { formatIp } from '../../../topology/index.js';
import type { Pod, Service, ServicePort } from '../../contract/kube.js';
import type { TraceRequest } from '../../contract/live.js';
import { labelMapMatcher } from '../../kube/label-selector.js';
import type { Cluster } from '../cluster.js';
import type { Source, Target } from '../ends.js';
import { podByIp } from '../indexes.js';
import { resolveEnds } from '../tracing.js';
import type { Likeness } from './copy.js';
import { type Failure, failuresOf } from './failures.js';
import type { Outcome } from './outcome.js';

/** A port that a Service offers, as it was asked. */
export interface AskedService {
  readonly service: Service;
  /** Undefined when it offers none of that number and protocol. */
  readonly port: ServicePort | undefined;
  /** Pods that its selector selects. */
  readonly selected: readonly Pod[];
}

/** A failed trace. */
export interface Case {
  /** A copy, in which the trace failed just now. */
  readonly cluster: Cluster;
  readonly likeness: Likeness;
  readonly request: TraceRequest;
  readonly outcome: Outcome;
  readonly source: Source | undefined;
  readonly target: Target | undefined;
  /** First lost, first told. */
  readonly failures: readonly Failure[];
  readonly service: AskedService | undefined;
  /** The pods that were asked: behind the Service, or the one with the address. */
  readonly asked: readonly Pod[];
  readonly fromOutside: boolean;
}

/** Gathers what is known of a trace that failed. */
export function caseOf(
  cluster: Cluster,
  likeness: Likeness,
  question: { readonly request: TraceRequest; readonly outcome: Outcome },
): Case {
  const { request, outcome } = question;
  const ends = resolveEnds(cluster, request);
  const source = ends.source.ok ? ends.source.value : undefined;
  const target = ends.target.ok ? ends.target.value : undefined;
  const service = askedService(cluster, request, target);
  const pod =
    target === undefined
      ? podNamed(cluster, request)
      : podByIp(cluster.store, formatIp(target.address));
  return {
    cluster,
    likeness,
    ...question,
    source,
    target,
    failures: failuresOf(outcome.journey),
    service,
    asked: service?.selected ?? (pod === undefined ? [] : [pod]),
    fromOutside:
      source?.kind === 'machine' && cluster.fabric.machines.get(source.name)?.kind === 'outside',
  };
}

/** The pods that a copy must run for a question: both ends, and whatever may be behind a Service in their namespaces. */
export function concernedBy(cluster: Cluster, request: TraceRequest): (pod: Pod) => boolean {
  const { source, target } = resolveEnds(cluster, request);
  const spaces = new Set([request.namespace ?? 'default', 'kube-system']);
  if (source.ok && source.value.kind === 'pod')
    spaces.add(source.value.pod.metadata.namespace ?? '');
  const asked = askedService(cluster, request, target.ok ? target.value : undefined);
  if (asked !== undefined) spaces.add(asked.service.metadata.namespace ?? '');
  if (target.ok) {
    const pod = podByIp(cluster.store, formatIp(target.value.address));
    if (pod !== undefined) spaces.add(pod.metadata.namespace ?? '');
  }
  return ({ metadata }) => spaces.has(metadata.namespace ?? '');
}

function askedService(
  cluster: Cluster,
  request: TraceRequest,
  target: Target | undefined,
): AskedService | undefined {
  const { store } = cluster;
  const service =
    target === undefined
      ? serviceNamed(cluster, request)
      : (store.byIndex('services', 'clusterIP', formatIp(target.address))[0] ??
        nodePortService(cluster, target));
  if (service === undefined) return undefined;
  const { selector, ports = [] } = service.spec;
  const matches = labelMapMatcher(selector ?? {});
  const hasSelector = selector !== undefined && Object.keys(selector).length > 0;
  const number = target?.port ?? request.port;
  return {
    service,
    port: ports.find(
      (port) =>
        (port.port === number || port.nodePort === number) &&
        (port.protocol ?? 'TCP').toLowerCase() === request.protocol,
    ),
    selected: hasSelector
      ? store
          .list('pods', service.metadata.namespace)
          .filter(
            ({ metadata }) => matches(metadata.labels) && metadata.deletionTimestamp === undefined,
          )
      : [],
  };
}

/** A Service that is named and has no address to send to: headless, without endpoints. */
function serviceNamed({ store }: Cluster, { to, namespace = 'default' }: TraceRequest) {
  const parts = to
    .replace(/:\d+$/, '')
    .replace(/^(svc|services?)\//, '')
    .split(/[/.]/);
  const [first = '', second] = parts;
  const isDns = !to.includes('/') && second !== undefined;
  return second === undefined
    ? store.get('services', namespace, first)
    : store.get('services', isDns ? second : first, isDns ? first : second);
}

function podNamed(
  { store }: Cluster,
  { to, namespace = 'default' }: TraceRequest,
): Pod | undefined {
  const parts = to
    .replace(/:\d+$/, '')
    .replace(/^(po|pods?)\//, '')
    .split('/');
  const [first = '', second] = parts;
  return second === undefined
    ? store.get('pods', namespace, first)
    : store.get('pods', first, second);
}

function nodePortService(cluster: Cluster, { address, port }: Target): Service | undefined {
  const isNode = [...cluster.fabric.nodes.values()].some((node) => node.address === address);
  if (!isNode || port === undefined) return undefined;
  return cluster.store
    .list('services')
    .find(({ spec }) => spec.ports?.some(({ nodePort }) => nodePort === port));
}

/** A port that a program of a pod has open. */
export interface OpenPort {
  readonly port: number;
  readonly proto: 'tcp' | 'udp' | 'sctp';
  readonly container: string;
  /** Nobody but the pod itself reaches it. */
  readonly loopback: boolean;
}

/** The ports that programs of a pod listen on. */
export function openPorts(cluster: Cluster, pod: Pod): readonly OpenPort[] {
  const view = cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
  return (view?.ports ?? []).flatMap(({ boundAddress = '', boundBy, port, proto }) =>
    boundBy === undefined
      ? []
      : [{ port, proto, container: boundBy, loopback: /^127\.|^::1$/.test(boundAddress) }],
  );
}

/** True when a pod is Ready. */
export function isReadyPod({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
}

/** `namespace/name`. */
export function keyOf({ metadata }: { readonly metadata: Pod['metadata'] }): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
