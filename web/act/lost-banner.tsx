import { useEffect, useState } from 'react';
import type { LiveState } from '../state/live-store.js';
import { LOST } from './words.js';

/** How long a connection may be away before it is told, in milliseconds: the first one takes a moment too. */
const PATIENCE_MS = 800;

/** Says that the server is away, and since when. */
export function LostBanner({ live }: { readonly live: LiveState }) {
  const [since, setSince] = useState<number>();
  const [nowMs, setNow] = useState(0);
  useEffect(() => {
    if (live.connected) {
      setSince(undefined);
      return undefined;
    }
    const lostAt = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - lostAt < PATIENCE_MS) return;
      setSince(lostAt);
      setNow(performance.now());
    }, 1000);
    return () => clearInterval(timer);
  }, [live.connected]);
  if (since === undefined || live.connected) return null;
  return (
    <p className="lost-banner" role="alert">
      ▲ {LOST.title}
      {LOST.retry(Math.round((nowMs - since) / 1000))}
    </p>
  );
}
