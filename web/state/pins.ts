import type { Pins } from '../model/layout.js';

const KEY = 'podnet.pins';

/** Where this browser's user put machines, kept between visits. */
export function loadPins(): Pins {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    const entries = Object.entries(stored as Record<string, { x: number; y: number }>);
    return new Map(entries.filter(([, pin]) => Number.isFinite(pin.x) && Number.isFinite(pin.y)));
  } catch {
    return new Map();
  }
}

/** Keeps them; a browser that refuses storage forgets them at the end of the visit. */
export function savePins(pins: Pins): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(pins)));
  } catch {
    // Private windows may refuse; the page works without.
  }
}
