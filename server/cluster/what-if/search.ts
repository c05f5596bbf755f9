/** Looks for changes that make a failed trace arrive: each candidate is tried on a copy of its own. */

import type { Journey } from '../../contract/journey.js';
import type { TraceRequest } from '../../contract/live.js';
import type { Suggestion, SuggestReport, TriedChange } from '../../contract/what-if.js';
import type { Cluster } from '../cluster.js';
import { both, type Candidate, scopeOf } from './candidate.js';
import { type Case, caseOf, concernedBy } from './case.js';
import { copyCluster, likenessOf } from './copy.js';
import { candidatesOf } from './families.js';
import { arrived, type Outcome, outcomeOf, sentenceOf, signatureOf } from './outcome.js';
import { carryOut, takeEffect, takeLateEffect } from './trial.js';

/** How often a trace is sent on the untouched copy until it fares as it did: endpoints are chosen by chance. */
const MOST_PROOFS = 6;
/** How often a trace must arrive where several pods may be chosen. */
const TIMES = 3;
const MOST_TRIALS = 30;
const MOST_SUGGESTIONS = 6;
/** Changes that have to be made together. */
const MOST_STEPS = 3;
const ORDER = ['field', 'object', 'restart'] as const;

/** What a search is about. */
export interface Search {
  readonly live: Cluster;
  readonly request: TraceRequest;
  /** How it failed; absent when it could not even be sent. */
  readonly journey: Journey | undefined;
  /** Names what is found. */
  readonly run: string;
  /** True when it is to end. */
  readonly over: () => boolean;
}

/** What a search has found so far. */
interface Found {
  readonly suggestions: Suggestion[];
  readonly others: TriedChange[];
  trials: number;
}

/** Tries what may help, on copies; the live cluster is only read. */
export async function searchSuggestions(search: Search): Promise<SuggestReport> {
  const startMs = performance.now();
  const found: Found = { suggestions: [], others: [], trials: 0 };
  const end = (why?: string, before?: Journey): SuggestReport => ({
    suggestions: [...found.suggestions].sort(bySize),
    others: found.others,
    ...(why === undefined ? {} : { why }),
    ...(before === undefined ? {} : { before }),
    tookMs: Math.round(performance.now() - startMs),
  });
  const { live, request } = search;
  const likeness = likenessOf(live, concernedBy(live, request));
  if (!likeness.ok) return end(likeness.error);
  const untouched = await copyCluster(likeness.value, search);
  if (!untouched.ok) return end(untouched.error);
  try {
    const proof = await prove(untouched.value, search);
    if (typeof proof === 'string') return end(proof);
    const failed = caseOf(untouched.value, likeness.value, { request, outcome: proof });
    await tryAll(search, failed, found);
    const nothing =
      found.suggestions.length === 0 && found.others.length === 0
        ? 'podnet knows no change to try for a trace that failed this way'
        : undefined;
    return end(nothing, proof.journey);
  } finally {
    await untouched.value.stop();
  }
}

/** Sends the trace until it fares as it did; a sentence when it does not. */
async function prove(copy: Cluster, { journey, over, request }: Search): Promise<Outcome | string> {
  let outcome = await outcomeOf(copy, request);
  if (journey === undefined)
    return outcome.journey === undefined
      ? outcome
      : 'on the copy of the cluster this trace can be sent: send it again';
  const wanted = signatureOf({ journey, error: undefined });
  for (let sent = 1; sent < MOST_PROOFS && signatureOf(outcome) !== wanted && !over(); sent++)
    outcome = await outcomeOf(copy, request);
  if (signatureOf(outcome) === wanted) return outcome;
  return `changes are tried on a copy of the cluster, and there the trace fares otherwise (${sentenceOf(outcome)}): the cluster has changed since, or it holds what cannot be copied, so nothing that helps there is sure to help here`;
}

async function tryAll(search: Search, failed: Case, found: Found): Promise<void> {
  const known = new Set<string>();
  let level = candidatesOf(failed);
  for (let steps = 1; steps <= MOST_STEPS && level.length > 0; steps++) {
    const next: Candidate[] = [];
    for (const candidate of level) {
      if (isEnough(search, found)) return;
      known.add(keyOf(candidate));
      found.trials += 1;
      const led =
        scopeOf(candidate) === 'question'
          ? await ask(search, failed, candidate, found)
          : await tryOne(search, failed, candidate, found);
      for (const second of led) {
        const joined = both(candidate, second);
        if (known.has(keyOf(joined))) continue;
        known.add(keyOf(joined));
        next.push(joined);
      }
    }
    if (found.suggestions.some(({ scope }) => scope === 'cluster')) return;
    level = next;
  }
}

function isEnough({ over }: Search, { suggestions, trials }: Found): boolean {
  return over() || trials >= MOST_TRIALS || suggestions.length >= MOST_SUGGESTIONS;
}

/** The same for changes that differ in their order alone, or that say the same twice. */
function keyOf({ deeds, ask: asked }: Candidate): string {
  const texts = new Set(deeds.map((deed) => JSON.stringify(deed)));
  return JSON.stringify([[...texts].sort(), asked]);
}

/** Another question needs no copy of its own: it changes nothing. */
async function ask(
  search: Search,
  failed: Case,
  candidate: Candidate,
  found: Found,
): Promise<readonly Candidate[]> {
  const request = askedIn(search, candidate);
  const outcome = await sendOften(failed.cluster, request);
  return judge(search, failed, found, { candidate, copy: failed.cluster, request, outcome });
}

/** Tries a change on a copy of its own. */
async function tryOne(
  search: Search,
  failed: Case,
  candidate: Candidate,
  found: Found,
): Promise<readonly Candidate[]> {
  const copied = await copyCluster(failed.likeness, search);
  if (!copied.ok) return [];
  const copy = copied.value;
  try {
    const done = await carryOut(copy, candidate.deeds);
    if (!done.ok) {
      found.others.push({ text: candidate.text, outcome: done.error });
      return [];
    }
    const request = askedIn(search, candidate);
    await takeEffect(copy, search.over);
    let outcome = await sendOften(copy, request);
    if (!arrived(outcome) && (await takeLateEffect(copy, search.over)))
      outcome = await sendOften(copy, request);
    return judge(search, failed, found, { candidate, copy, request, outcome });
  } finally {
    await copy.stop();
  }
}

interface Tried {
  readonly candidate: Candidate;
  readonly copy: Cluster;
  readonly request: TraceRequest;
  readonly outcome: Outcome;
}

/** Keeps what arrived; what could follow where a change only leads to another loss. */
function judge(search: Search, failed: Case, found: Found, tried: Tried): readonly Candidate[] {
  const { candidate, copy, outcome, request } = tried;
  if (arrived(outcome)) {
    keep(search, found, tried);
    return [];
  }
  found.others.push({ text: candidate.text, outcome: sentenceOf(outcome) });
  if (search.over() || signatureOf(outcome) === signatureOf(failed.outcome)) return [];
  const further = caseOf(copy, failed.likeness, { request, outcome });
  return candidatesOf(further).filter((next) => scopeOf(next) === 'cluster');
}

/** Where several pods may be chosen, one that is lucky is not enough: the first loss of several sendings counts. */
async function sendOften(copy: Cluster, request: TraceRequest): Promise<Outcome> {
  const first = await outcomeOf(copy, request);
  for (let time = 1; time < TIMES && arrived(first); time++) {
    const next = await outcomeOf(copy, request);
    if (!arrived(next)) return next;
  }
  return first;
}

function askedIn({ request }: Search, candidate: Candidate): TraceRequest {
  return { ...request, ...candidate.ask };
}

function keep(
  search: Search,
  found: Found,
  { candidate, outcome }: Pick<Tried, 'candidate' | 'outcome'>,
): void {
  const { journey, record } = outcome;
  if (journey === undefined || record === undefined) return;
  const id = `${search.run}-${found.suggestions.length + 1}`;
  const named = { ...journey, id, title: `what if: ${journey.title}` };
  const trace = askedIn(search, candidate);
  search.live.archive.keep({ ...record, journey: named }, { request: trace, onCopy: true });
  const { text, because, size, changes, deeds } = candidate;
  found.suggestions.push({
    id,
    text,
    because,
    scope: scopeOf(candidate),
    size,
    changes,
    deeds,
    trace,
    journey: named,
  });
}

function bySize(a: Suggestion, b: Suggestion): number {
  return (
    Number(a.scope === 'question') - Number(b.scope === 'question') ||
    a.deeds.length - b.deeds.length ||
    ORDER.indexOf(a.size) - ORDER.indexOf(b.size)
  );
}
