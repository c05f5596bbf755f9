import { useEffect, useMemo, useRef, useState } from 'react';
import { type Frame, framesOf, isFailure, verdictOf } from '../model/playback.js';
import { type AlignedRow, alignTraces } from './align.js';
import type { PastTrace } from './use-history.js';
import { COMPARE } from './words.js';

interface Props {
  readonly traces: readonly PastTrace[];
  readonly onClose: () => void;
}

/** Two traces of this visit, step beside step, with the first difference marked. */
export function CompareDialog({ traces, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [rightNumber, setRight] = useState(traces[0]?.number ?? 0);
  const [leftNumber, setLeft] = useState(traces[1]?.number ?? 0);
  const [onlyChanges, setOnlyChanges] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const left = traces.find(({ number }) => number === leftNumber);
  const right = traces.find(({ number }) => number === rightNumber);
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
            <Choice label={COMPARE.left} traces={traces} chosen={left} onChoose={setLeft} />
            <Choice label={COMPARE.right} traces={traces} chosen={right} onChoose={setRight} />
          </div>
          <Rows left={left} right={right} onlyChanges={onlyChanges} />
        </>
      )}
    </dialog>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly traces: readonly PastTrace[];
  readonly chosen: PastTrace;
  readonly onChoose: (number: number) => void;
}

function Choice({ label, traces, chosen, onChoose }: ChoiceProps) {
  const { journey } = chosen;
  const verdict = verdictOf(journey);
  return (
    <div className={`compare-head ${verdict.tone}`}>
      <select
        aria-label={label}
        value={chosen.number}
        onChange={(event) => onChoose(Number(event.target.value))}
      >
        {traces.map(({ number, journey: one }) => (
          <option key={number} value={number}>
            {number}. {verdictOf(one).mark} {one.title}
          </option>
        ))}
      </select>
      <p>
        <b>
          {verdict.mark} {journey.disposition}
        </b>{' '}
        {journey.summary}
      </p>
    </div>
  );
}

const FILTER = { shown: 'replies', rules: 'deciding' } as const;

function Rows({
  left,
  right,
  onlyChanges,
}: {
  readonly left: PastTrace;
  readonly right: PastTrace;
  readonly onlyChanges: boolean;
}) {
  const list = useRef<HTMLDivElement>(null);
  const { rows, first } = useMemo(
    () => alignTraces(framesOf(left.journey, FILTER), framesOf(right.journey, FILTER)),
    [left, right],
  );
  useEffect(() => {
    if (first !== undefined)
      list.current?.querySelector('.compare-row.first')?.scrollIntoView({ block: 'center' });
  }, [first]);
  return (
    <div ref={list} className="compare-rows">
      {first === undefined ? <p className="help good">✔ {COMPARE.same}</p> : null}
      {rows.map((row, index) =>
        onlyChanges && !row.differs ? null : (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are made anew when the traces change
          <Row key={index} row={row} first={index === first} />
        ),
      )}
    </div>
  );
}

function Row({ row, first }: { readonly row: AlignedRow; readonly first: boolean }) {
  const classes = ['compare-row'];
  if (row.differs) classes.push('differs');
  if (first) classes.push('first');
  return (
    <div className={classes.join(' ')}>
      {first ? <p className="compare-mark">▼ {COMPARE.first}</p> : null}
      <Cell frame={row.left} />
      <Cell frame={row.right} />
    </div>
  );
}

function Cell({ frame }: { readonly frame: Frame | undefined }) {
  if (frame === undefined) return <div className="compare-cell missing">{COMPARE.missing}</div>;
  const { hop, step } = frame;
  return (
    <div className={`compare-cell ${isFailure(step) ? 'failed' : ''}`}>
      <span className="muted">
        {hop.direction === 'reply' ? '←' : '→'} {hop.place} · {step.component} {step.action}{' '}
        {step.device ?? ''}
      </span>
      <span>
        {isFailure(step) ? '✘ ' : ''}
        {step.reason}
      </span>
    </div>
  );
}
