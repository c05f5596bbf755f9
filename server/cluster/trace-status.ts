/** The status of a Trace, from the journey of its probe. */

import type { Journey } from '../contract/journey.js';
import type { Condition, TraceHop, TraceStatus, TraceStep } from '../contract/kube.js';

/** Most hops and steps that a status holds, and the longest text of a step. */
const MAX_HOPS = 64;
export const MAX_STEPS = 512;
const MAX_TEXT = 300;

/** What finished a Trace, and when it began and ended (RFC 3339). */
export interface FinishedTrace {
  readonly journey: Journey;
  readonly startTime: string;
  readonly completionTime: string;
}

/** The status of a Trace whose outcome is known. */
export function completeStatus({ journey, startTime, completionTime }: FinishedTrace): TraceStatus {
  const { disposition, summary, advice, hops: all } = journey;
  const delivered = disposition === 'delivered';
  const reason = delivered ? undefined : codeOf(journey);
  const { hops, truncated } = boundHops(journey);
  const condition = (type: string, status: 'True' | 'False', why: string): Condition => ({
    type,
    status,
    reason: why,
    message: summary,
    lastTransitionTime: completionTime,
  });
  return {
    phase: 'Complete',
    conditions: [
      condition('Complete', 'True', 'OutcomeKnown'),
      condition('Delivered', delivered ? 'True' : 'False', WORDS[disposition] ?? 'Unknown'),
    ],
    disposition,
    summary,
    ...(advice === undefined ? {} : { advice }),
    ...(reason === undefined ? {} : { reason }),
    startTime,
    completionTime,
    hopCount: all.length,
    ...(truncated === undefined ? {} : { truncated }),
    hops,
  };
}

const WORDS: Readonly<Record<string, string>> = {
  delivered: 'Delivered',
  refused: 'Refused',
  dropped: 'Dropped',
  timeout: 'Timeout',
  error: 'Error',
};

/** The status of a Trace that waits, or that travels. */
export function pendingStatus(
  phase: 'Pending' | 'Running',
  now: string,
  why: { readonly reason: string; readonly message: string },
): TraceStatus {
  return {
    phase,
    conditions: [{ type: 'Complete', status: 'False', lastTransitionTime: now, ...why }],
    ...(phase === 'Running' ? { startTime: now } : {}),
  };
}

/** The status of a Trace that could not be sent. */
export function failedStatus(
  now: string,
  why: { readonly reason: string; readonly message: string },
): TraceStatus {
  return {
    phase: 'Failed',
    conditions: [
      { type: 'Complete', status: 'False', lastTransitionTime: now, ...why },
      { type: 'Failed', status: 'True', lastTransitionTime: now, ...why },
    ],
    reason: why.reason,
    summary: why.message,
    completionTime: now,
  };
}

/** The code of the step that the summary tells of; otherwise the last one there is. Broadcasts are dropped at many places. */
function codeOf({ hops, summary, disposition }: Journey): string | undefined {
  const coded = hops.flatMap(({ steps }) => steps).filter(({ code }) => code !== undefined);
  const told = coded.findLast(({ reason }) => summary.includes(reason));
  return (told ?? (disposition === 'timeout' ? undefined : coded.at(-1)))?.code;
}

function boundHops(journey: Journey): {
  readonly hops: readonly TraceHop[];
  readonly truncated: string | undefined;
} {
  const hops: TraceHop[] = [];
  let room = MAX_STEPS;
  let left = 0;
  for (const { place, packet, direction, steps } of journey.hops) {
    if (hops.length === MAX_HOPS || room === 0) {
      left += 1;
      continue;
    }
    const kept = steps.slice(0, room);
    room -= kept.length;
    if (kept.length < steps.length) left += 1;
    hops.push({ place, packet, direction, steps: kept.map(boundStep) });
  }
  const total = journey.hops.length;
  const truncated =
    left === 0
      ? undefined
      : `${left} of ${total} hops are left out or cut: at most ${MAX_HOPS} hops and ${MAX_STEPS} steps are kept; the pcap subresource has every packet`;
  return { hops, truncated };
}

function boundStep({
  component,
  action,
  device,
  reason,
  code,
  packet,
}: Journey['hops'][number]['steps'][number]): TraceStep {
  return {
    component,
    action,
    ...(device === undefined ? {} : { device }),
    reason: cut(reason),
    ...(code === undefined ? {} : { code }),
    ...(packet === undefined ? {} : { packet: cut(packet) }),
  };
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}
