import type { Pins } from '../model/layout.js';
import { clusterBase } from './cluster-base.js';
import { readStored, writeStored } from './stored.js';

/** Each cluster of a server has its own. */
function keyOfCluster(): string {
  const base = clusterBase(location.pathname);
  return base === '' ? 'pins' : `pins${base}`;
}

/** Where this browser's user put machines, kept between visits. */
export function loadPins(): Pins {
  const stored = readStored(keyOfCluster());
  if (typeof stored !== 'object' || stored === null) return new Map();
  const entries = Object.entries(stored as Record<string, { x: number; y: number } | null>);
  return new Map(
    entries.flatMap(([id, pin]) =>
      pin !== null && Number.isFinite(pin.x) && Number.isFinite(pin.y)
        ? [[id, { x: pin.x, y: pin.y }]]
        : [],
    ),
  );
}

/** Keeps them. */
export function savePins(pins: Pins): void {
  writeStored(keyOfCluster(), Object.fromEntries(pins));
}
