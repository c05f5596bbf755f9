/** CronJobs: a Job at each time of a schedule (upstream `pkg/controller/cronjob`, version 2). */

import type { CronJob, Job, ObjectReference } from '../../contract/kube.js';
import { type CronSchedule, nextTime, parseCron } from '../../kube/cron-schedule.js';
import { deepEqual } from '../../kube/json.js';
import { rfc3339 } from '../../kube/time.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from '../context.js';
import { startController } from '../controller.js';
import { ownedBy } from '../pod/owned.js';
import { controllerOf, controllerReference } from '../pod/pod-state.js';
import type { SyncOutcome, WorkQueue } from '../work-queue.js';
import { outcomeOf } from './job-status.js';

const COMPONENT = 'cronjob-controller';
/** Upstream gives up on counting when more starts than these were missed. */
const TOO_MANY_MISSED = 100;
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

interface Status {
  readonly active?: readonly ObjectReference[];
  readonly lastScheduleTime?: string;
  readonly lastSuccessfulTime?: string;
}

/** Starts the controller of CronJobs. */
export function startCronJobController(context: ControlContext): Controller {
  const { store } = context.client;
  return startController({
    context,
    sync: (key, queue) => sync(context, queue, key),
    wakes: {
      'batch/cronjobs': ({ object }) => [queueKey(object)],
      'batch/jobs': ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === 'CronJob'
          ? [`${object.metadata.namespace ?? ''}/${owner.name}`]
          : [];
      },
    },
    initial: () => store.list('batch/cronjobs').map(queueKey),
  });
}

function sync(context: ControlContext, queue: WorkQueue, key: string): SyncOutcome {
  const { client, time, recorder } = context;
  const cron = client.store.get('batch/cronjobs', ...splitQueueKey(key));
  if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return 'done';
  const warn = (reason: string, message: string) =>
    recorder.record(cron, { type: 'Warning', reason, message, component: COMPONENT });
  const jobs = ownedBy(client.store, 'batch/jobs', cron);
  trimHistory(context, cron, jobs);
  const status: Status = cron.status ?? {};
  const schedule = parseCron(cron.spec.schedule);
  let lastScheduleTime = status.lastScheduleTime;
  let outcome: SyncOutcome = 'done';
  if (!schedule.ok) {
    warn(
      'UnparseableSchedule',
      `unparseable schedule: "${cron.spec.schedule}" : ${schedule.error}`,
    );
  } else if (cron.spec.suspend !== true) {
    const due = dueTime(cron, schedule.value, time.nowMs);
    if (due?.tooMany === true) {
      warn(
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      );
    }
    if (due !== undefined) {
      const started = startDue(context, cron, jobs, due.atMs);
      if (started === 'started') lastScheduleTime = rfc3339(due.atMs);
      if (started === 'failed') outcome = 'retry';
    }
    const next = nextTime(schedule.value, time.nowMs, cron.spec.timeZone);
    if (next !== undefined) queue.addAfter(key, (next - time.nowMs) * 1e6);
  }
  report(context, cron, lastScheduleTime);
  return outcome;
}

/** The latest time that has come and was not served; undefined when there is none. */
function dueTime(
  cron: CronJob,
  schedule: CronSchedule,
  nowMs: number,
): { readonly atMs: number; readonly tooMany: boolean } | undefined {
  const { lastScheduleTime } = (cron.status ?? {}) as Status;
  const { startingDeadlineSeconds, timeZone } = cron.spec;
  let earliest = Date.parse(lastScheduleTime ?? cron.metadata.creationTimestamp ?? rfc3339(nowMs));
  if (startingDeadlineSeconds !== undefined && startingDeadlineSeconds !== null) {
    earliest = Math.max(earliest, nowMs - startingDeadlineSeconds * 1000);
  }
  let latest: number | undefined;
  let missed = 0;
  for (
    let at = nextTime(schedule, earliest, timeZone);
    at !== undefined && at <= nowMs;
    at = nextTime(schedule, at, timeZone)
  ) {
    latest = at;
    missed++;
    // Far behind: go on from close to now.
    if (missed > TOO_MANY_MISSED && nowMs - at > 120_000) at = Math.max(at, nowMs - 120_000);
  }
  return latest === undefined ? undefined : { atMs: latest, tooMany: missed > TOO_MANY_MISSED };
}

function startDue(
  context: ControlContext,
  cron: CronJob,
  jobs: readonly Job[],
  atMs: number,
): 'started' | 'skipped' | 'failed' {
  const { client, recorder } = context;
  const normal = (reason: string, message: string) =>
    recorder.record(cron, { type: 'Normal', reason, message, component: COMPONENT });
  const running = jobs.filter((job) => outcomeOf(job.status ?? {}) === undefined);
  // Named after the minute, so that one time never starts two.
  const name = `${cron.metadata.name}-${Math.floor(atMs / 60_000)}`;
  if (jobs.some((job) => job.metadata.name === name)) return 'started';
  if (cron.spec.concurrencyPolicy === 'Forbid' && running.length > 0) {
    normal(
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    return 'skipped';
  }
  if (cron.spec.concurrencyPolicy === 'Replace') {
    for (const job of running) {
      client.delete('batch/jobs', job.metadata.namespace, job.metadata.name, {
        propagation: 'Background',
      });
      normal('SuccessfulDelete', `Deleted job ${job.metadata.name}`);
    }
  }
  const { metadata, spec } = cron.spec.jobTemplate;
  const { namespace } = cron.metadata;
  const made = client.create('batch/jobs', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: rfc3339(atMs) },
      ownerReferences: [controllerReference(cron)],
    },
    spec,
  });
  if (made.ok || made.failure === 'exists') {
    if (made.ok) normal('SuccessfulCreate', `Created job ${name}`);
    return 'started';
  }
  recorder.record(cron, {
    type: 'Warning',
    reason: 'FailedCreate',
    message: `Error creating job: ${made.message}`,
    component: COMPONENT,
  });
  return 'failed';
}

function trimHistory(context: ControlContext, cron: CronJob, jobs: readonly Job[]): void {
  const limits = [
    ['Complete', cron.spec.successfulJobsHistoryLimit ?? 3],
    ['Failed', cron.spec.failedJobsHistoryLimit ?? 1],
  ] as const;
  for (const [outcome, limit] of limits) {
    const ended = jobs
      .filter((job) => outcomeOf(job.status ?? {}) === outcome)
      .toSorted((a, b) => startOf(a) - startOf(b));
    for (const job of ended.slice(0, Math.max(0, ended.length - limit))) {
      const { namespace, name } = job.metadata;
      context.client.delete('batch/jobs', namespace, name, { propagation: 'Background' });
      context.recorder.record(cron, {
        type: 'Normal',
        reason: 'SuccessfulDelete',
        message: `Deleted job ${name}`,
        component: COMPONENT,
      });
    }
  }
}

function startOf(job: Job): number {
  return Date.parse(job.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z');
}

function report(
  context: ControlContext,
  cron: CronJob,
  lastScheduleTime: string | undefined,
): void {
  const { client, recorder } = context;
  const jobs = ownedBy(client.store, 'batch/jobs', cron);
  const status: Status = cron.status ?? {};
  const running = jobs.filter((job) => outcomeOf(job.status ?? {}) === undefined);
  const wasActive = new Set((status.active ?? []).map((one) => one.uid));
  let { lastSuccessfulTime } = status;
  for (const job of jobs) {
    const outcome = outcomeOf(job.status ?? {});
    const completed = (job.status as { readonly completionTime?: string } | undefined)
      ?.completionTime;
    if (completed !== undefined && completed > (lastSuccessfulTime ?? ''))
      lastSuccessfulTime = completed;
    if (outcome === undefined || !wasActive.has(job.metadata.uid)) continue;
    recorder.record(cron, {
      type: 'Normal',
      reason: 'SawCompletedJob',
      message: `Saw completed job: ${job.metadata.name}, condition: ${outcome}`,
      component: COMPONENT,
    });
  }
  const next: Status = {
    ...(running.length === 0
      ? {}
      : {
          active: running.map(({ metadata }) => ({
            apiVersion: 'batch/v1',
            kind: 'Job',
            name: metadata.name,
            ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
            ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
          })),
        }),
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
  if (!deepEqual(next, cron.status ?? {})) {
    client.updateStatus('batch/cronjobs', { ...cron, status: { ...next } });
  }
}
