import { useState, useSyncExternalStore } from 'react';
import type { TraceRequest } from '../../server/contract/live.js';
import type { Suggestion } from '../../server/contract/what-if.js';
import { verdictOf } from '../model/playback.js';
import { usePage } from '../page.js';
import { CompareDialog } from '../trace/compare-dialog.js';
import { suggestions } from './suggest-store.js';
import { useSuggest } from './use-suggest.js';
import { SUGGEST } from './words.js';
import './what-if.css';

/** In the player: asks for what would make a failed trace arrive; over a what-if, what it is and how to go on. */
export function SuggestBar() {
  const { history, playback, store } = usePage();
  useSyncExternalStore(suggestions.subscribe, () => suggestions.state);
  const { journey } = playback;
  if (journey === undefined || journey.kind !== 'packet') return null;
  const suggestion = suggestions.suggestionOf(journey);
  if (suggestion !== undefined) return <OnCopy suggestion={suggestion} />;
  const request = history.requestOf(journey);
  if (request === undefined || verdictOf(journey).tone !== 'bad') return null;
  return (
    <div className="suggest-bar">
      <button
        type="button"
        className="suggest-ask"
        title={SUGGEST.buttonHint}
        onClick={() => {
          // Nothing moves behind the list.
          playback.go(playback.position);
          suggestions.ask(store, { request, journey });
        }}
      >
        {SUGGEST.button}
      </button>
    </div>
  );
}

/** Below a question that could not be sent: what could be meant. */
export function SuggestForRefusal({ request }: { readonly request: () => TraceRequest }) {
  const { store } = usePage();
  return (
    <button
      type="button"
      className="suggest-ask"
      title={SUGGEST.buttonHint}
      onClick={() => suggestions.ask(store, { request: request(), journey: undefined })}
    >
      {SUGGEST.button}
    </button>
  );
}

function OnCopy({ suggestion }: { readonly suggestion: Suggestion }) {
  const { history, playback } = usePage();
  const { state, applying, apply, send } = useSuggest();
  const [comparing, setComparing] = useState(false);
  const applied = state.applied.has(suggestion.id);
  const failed = state.asked?.journey;
  const pair = history.traces.filter(
    ({ journey }) => journey.id === suggestion.journey.id || journey.id === failed?.id,
  );
  return (
    <div className="suggest-bar on-copy">
      <span className="suggest-what">
        <b>{SUGGEST.onCopy}</b> {suggestion.text}
      </span>
      {applied || suggestion.deeds.length === 0 ? (
        <button type="button" className="primary" onClick={() => send(suggestion.trace)}>
          {SUGGEST.sendAgain}
        </button>
      ) : (
        <button
          type="button"
          className="primary"
          title={SUGGEST.applyHint}
          disabled={applying !== undefined}
          onClick={() => apply(suggestion)}
        >
          {applying === undefined ? SUGGEST.apply : SUGGEST.applying}
        </button>
      )}
      {pair.length < 2 ? null : (
        <button type="button" onClick={() => setComparing(true)}>
          {SUGGEST.compare}
        </button>
      )}
      <button type="button" onClick={() => suggestions.show(true)}>
        {SUGGEST.back}
      </button>
      {failed === undefined ? null : (
        <button type="button" onClick={() => playback.show(failed)}>
          {SUGGEST.backToFailed}
        </button>
      )}
      {comparing ? (
        <CompareDialog
          left={failed?.id}
          right={suggestion.journey.id}
          onClose={() => setComparing(false)}
        />
      ) : null}
    </div>
  );
}
