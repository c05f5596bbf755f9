import type { ShownChange, Suggestion, SuggestReport } from '../../server/contract/what-if.js';
import { diffLines, withContext } from '../model/diff.js';
import { usePage } from '../page.js';
import { useModal } from '../panel/use-modal.js';
import { suggestions } from './suggest-store.js';
import { type SuggestActions, useSuggest } from './use-suggest.js';
import { SUGGEST } from './words.js';
import './what-if.css';

/** Changes that made a failed trace arrive, each with what it changes, and what was tried in vain. */
export function SuggestDialog() {
  const actions = useSuggest();
  return actions.state.open ? <Opened actions={actions} /> : null;
}

function Opened({ actions }: { readonly actions: SuggestActions }) {
  const { store } = usePage();
  const { asked, busy, error, report } = actions.state;
  const dialog = useModal();
  return (
    <dialog
      ref={dialog}
      className="suggest-dialog"
      aria-label={SUGGEST.title}
      aria-busy={busy}
      onClose={() => suggestions.show(false)}
    >
      <div className="row">
        <h2>{SUGGEST.title}</h2>
        {report === undefined ? null : <span className="muted">{SUGGEST.took(report.tookMs)}</span>}
        <span className="spacer" />
        {busy || asked === undefined ? null : (
          <button type="button" onClick={() => suggestions.search(store, asked)}>
            {SUGGEST.again}
          </button>
        )}
        <button type="button" onClick={() => dialog.current?.close()}>
          {SUGGEST.close}
        </button>
      </div>
      {asked?.journey === undefined ? null : (
        <p className="suggest-failed">
          ✘ {asked.journey.title}: {asked.journey.summary}
        </p>
      )}
      <div className="suggest-body" aria-live="polite">
        {busy ? (
          <p className="suggest-busy">
            <span className="suggest-spinner" aria-hidden="true" /> {SUGGEST.trying}
            <button type="button" onClick={() => suggestions.stop(store)}>
              {SUGGEST.stop}
            </button>
          </p>
        ) : null}
        {error === undefined ? null : <p className="error">▲ {error}</p>}
        {report === undefined ? null : <Found report={report} actions={actions} />}
      </div>
    </dialog>
  );
}

function Found({
  report,
  actions,
}: {
  readonly report: SuggestReport;
  readonly actions: SuggestActions;
}) {
  const { others, why } = report;
  return (
    <>
      {why === undefined ? null : <p className="suggest-none">{why}.</p>}
      {why === undefined && report.suggestions.length === 0 ? (
        <p className="suggest-none">{SUGGEST.none}</p>
      ) : null}
      {report.suggestions.length === 0 ? null : <p className="muted">{SUGGEST.how}</p>}
      <ol className="suggest-list">
        {report.suggestions.map((suggestion, index) => (
          <Card key={suggestion.id} suggestion={suggestion} number={index + 1} actions={actions} />
        ))}
      </ol>
      {others.length === 0 ? null : (
        <details className="suggest-others">
          <summary>{SUGGEST.tried(others.length)}</summary>
          <ul>
            {others.map(({ text, outcome }) => (
              <li key={`${text} ${outcome}`}>
                <b>✘ {text}.</b> <span className="muted">{outcome}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface CardProps {
  readonly suggestion: Suggestion;
  readonly number: number;
  readonly actions: SuggestActions;
}

function Card({ suggestion, number, actions }: CardProps) {
  const { because, changes, deeds, id, scope, size, text } = suggestion;
  const { applying, state } = actions;
  const asks = deeds.length === 0;
  const applied = state.applied.has(id);
  const hint = asks
    ? SUGGEST.askHint
    : deeds.some(({ command }) => command === 'typed')
      ? SUGGEST.typeHint
      : SUGGEST.applyHint;
  return (
    <li className="suggest-card">
      <p className="suggest-text">
        <span className="suggest-number" aria-hidden="true">
          {number}
        </span>
        <b>✔ {text}.</b>
      </p>
      <p className="muted">
        {SUGGEST.why} {because}.
      </p>
      {changes.length === 0 ? null : (
        <details open={number === 1}>
          <summary>{SUGGEST.change}</summary>
          {changes.map((change) => (
            <Change key={JSON.stringify(change)} change={change} />
          ))}
        </details>
      )}
      <div className="row">
        <span className={`suggest-tag ${scope}`}>
          {scope === 'question' ? `? ${SUGGEST.question}` : `● ${SUGGEST.cluster}`}
        </span>
        {asks ? null : <span className="suggest-tag">{SUGGEST.sizes[size]}</span>}
        <span className="spacer" />
        <button type="button" title={SUGGEST.showHint} onClick={() => actions.show(suggestion)}>
          {SUGGEST.show}
        </button>
        <button
          type="button"
          className="primary"
          title={hint}
          disabled={applying !== undefined || applied}
          onClick={() => actions.apply(suggestion)}
        >
          {asks
            ? SUGGEST.ask
            : applied
              ? SUGGEST.applied
              : applying === id
                ? SUGGEST.applying
                : SUGGEST.apply}
        </button>
        {applied ? (
          <button type="button" onClick={() => actions.send(suggestion.trace)}>
            {SUGGEST.sendAgain}
          </button>
        ) : null}
      </div>
    </li>
  );
}

function Change({ change }: { readonly change: ShownChange }) {
  if (change.kind === 'commands')
    return (
      <>
        <p className="suggest-place">{SUGGEST.in(change.title)}</p>
        <pre className="suggest-commands">{change.lines.map((line) => `# ${line}\n`).join('')}</pre>
      </>
    );
  const { title, before, after } = change;
  return (
    <>
      <p className="suggest-place">
        {title}
        {before === '' ? ` (${SUGGEST.newObject})` : ''}
      </p>
      <Diff before={before} after={after} />
    </>
  );
}

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

function Diff({ before, after }: { readonly before: string; readonly after: string }) {
  const lines = diffLines(before.trimEnd(), after.trimEnd()).filter(
    ({ kind, text }) => kind === 'same' || text !== '',
  );
  return (
    <pre className="diff">
      {withContext(lines).map((line, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name and never move
          key={index}
          className={line?.kind ?? 'cut'}
        >
          {line === undefined ? '⋮' : `${SIGNS[line.kind]} ${line.text}`}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
