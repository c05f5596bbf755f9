import { useEffect, useRef, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import { elapsed, type Frame, verdictOf } from '../model/playback.js';

interface Props {
  readonly journey: Journey;
  readonly frames: readonly Frame[];
  readonly position: number;
  readonly onMove: (position: number) => void;
  readonly onClose: () => void;
}

/** Time between two steps while playing, in milliseconds. */
const PLAY_MS = 620;

/** Plays a journey: forward, back, one step at a time, with the reason of each step. */
export function Player({ journey, frames, position, onMove, onClose }: Props) {
  const [playing, setPlaying] = useState(true);
  const list = useRef<HTMLOListElement>(null);
  const last = frames.length - 1;

  useEffect(() => setPlaying(journey.kind === 'packet'), [journey]);
  useEffect(() => {
    if (!playing || position >= last) return undefined;
    const timer = setTimeout(() => onMove(position + 1), PLAY_MS);
    return () => clearTimeout(timer);
  }, [playing, position, last, onMove]);
  useEffect(() => {
    list.current?.children[position]?.scrollIntoView({ block: 'nearest' });
  }, [position]);
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement)
        return;
      if (event.key === 'ArrowRight') onMove(Math.min(last, position + 1));
      else if (event.key === 'ArrowLeft') onMove(Math.max(0, position - 1));
      else return;
      setPlaying(false);
      event.preventDefault();
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  }, [position, last, onMove]);

  const go = (to: number) => {
    setPlaying(false);
    onMove(Math.max(0, Math.min(last, to)));
  };
  const verdict = verdictOf(journey);
  const frame = frames[position];
  return (
    <section className="player" aria-label="Journey">
      <div className="player-head">
        <span className={`verdict ${verdict.tone}`}>
          {verdict.mark} {journey.disposition}
        </span>
        <b className="player-title">{journey.title}</b>
        <span className="spacer" />
        <button type="button" onClick={() => go(0)} title="To the beginning">
          ⏮
        </button>
        <button type="button" onClick={() => go(position - 1)} title="One step back (←)">
          ◀
        </button>
        <button
          type="button"
          className="primary"
          onClick={() => {
            if (position >= last) onMove(0);
            setPlaying(!playing || position >= last);
          }}
        >
          {playing && position < last ? '❚❚ pause' : '▶ play'}
        </button>
        <button type="button" onClick={() => go(position + 1)} title="One step on (→)">
          ▶
        </button>
        <button type="button" onClick={() => go(last)} title="To the end">
          ⏭
        </button>
        <span className="muted">
          step {frames.length === 0 ? 0 : position + 1} of {frames.length}
        </span>
        <button type="button" onClick={onClose} title="Close">
          ✕
        </button>
      </div>
      <input
        type="range"
        min={0}
        max={Math.max(0, last)}
        value={position}
        aria-label="Step"
        onChange={(event) => go(Number(event.target.value))}
      />
      <p className={`summary ${verdict.tone}`}>{journey.summary}</p>
      <div className="player-body">
        <ol ref={list} className="steps">
          {frames.map(({ hop, step, index }) => (
            <li key={index}>
              <button
                type="button"
                className={`step ${index === position ? 'now' : ''} ${hop.direction} ${step.code === undefined ? '' : 'failed'}`}
                onClick={() => go(index)}
              >
                <span className="place">{hop.place}</span>
                <span className="what">
                  {step.component} {step.device ?? ''}
                </span>
                <span className="why">{step.reason}</span>
              </button>
            </li>
          ))}
        </ol>
        {frame === undefined ? null : <StepCard journey={journey} frame={frame} />}
      </div>
    </section>
  );
}

function StepCard({ journey, frame }: { readonly journey: Journey; readonly frame: Frame }) {
  const { hop, step } = frame;
  return (
    <div className="step-card">
      <p className="where">
        {hop.direction === 'reply'
          ? '← reply'
          : hop.direction === 'request'
            ? '→ request'
            : '· related'}{' '}
        · {hop.place}
        {step.device === undefined ? '' : ` · ${step.device}`} · +{elapsed(journey, step.atNs)}
      </p>
      <p className="reason">
        {step.reason}
        {step.code === undefined ? null : <code className="code">{step.code}</code>}
      </p>
      {step.packet === undefined ? null : <pre>{step.packet}</pre>}
      {step.changes === undefined ? null : (
        <table>
          <tbody>
            {step.changes.map((change) => (
              <tr key={change.field}>
                <th>{change.field}</th>
                <td>{change.before}</td>
                <td>→</td>
                <td>
                  <b>{change.after}</b>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {step.facts === undefined ? null : (
        <dl>
          {Object.entries(step.facts).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
