/** What has become of a Job's pods; pure. */

import type { Condition, Job, Pod } from '../../contract/kube.js';
import type { WallTime } from '../../kube/wall-time.js';
import { findCondition } from '../conditions.js';

export const INDEX = 'batch.kubernetes.io/job-completion-index';
const FIRST_BACKOFF_SECONDS = 10;
const MAX_BACKOFF_SECONDS = 600;

/** The status of a Job, as far as its controller reads it. */
export interface JobStatus {
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly ready?: number;
  readonly completedIndexes?: string;
  readonly conditions?: readonly Condition[];
}

/** Whether the Job has ended, and how. */
export function outcomeOf(status: JobStatus): 'Complete' | 'Failed' | undefined {
  for (const type of ['Complete', 'Failed'] as const) {
    if (findCondition(status.conditions, type)?.status === 'True') return type;
  }
  return undefined;
}

/** The index of a pod of an Indexed Job. */
export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX];
  return text === undefined ? undefined : Number(text);
}

/** `1,3-5`: indexes as upstream writes them. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; at++) {
    const from = sorted[at] ?? 0;
    let to = from;
    while (sorted[at + 1] === to + 1) {
      to++;
      at++;
    }
    parts.push(to === from ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`);
  }
  return parts.join(',');
}

/** Reads what `formatIndexes` wrote. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [from, to = from] = part.split('-').map(Number);
    if (part === '' || from === undefined || to === undefined) continue;
    for (let index = from; index <= to; index++) indexes.add(index);
  }
  return indexes;
}

/** Nanoseconds to wait before the next pod after failures: 10 s, 20 s, 40 s … up to 10 minutes from the last. */
export function backoffNs(pods: readonly Pod[], time: WallTime): number {
  const ended = pods
    .filter(({ status }) => status?.phase === 'Failed' || status?.phase === 'Succeeded')
    .map((pod) => ({ failed: pod.status?.phase === 'Failed', at: finishTime(pod, time) }))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const failures = ended.findIndex(({ failed }) => !failed);
  const count = failures < 0 ? ended.length : failures;
  const [last] = ended;
  if (count === 0 || last === undefined) return 0;
  const seconds = Math.min(FIRST_BACKOFF_SECONDS * 2 ** (count - 1), MAX_BACKOFF_SECONDS);
  return Math.max(0, time.untilNs(last.at, seconds));
}

function finishTime(pod: Pod, time: WallTime): string {
  let latest = '';
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const at = state?.terminated?.finishedAt ?? '';
    if (at > latest) latest = at;
  }
  return latest || pod.metadata.creationTimestamp || time.now();
}

/** Restarts of containers in pods that restart on failure, which count against backoffLimit. */
export function restartsOf(job: Job, pods: readonly Pod[]): number {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return 0;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const one of [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
    ]) {
      restarts += one.restartCount;
    }
  }
  return restarts;
}
