import { type Box, centreOf } from './geometry.js';

/** Where an arrow key points. */
export type Direction = 'left' | 'right' | 'up' | 'down';

const KEYS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** The direction of a key; undefined for other keys. */
export function directionOf(key: string): Direction | undefined {
  return KEYS[key];
}

/**
 * The nearest of some boxes in a direction: what lies straight ahead comes before what is nearer but aside. Undefined
 * when nothing lies there.
 */
export function neighbourOf(
  from: Box,
  direction: Direction,
  candidates: Iterable<readonly [string, Box]>,
): string | undefined {
  const start = centreOf(from);
  const across = direction === 'left' || direction === 'right';
  const sign = direction === 'left' || direction === 'up' ? -1 : 1;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [id, box] of candidates) {
    const at = centreOf(box);
    const along = sign * (across ? at.x - start.x : at.y - start.y);
    const aside = Math.abs(across ? at.y - start.y : at.x - start.x);
    if (along < 1 || aside > along * 3) continue;
    const cost = along + aside * 2.5;
    if (cost < least) {
      least = cost;
      best = id;
    }
  }
  return best;
}
