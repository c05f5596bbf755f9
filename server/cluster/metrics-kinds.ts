/** The kinds of metrics.k8s.io/v1beta1, which are measured when they are read (metrics-server). */

import type { ObjectSource, ResourceInfo, ServedKind } from '../api/index.js';
import type { KubeNode, KubeObject, Pod } from '../contract/kube.js';
import { rfc3339 } from '../kube/time.js';
import type { WallTime } from '../kube/wall-time.js';
import type { ObjectStore } from '../store/index.js';
import type { Measured, Usage, UsageMeter } from './usage-meter.js';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const SECOND_NS = 1_000_000_000;
const KIBI = 1024;

/** What the kinds read from. */
export interface MetricsOptions {
  readonly store: ObjectStore;
  readonly time: WallTime;
  readonly meter: UsageMeter;
}

/** NodeMetrics and PodMetrics. */
export function metricsKinds(options: MetricsOptions): readonly ServedKind[] {
  const { store, meter } = options;
  const ofNode = (node: KubeNode) => {
    const measured = meter.node(node.metadata.name);
    return measured === undefined ? [] : [nodeMetrics(options, node, measured)];
  };
  const ofPod = (pod: Pod) => {
    const measured = meter.pod(pod);
    return measured === undefined ? [] : [podMetrics(options, pod, measured)];
  };
  const nodes: ObjectSource = {
    get: (_namespace, name) => only(store.get('nodes', undefined, name), ofNode),
    list: () => store.list('nodes').flatMap(ofNode),
  };
  const pods: ObjectSource = {
    get: (namespace, name) => only(store.get('pods', namespace, name), ofPod),
    list: (namespace) => store.list('pods', namespace).flatMap(ofPod),
  };
  return [
    { resource: resource('nodes', 'NodeMetrics', 'cluster'), source: nodes },
    { resource: resource('pods', 'PodMetrics', 'namespaced'), source: pods },
  ];
}

function only<O>(
  object: O | undefined,
  measure: (object: O) => readonly KubeObject[],
): KubeObject | undefined {
  return object === undefined ? undefined : measure(object)[0];
}

function resource(plural: string, kind: string, scope: 'cluster' | 'namespaced'): ResourceInfo {
  return {
    group: GROUP,
    version: VERSION,
    plural,
    singular: '',
    kind,
    namespaced: scope === 'namespaced',
    shortNames: [],
    categories: [],
    verbs: ['get', 'list'],
    subresources: [],
    storage: `${GROUP}/${plural}`,
    effect: 'acts',
    schema: undefined,
    custom: false,
  };
}

function nodeMetrics(
  options: MetricsOptions,
  { metadata }: KubeNode,
  measured: Measured<Usage>,
): KubeObject {
  return { ...head(options, 'NodeMetrics', metadata, measured), usage: usageOf(measured.usage) };
}

function podMetrics(
  options: MetricsOptions,
  { metadata }: Pod,
  measured: Measured<ReadonlyMap<string, Usage>>,
): KubeObject {
  const containers = [...measured.usage].map(([name, usage]) => ({ name, usage: usageOf(usage) }));
  return { ...head(options, 'PodMetrics', metadata, measured), containers };
}

function head(
  { time }: MetricsOptions,
  kind: string,
  { name, namespace, labels }: KubeObject['metadata'],
  { atMs, windowNs }: Measured<unknown>,
): KubeObject {
  return {
    apiVersion: `${GROUP}/${VERSION}`,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: time.now(),
      ...(labels === undefined ? {} : { labels }),
    },
    timestamp: rfc3339(atMs),
    window: `${Math.round((windowNs / SECOND_NS) * 1000) / 1000}s`,
  };
}

function usageOf({ nanocores, bytes }: Usage): { readonly cpu: string; readonly memory: string } {
  return { cpu: `${Math.round(nanocores)}n`, memory: `${Math.ceil(bytes / KIBI)}Ki` };
}
