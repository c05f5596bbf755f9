import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Journey } from '../../server/contract/journey.js';
import { type Frame, framesOf, type PlaybackFilter } from '../model/playback.js';
import type { Question } from '../what-if/predict/question.js';
import { readStored, writeStored } from './stored.js';

/** Time between two steps at speed 1, in milliseconds. */
const STEP_MS = 700;

/** A question that stands open, or was just answered, and what can be done with it. */
export interface AskedQuestion {
  readonly question: Question;
  /** Index of the choice, or that it was only shown; absent while it is open. */
  readonly answer: number | 'shown' | undefined;
  choose(choice: number): void;
  /** Tells what happens; nothing is counted. */
  showMe(): void;
  /** Goes on without an answer, or after it. */
  goOn(): void;
}

/** The player of a journey: where it stands, and what moves it. */
export interface Playback {
  readonly journey: Journey | undefined;
  readonly frames: readonly Frame[];
  readonly position: number;
  readonly frame: Frame | undefined;
  readonly playing: boolean;
  readonly speed: number;
  /** How long a packet takes from step to step, in milliseconds. */
  readonly stepMs: number;
  readonly filter: PlaybackFilter;
  /** What predict mode asks before it goes on; absent while it asks nothing. */
  readonly asked?: AskedQuestion;
  /** Plays a journey from its beginning; or shows it at a step, standing still. */
  show(journey: Journey | undefined, start?: PlaybackStart): void;
  /** Shows a journey from a step on, without playing: the step at that place among all of them. */
  showAt(journey: Journey, position: number): void;
  /** Takes the same journey with what has happened since; the step that is shown stays. */
  refresh(journey: Journey): void;
  /** Goes to a position, within bounds, and stops there. */
  go(position: number): void;
  /** Plays or pauses; from the end it plays again. */
  toggle(): void;
  setSpeed(speed: number): void;
  setFilter(filter: PlaybackFilter): void;
}

/** A step of a journey to begin at: the hop's number, and the place of the step there, from 0. */
export interface PlaybackStart {
  readonly hop: number;
  readonly step: number;
  readonly filter?: PlaybackFilter | undefined;
}

const SHOWN = ['first', 'request', 'replies', 'all'] as const;

function storedFilter(): PlaybackFilter {
  const stored = readStored('playback');
  const { shown, rules } = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<
    string,
    unknown
  >;
  return {
    shown: SHOWN.find((s) => s === shown) ?? 'replies',
    rules: rules === 'all' ? 'all' : 'deciding',
  };
}

function positionOfStart(journey: Journey, start: PlaybackStart): number {
  const frames = framesOf(journey, start.filter ?? storedFilter());
  const index = frames.findIndex(
    ({ hop, step }) => hop.number === start.hop && hop.steps[start.step] === step,
  );
  return Math.max(0, index);
}

/** Keeps the state of the player. */
export function usePlayback(): Playback {
  const [journey, setJourney] = useState<Journey>();
  const [filter, setFilterState] = useState<PlaybackFilter>(storedFilter);
  const [wanted, setWanted] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  const frames = useMemo(
    () => (journey === undefined ? [] : framesOf(journey, filter)),
    [journey, filter],
  );
  const last = frames.length - 1;
  const position = Math.max(0, Math.min(wanted, last));
  const stepMs = STEP_MS / speed;

  useEffect(() => {
    if (!playing || position >= last) return undefined;
    const timer = setTimeout(() => setWanted(position + 1), stepMs);
    return () => clearTimeout(timer);
  }, [playing, position, last, stepMs]);

  const show = useCallback((next: Journey | undefined, start?: PlaybackStart) => {
    setJourney(next);
    setFilterState(({ shown, rules }) => start?.filter ?? { shown, rules });
    setWanted(next === undefined || start === undefined ? 0 : positionOfStart(next, start));
    setPlaying(next !== undefined && start === undefined);
  }, []);
  const showAt = useCallback((next: Journey, position: number) => {
    setJourney(next);
    setFilterState(({ shown, rules }) => ({ shown, rules }));
    setWanted(position);
    setPlaying(false);
  }, []);
  const refresh = useCallback((next: Journey) => {
    setJourney((before) => (before?.id === next.id && !isSame(before, next) ? next : before));
  }, []);
  const go = useCallback(
    (to: number) => {
      setPlaying(false);
      setWanted(Math.max(0, Math.min(last, to)));
    },
    [last],
  );
  const toggle = useCallback(() => {
    if (position >= last) setWanted(0);
    setPlaying(!playing || position >= last);
  }, [playing, position, last]);
  const setFilter = useCallback(
    (next: PlaybackFilter) => {
      writeStored('playback', { shown: next.shown, rules: next.rules });
      // The step that is shown stays, if it is still there.
      const step = frames[position]?.step;
      const kept =
        journey === undefined ? -1 : framesOf(journey, next).findIndex((f) => f.step === step);
      setFilterState(next);
      setWanted(Math.max(0, kept));
    },
    [frames, position, journey],
  );
  return {
    journey,
    frames,
    position,
    frame: frames[position],
    playing: playing && position < last,
    speed,
    stepMs,
    filter,
    show,
    showAt,
    refresh,
    go,
    toggle,
    setSpeed,
    setFilter,
  };
}

/** Whether nothing was added to a journey. */
function isSame(before: Journey, next: Journey): boolean {
  return (
    before.endedNs === next.endedNs &&
    before.summary === next.summary &&
    before.hops.length === next.hops.length &&
    before.hops.at(-1)?.steps.length === next.hops.at(-1)?.steps.length
  );
}
