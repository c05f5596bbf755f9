import type { TraceRequest } from '../../contract/live.js';
import type { ChangeSize, Deed, ShownChange } from '../../contract/what-if.js';
import type { Case } from './case.js';

/** A change that may make a failed trace arrive, to be tried. */
export interface Candidate {
  /** What to do, in a sentence without its full stop. */
  readonly text: string;
  /** Why an engineer would try that, in a sentence without its full stop. */
  readonly because: string;
  readonly size: ChangeSize;
  /** Commands of the page; none where only the question is changed. */
  readonly deeds: readonly Deed[];
  readonly changes: readonly ShownChange[];
  /** What is changed in the question. */
  readonly ask?: Partial<TraceRequest>;
}

/** Derives candidates from a failed trace, the likeliest first; none when the trace failed for another reason. */
export type Family = (failed: Case) => readonly Candidate[];

/** Whether a candidate leaves the cluster as it is. */
export function scopeOf({ deeds }: Candidate): 'cluster' | 'question' {
  return deeds.length === 0 ? 'question' : 'cluster';
}

/** A candidate that asks something else. */
export function askInstead(ask: Partial<TraceRequest>, text: string, because: string): Candidate {
  return { text, because, size: 'field', deeds: [], changes: [], ask };
}

/** Two candidates as one change. */
export function both(first: Candidate, second: Candidate): Candidate {
  const order: readonly ChangeSize[] = ['field', 'object', 'restart'];
  const size = order[Math.max(order.indexOf(first.size), order.indexOf(second.size))] ?? 'restart';
  const ask = { ...first.ask, ...second.ask };
  return {
    text: `${first.text}; then ${lowerFirst(second.text)}`,
    because: `${first.because}; after that, ${lowerFirst(second.because)}`,
    size,
    deeds: [...first.deeds, ...second.deeds],
    changes: [...first.changes, ...second.changes],
    ...(Object.keys(ask).length === 0 ? {} : { ask }),
  };
}

function lowerFirst(text: string): string {
  // Names of kinds and protocols keep their capitals.
  return /^(Let|Put|Take|Type|Ask|Heal|Send|Make|The|There|A|No|Nothing|Nobody)\b/.test(text)
    ? `${text.charAt(0).toLowerCase()}${text.slice(1)}`
    : text;
}
