import type { Timer } from '../../topology/index.js';
import type { Happening } from '../api/index.js';
import type { PodPart } from '../contract/journey.js';
import type { Pod } from '../contract/kube.js';
import {
  type ContainerKind,
  type ContainerSlot,
  containerStatusOf,
  type Waiting,
} from './container-slot.js';
import type { PodStage } from './contract.js';
import { namespaceOf, uidOf } from './names.js';
import type { NodeContext } from './node-context.js';
import type { PodRecord } from './pod-record.js';
import { podStatusOf } from './pod-status.js';
import { qosClassOf } from './qos.js';

/** What is to be told of a pod; read when it is told. */
export interface PodFacts {
  readonly pod: Pod;
  readonly allSlots: readonly ContainerSlot[];
  /** The sandbox runs. */
  readonly sandboxReady: boolean;
  readonly podIp: string | undefined;
  readonly startTime: string;
  readonly verdict: { readonly reason: string; readonly message: string } | undefined;
}

/** What else is known of a step. */
export interface StepNotes {
  readonly slot?: ContainerSlot | undefined;
  readonly code?: string;
  readonly builds?: PodPart;
  readonly breaks?: PodPart;
  readonly record?: PodRecord;
  /** Who acted, when it is not what the stage says. */
  readonly component?: string;
}

/** Parts that act at each stage. */
const COMPONENTS: Readonly<Record<PodStage, string>> = {
  admit: 'kubelet',
  volumes: 'kubelet',
  sandbox: 'runtime',
  cni: 'cni',
  pull: 'registry',
  create: 'runtime',
  start: 'runtime',
  probe: 'kubelet',
  stop: 'kubelet',
};

/** Tells the world about one pod: its status, its events and its journey. */
export class PodReporter {
  private readonly node: NodeContext;
  private readonly facts: PodFacts;
  private flushTimer: Timer | undefined;

  constructor(node: NodeContext, facts: PodFacts) {
    this.node = node;
    this.facts = facts;
  }

  /** Records an event about the pod, or about one of its containers. */
  event(
    slot: ContainerSlot | undefined,
    event: Pick<Happening, 'type' | 'reason' | 'message'>,
  ): void {
    const { events, nodeName } = this.node.options;
    const fieldPath =
      slot === undefined ? {} : { fieldPath: `spec.${LISTS[slot.kind]}{${slot.spec.name}}` };
    events.record(this.facts.pod, {
      ...event,
      ...fieldPath,
      component: 'kubelet',
      host: nodeName,
    });
  }

  /** Adds a step to the pod's journey; with a code, it is where something failed. */
  step(stage: PodStage, action: string, reason: string, about: StepNotes = {}): void {
    const { clock, journey, nodeName } = this.node.options;
    const { pod } = this.facts;
    const { breaks, builds, code, component = COMPONENTS[stage], record, slot } = about;
    journey({
      podUid: uidOf(pod),
      namespace: namespaceOf(pod),
      name: pod.metadata.name,
      node: nodeName,
      stage,
      step: {
        atNs: clock.nowNs,
        component,
        action,
        reason,
        ...(code === undefined ? {} : { code }),
        ...(slot === undefined ? {} : { container: slot.spec.name }),
        ...(builds === undefined ? {} : { builds }),
        ...(breaks === undefined ? {} : { breaks }),
      },
      ...(record === undefined ? {} : { record }),
    });
  }

  /** Writes the status at the end of the instant, once however often this is called in it. */
  changed(): void {
    this.flushTimer ??= this.node.options.clock.schedule(0, () => this.flush());
  }

  /** Writes the status now; writes nothing when it is as it was, or when the pod is gone. */
  flush(): void {
    this.stop();
    const { nodeIp, store, timestamp } = this.node.options;
    const { allSlots, pod, podIp, sandboxReady, startTime, verdict } = this.facts;
    const current = store.get('pods', namespaceOf(pod), pod.metadata.name);
    if (current === undefined || uidOf(current) !== uidOf(pod)) return;
    const initial = initialWaiting(allSlots);
    const statuses = (...kinds: readonly ContainerKind[]) =>
      allSlots
        .filter(({ kind }) => kinds.includes(kind))
        .map((slot) => containerStatusOf(slot, initial));
    const status = podStatusOf({
      pod: current,
      init: statuses('init', 'sidecar'),
      app: statuses('app'),
      ephemeral: statuses('ephemeral'),
      sandboxReady,
      podIp,
      hostIp: nodeIp,
      startTime,
      qosClass: current.status?.qosClass ?? qosClassOf(pod),
      now: timestamp(),
      ...(verdict === undefined ? {} : { verdict }),
    });
    store.update('pods', { ...current, status });
  }

  /** Forgets a write that is still to come. */
  stop(): void {
    this.flushTimer?.cancel();
    this.flushTimer = undefined;
  }
}

const LISTS: Readonly<Record<ContainerKind, string>> = {
  app: 'containers',
  init: 'initContainers',
  sidecar: 'initContainers',
  ephemeral: 'ephemeralContainers',
};

/** What every container of a pod waits for as long as nothing else is known. */
export function initialWaiting(slots: readonly ContainerSlot[]): Waiting {
  const initializing = slots.some(({ kind }) => kind === 'init' || kind === 'sidecar');
  return { reason: initializing ? 'PodInitializing' : 'ContainerCreating' };
}
