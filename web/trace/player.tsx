import { useEffect, useRef, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import { useKeys } from '../keys/use-keys.js';
import { elapsed, type Frame, isFailure, positionOfPlace, verdictOf } from '../model/playback.js';
import { ScrollBox, useScrollStop } from '../panel/scroll-box.js';
import type { LiveStore } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import { useStoredSwitch } from '../state/stored.js';
import { PredictCard } from '../what-if/predict/predict-card.js';
import { PredictSwitch } from '../what-if/predict/predict-switch.js';
import { SuggestBar } from '../what-if/suggest-bar.js';
import { ArtefactPanel } from './artefact-panel.js';
import { CompareDialog } from './compare-dialog.js';
import { PacketPanel } from './packet-panel.js';
import { useStepPackets } from './use-step-packets.js';
import { ARTEFACTS, COMPARE, PLAYER, TOOLS } from './words.js';

const SPEEDS = [0.25, 0.5, 1, 2, 4];

interface Props {
  readonly store: LiveStore;
  readonly playback: Playback;
  /** There are other traces to compare with. */
  readonly comparable: boolean;
  /** Undefined where the trace is all there is. */
  readonly onClose?: () => void;
  /** The packet's headers and octets are open until a person closes them. */
  readonly octetsAtFirst?: boolean;
}

/** Below the graph: controls, the step that is told, and how it all ends. */
export function Player(props: Props) {
  const { store, playback, comparable, onClose, octetsAtFirst = false } = props;
  const { journey, frames, position, frame } = playback;
  const [octetsShown, setOctets] = useStoredSwitch('player-octets', octetsAtFirst);
  const [artefactsShown, setArtefacts] = useStoredSwitch('player-artefacts', true);
  const isPod = journey?.kind === 'pod';
  // What can be read at a step: octets of a packet, documents of a pod.
  const [open, setOpen] = isPod ? [artefactsShown, setArtefacts] : [octetsShown, setOctets];
  const [comparing, setComparing] = useState(false);
  const packets = useStepPackets(store, open && !isPod ? journey?.id : undefined, frame);
  useKeys('player', {
    play: playback.toggle,
    back: () => playback.go(position - 1),
    on: () => playback.go(position + 1),
    placeBefore: () => goToPlace('before'),
    placeNext: () => goToPlace('next'),
    first: () => playback.go(0),
    last: () => playback.go(Number.POSITIVE_INFINITY),
    octets: () => setOpen(!open),
    compare: () => setComparing(!isPod && comparable),
  });
  function goToPlace(which: 'before' | 'next') {
    const to = positionOfPlace(frames, position, which);
    if (to !== undefined) playback.go(to);
  }
  if (journey === undefined) return null;
  const last = Math.max(0, frames.length - 1);
  const verdict = verdictOf(journey);
  return (
    <section
      className={open ? 'player with-octets' : 'player'}
      aria-label={isPod ? ARTEFACTS.player : PLAYER.label}
    >
      <div className="player-head">
        <h2 className="player-title">{journey.title}</h2>
        <span className="muted took">{PLAYER.took(elapsed(journey, journey.endedNs))}</span>
        <span className="spacer" />
        <Controls playback={playback} />
        {isPod ? null : <PredictSwitch />}
        <button
          type="button"
          className={open ? 'tool on' : 'tool'}
          aria-pressed={open}
          title={isPod ? ARTEFACTS.toolHint : TOOLS.packetHint}
          onClick={() => setOpen(!open)}
        >
          {isPod ? ARTEFACTS.tool : TOOLS.packet}
        </button>
        {isPod || !comparable ? null : (
          <button
            type="button"
            className="tool"
            title={COMPARE.toolHint}
            onClick={() => setComparing(true)}
          >
            {COMPARE.tool}
          </button>
        )}
        {onClose === undefined ? null : (
          <button
            type="button"
            className="quiet"
            onClick={onClose}
            aria-label={PLAYER.close}
            title={PLAYER.close}
          >
            ✕
          </button>
        )}
      </div>
      <input
        className="scrub"
        type="range"
        min={0}
        max={last}
        value={position}
        aria-label={PLAYER.stepOf(position + 1, frames.length)}
        onChange={(event) => playback.go(Number(event.target.value))}
      />
      {journey.advice === undefined ? null : <p className="advice">→ {journey.advice}</p>}
      <SuggestBar />
      <div className="player-body">
        <ScrollBox className={`verdict ${verdict.tone}`} label={journey.disposition}>
          <span className="verdict-word">
            {verdict.mark} {journey.disposition}
          </span>
          <span className="verdict-why">{journey.summary}</span>
        </ScrollBox>
        {playback.asked !== undefined ? (
          <PredictCard asked={playback.asked} />
        ) : frame === undefined ? (
          <p className="muted">{journey.hops.length === 0 ? TOOLS.nothing : TOOLS.noStep}</p>
        ) : (
          <StepCard journey={journey} frame={frame} playing={playback.playing} />
        )}
        {!open || frame === undefined ? null : isPod ? (
          <ArtefactPanel store={store} id={journey.id} artefacts={frame.step.artefacts} />
        ) : (
          <PacketPanel state={packets} />
        )}
      </div>
      {comparing ? <CompareDialog onClose={() => setComparing(false)} /> : null}
    </section>
  );
}

function Controls({ playback }: { readonly playback: Playback }) {
  const { position, frames, playing, speed } = playback;
  const play = useRef<HTMLButtonElement>(null);
  // The arrows step through what was sent; they would belong to a field while that has the keyboard.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every journey anew
  useEffect(() => {
    if (document.activeElement?.closest('.trace-form, .journey-play') != null)
      play.current?.focus();
  }, [playback.journey]);
  return (
    <div className="controls">
      <button
        type="button"
        onClick={() => playback.go(0)}
        aria-label={PLAYER.first}
        title={PLAYER.first}
      >
        |◀
      </button>
      <button
        type="button"
        onClick={() => playback.go(position - 1)}
        aria-label={PLAYER.back}
        title={PLAYER.back}
      >
        ◀
      </button>
      <button
        ref={play}
        type="button"
        className="primary play"
        onClick={playback.toggle}
        title={PLAYER.space}
      >
        {playing ? PLAYER.pause : PLAYER.play}
      </button>
      <button
        type="button"
        onClick={() => playback.go(position + 1)}
        aria-label={PLAYER.on}
        title={PLAYER.on}
      >
        ▶
      </button>
      <button
        type="button"
        onClick={() => playback.go(Number.POSITIVE_INFINITY)}
        aria-label={PLAYER.last}
        title={PLAYER.last}
      >
        ▶|
      </button>
      <select
        aria-label={PLAYER.speed}
        value={speed}
        onChange={(event) => playback.setSpeed(Number(event.target.value))}
      >
        {SPEEDS.map((value) => (
          <option key={value} value={value}>
            {value}×
          </option>
        ))}
      </select>
      <span className="muted count">
        {frames.length === 0 ? 0 : position + 1} / {frames.length}
      </span>
    </div>
  );
}

interface StepProps {
  readonly journey: Journey;
  readonly frame: Frame;
  /** While it plays, only the end is read out. */
  readonly playing: boolean;
}

function StepCard({ journey, frame, playing }: StepProps) {
  const { hop, step } = frame;
  const card = useRef<HTMLElement>(null);
  const stop = useScrollStop(card);
  return (
    <section
      ref={card}
      className={`step-card ${hop.direction} ${isFailure(step) ? 'failed' : ''}`}
      aria-label={TOOLS.step}
      aria-live={playing ? 'off' : 'polite'}
      {...stop}
    >
      <p className="where">
        <b>{PLAYER.directions[hop.direction]}</b> {PLAYER.at(hop.place)}
        {step.device === undefined ? '' : `, ${step.device}`} · {step.component} {step.action} ·{' '}
        {PLAYER.after(elapsed(journey, step.atNs))}
        {step.code === undefined ? null : <code className="code">{step.code}</code>}
      </p>
      <p className="reason">{step.reason}</p>
      {step.changes === undefined ? null : (
        <ul className="changes">
          {step.changes.map((change) => (
            <li key={change.field}>
              {change.field} <s>{change.before}</s> → <b>{change.after}</b>
            </li>
          ))}
        </ul>
      )}
      {step.packet === undefined ? null : <pre className="packet-line">{step.packet}</pre>}
    </section>
  );
}
