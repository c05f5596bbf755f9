import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { CapturedLine } from '../../server/contract/capture.js';
import type { LiveStore } from '../state/live-store.js';
import { PacketPanel } from '../trace/packet-panel.js';
import { fileNameOf, octetsOf, saveFile } from '../trace/save.js';
import type { StepPacketsState } from '../trace/use-step-packets.js';
import { useCapture } from './use-capture.js';
import { CAPTURE } from './words.js';
import './capture.css';

interface Props {
  /** Vertex whose devices are listened on. */
  readonly of: string;
  readonly devices: readonly string[];
  readonly store: LiveStore;
}

/** tcpdump on a device of a pod or machine, line by line as packets pass. */
export function CaptureView({ of, devices, store }: Props) {
  const [chosen, setChosen] = useState<string>();
  const [filter, setFilter] = useState('');
  const { state, start, stop } = useCapture(store);
  const [packet, setPacket] = useState<{ readonly number: number } & StepPacketsState>();
  const { dropped, error, id, lines, running, seen } = state;
  const all = [...devices, CAPTURE.any];
  const device = all.find((name) => name === chosen) ?? all[0] ?? CAPTURE.any;

  async function begin(event: FormEvent) {
    event.preventDefault();
    setPacket(undefined);
    if (running) stop();
    else await start({ of, device, filter });
  }
  async function show(line: CapturedLine) {
    if (id === undefined) return;
    setPacket({ number: line.number });
    const answer = await store.command('capturePacket', { id, number: line.number });
    setPacket({
      number: line.number,
      ...(answer.ok ? { packets: { after: answer.value } } : { error: answer.error }),
    });
  }
  async function download() {
    if (id === undefined) return;
    const answer = await store.command('captureFile', { id });
    if (answer.ok) {
      const name = `${fileNameOf(`${of} ${device}`)}.pcapng`;
      saveFile(name, 'application/octet-stream', octetsOf(answer.value));
    }
  }

  return (
    <div className="capture-view">
      <form className="inspector-form capture-form" onSubmit={begin}>
        <div className="row">
          <select
            aria-label={CAPTURE.device}
            value={device}
            disabled={running}
            onChange={(event) => setChosen(event.target.value)}
          >
            {all.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <input
            className="capture-filter"
            aria-label={CAPTURE.filter}
            placeholder={CAPTURE.filterHint}
            value={filter}
            disabled={running}
            spellCheck={false}
            onChange={(event) => setFilter(event.target.value)}
          />
          <button type="submit" className={running ? 'danger' : 'primary'}>
            {running ? CAPTURE.stop : CAPTURE.start}
          </button>
        </div>
      </form>
      {error === undefined ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {id === undefined ? (
        <p className="note">{CAPTURE.idle}</p>
      ) : (
        <>
          <div className="row capture-state">
            <span className="muted" role="status">
              {CAPTURE.counts(seen, lines.length)}
              {dropped > 0 ? `, ${CAPTURE.dropped(dropped)}` : ''}
            </span>
            <button type="button" disabled={lines.length === 0} onClick={download}>
              {CAPTURE.download}
            </button>
          </div>
          <Lines lines={lines} shown={packet?.number} onShow={show} />
        </>
      )}
      {packet === undefined ? null : (
        <div className="capture-packet">
          <button type="button" className="quiet" onClick={() => setPacket(undefined)}>
            ✕ {CAPTURE.close}
          </button>
          <PacketPanel state={packet} />
        </div>
      )}
    </div>
  );
}

interface LinesProps {
  readonly lines: readonly CapturedLine[];
  readonly shown: number | undefined;
  readonly onShow: (line: CapturedLine) => void;
}

/** The newest lines stay in view, unless a person scrolled up to read. */
function Lines({ lines, shown, onShow }: LinesProps) {
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    if (atEnd.current && lines.length > 0)
      list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines]);
  return (
    <div
      ref={list}
      className="capture-lines"
      role="log"
      aria-label={CAPTURE.lines}
      aria-live="off"
      onScroll={({ currentTarget: { clientHeight, scrollHeight, scrollTop } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < 20;
      }}
    >
      {lines.length === 0 ? <p className="muted">{CAPTURE.waiting}</p> : null}
      {lines.map((line) => (
        <button
          key={line.number}
          type="button"
          className={line.number === shown ? 'capture-line now' : 'capture-line'}
          aria-pressed={line.number === shown}
          onClick={() => onShow(line)}
        >
          <span className="muted">
            {line.device} {CAPTURE.directions[line.direction]}
          </span>{' '}
          {line.text}
        </button>
      ))}
    </div>
  );
}
