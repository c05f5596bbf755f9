import { useEffect, useState, useSyncExternalStore } from 'react';
import type { TrafficSettings } from './settings.js';
import { traffic } from './traffic-store.js';

/** What a person chose to see of live traffic. */
export function useTrafficSettings(): TrafficSettings {
  return useSyncExternalStore(traffic.onSettings, () => traffic.settings);
}

/** How often what is read of rates is brought up to date, in milliseconds. */
const REFRESH_MS = 500;

/** Renders again twice a second while rates may change. */
export function useRateTicks(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      traffic.passTime();
      setTick((tick) => tick + 1);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
}
