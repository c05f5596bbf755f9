/**
 * Deployments: a ReplicaSet per template, scaled so that the roll-out keeps its bounds
 * (upstream `pkg/controller/deployment`).
 */

import type { Condition, Deployment, ReplicaSet } from '../../contract/kube.js';
import { deepEqual } from '../../kube/json.js';
import { findCondition, withCondition } from '../conditions.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from '../context.js';
import { templateHash } from '../naming.js';
import { claim, ownedBy } from '../pod/owned.js';
import { controllerOf, controllerReference, isFinished } from '../pod/pod-state.js';
import { type SyncOutcome, WorkQueue } from '../work-queue.js';
import {
  annotationsToCopy,
  byAge,
  DESIRED_REPLICAS,
  findNew,
  HASH_LABEL,
  MAX_REPLICAS,
  REVISION,
  replicasOf,
  revisionOf,
  withHash,
} from './replica-sets.js';
import { isScaling, newSetReplicas, oldSetsDown, proportional, rollingBounds } from './rolling.js';
import { countStatus, isComplete, progress } from './status.js';

const COMPONENT = 'deployment-controller';
const DEFAULT_HISTORY = 10;

/** Starts the controller of Deployments. */
export function startDeploymentController(context: ControlContext): Controller {
  const { client, clock } = context;
  const { store } = client;
  const queue: WorkQueue = new WorkQueue({
    clock,
    sync: (key): SyncOutcome => new DeploymentSync(context, queue, key).run(),
  });
  const wakeOwner = (set: ReplicaSet) => {
    const owner = controllerOf(set);
    if (owner?.kind === 'Deployment') {
      queue.add(`${set.metadata.namespace ?? ''}/${owner.name}`);
    } else if (owner === undefined) {
      for (const deployment of store.list('apps/deployments', set.metadata.namespace)) {
        queue.add(queueKey(deployment));
      }
    }
  };
  const ends = [
    store.watch('apps/deployments', ({ object }) => queue.add(queueKey(object))),
    store.watch('apps/replicasets', ({ type, object }) => {
      if (type !== 'DELETED' || controllerOf(object) !== undefined) wakeOwner(object);
    }),
    // A Recreate roll-out goes on when the last old pod is gone.
    store.watch('pods', ({ type, object }) => {
      if (type !== 'DELETED') return;
      const owner = controllerOf(object);
      if (owner?.kind !== 'ReplicaSet') return;
      const set = store.get('apps/replicasets', object.metadata.namespace, owner.name);
      if (set !== undefined) wakeOwner(set);
    }),
  ];
  for (const deployment of store.list('apps/deployments')) queue.add(queueKey(deployment));
  return {
    get pendingWork() {
      return queue.pending;
    },
    stop() {
      for (const end of ends) end();
      queue.stop();
    },
  };
}

/** One pass over one Deployment. */
class DeploymentSync {
  private readonly context: ControlContext;
  private readonly queue: WorkQueue;
  private readonly key: string;
  private conditions: readonly Condition[] | undefined;

  constructor(context: ControlContext, queue: WorkQueue, key: string) {
    this.context = context;
    this.queue = queue;
    this.key = key;
  }

  run(): SyncOutcome {
    const { client, time } = this.context;
    const [namespace, name] = splitQueueKey(this.key);
    const deployment = client.store.get('apps/deployments', namespace, name);
    if (deployment === undefined) return 'done';
    const sets = claim({
      client,
      resource: 'apps/replicasets',
      owner: deployment,
      selector: deployment.spec.selector,
    });
    if (deployment.metadata.deletionTimestamp !== undefined) {
      this.report(deployment, sets, findNew(deployment, sets));
      return 'done';
    }
    this.notePaused(deployment);
    if (deployment.spec.paused === true || isScaling(deployment, sets)) {
      const newSet = findNew(deployment, sets);
      this.scaleAll(deployment, proportional(deployment, sets));
      if (deployment.spec.paused !== true) this.queue.add(this.key);
      this.cleanUp(deployment, newSet);
      this.report(
        deployment,
        this.refresh(deployment),
        findNew(deployment, this.refresh(deployment)),
      );
      return 'done';
    }
    const outcome =
      deployment.spec.strategy?.type === 'Recreate'
        ? this.recreate(deployment, sets)
        : this.roll(deployment, sets);
    const now = this.refresh(deployment);
    const newSet = findNew(deployment, now);
    const status = countStatus(deployment, now, newSet, time.now());
    if (isComplete(deployment, status)) this.cleanUp(deployment, newSet);
    this.report(deployment, now, newSet);
    return outcome;
  }

  private refresh(deployment: Deployment): readonly ReplicaSet[] {
    return ownedBy(this.context.client.store, 'apps/replicasets', deployment);
  }

  private roll(deployment: Deployment, sets: readonly ReplicaSet[]): SyncOutcome {
    const newSet = this.ensureNewSet(deployment, sets);
    if (newSet === undefined) return 'retry';
    let all = this.refresh(deployment);
    const { replicas: wanted = 1 } = deployment.spec;
    const has = newSet.spec.replicas ?? 0;
    const next = has > wanted ? wanted : newSetReplicas(deployment, all, newSet);
    this.scale(deployment, newSet, next);
    all = this.refresh(deployment);
    const current = all.find((set) => set.metadata.uid === newSet.metadata.uid) ?? newSet;
    const old = all.filter((set) => set !== current);
    this.scaleAll(deployment, oldSetsDown(deployment, old, current));
    return 'done';
  }

  private recreate(deployment: Deployment, sets: readonly ReplicaSet[]): SyncOutcome {
    const { store } = this.context.client;
    const existing = findNew(deployment, sets);
    const old = sets.filter((set) => set !== existing);
    const active = old.filter((set) => (set.spec.replicas ?? 0) > 0);
    if (active.length > 0) {
      for (const set of active) this.scale(deployment, set, 0);
      return 'done';
    }
    const stillRunning = old.some((set) =>
      ownedBy(store, 'pods', set).some((pod) => !isFinished(pod)),
    );
    if (stillRunning) return 'done';
    const newSet = this.ensureNewSet(deployment, sets);
    if (newSet === undefined) return 'retry';
    this.scale(deployment, newSet, deployment.spec.replicas ?? 1);
    return 'done';
  }

  /** The ReplicaSet of the present template: found and brought up to date, or made. */
  private ensureNewSet(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
  ): ReplicaSet | undefined {
    const existing = findNew(deployment, sets);
    const others = sets.filter((set) => set !== existing);
    const revision = Math.max(0, ...others.map(revisionOf)) + 1;
    const newSet =
      existing === undefined
        ? this.makeNewSet(deployment, sets, revision)
        : this.bringUpToDate(deployment, existing, revision);
    if (newSet !== undefined) this.noteRevision(deployment, String(revisionOf(newSet)));
    return newSet;
  }

  private bringUpToDate(deployment: Deployment, set: ReplicaSet, revision: number): ReplicaSet {
    this.noteProgress(
      deployment,
      'FoundNewReplicaSet',
      `Found new replica set "${set.metadata.name}"`,
    );
    const annotations = {
      ...set.metadata.annotations,
      ...annotationsToCopy(deployment),
      [REVISION]: String(Math.max(revisionOf(set), revision)),
    };
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    const sameMinReady = (set.spec.minReadySeconds ?? 0) === minReadySeconds;
    if (sameMinReady && deepEqual(annotations, set.metadata.annotations)) return set;
    const updated = this.context.client.update('apps/replicasets', {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: sameMinReady ? set.spec : { ...set.spec, minReadySeconds },
    });
    return updated.ok ? updated.value : set;
  }

  private makeNewSet(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    revision: number,
  ): ReplicaSet | undefined {
    const { client, recorder } = this.context;
    const { spec, metadata } = deployment;
    const hash = templateHash(spec.template, deployment.status?.collisionCount ?? 0);
    const name = `${metadata.name}-${hash}`;
    const template = withHash(spec.template, hash);
    const { matchLabels, ...selector } = spec.selector;
    const replicas = newSetReplicas(deployment, sets, undefined);
    const taken = client.store.get('apps/replicasets', metadata.namespace, name) !== undefined;
    if (taken) {
      this.noteCollision(deployment);
      return undefined;
    }
    const made = client.create('apps/replicasets', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        labels: template.metadata?.labels ?? {},
        annotations: {
          ...annotationsToCopy(deployment),
          ...this.replicasAnnotations(deployment),
          [REVISION]: String(revision),
        },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas,
        ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
        selector: { ...selector, matchLabels: { ...matchLabels, [HASH_LABEL]: hash } },
        template,
      },
      status: { replicas: 0 },
    });
    if (made.ok) {
      if (replicas > 0) this.recordScaling(deployment, made.value, 0, replicas);
      this.noteProgress(deployment, 'NewReplicaSetCreated', `Created new replica set "${name}"`);
      return made.value;
    }
    recorder.record(deployment, {
      type: 'Warning',
      reason: 'ReplicaSetCreateError',
      message: `Failed to create new replica set "${name}": ${made.message}`,
      component: COMPONENT,
    });
    return undefined;
  }

  /** Another ReplicaSet has the name: the next try hashes the template with one more collision. */
  private noteCollision(deployment: Deployment): void {
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    this.context.client.updateStatus('apps/deployments', {
      ...deployment,
      status: { ...deployment.status, collisionCount },
    });
  }

  private replicasAnnotations(deployment: Deployment): Record<string, string> {
    const { replicas: wanted = 1 } = deployment.spec;
    return {
      [DESIRED_REPLICAS]: String(wanted),
      [MAX_REPLICAS]: String(wanted + rollingBounds(deployment).maxSurge),
    };
  }

  private scaleAll(
    deployment: Deployment,
    steps: readonly { readonly set: ReplicaSet; readonly replicas: number }[],
  ): void {
    for (const { set, replicas } of steps) this.scale(deployment, set, replicas);
  }

  private scale(deployment: Deployment, set: ReplicaSet, replicas: number): void {
    const has = set.spec.replicas ?? 0;
    const annotations = { ...set.metadata.annotations, ...this.replicasAnnotations(deployment) };
    if (has === replicas && deepEqual(annotations, set.metadata.annotations)) return;
    const scaled = this.context.client.update('apps/replicasets', {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas },
    });
    if (scaled.ok && has !== replicas) this.recordScaling(deployment, set, has, replicas);
  }

  private recordScaling(deployment: Deployment, set: ReplicaSet, from: number, to: number): void {
    this.context.recorder.record(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`,
      component: COMPONENT,
    });
  }

  private noteRevision(deployment: Deployment, revision: string): void {
    if (deployment.metadata.annotations?.[REVISION] === revision) return;
    const { resourceVersion: _, ...metadata } = deployment.metadata;
    this.context.client.update('apps/deployments', {
      ...deployment,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } },
    });
  }

  private noteProgress(deployment: Deployment, reason: string, message: string): void {
    const current = findCondition(deployment.status?.conditions, 'Progressing');
    if (reason === 'FoundNewReplicaSet' && current !== undefined) return;
    const now = this.context.time.now();
    this.conditions = withCondition(
      this.conditions ?? deployment.status?.conditions,
      { type: 'Progressing', status: 'True', reason, message, lastUpdateTime: now },
      now,
    );
  }

  private notePaused(deployment: Deployment): void {
    const current = findCondition(deployment.status?.conditions, 'Progressing');
    const now = this.context.time.now();
    const paused = deployment.spec.paused === true;
    if (paused ? current?.reason === 'DeploymentPaused' : current?.reason !== 'DeploymentPaused')
      return;
    if (current?.reason === 'ProgressDeadlineExceeded') return;
    this.conditions = withCondition(
      deployment.status?.conditions,
      {
        type: 'Progressing',
        status: 'Unknown',
        reason: paused ? 'DeploymentPaused' : 'DeploymentResumed',
        message: paused ? 'Deployment is paused' : 'Deployment is resumed',
        lastUpdateTime: now,
      },
      now,
    );
  }

  /** Deletes the oldest sets that are at rest beyond the history that is kept. */
  private cleanUp(deployment: Deployment, newSet: ReplicaSet | undefined): void {
    const limit = deployment.spec.revisionHistoryLimit ?? DEFAULT_HISTORY;
    const old = this.refresh(deployment).filter(
      (set) =>
        set.metadata.uid !== newSet?.metadata.uid && set.metadata.deletionTimestamp === undefined,
    );
    const surplus = old.length - limit;
    if (surplus <= 0) return;
    const byRevision = byAge(old).toSorted((a, b) => revisionOf(a) - revisionOf(b));
    for (const set of byRevision.slice(0, surplus)) {
      if ((set.status?.replicas ?? 0) !== 0 || replicasOf([set]) !== 0) continue;
      this.context.client.delete('apps/replicasets', set.metadata.namespace, set.metadata.name);
    }
  }

  private report(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    newSet: ReplicaSet | undefined,
  ): void {
    const { client, time } = this.context;
    const { namespace, name } = deployment.metadata;
    const current = client.store.get('apps/deployments', namespace, name);
    if (current === undefined) return;
    const base: Deployment =
      this.conditions === undefined
        ? current
        : { ...current, status: { ...current.status, conditions: this.conditions } };
    const counted = countStatus(base, sets, newSet, time.now());
    const conditions =
      current.spec.paused === true || current.spec.progressDeadlineSeconds === 2147483647
        ? (counted.conditions ?? [])
        : progress({ deployment: base, status: counted, newSet, time });
    const status = { ...counted, conditions };
    if (!deepEqual(status, current.status)) {
      client.updateStatus('apps/deployments', { ...current, status });
    }
    const condition = findCondition(conditions, 'Progressing');
    if (condition?.status === 'True' && condition.reason !== 'NewReplicaSetAvailable') {
      const since = condition.lastUpdateTime ?? time.now();
      const waitNs = time.untilNs(since, current.spec.progressDeadlineSeconds ?? 600);
      if (waitNs > 0) this.queue.addAfter(this.key, waitNs);
    }
  }
}
