import type { AdmissionChange } from '../../api/index.js';
import type { Hop, Journey, Step } from '../../contract/journey.js';
import type { EndpointSlice, Pod } from '../../contract/kube.js';
import type { SchedulingReport } from '../../control/index.js';
import type { PodRecord, PodStep } from '../../kubelet/index.js';
import type { Change, ObjectStore } from '../../store/index.js';
import { SERVICE_NAME_LABEL } from '../indexes.js';
import { admissionSteps } from './admission-steps.js';
import { placeOf, STAGE_NAMES, type Stage } from './stages.js';
import { verdictOf } from './verdict.js';

/** Most steps kept per pod; probes that fail for hours must not fill the memory. */
const MAX_STEPS = 120;
/** Steps at the beginning and at the end that keep what can be read about them. */
const READABLE_FIRST = 40;
const READABLE_LAST = 20;

/** What was decided about a pod outside its node, to be read later. */
export type ControlRecord =
  | { readonly kind: 'admission'; readonly changes: readonly AdmissionChange[] }
  | { readonly kind: 'scheduling'; readonly report: SchedulingReport }
  | { readonly kind: 'endpoints'; readonly namespace: string; readonly slice: string }
  | { readonly kind: 'proxy'; readonly nodes: number };

/** What can be read about a step: references, rendered when somebody looks. */
export type StepRecord = PodRecord | ControlRecord;

interface Entry {
  readonly key: number;
  readonly stage: Stage;
  readonly node: string;
  readonly step: Step;
  record?: StepRecord | undefined;
}

/** What the keeper asks of its cluster. */
export interface PodJourneysOptions {
  readonly store: ObjectStore;
  readonly nowNs: () => number;
  readonly controlPlane: string;
  /** What the scheduler last thought of a pod. */
  readonly scheduling: (podUid: string) => SchedulingReport | undefined;
}

/** Keeps what happened to each pod, stage by stage, and tells it as a journey. */
export class PodJourneys {
  /** Called after each step of a kubelet. */
  onStep: (step: PodStep) => void = () => {};
  private readonly entries = new Map<string, Entry[]>();
  private readonly options: PodJourneysOptions;
  /** The newest pod that admission has seen; it is stored next, or never. */
  private admitted: { readonly uid: string; readonly changes: readonly AdmissionChange[] } = {
    uid: '',
    changes: [],
  };
  /** Pods whose endpoints changed since the proxies were programmed. */
  private readonly unprogrammed = new Map<string, string>();
  private lastKey = 0;

  constructor(options: PodJourneysOptions) {
    this.options = options;
    const { store } = options;
    store.watch('pods', (change) => this.podChanged(change));
    store.watch('discovery.k8s.io/endpointslices', (change) => this.sliceChanged(change));
  }

  /** Takes what admission plugins wrote into a pod that is about to be stored. */
  readonly noteAdmission = (uid: string, changes: readonly AdmissionChange[]): void => {
    this.admitted = { uid, changes };
  };

  /** Takes a step from a kubelet. */
  readonly record = (taken: PodStep): void => {
    const { podUid, node, record, stage, step } = taken;
    this.add(podUid, { stage, node, step, record });
    this.onStep(taken);
  };

  /** The proxies of so many nodes have been given their rules. */
  programmed(nodes: number): void {
    for (const [uid, node] of this.unprogrammed) {
      const reason = `kube-proxy has brought the rules of ${nodes} ${nodes === 1 ? 'node' : 'nodes'} up to date`;
      const step = { atNs: this.options.nowNs(), component: 'kube-proxy', action: 'sync', reason };
      this.add(uid, { stage: 'proxy', node, step, record: { kind: 'proxy', nodes } });
    }
    this.unprogrammed.clear();
  }

  /** The journey of a pod as far as it has come. */
  of(pod: Pod): Journey {
    const uid = pod.metadata.uid ?? '';
    const entries = this.entries.get(uid) ?? [];
    const { controlPlane } = this.options;
    const hops: Hop[] = [];
    for (const entry of entries) {
      const { stage, node } = entry;
      const place = STAGE_NAMES[stage];
      const steps = stepsOf(entry, pod);
      const last = hops.at(-1);
      if (last?.place === place) {
        (last.steps as Step[]).push(...steps);
        continue;
      }
      hops.push({
        number: hops.length + 1,
        atNs: entry.step.atNs,
        place,
        ...placeOf(stage, pod, { node, controlPlane }),
        packet: 0,
        direction: 'none',
        steps: [...steps],
      });
    }
    const { disposition, summary } = verdictOf(pod, entries);
    return {
      kind: 'pod',
      id: `pod:${pod.metadata.namespace}/${pod.metadata.name}:${uid}`,
      title: `pod ${pod.metadata.namespace}/${pod.metadata.name}`,
      disposition,
      summary,
      startedNs: entries[0]?.step.atNs ?? 0,
      endedNs: entries.at(-1)?.step.atNs ?? 0,
      hops,
    };
  }

  /** What a step left to be read, and the node it happened on; undefined when nothing is kept. */
  recordAt(
    uid: string,
    key: number,
  ): { readonly record: StepRecord; readonly node: string } | undefined {
    const found = this.entries.get(uid)?.find((entry) => entry.key === key);
    return found?.record === undefined ? undefined : { record: found.record, node: found.node };
  }

  private add(uid: string, entry: Omit<Entry, 'key'>): void {
    const kept = { key: ++this.lastKey, ...entry };
    const entries = this.entries.get(uid);
    if (entries === undefined) {
      this.entries.set(uid, [kept]);
      return;
    }
    entries.push(kept);
    // The beginning tells how the pod came to be; what is cut are old repetitions behind it.
    if (entries.length > MAX_STEPS) entries.splice(MAX_STEPS / 2, 1);
    const old = entries[entries.length - 1 - READABLE_LAST];
    if (old !== undefined && entries.length > READABLE_FIRST + READABLE_LAST)
      old.record = undefined;
  }

  private podChanged({ type, object, previous }: Change<Pod>): void {
    const uid = object.metadata.uid ?? '';
    if (type === 'DELETED') {
      this.entries.delete(uid);
      this.unprogrammed.delete(uid);
      return;
    }
    if (type === 'ADDED') this.created(object, uid);
    const bound = object.spec.nodeName ?? '';
    if (bound !== '' && (previous?.spec.nodeName ?? '') === '') this.scheduled(object, bound);
    if (object.status?.conditions === previous?.status?.conditions) return;
    const refusal = unschedulableMessage(object);
    if (refusal !== undefined && refusal !== (previous && unschedulableMessage(previous))) {
      const step = { component: 'scheduler', action: 'refuse', reason: refusal };
      this.explained(object, '', { ...step, code: 'Unschedulable' });
    }
    this.readiness(object, previous);
  }

  private created(pod: Pod, uid: string): void {
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
    const maker = owner === undefined ? 'applied as it is' : `made by ${owner.kind} ${owner.name}`;
    const reason = `decoded, defaulted, checked and stored with revision ${pod.metadata.resourceVersion}; ${maker}`;
    const { admitted } = this;
    const changes = admitted.uid === uid ? admitted.changes : [];
    this.add(uid, {
      stage: 'api',
      node: '',
      step: { atNs: this.options.nowNs(), component: 'api', action: 'store', reason },
      record: { kind: 'admission', changes },
    });
  }

  private scheduled(pod: Pod, node: string): void {
    const step = { component: 'scheduler', action: 'bind', reason: `bound to ${node}` };
    const nowhere = {
      component: 'scheduler',
      action: 'fail',
      reason: `the manifest names node ${node}, and there is no such node, so no kubelet takes the pod`,
      code: 'NodeNotFound',
    };
    const known = this.options.store.get('nodes', undefined, node) !== undefined;
    this.explained(pod, node, known ? step : nowhere);
  }

  private explained(pod: Pod, node: string, said: Omit<Step, 'atNs'>): void {
    const uid = pod.metadata.uid ?? '';
    const report = this.options.scheduling(uid);
    const step = { atNs: this.options.nowNs(), ...said };
    const record = report === undefined ? undefined : ({ kind: 'scheduling', report } as const);
    this.add(uid, { stage: 'scheduling', node, step, record });
  }

  private readiness(pod: Pod, previous: Pod | undefined): void {
    const now = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    const before = previous?.status?.conditions?.find(({ type }) => type === 'Ready');
    if (now === undefined || now.status === (before?.status ?? 'False')) return;
    const reason =
      now.status === 'True'
        ? 'Ready is True: every container is ready, so Services may send to the pod'
        : `Ready is ${now.status}: ${[now.reason, now.message].filter(Boolean).join(', ') || 'no reason given'}; Services stop sending to it`;
    this.add(pod.metadata.uid ?? '', {
      stage: 'ready',
      node: pod.spec.nodeName ?? '',
      step: { atNs: this.options.nowNs(), component: 'kubelet', action: 'condition', reason },
    });
  }

  private sliceChanged({ type, object, previous }: Change<EndpointSlice>): void {
    const service = object.metadata.labels?.[SERVICE_NAME_LABEL];
    if (service === undefined || (object.endpoints === previous?.endpoints && type !== 'DELETED'))
      return;
    const now = type === 'DELETED' ? new Map<string, EndpointState>() : endpointsByPod(object);
    const before =
      previous === undefined ? new Map<string, EndpointState>() : endpointsByPod(previous);
    for (const [uid, { address, node, words }] of now) {
      if (before.get(uid)?.words === words) continue;
      const done = before.has(uid) ? 'is now marked in' : 'joins';
      this.endpoint(
        uid,
        node,
        object,
        `${address} ${done} EndpointSlice ${object.metadata.name} of Service ${service}: ${words}`,
      );
    }
    for (const [uid, { address, node }] of before) {
      if (now.has(uid)) continue;
      this.endpoint(
        uid,
        node,
        object,
        `${address} leaves EndpointSlice ${object.metadata.name} of Service ${service}`,
      );
    }
  }

  private endpoint(uid: string, node: string, slice: EndpointSlice, reason: string): void {
    // Endpoints of pods that are gone have no journey any more.
    if (!this.entries.has(uid)) return;
    const { name, namespace = '' } = slice.metadata;
    this.add(uid, {
      stage: 'endpoints',
      node,
      step: {
        atNs: this.options.nowNs(),
        component: 'endpointslice-controller',
        action: 'endpoint',
        reason,
      },
      record: { kind: 'endpoints', namespace, slice: name },
    });
    this.unprogrammed.set(uid, node);
  }
}

interface EndpointState {
  readonly address: string;
  readonly node: string;
  readonly words: string;
}

function endpointsByPod({ endpoints }: EndpointSlice): Map<string, EndpointState> {
  const states = new Map<string, EndpointState>();
  for (const { addresses, conditions, nodeName = '', targetRef } of endpoints) {
    if (targetRef?.uid === undefined) continue;
    const ready = conditions?.ready === false ? 'not ready' : 'ready';
    const words = conditions?.terminating === true ? `${ready}, terminating` : ready;
    states.set(targetRef.uid, { address: addresses[0] ?? '', node: nodeName, words });
  }
  return states;
}

/** The steps that an entry stands for: those of admission are told one by one. */
function stepsOf({ key, record, step }: Entry, pod: Pod): readonly Step[] {
  const artefacts = record === undefined ? {} : { artefacts: String(key) };
  if (record?.kind === 'admission')
    return admissionSteps(pod, record.changes, { ...step, ...artefacts });
  if (record?.kind !== 'scheduling') return [{ ...step, ...artefacts }];
  return [{ ...step, ...artefacts, facts: schedulingFacts(record.report) }];
}

/** Nodes whose part in a scheduling decision a step names; the table has them all. */
const MAX_EXPLAINED_NODES = 30;

function schedulingFacts({ rows }: SchedulingReport): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rows
      .slice(0, MAX_EXPLAINED_NODES)
      .map(({ node, rejected, total }) => [
        node,
        rejected === undefined
          ? `fits${total === undefined ? '' : `, score ${total}`}`
          : `${rejected.plugin}: ${rejected.reasons.join(', ')}`,
      ]),
  );
}

function unschedulableMessage(pod: Pod): string | undefined {
  return pod.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False')
    ?.message;
}
