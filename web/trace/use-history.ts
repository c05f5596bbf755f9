import { useCallback, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import type { TraceRequest } from '../../server/contract/live.js';
import type { LiveState } from '../state/live-store.js';

/** A trace that this page sent. */
export interface PastTrace {
  /** 1 for the first of this visit. */
  readonly number: number;
  readonly request: TraceRequest;
  readonly journey: Journey;
  /** The graph when the answer came. */
  readonly graph: Graph;
}

type Graph = Pick<LiveState, 'vertices' | 'edges'>;

/** How many traces a page remembers. */
const MOST = 20;

/** The traces of this visit, newest first. */
export interface TraceHistory {
  readonly traces: readonly PastTrace[];
  keep(request: TraceRequest, journey: Journey, graph: Graph): void;
  /** What a journey was asked for with; undefined for journeys that this page did not ask for. */
  requestOf(journey: Journey | undefined): TraceRequest | undefined;
  /** The graph as it was then. */
  graphOf(journey: Journey | undefined): Graph | undefined;
}

/** Keeps what was sent. */
export function useHistory(): TraceHistory {
  const [traces, setTraces] = useState<readonly PastTrace[]>([]);
  const keep = useCallback(
    (request: TraceRequest, journey: Journey, { vertices, edges }: Graph) => {
      setTraces((before) => {
        const number = (before[0]?.number ?? 0) + 1;
        return [{ number, request, journey, graph: { vertices, edges } }, ...before].slice(0, MOST);
      });
    },
    [],
  );
  return {
    traces,
    keep,
    requestOf: (journey) => traces.find((past) => past.journey.id === journey?.id)?.request,
    graphOf: (journey) => traces.find((past) => past.journey.id === journey?.id)?.graph,
  };
}
