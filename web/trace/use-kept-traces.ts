import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import type { KeptTrace } from '../../server/contract/live.js';
import type { LiveStore } from '../state/live-store.js';
import type { PastTrace } from './use-history.js';

/** A trace that can be compared. */
export interface ComparableTrace {
  readonly id: string;
  readonly title: string;
  readonly disposition: Journey['disposition'];
  /** Number of this visit; absent for traces of other pages and of Trace objects. */
  readonly number?: number;
  /** `namespace/name` of a Trace object. */
  readonly object?: string;
  /** There once it was asked for. */
  readonly journey?: Journey;
}

/** The traces of this visit and those that the server keeps of others; `load` fetches the journey of one. */
export function useComparableTraces(
  store: LiveStore,
  past: readonly PastTrace[],
): {
  readonly traces: readonly ComparableTrace[];
  readonly load: (id: string) => Promise<string | undefined>;
} {
  const [kept, setKept] = useState<readonly KeptTrace[]>([]);
  const [journeys, setJourneys] = useState<ReadonlyMap<string, Journey>>(new Map());
  useEffect(() => {
    let wanted = true;
    store.command('traces', {}).then((answer) => {
      if (wanted && answer.ok) setKept(answer.value);
    });
    return () => {
      wanted = false;
    };
  }, [store]);
  const load = useCallback(
    async (id: string) => {
      const answer = await store.command('keptTrace', { id });
      if (!answer.ok) return answer.error;
      setJourneys((before) => new Map(before).set(id, answer.value.journey));
      return undefined;
    },
    [store],
  );
  const traces = useMemo(() => {
    const mine = new Set(past.map(({ journey }) => journey.id));
    const others = kept.filter(({ id }) => !mine.has(id));
    return [
      ...past.map(({ number, journey }): ComparableTrace => {
        const { id, title, disposition } = journey;
        return { id, title, disposition, number, journey };
      }),
      ...others.map(({ id, title, disposition, object }): ComparableTrace => {
        const journey = journeys.get(id);
        return {
          id,
          title,
          disposition,
          ...(object === undefined ? {} : { object }),
          ...(journey === undefined ? {} : { journey }),
        };
      }),
    ];
  }, [past, kept, journeys]);
  return { traces, load };
}
