/** Sends a trace on a copy and says whether it fared like another one. */

import type { Journey } from '../../contract/journey.js';
import type { TraceRequest } from '../../contract/live.js';
import type { Cluster } from '../cluster.js';
import { type RecordedOutcome, traceProbe } from '../tracing.js';
import { failuresOf } from './failures.js';

/** How a trace ended, or why it could not be sent. */
export interface Outcome {
  readonly journey: Journey | undefined;
  readonly error: string | undefined;
  readonly record: RecordedOutcome | undefined;
}

/** Sends a trace. */
export async function outcomeOf(cluster: Cluster, request: TraceRequest): Promise<Outcome> {
  const answer = await traceProbe(cluster, request);
  if (!answer.ok) return { journey: undefined, error: answer.error, record: undefined };
  const { journey } = answer.value;
  return { journey, error: undefined, record: cluster.archive.record(journey.id) };
}

/** True when the packet arrived. */
export function arrived({ journey }: Outcome): boolean {
  return journey?.disposition === 'delivered';
}

/** How it ended, in a sentence. */
export function sentenceOf({ journey, error }: Outcome): string {
  return journey === undefined ? (error ?? '') : `${journey.disposition}: ${journey.summary}`;
}

/** What two traces that fared alike have in common: verdict, and place and reason of the last loss. */
export function signatureOf({ journey, error }: Pick<Outcome, 'journey' | 'error'>): string {
  if (journey === undefined) return `error ${error}`;
  const last = failuresOf(journey).at(-1);
  return [
    journey.disposition,
    last?.hop.place ?? '',
    last?.step.component ?? '',
    last?.code ?? '',
  ].join(' · ');
}
