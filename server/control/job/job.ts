/**
 * Jobs: pods that are to succeed a number of times (upstream `pkg/controller/job`, `ttlafterfinished`).
 *
 * Fidelity: finished pods carry no tracking finalizer; what was counted once stays counted in the status.
 * podFailurePolicy, successPolicy, backoffLimitPerIndex and managedBy are not read.
 */

import type { Condition, Job, Pod } from '../../contract/kube.js';
import { deepEqual } from '../../kube/json.js';
import { findCondition, withCondition } from '../conditions.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from '../context.js';
import { startController } from '../controller.js';
import { generatedName } from '../naming.js';
import { ownedBy } from '../pod/owned.js';
import { createPod, deletePod } from '../pod/pod-control.js';
import { controllerOf, isActive, isReady } from '../pod/pod-state.js';
import type { SyncOutcome, WorkQueue } from '../work-queue.js';
import {
  backoffNs,
  formatIndexes,
  INDEX,
  indexOf,
  type JobStatus,
  outcomeOf,
  parseIndexes,
  restartsOf,
} from './job-status.js';

const COMPONENT = 'job-controller';

interface End {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

const COMPLETE: End = {
  type: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};
const BACKOFF: End = {
  type: 'Failed',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};
const DEADLINE: End = {
  type: 'Failed',
  reason: 'DeadlineExceeded',
  message: 'Job was active longer than specified deadline',
};

/** Starts the controller of Jobs. */
export function startJobController(context: ControlContext): Controller {
  const { store } = context.client;
  return startController({
    context,
    sync: (key, queue) => sync(context, queue, key),
    wakes: {
      'batch/jobs': ({ object }) => [queueKey(object)],
      pods: ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === 'Job' ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
      },
    },
    initial: () => store.list('batch/jobs').map(queueKey),
  });
}

function sync(context: ControlContext, queue: WorkQueue, key: string): SyncOutcome {
  const { client, time } = context;
  const job = client.store.get('batch/jobs', ...splitQueueKey(key));
  if (job === undefined || job.metadata.deletionTimestamp !== undefined) return 'done';
  const status: JobStatus = job.status ?? {};
  if (outcomeOf(status) !== undefined) return expire(context, queue, key);
  const pods = ownedBy(client.store, 'pods', job);
  const tally = tallyOf(job, status, pods);
  const suspended = job.spec.suspend === true;
  const startTime = suspended ? undefined : (status.startTime ?? time.now());
  let conditions = noteSuspension(context, job, status.conditions);
  const end = endOf({ job, tally, pods, startTime, context });
  let outcome: SyncOutcome = 'done';
  let completionTime: string | undefined;
  if (end !== undefined || suspended) {
    for (const pod of pods.filter(isActive)) deletePod(context, job, pod, COMPONENT);
  } else {
    outcome = manage(context, { job, tally, pods, queue, key });
    const deadline = job.spec.activeDeadlineSeconds;
    if (deadline !== undefined && startTime !== undefined) {
      queue.addAfter(key, time.untilNs(startTime, deadline));
    }
  }
  const now = ownedBy(client.store, 'pods', job);
  const counted = tallyOf(job, status, now);
  if (end !== undefined) {
    const at = time.now();
    const target = end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
    const { reason, message } = end;
    conditions = withCondition(
      conditions,
      { type: target, status: 'True', reason, message, lastProbeTime: at },
      at,
    );
    // The Job has ended only when none of its pods runs any more.
    const running = now.some(
      (pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed',
    );
    if (!running) {
      conditions = withCondition(
        conditions,
        { type: end.type, status: 'True', reason, message, lastProbeTime: at },
        at,
      );
      if (end.type === 'Complete') completionTime = at;
      recordEnd(context, job, end);
    }
  }
  const active = now.filter(isActive);
  const next: JobStatus & Record<string, unknown> = {
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
    ...(active.length === 0 ? {} : { active: active.length }),
    ...(counted.succeeded === 0 ? {} : { succeeded: counted.succeeded }),
    ...(counted.failed === 0 ? {} : { failed: counted.failed }),
    ready: active.filter(isReady).length,
    terminating: now.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    uncountedTerminatedPods: {},
    ...(counted.indexes.size === 0 ? {} : { completedIndexes: formatIndexes(counted.indexes) }),
    ...(conditions === undefined || conditions.length === 0 ? {} : { conditions }),
  };
  if (!deepEqual(next, job.status)) client.updateStatus('batch/jobs', { ...job, status: next });
  return outcome;
}

interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  readonly indexes: ReadonlySet<number>;
}

function tallyOf(job: Job, status: JobStatus, pods: readonly Pod[]): Tally {
  const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded');
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed').length;
  const indexes = new Set<number>();
  if (job.spec.completionMode === 'Indexed') {
    for (const index of parseIndexes(status.completedIndexes)) indexes.add(index);
    for (const pod of succeeded) {
      const index = indexOf(pod);
      if (index !== undefined && index < (job.spec.completions ?? 0)) indexes.add(index);
    }
    return { succeeded: indexes.size, failed: Math.max(failed, status.failed ?? 0), indexes };
  }
  return {
    succeeded: Math.max(succeeded.length, status.succeeded ?? 0),
    failed: Math.max(failed, status.failed ?? 0),
    indexes,
  };
}

function endOf(options: {
  readonly job: Job;
  readonly tally: Tally;
  readonly pods: readonly Pod[];
  readonly startTime: string | undefined;
  readonly context: ControlContext;
}): End | undefined {
  const { job, tally, pods, startTime, context } = options;
  const { completions, backoffLimit = 6, activeDeadlineSeconds } = job.spec;
  const restarts = restartsOf(job, pods);
  const target = findCondition((job.status as JobStatus | undefined)?.conditions, 'FailureTarget');
  if (target?.status === 'True') {
    return { type: 'Failed', reason: target.reason ?? '', message: target.message ?? '' };
  }
  if (tally.failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit)) return BACKOFF;
  if (
    startTime !== undefined &&
    activeDeadlineSeconds !== undefined &&
    context.time.untilNs(startTime, activeDeadlineSeconds) <= 0
  ) {
    return DEADLINE;
  }
  if (completions === undefined || completions === null) {
    return tally.succeeded > 0 && !pods.some(isActive) ? COMPLETE : undefined;
  }
  return tally.succeeded >= completions ? COMPLETE : undefined;
}

function manage(
  context: ControlContext,
  pass: {
    readonly job: Job;
    readonly tally: Tally;
    readonly pods: readonly Pod[];
    readonly queue: WorkQueue;
    readonly key: string;
  },
): SyncOutcome {
  const { job, tally, pods } = pass;
  const active = pods.filter(isActive);
  const { parallelism = 1, completions } = job.spec;
  const wanted =
    completions === undefined || completions === null
      ? tally.succeeded > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, completions - tally.succeeded);
  for (const pod of active.slice(Math.max(0, wanted))) deletePod(context, job, pod, COMPONENT);
  const missing = wanted - active.length;
  if (missing <= 0) return 'done';
  const waitNs = backoffNs(pods, context.time);
  if (waitNs > 0) {
    pass.queue.addAfter(pass.key, waitNs);
    return 'done';
  }
  const indexes =
    job.spec.completionMode === 'Indexed' ? freeIndexes(job, tally, active) : undefined;
  for (let count = 0; count < missing; count++) {
    const index = indexes?.[count];
    if (indexes !== undefined && index === undefined) break;
    if (!make(context, job, index)) return 'retry';
  }
  return 'done';
}

function freeIndexes(job: Job, tally: Tally, active: readonly Pod[]): readonly number[] {
  const taken = new Set([...tally.indexes, ...active.map(indexOf)]);
  const free: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0); index++) {
    if (!taken.has(index)) free.push(index);
  }
  return free;
}

function make(context: ControlContext, job: Job, index: number | undefined): boolean {
  const { name, uid = '' } = job.metadata;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  if (index === undefined) {
    return createPod(context, {
      owner: job,
      component: COMPONENT,
      template: job.spec.template,
      labels,
    }).ok;
  }
  const environment = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } },
  };
  const withIndex = <C extends { readonly env?: readonly unknown[] }>(container: C) => ({
    ...container,
    env: [...(container.env ?? []), environment],
  });
  const podName = generatedName(`${name}-${index}-`, context.suffix());
  return createPod(context, {
    owner: job,
    component: COMPONENT,
    template: job.spec.template,
    name: podName,
    labels: { ...labels, [INDEX]: String(index) },
    annotations: { [INDEX]: String(index) },
    message: `Created pod: ${podName}`,
    adapt: (spec) => ({
      ...spec,
      hostname: `${name}-${index}`,
      containers: spec.containers.map(withIndex),
      ...(spec.initContainers === undefined
        ? {}
        : { initContainers: spec.initContainers.map(withIndex) }),
    }),
  }).ok;
}

function noteSuspension(
  context: ControlContext,
  job: Job,
  conditions: readonly Condition[] | undefined,
): readonly Condition[] | undefined {
  const current = findCondition(conditions, 'Suspended')?.status === 'True';
  const suspended = job.spec.suspend === true;
  if (current === suspended) return conditions;
  const now = context.time.now();
  context.recorder.record(job, {
    type: 'Normal',
    reason: suspended ? 'Suspended' : 'Resumed',
    message: suspended ? 'Job suspended' : 'Job resumed',
    component: COMPONENT,
  });
  return withCondition(
    conditions,
    {
      type: 'Suspended',
      status: suspended ? 'True' : 'False',
      reason: suspended ? 'JobSuspended' : 'JobResumed',
      message: suspended ? 'Job suspended' : 'Job resumed',
      lastProbeTime: now,
    },
    now,
  );
}

function recordEnd({ recorder }: ControlContext, job: Job, end: End): void {
  const happening =
    end.type === 'Complete'
      ? { type: 'Normal' as const, reason: 'Completed', message: 'Job completed' }
      : { type: 'Warning' as const, reason: end.reason, message: end.message };
  recorder.record(job, { ...happening, component: COMPONENT });
}

/** Deletes a Job that has ended long enough ago. */
function expire(context: ControlContext, queue: WorkQueue, key: string): SyncOutcome {
  const { client, time } = context;
  const job = client.store.get('batch/jobs', ...splitQueueKey(key));
  const ttl = job?.spec.ttlSecondsAfterFinished;
  if (job === undefined || ttl === undefined || ttl === null) return 'done';
  const status: JobStatus = job.status ?? {};
  const end = findCondition(status.conditions, outcomeOf(status) ?? 'Complete');
  const waitNs = time.untilNs(end?.lastTransitionTime ?? time.now(), ttl);
  if (waitNs > 0) {
    queue.addAfter(key, waitNs);
    return 'done';
  }
  const { namespace, name } = job.metadata;
  return client.delete('batch/jobs', namespace, name, { propagation: 'Foreground' }).ok
    ? 'done'
    : 'retry';
}
