/** A NetworkPolicy isolates a pod and lets nobody of this kind in, or out: the smallest rule that does. */

import type { KubeObject, Labels, Pod } from '../../../contract/kube.js';
import { asObject, type JsonObject, objectsOf, stringsOf } from '../../../kube/json.js';
import { labelSelectorMatcher } from '../../../kube/label-selector.js';
import { podByIp } from '../../indexes.js';
import type { Candidate } from '../candidate.js';
import { type Case, keyOf } from '../case.js';
import { createObject, editObject } from '../edit.js';
import type { Failure } from '../failures.js';

const POLICIES = 'networking.k8s.io/networkpolicies';
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';
/** Labels that controllers give, which change with every rollout. */
const GENERATED =
  /^(pod-template-hash|controller-revision-hash|pod-template-generation|statefulset\.kubernetes\.io\/|apps\.kubernetes\.io\/|batch\.kubernetes\.io\/|controller-uid|job-name)/;

interface Denial {
  readonly pod: Pod;
  readonly direction: 'ingress' | 'egress';
  /** The other end, as the packet had it when it was dropped. */
  readonly peer: string;
  readonly port: number | undefined;
}

/** Lets the packet through the policies of the pod that was closed to it. */
export function policyRules(failed: Case): readonly Candidate[] {
  const denial = denialOf(failed);
  if (denial === undefined) return [];
  const { pod, direction } = denial;
  const list = failed.cluster.store
    .list(POLICIES, pod.metadata.namespace)
    .filter((policy) => isolates(policy, pod, direction))
    .sort((a, b) => selectorSize(b) - selectorSize(a));
  const because = `pod ${keyOf(pod)} is isolated for ${direction}, and what no policy allows is dropped`;
  const edits = list.slice(0, 3).flatMap((policy): Candidate[] => {
    const edit = editObject(failed.cluster, policy, (body) => addRule(failed, body, denial));
    if (edit === undefined) return [];
    const everybody =
      selectorSize(policy) === 0 ? ', which is about every pod of its namespace,' : '';
    return [
      {
        ...edit,
        text: `Let NetworkPolicy ${policy.metadata.name}${everybody} allow ${wordsOf(failed, denial)}`,
        because,
        size: 'field',
      },
    ];
  });
  return [...edits, ...ownPolicy(failed, denial, because)];
}

function denialOf({ cluster, failures, request }: Case): Denial | undefined {
  for (const { code, step } of failures) {
    if (code !== 'hook-dropped') continue;
    const match = /"(\S+): no policy allows this (ingress|egress)"/.exec(step.reason);
    const ends = endsOf(step);
    if (match === null || ends === undefined) continue;
    const [namespace = '', name = ''] = (match[1] ?? '').split('/');
    const pod = cluster.store.get('pods', namespace, name);
    if (pod === undefined) continue;
    const direction = match[2] === 'ingress' ? 'ingress' : 'egress';
    return {
      pod,
      direction,
      peer: direction === 'ingress' ? ends.src : ends.dst,
      port: request.protocol === 'icmp' ? undefined : ends.port,
    };
  }
  return undefined;
}

/** Addresses and port of the packet, as the line of its step has them. */
function endsOf({ packet = '' }: Failure['step']) {
  const match = /\bIP (\d+\.\d+\.\d+\.\d+)(?:\.(\d+))? > (\d+\.\d+\.\d+\.\d+)(?:\.(\d+))?:/.exec(
    packet,
  );
  if (match === null) return undefined;
  const [, src = '', , dst = '', port] = match;
  return { src, dst, port: port === undefined ? undefined : Number(port) };
}

function isolates(policy: KubeObject, pod: Pod, direction: 'ingress' | 'egress'): boolean {
  const spec = asObject(policy.spec) ?? {};
  const types = stringsOf(spec.policyTypes);
  const covers =
    types.length === 0
      ? direction === 'ingress' || spec.egress !== undefined
      : types.some((type) => type.toLowerCase() === direction);
  return covers && labelSelectorMatcher(asObject(spec.podSelector) ?? {})(pod.metadata.labels);
}

function selectorSize({ spec }: KubeObject): number {
  const selector = asObject(asObject(spec)?.podSelector) ?? {};
  return (
    Object.keys(asObject(selector.matchLabels) ?? {}).length +
    objectsOf(selector.matchExpressions).length
  );
}

/** Widens a rule that is nearly right, or adds one. */
function addRule(failed: Case, body: JsonObject, denial: Denial): void {
  const spec = asObject(body.spec);
  if (spec === undefined) return;
  const { direction } = denial;
  const side = direction === 'ingress' ? 'from' : 'to';
  const rules = objectsOf(spec[direction]);
  const peer = peerOf(failed, denial);
  const ports = portsOf(failed, denial);
  const samePorts = rules.find(
    (rule) => text(rule.ports) === text(ports) && objectsOf(rule[side]).length > 0,
  );
  const samePeers = rules.find((rule) => text(rule[side]) === text([peer]));
  if (samePorts !== undefined) samePorts[side] = [...objectsOf(samePorts[side]), peer];
  else if (samePeers !== undefined && ports !== undefined)
    samePeers.ports = [...objectsOf(samePeers.ports), ...ports];
  else spec[direction] = [...rules, ruleOf(failed, denial)];
}

function text(value: unknown): string {
  // The API gives ports their default protocol; the order of fields is not the same everywhere.
  return JSON.stringify(value, (_key, inner: unknown) => {
    const object = asObject(inner);
    return object === undefined
      ? inner
      : Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function ruleOf(failed: Case, denial: Denial): JsonObject {
  const ports = portsOf(failed, denial);
  const side = denial.direction === 'ingress' ? 'from' : 'to';
  return { [side]: [peerOf(failed, denial)], ...(ports === undefined ? {} : { ports }) };
}

function portsOf({ request }: Case, { port }: Denial): readonly JsonObject[] | undefined {
  return port === undefined ? undefined : [{ protocol: request.protocol.toUpperCase(), port }];
}

function peerOf({ cluster }: Case, { peer, pod }: Denial): JsonObject {
  const other = podByIp(cluster.store, peer);
  if (other === undefined) return { ipBlock: { cidr: `${peer}/32` } };
  const labels = ownLabels(other);
  const near = other.metadata.namespace === pod.metadata.namespace;
  const matchLabels = { [NAMESPACE_LABEL]: other.metadata.namespace };
  return {
    ...(near ? {} : { namespaceSelector: { matchLabels } }),
    ...(near || Object.keys(labels).length > 0 ? { podSelector: selectorFor(labels) } : {}),
  };
}

function selectorFor(labels: Labels): JsonObject {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: { ...labels } };
}

function ownLabels({ metadata }: Pod): Labels {
  return Object.fromEntries(
    Object.entries(metadata.labels ?? {}).filter(([key]) => !GENERATED.test(key)),
  );
}

function wordsOf(failed: Case, denial: Denial): string {
  const { direction, peer, port } = denial;
  const other = podByIp(failed.cluster.store, peer);
  const way = direction === 'ingress' ? 'from' : 'to';
  const ports = port === undefined ? '' : ` on ${failed.request.protocol.toUpperCase()} ${port}`;
  if (other === undefined) return `${direction} ${way} ${peer}${ports}`;
  const labels = Object.entries(ownLabels(other)).map(([key, value]) => `${key}=${value}`);
  const who =
    labels.length === 0
      ? `every pod of namespace ${other.metadata.namespace} (pod ${other.metadata.name} has no labels)`
      : `pods with ${labels.join(',')}`;
  const namespace =
    labels.length > 0 && other.metadata.namespace !== denial.pod.metadata.namespace
      ? ` of namespace ${other.metadata.namespace}`
      : '';
  return `${direction} ${way} ${who}${namespace}${ports}`;
}

/** A policy for this alone, where the pod can be named by labels. */
function ownPolicy(failed: Case, denial: Denial, because: string): readonly Candidate[] {
  const { direction, pod } = denial;
  const labels = ownLabels(pod);
  if (Object.keys(labels).length === 0) return [];
  const name = `allow-${direction}-of-${pod.metadata.name}`.slice(0, 63).replace(/[^a-z0-9]+$/, '');
  const { namespace } = pod.metadata;
  if (failed.cluster.store.get(POLICIES, namespace, name) !== undefined) return [];
  const edit = createObject({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector: selectorFor(labels),
      policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'],
      [direction]: [ruleOf(failed, denial)],
    },
  });
  return [
    {
      ...edit,
      text: `Make a NetworkPolicy of its own that allows pod ${keyOf(pod)} ${wordsOf(failed, denial)}`,
      because: `${because}; policies add up, so another one leaves those that are there alone`,
      size: 'object',
    },
  ];
}
