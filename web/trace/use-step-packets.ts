import { useEffect, useState } from 'react';
import type { StepPackets } from '../../server/contract/journey.js';
import type { Frame } from '../model/playback.js';
import type { LiveStore } from '../state/live-store.js';

/** The packet at a step, or why it cannot be shown; empty while it is on its way. */
export interface StepPacketsState {
  readonly packets?: StepPackets;
  readonly error?: string;
}

/** Packets of one trace that this page has asked for; a journey is at most twenty thousand steps. */
const MOST_KEPT = 400;
const kept = new Map<string, StepPackets>();

/** Asks the server for one step's packets; what was asked before is answered at once. */
export async function fetchStepPackets(
  store: LiveStore,
  id: string,
  frame: Frame,
): Promise<StepPacketsState> {
  const request = { id, hop: frame.hop.number, step: frame.hop.steps.indexOf(frame.step) };
  const key = JSON.stringify(request);
  const held = kept.get(key);
  if (held !== undefined) return { packets: held };
  const answer = await store.command('traceStep', request);
  if (!answer.ok) return { error: answer.error };
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, answer.value);
  return { packets: answer.value };
}

/** Headers and octets of the step that is shown; the last one stays until the next has come, so nothing flickers. */
export function useStepPackets(
  store: LiveStore,
  id: string | undefined,
  frame: Frame | undefined,
): StepPacketsState {
  const [state, setState] = useState<StepPacketsState>({});
  useEffect(() => {
    if (id === undefined || frame === undefined) return undefined;
    let wanted = true;
    const timer = setTimeout(() => {
      fetchStepPackets(store, id, frame).then((next) => {
        if (wanted) setState(next);
      });
    }, 40);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [store, id, frame]);
  return state;
}
