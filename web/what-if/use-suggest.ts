import { useState, useSyncExternalStore } from 'react';
import type { TraceRequest } from '../../server/contract/live.js';
import type { Suggestion } from '../../server/contract/what-if.js';
import { usePage } from '../page.js';
import { carryOut } from './carry-out.js';
import { type SuggestState, suggestions } from './suggest-store.js';

/** What can be done with suggestions. */
export interface SuggestActions {
  readonly state: SuggestState;
  /** Id of the suggestion that is being applied. */
  readonly applying: string | undefined;
  /** Plays the packet's way on the copy. */
  show(suggestion: Suggestion): void;
  /** Makes the change in the cluster; a suggestion that only asks otherwise is sent. */
  apply(suggestion: Suggestion): Promise<void>;
  /** Sends a trace in the cluster. */
  send(request: TraceRequest): Promise<void>;
}

/** The search of this page, and its buttons. */
export function useSuggest(): SuggestActions {
  const { history, playback, store, tell, undo } = usePage();
  const state = useSyncExternalStore(suggestions.subscribe, () => suggestions.state);
  const [applying, setApplying] = useState<string>();

  function show({ journey, trace }: Suggestion) {
    if (!history.traces.some((past) => past.journey.id === journey.id))
      history.keep(trace, journey, store.state);
    playback.show(journey);
    suggestions.show(false);
  }

  async function send(request: TraceRequest) {
    const answer = await store.command('trace', request);
    if (!answer.ok) {
      tell('bad', answer.error);
      return;
    }
    history.keep(request, answer.value, store.state);
    playback.show(answer.value);
    suggestions.show(false);
  }

  async function apply(suggestion: Suggestion) {
    if (suggestion.deeds.length === 0) {
      await send(suggestion.trace);
      return;
    }
    setApplying(suggestion.id);
    for (const deed of suggestion.deeds) {
      const answer = await carryOut(store, deed);
      if (!answer.ok) {
        tell('bad', answer.error);
        setApplying(undefined);
        return;
      }
      undo.done(answer.value.text, answer.value.undo);
    }
    suggestions.applied(suggestion.id);
    setApplying(undefined);
  }

  return { state, applying, show, apply, send };
}
