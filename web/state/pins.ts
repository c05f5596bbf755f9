import type { Pins } from '../model/layout.js';
import { readStored, writeStored } from './stored.js';

/** Where this browser's user put machines, kept between visits. */
export function loadPins(): Pins {
  const stored = readStored('pins');
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
  writeStored('pins', Object.fromEntries(pins));
}
