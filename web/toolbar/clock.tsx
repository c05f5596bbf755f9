import { useEffect, useState } from 'react';
import { usePage } from '../page.js';
import type { LiveState } from '../state/live-store.js';
import { CLOCK } from './words.js';

const SPEEDS = [0.1, 0.5, 1, 2, 5, 10, 60];
/** How often the shown time is brought up to date, in milliseconds. */
const TICK_MS = 100;

/** The simulated clock and its controls; between messages from the server the page counts on by itself. */
export function Clock() {
  const { live, store, tell } = usePage();
  const { clock } = live;
  if (clock === undefined) return null;
  const ask = async (request: { paused?: boolean; step?: true; speed?: number }) => {
    const answer = await store.command('clock', request);
    if (!answer.ok) tell('bad', answer.error);
  };
  return (
    <span className="clock">
      <Time live={live} />
      <button
        type="button"
        onClick={() => ask({ paused: !clock.paused })}
        aria-label={clock.paused ? CLOCK.run.word : CLOCK.pause.word}
        title={clock.paused ? CLOCK.runTitle : CLOCK.pauseTitle}
      >
        <Sign {...(clock.paused ? CLOCK.run : CLOCK.pause)} />
      </button>
      <button
        type="button"
        onClick={() => ask({ step: true })}
        aria-label={CLOCK.step.word}
        title={CLOCK.stepTitle}
      >
        <Sign {...CLOCK.step} />
      </button>
      <select
        aria-label={CLOCK.speed}
        title={CLOCK.speedTitle}
        value={clock.speed}
        onChange={(e) => ask({ speed: Number(e.target.value) })}
      >
        {[...new Set([...SPEEDS, clock.speed])]
          .sort((a, b) => a - b)
          .map((speed) => (
            <option key={speed} value={speed}>
              {CLOCK.times(speed)}
            </option>
          ))}
      </select>
    </span>
  );
}

/** The word gives way where the toolbar is narrow. */
function Sign({ sign, word }: { readonly sign: string; readonly word: string }) {
  return (
    <>
      {sign}
      <span className="word"> {word}</span>
    </>
  );
}

function Time({ live }: { readonly live: LiveState }) {
  const [, setTick] = useState(0);
  const { clock, clockAtMs, connected } = live;
  const running = clock !== undefined && !clock.paused && connected;
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => setTick((n) => n + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [running]);
  if (clock === undefined) return null;
  const passedMs = running ? (performance.now() - clockAtMs) * clock.speed : 0;
  const shown = new Date(Date.parse(clock.now) + passedMs).toISOString();
  return (
    <output title={CLOCK.time(shown)} className={clock.paused ? 'stopped' : ''}>
      {shown.slice(11, clock.speed < 1 || clock.paused ? 23 : 21)}
    </output>
  );
}
