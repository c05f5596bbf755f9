import { useCallback, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import type { TraceRequest } from '../../server/contract/live.js';

/** A trace that this page sent. */
export interface PastTrace {
  /** 1 for the first of this visit. */
  readonly number: number;
  readonly request: TraceRequest;
  readonly journey: Journey;
}

/** How many traces a page remembers. */
const MOST = 20;

/** The traces of this visit, newest first. */
export interface TraceHistory {
  readonly traces: readonly PastTrace[];
  keep(request: TraceRequest, journey: Journey): void;
  /** What a journey was asked for with; undefined for journeys that this page did not ask for. */
  requestOf(journey: Journey | undefined): TraceRequest | undefined;
}

/** Keeps what was sent. */
export function useHistory(): TraceHistory {
  const [traces, setTraces] = useState<readonly PastTrace[]>([]);
  const keep = useCallback((request: TraceRequest, journey: Journey) => {
    setTraces((before) => {
      const number = (before[0]?.number ?? 0) + 1;
      return [{ number, request, journey }, ...before].slice(0, MOST);
    });
  }, []);
  return {
    traces,
    keep,
    requestOf: (journey) => traces.find((past) => past.journey === journey)?.request,
  };
}
