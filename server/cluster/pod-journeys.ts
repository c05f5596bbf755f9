import type { Disposition, Hop, Journey, Step } from '../contract/journey.js';
import type { Pod } from '../contract/kube.js';
import type { PodStep } from '../kubelet/contract.js';
import type { Change, ObjectStore } from '../store/index.js';

/** Most steps kept per pod; probes that fail for hours must not fill the memory. */
const MAX_STEPS = 120;

/** Where in its life a pod's step belongs, in the order of a pod's path. */
const STAGES = [
  'manifest',
  'api',
  'scheduling',
  'admit',
  'volumes',
  'sandbox',
  'cni',
  'pull',
  'create',
  'start',
  'probe',
  'stop',
] as const;

const STAGE_NAMES: Readonly<Record<(typeof STAGES)[number], string>> = {
  manifest: 'manifest',
  api: 'API server',
  scheduling: 'scheduler',
  admit: 'kubelet admits',
  volumes: 'volumes',
  sandbox: 'sandbox: clone() and pause',
  cni: 'CNI: address and wires',
  pull: 'image pull',
  create: 'create container',
  start: 'start container',
  probe: 'probes',
  stop: 'stop',
};

interface Entry {
  readonly stage: (typeof STAGES)[number];
  readonly node: string;
  readonly step: Step;
  /** What to tell with the step, written when someone reads the journey. */
  readonly facts?: (() => Facts) | undefined;
}

type Facts = Readonly<Record<string, string>>;

/** Finds why the scheduler chose just now, or why it could not; the words are made when asked for. */
export type ExplainScheduling = (pod: Pod) => (() => Facts) | undefined;

/** Keeps what happened to each pod, stage by stage, and tells it as a journey. */
export class PodJourneys {
  /** Called after each step of a kubelet. */
  onStep: (step: PodStep) => void = () => {};
  private readonly entries = new Map<string, Entry[]>();
  private readonly store: ObjectStore;
  private readonly nowNs: () => number;
  private readonly explain: ExplainScheduling;

  constructor(options: {
    readonly store: ObjectStore;
    readonly nowNs: () => number;
    readonly explain: ExplainScheduling;
  }) {
    this.store = options.store;
    this.nowNs = options.nowNs;
    this.explain = options.explain;
    options.store.watch('pods', (change) => this.podChanged(change));
  }

  /** Takes a step from a kubelet. */
  readonly record = (taken: PodStep): void => {
    const { podUid, node, stage, step } = taken;
    this.add(podUid, { stage, node, step });
    this.onStep(taken);
  };

  /** The journey of a pod as far as it has come. */
  of(pod: Pod): Journey {
    const uid = pod.metadata.uid ?? '';
    const entries = this.entries.get(uid) ?? [];
    const vertex = `pod:${pod.metadata.namespace}/${pod.metadata.name}`;
    const hops: Hop[] = [];
    for (const { stage, node, facts, step: kept } of entries) {
      const step = facts === undefined ? kept : { ...kept, facts: facts() };
      const last = hops.at(-1);
      const place = STAGE_NAMES[stage];
      if (last?.place === place) (last.steps as Step[]).push(step);
      else {
        const hop = {
          number: hops.length + 1,
          atNs: step.atNs,
          place,
          host: node,
          vertex,
          packet: 0,
        };
        hops.push({ ...hop, direction: 'none', steps: [step] });
      }
    }
    const { disposition, summary } = verdictOf(pod, entries);
    return {
      kind: 'pod',
      id: `pod-${uid}`,
      title: `pod ${pod.metadata.namespace}/${pod.metadata.name}`,
      disposition,
      summary,
      startedNs: entries[0]?.step.atNs ?? 0,
      endedNs: entries.at(-1)?.step.atNs ?? 0,
      hops,
    };
  }

  private add(uid: string, entry: Entry): void {
    const entries = this.entries.get(uid);
    if (entries === undefined) this.entries.set(uid, [entry]);
    else {
      entries.push(entry);
      // The beginning tells how the pod came to be; what is cut are old repetitions behind it.
      if (entries.length > MAX_STEPS) entries.splice(MAX_STEPS / 2, 1);
    }
  }

  private podChanged({ type, object, previous }: Change<Pod>): void {
    const uid = object.metadata.uid ?? '';
    if (type === 'DELETED') {
      this.entries.delete(uid);
      return;
    }
    if (type === 'ADDED') this.created(object, uid);
    const bound = object.spec.nodeName ?? '';
    if (bound !== '' && (previous?.spec.nodeName ?? '') === '') this.scheduled(object, bound);
    const refusal = unschedulableMessage(object);
    if (refusal !== undefined && refusal !== (previous && unschedulableMessage(previous))) {
      const step = { component: 'scheduler', action: 'refuse', reason: refusal };
      this.explained(object, '', { ...step, code: 'Unschedulable' });
    }
  }

  private created(pod: Pod, uid: string): void {
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
    const maker = owner === undefined ? 'applied as it is' : `made by ${owner.kind} ${owner.name}`;
    const reason = `decoded, defaulted, checked and stored with revision ${pod.metadata.resourceVersion}; ${maker}`;
    this.add(uid, {
      stage: 'api',
      node: '',
      step: { atNs: this.nowNs(), component: 'api', action: 'store', reason },
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
    const known = this.store.get('nodes', undefined, node) !== undefined;
    this.explained(pod, node, known ? step : nowhere);
  }

  private explained(pod: Pod, node: string, said: Omit<Step, 'atNs'>): void {
    const step = { atNs: this.nowNs(), ...said };
    this.add(pod.metadata.uid ?? '', { stage: 'scheduling', node, step, facts: this.explain(pod) });
  }
}

function unschedulableMessage(pod: Pod): string | undefined {
  return pod.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False')
    ?.message;
}

function verdictOf(
  pod: Pod,
  entries: readonly Entry[],
): { readonly disposition: Disposition; readonly summary: string } {
  const failure = entries.findLast(({ step }) => step.code !== undefined);
  const ready =
    pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;
  const phase = pod.status?.phase ?? 'Pending';
  if (ready) {
    return {
      disposition: 'ready',
      summary: `Running and Ready with address ${pod.status?.podIP ?? 'none'}`,
    };
  }
  if (phase === 'Succeeded')
    return { disposition: 'ready', summary: 'Succeeded: every container has exited with 0' };
  if (failure !== undefined) {
    return {
      disposition: 'failed',
      summary: `${STAGE_NAMES[failure.stage]}: ${failure.step.reason}`,
    };
  }
  return phase === 'Failed'
    ? { disposition: 'failed', summary: pod.status?.message ?? 'Failed' }
    : { disposition: 'in-progress', summary: `${phase}: ${whatIsAwaited(pod)}` };
}

function whatIsAwaited({ spec, status }: Pod): string {
  const initializing = status?.initContainerStatuses?.find(
    ({ name, ready }) =>
      !ready && spec.initContainers?.find((c) => c.name === name)?.restartPolicy !== 'Always',
  );
  if (initializing?.state?.running !== undefined)
    return `waits for init container ${initializing.name} to end`;
  const unready = status?.containerStatuses?.find(
    ({ ready, state }) => !ready && state?.running !== undefined,
  );
  return unready === undefined
    ? 'not Ready yet'
    : `waits for container ${unready.name} to answer its readiness probe`;
}
