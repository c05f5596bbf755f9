/** StatefulSets: pods with names, order and claims of their own (upstream `pkg/controller/statefulset`). */

import type { Pod, PodTemplateSpec, StatefulSet, Volume } from '../contract/kube.js';
import { deepEqual } from '../kube/json.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from './context.js';
import { startController } from './controller.js';
import { claim } from './pod/owned.js';
import { createPod, deletePod } from './pod/pod-control.js';
import { availableInNs, controllerOf, isAvailable, isFinished, isReady } from './pod/pod-state.js';
import {
  ensureRevision,
  REVISION_HASH,
  type Revision,
  revisionsOf,
  trimRevisions,
} from './revision.js';
import type { SyncOutcome, WorkQueue } from './work-queue.js';

const COMPONENT = 'statefulset-controller';

interface Status {
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly currentReplicas?: number;
}

/** Starts the controller of StatefulSets. */
export function startStatefulSetController(context: ControlContext): Controller {
  const { store } = context.client;
  return startController({
    context,
    sync: (key, queue) => sync(context, queue, key),
    wakes: {
      'apps/statefulsets': ({ object }) => [queueKey(object)],
      pods: ({ object }) => {
        const owner = controllerOf(object);
        if (owner?.kind === 'StatefulSet')
          return [`${object.metadata.namespace ?? ''}/${owner.name}`];
        return [];
      },
    },
    initial: () => store.list('apps/statefulsets').map(queueKey),
  });
}

/** The number at the end of a pod's name; undefined when the name is not one of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}

function sync(context: ControlContext, queue: WorkQueue, key: string): SyncOutcome {
  const { client } = context;
  const set = client.store.get('apps/statefulsets', ...splitQueueKey(key));
  if (set === undefined) return 'done';
  const own = () => claim({ client, resource: 'pods', owner: set, selector: set.spec.selector });
  const pods = own().filter((pod) => ordinalOf(set, pod) !== undefined);
  const update = ensureRevision(context, set, set.spec.template);
  const status: Status = set.status ?? {};
  const current =
    revisionsOf(context, set).find((revision) => revision.name === status.currentRevision) ??
    update;
  const outcome =
    set.metadata.deletionTimestamp === undefined
      ? act(context, { set, pods, current, update, currentReplicas: status.currentReplicas ?? 0 })
      : 'done';
  report(context, { set, pods: own(), current, update });
  const minReady = set.spec.minReadySeconds ?? 0;
  for (const pod of pods) {
    if (minReady > 0 && isReady(pod) && !isAvailable(pod, minReady, context.time)) {
      queue.addAfter(key, availableInNs(pod, minReady, context.time));
    }
  }
  return outcome;
}

interface Pass {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  readonly current: Revision;
  readonly update: Revision;
  readonly currentReplicas: number;
}

function act(context: ControlContext, pass: Pass): SyncOutcome {
  const { set, pods, update } = pass;
  const start = set.spec.ordinals?.start ?? 0;
  const end = start + (set.spec.replicas ?? 1);
  const inOrder = set.spec.podManagementPolicy !== 'Parallel';
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  const healthy = (pod: Pod | undefined) =>
    pod !== undefined &&
    pod.metadata.deletionTimestamp === undefined &&
    isAvailable(pod, set.spec.minReadySeconds ?? 0, context.time);
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) {
      if (!make(context, pass, ordinal)) return 'retry';
      if (inOrder) return 'done';
      continue;
    }
    if (isFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
      context.recorder.record(set, {
        type: 'Warning',
        reason: 'RecreatingFailedPod',
        message: `StatefulSet ${set.metadata.namespace}/${set.metadata.name} is recreating failed Pod ${pod.metadata.name}`,
        component: COMPONENT,
      });
      deletePod(context, set, pod, COMPONENT);
      if (inOrder) return 'done';
      continue;
    }
    if (inOrder && !healthy(pod)) return 'done';
  }
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal < start || ordinal >= end)
    .sort(([a], [b]) => b - a);
  for (const [, pod] of condemned) {
    if (pod.metadata.deletionTimestamp === undefined) remove(context, set, pod);
    if (inOrder) return 'done';
  }
  if (set.spec.updateStrategy?.type === 'OnDelete') return 'done';
  const first = Math.max(start, start + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0));
  for (let ordinal = end - 1; ordinal >= first; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return 'done';
    if (pod.metadata.labels?.[REVISION_HASH] !== update.hash) {
      if (pod.metadata.deletionTimestamp === undefined) remove(context, set, pod);
      return 'done';
    }
    if (!healthy(pod)) return 'done';
  }
  return 'done';
}

function remove(context: ControlContext, set: StatefulSet, pod: Pod): void {
  const { namespace, name, uid } = pod.metadata;
  const deleted = context.client.delete('pods', namespace, name, uid === undefined ? {} : { uid });
  context.recorder.record(set, {
    type: deleted.ok ? 'Normal' : 'Warning',
    reason: deleted.ok ? 'SuccessfulDelete' : 'FailedDelete',
    message: deleted.ok
      ? `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`
      : `delete Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${deleted.message}`,
    component: COMPONENT,
  });
}

function make(context: ControlContext, pass: Pass, ordinal: number): boolean {
  const { set } = pass;
  const start = set.spec.ordinals?.start ?? 0;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const old = partition > 0 ? ordinal < start + partition : ordinal < start + pass.currentReplicas;
  const { hash, template } = old ? pass.current : pass.update;
  const name = `${set.metadata.name}-${ordinal}`;
  const claims = makeClaims(context, set, name);
  if (claims === undefined) return false;
  return createPod(context, {
    owner: set,
    component: COMPONENT,
    template,
    name,
    labels: {
      [REVISION_HASH]: hash,
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': String(ordinal),
    },
    message: `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
    adapt: (spec: PodTemplateSpec['spec']) => ({
      ...spec,
      hostname: name,
      ...(set.spec.serviceName === undefined || set.spec.serviceName === ''
        ? {}
        : { subdomain: set.spec.serviceName }),
      ...(claims.length === 0
        ? {}
        : {
            volumes: [
              ...claims,
              ...(spec.volumes ?? []).filter((volume) =>
                claims.every((one) => one.name !== volume.name),
              ),
            ],
          }),
    }),
  }).ok;
}

/** The volumes of a pod's claims, which are made where they are missing; undefined when one cannot be. */
function makeClaims(
  context: ControlContext,
  set: StatefulSet,
  podName: string,
): readonly Volume[] | undefined {
  const { client, recorder } = context;
  const { namespace } = set.metadata;
  const volumes: Volume[] = [];
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const volume = template.metadata.name;
    const claimName = `${volume}-${podName}`;
    volumes.push({ name: volume, persistentVolumeClaim: { claimName } });
    if (client.store.get('persistentvolumeclaims', namespace, claimName) !== undefined) continue;
    const made = client.create('persistentvolumeclaims', {
      ...template,
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...template.metadata,
        name: claimName,
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
      },
    });
    const what = `create Claim ${claimName} Pod ${podName} in StatefulSet ${set.metadata.name}`;
    recorder.record(set, {
      type: made.ok ? 'Normal' : 'Warning',
      reason: made.ok ? 'SuccessfulCreate' : 'FailedCreate',
      message: made.ok ? `${what} success` : `${what} failed error: ${made.message}`,
      component: COMPONENT,
    });
    if (!made.ok) return undefined;
  }
  return volumes;
}

function report(
  context: ControlContext,
  { set, pods, current, update }: Pick<Pass, 'set' | 'pods' | 'current' | 'update'>,
): void {
  const { client, time } = context;
  const mine = pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const alive = mine.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const of = (revision: Revision) =>
    alive.filter((pod) => pod.metadata.labels?.[REVISION_HASH] === revision.hash);
  const ready = mine.filter(isReady);
  const updated = of(update);
  const wanted = set.spec.replicas ?? 1;
  const complete =
    set.spec.updateStrategy?.type !== 'OnDelete' &&
    updated.length === wanted &&
    mine.length === wanted &&
    updated.every(isReady);
  const now = complete ? update : current;
  const status = {
    ...(set.metadata.generation === undefined
      ? {}
      : { observedGeneration: set.metadata.generation }),
    replicas: mine.length,
    ...(ready.length === 0 ? {} : { readyReplicas: ready.length }),
    availableReplicas: ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, time))
      .length,
    ...(of(now).length === 0 ? {} : { currentReplicas: of(now).length }),
    ...(updated.length === 0 ? {} : { updatedReplicas: updated.length }),
    currentRevision: now.name,
    updateRevision: update.name,
    collisionCount: 0,
  };
  trimRevisions(context, set, {
    used: new Set([
      now.hash,
      update.hash,
      ...mine.map((pod) => pod.metadata.labels?.[REVISION_HASH] ?? ''),
    ]),
    limit: set.spec.revisionHistoryLimit,
  });
  if (!deepEqual(status, set.status)) client.updateStatus('apps/statefulsets', { ...set, status });
}
