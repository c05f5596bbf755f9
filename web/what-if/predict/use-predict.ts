import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Journey } from '../../../server/contract/journey.js';
import type { Frame } from '../../model/playback.js';
import type { LiveStore } from '../../state/live-store.js';
import type { AskedQuestion, Playback } from '../../state/playback.js';
import { PREDICT } from '../words.js';
import type { World } from './draft.js';
import { upTo } from './gate.js';
import { predictions } from './predict-store.js';
import { type Question, questionsOf } from './question.js';

const ROUTES = 'Routes (ip route)';
/** Places whose routes are read for choices. */
const MOST_PLACES = 12;

/**
 * The player with predict mode: what has not been asked yet is not there yet, so nothing on the page tells it, and
 * before the next step that is worth it stands a question.
 */
export function usePredict(playback: Playback, store: LiveStore): Playback {
  const { mode, answers } = useSyncExternalStore(predictions.subscribe, () => predictions.state);
  const { journey, frames, position, playing } = playback;
  const on = mode !== 'off' && journey?.kind === 'packet';
  const world = useWorld(store, on ? journey : undefined);
  const [waiting, setWaiting] = useState(false);
  /** Where somebody wanted to go before it was known what is asked on the way. */
  const [early, setEarly] = useState<number>();
  const questions = useMemo(
    () =>
      journey === undefined || world === undefined
        ? undefined
        : questionsOf(journey.id, frames, world),
    [journey, frames, world],
  );
  const next = on
    ? questions?.find((one) => answers.get(nameOf(journey, one))?.done !== true)
    : undefined;
  const last = frames.length - 1;
  const limit = !on
    ? last
    : questions === undefined
      ? 0
      : next === undefined
        ? last
        : next.askAt - 1;
  const beyond = on && next !== undefined && position > limit;
  const asks = next !== undefined && (waiting || (playing && position >= limit) || beyond);

  // The clock of the player runs on by itself: at a question it is held.
  useEffect(() => {
    if (!asks || (!playing && !beyond)) return;
    playback.go(limit);
    setWaiting(true);
  }, [asks, beyond, playing, limit, playback.go]);

  const go = useCallback(
    (to: number) => {
      if (on && questions === undefined) {
        setEarly(to);
        return;
      }
      const held = to > limit && next !== undefined;
      setWaiting(held);
      playback.go(Math.min(to, limit));
    },
    [on, questions, limit, next, playback.go],
  );
  useEffect(() => {
    if (early === undefined || (on && questions === undefined)) return;
    setEarly(undefined);
    go(early);
  }, [early, on, questions, go]);
  const toggle = useCallback(() => {
    if (next !== undefined && position >= limit) setWaiting(true);
    else playback.toggle();
  }, [next, position, limit, playback.toggle]);
  const show = useCallback(
    (journey: Journey | undefined) => {
      setWaiting(false);
      setEarly(undefined);
      playback.show(journey);
    },
    [playback.show],
  );
  const seen = useMemo(
    () => seenOf(on && limit < last ? journey : undefined, frames, limit),
    [on, journey, frames, limit, last],
  );
  if (!on || journey === undefined) return playback;
  const shown = seen ?? { journey, frames };
  const at = Math.min(position, limit);
  const asked =
    asks && next !== undefined
      ? askedOf(journey, next, () => {
          setWaiting(false);
          playback.go(next.answerAt);
        })
      : undefined;
  return {
    ...playback,
    ...shown,
    position: at,
    frame: shown.frames[at],
    playing: playing && !asks,
    go,
    toggle,
    show,
    ...(asked === undefined ? {} : { asked }),
  };
}

function nameOf(journey: Journey | undefined, { key }: Question): string {
  return `${journey?.id ?? ''} ${key}`;
}

function seenOf(journey: Journey | undefined, frames: readonly Frame[], limit: number) {
  const last = frames[Math.max(0, limit)];
  if (journey === undefined || last === undefined) return undefined;
  return {
    journey: upTo(journey, last, PREDICT.waiting),
    frames: frames.slice(0, Math.max(0, limit) + 1),
  };
}

function askedOf(journey: Journey, question: Question, onGone: () => void): AskedQuestion {
  const name = nameOf(journey, question);
  const answer = predictions.state.answers.get(name)?.choice;
  return {
    question,
    answer,
    choose(choice) {
      if (answer !== undefined) return;
      if (predictions.state.mode === 'me') predictions.score(choice === question.right ? 1 : 0, 1);
      predictions.answer(name, { choice, done: false });
    },
    showMe() {
      if (answer === undefined) predictions.answer(name, { choice: 'shown', done: false });
    },
    goOn() {
      predictions.answer(name, { choice: answer ?? 'shown', done: true });
      onGone();
    },
  };
}

/** What choices are made from; undefined until it is read. It stays as it was then: the graph changes while a class thinks. */
function useWorld(store: LiveStore, journey: Journey | undefined): World | undefined {
  const [read, setRead] = useState<{ readonly of: Journey; readonly world: World }>();
  useEffect(() => {
    if (journey === undefined) return undefined;
    let wanted = true;
    readRoutes(store, journey).then((routes) => {
      const { vertices } = store.state;
      if (wanted) setRead({ of: journey, world: { vertices, routes } });
    });
    return () => {
      wanted = false;
    };
  }, [store, journey]);
  return read?.of === journey ? read?.world : undefined;
}

async function readRoutes(store: LiveStore, { hops }: Journey): Promise<World['routes']> {
  const places = new Set(
    hops
      .filter(({ steps }) => steps.some(({ component }) => component === 'route'))
      .map(({ vertex }) => vertex),
  );
  const tables = await Promise.all(
    [...places].slice(0, MOST_PLACES).map(async (vertex) => {
      const answer = await store.command('details', { id: vertex });
      const section = answer.ok
        ? answer.value.sections.find(({ title }) => title === ROUTES)
        : undefined;
      const lines = section?.kind === 'text' ? section.text.split('\n') : [];
      return [vertex, lines] as const;
    }),
  );
  return new Map(tables);
}
