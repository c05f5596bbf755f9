import { useEffect, useState } from 'react';
import type { LiveState, LiveStore } from '../state/live-store.js';

const SPEEDS = [0.1, 0.5, 1, 2, 5, 10, 60];
/** How often the shown time is brought up to date, in milliseconds. */
const TICK_MS = 100;

interface Props {
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly onError: (text: string) => void;
}

/** The simulated clock and its controls; between messages from the server the page counts on by itself. */
export function Clock({ live, store, onError }: Props) {
  const { clock } = live;
  if (clock === undefined) return null;
  const ask = async (request: { paused?: boolean; step?: true; speed?: number }) => {
    const answer = await store.command('clock', request);
    if (!answer.ok) onError(answer.error);
  };
  return (
    <fieldset className="clock" aria-label="Simulated clock">
      <Time live={live} />
      <button
        type="button"
        onClick={() => ask({ paused: !clock.paused })}
        title={
          clock.paused
            ? 'Let simulated time run'
            : 'Stop simulated time: the whole cluster stands still'
        }
      >
        {clock.paused ? '▶ run' : '❚❚ pause'}
      </button>
      <button type="button" onClick={() => ask({ step: true })} title="Run the next event only">
        ❙▶ step
      </button>
      <select
        aria-label="Speed of the simulated clock"
        title="Simulated seconds per second"
        value={clock.speed}
        onChange={(e) => ask({ speed: Number(e.target.value) })}
      >
        {[...new Set([...SPEEDS, clock.speed])]
          .sort((a, b) => a - b)
          .map((speed) => (
            <option key={speed} value={speed}>
              {speed}×{speed < 1 ? ' slow' : ''}
            </option>
          ))}
      </select>
    </fieldset>
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
    <output title={`Simulated time ${shown}`} className={clock.paused ? 'stopped' : ''}>
      {shown.slice(11, clock.speed < 1 || clock.paused ? 23 : 21)}
    </output>
  );
}
