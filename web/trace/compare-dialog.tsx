import { useEffect, useState } from 'react';
import { type Frame, verdictOf } from '../model/playback.js';
import { usePage } from '../page.js';
import { useModal } from '../panel/use-modal.js';
import { CompareRows } from './compare-rows.js';
import { type ComparableTrace, useComparableTraces } from './use-kept-traces.js';
import { COMPARE } from './words.js';
import './compare.css';

interface Props {
  /** Ids of the traces that are chosen at first; unless said, the one that is shown and the newest other one. */
  readonly left?: string | undefined;
  readonly right?: string | undefined;
  readonly onClose: () => void;
}

/** Two traces, of this visit or of others, step beside step, with the first difference told. */
export function CompareDialog({ left: leftFirst, right: rightFirst, onClose }: Props) {
  const { store, playback, history } = usePage();
  const dialog = useModal();
  const { traces, load } = useComparableTraces(store, history.traces);
  const shown = playback.journey?.id;
  const [rightId, setRight] = useState(rightFirst);
  const [leftId, setLeft] = useState(leftFirst);
  const [onlyChanges, setOnlyChanges] = useState(false);
  const [error, setError] = useState<string>();
  const right = traces.find(({ id }) => id === (rightId ?? shown)) ?? traces[0];
  const left = traces.find(({ id }) => id === leftId) ?? traces.find(({ id }) => id !== right?.id);

  async function choose(id: string, keep: (id: string) => void) {
    keep(id);
    const chosen = traces.find((trace) => trace.id === id);
    setError(chosen?.journey === undefined ? await load(id) : undefined);
  }
  const unread = [left, right].find((trace) => trace !== undefined && trace.journey === undefined);
  const unreadId = unread?.id;
  useEffect(() => {
    if (unreadId !== undefined) load(unreadId).then(setError);
  }, [unreadId, load]);

  function goTo(trace: ComparableTrace, frame: Frame) {
    if (trace.journey === undefined) return;
    const { hop, step } = frame;
    const { filter } = playback;
    const at = { hop: hop.number, step: hop.steps.indexOf(step) };
    const shows = {
      shown: filter.shown === 'all' ? 'all' : 'replies',
      rules: filter.rules,
    } as const;
    playback.show(trace.journey, { ...at, filter: shows });
    dialog.current?.close();
  }

  return (
    <dialog ref={dialog} className="compare-dialog" aria-label={COMPARE.title} onClose={onClose}>
      <div className="row">
        <h2>{COMPARE.title}</h2>
        <span className="spacer" />
        <label className="check">
          <input
            type="checkbox"
            checked={onlyChanges}
            onChange={(event) => setOnlyChanges(event.target.checked)}
          />
          {COMPARE.onlyChanges}
        </label>
        <button type="button" onClick={() => dialog.current?.close()}>
          {COMPARE.close}
        </button>
      </div>
      {left === undefined || right === undefined ? (
        <p className="help">{COMPARE.few}</p>
      ) : (
        <>
          <div className="compare-heads">
            <Choice
              label={COMPARE.left}
              traces={traces}
              chosen={left}
              onChoose={(id) => choose(id, setLeft)}
            />
            <Choice
              label={COMPARE.right}
              traces={traces}
              chosen={right}
              onChoose={(id) => choose(id, setRight)}
            />
          </div>
          {error === undefined ? null : (
            <p className="error" role="alert">
              {error}
            </p>
          )}
          {left.journey === undefined || right.journey === undefined ? (
            <p className="help">{error === undefined ? COMPARE.loading : ''}</p>
          ) : (
            <CompareRows
              key={`${left.id} ${right.id}`}
              left={left.journey}
              right={right.journey}
              onlyChanges={onlyChanges}
              onGo={(side, frame) => goTo(side === 'left' ? left : right, frame)}
            />
          )}
        </>
      )}
    </dialog>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly traces: readonly ComparableTrace[];
  readonly chosen: ComparableTrace;
  readonly onChoose: (id: string) => void;
}

function Choice({ label, traces, chosen, onChoose }: ChoiceProps) {
  const verdict = verdictOf(chosen);
  const mine = traces.filter(({ number }) => number !== undefined);
  const others = traces.filter(({ number }) => number === undefined);
  return (
    <div className={`compare-head ${verdict.tone}`}>
      <select
        aria-label={label}
        value={chosen.id}
        onChange={(event) => onChoose(event.target.value)}
      >
        <Options label={COMPARE.visit} traces={mine} />
        <Options label={COMPARE.others} traces={others} />
      </select>
      <p>
        <b>
          {verdict.mark} {chosen.disposition}
        </b>{' '}
        {chosen.journey?.summary}
      </p>
    </div>
  );
}

function Options({
  label,
  traces,
}: {
  readonly label: string;
  readonly traces: readonly ComparableTrace[];
}) {
  if (traces.length === 0) return null;
  return (
    <optgroup label={label}>
      {traces.map((trace) => (
        <option key={trace.id} value={trace.id}>
          {trace.number === undefined ? '' : `${trace.number}. `}
          {verdictOf(trace).mark} {trace.title}
          {trace.object === undefined ? '' : ` · ${COMPARE.trace(trace.object)}`}
        </option>
      ))}
    </optgroup>
  );
}
