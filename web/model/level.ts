import type { Box } from './geometry.js';

/** How near a person looks, and so how much of a pod is drawn. */
export type Level = 'far' | 'normal' | 'near' | 'nearest';

/** Width of a pod on the screen, in CSS pixels, from which on a level is drawn. */
const FROM: readonly (readonly [Level, number])[] = [
  ['nearest', 540],
  ['near', 290],
  ['normal', 86],
];
/** Share by which a limit must be passed the other way before a level is left: a zoom that trembles changes nothing. */
const PLAY = 0.08;

/** The level for pods of a width on the screen; `before` stays while the width is about at its limit. */
export function levelOf(width: number, before: Level = 'normal'): Level {
  const order: readonly Level[] = ['far', 'normal', 'near', 'nearest'];
  const rank = order.indexOf(before);
  for (const [level, from] of FROM) {
    const held = order.indexOf(level) <= rank;
    if (width >= from * (held ? 1 - PLAY : 1)) return level;
  }
  return 'far';
}

/** Pods that are looked into at once. */
const MOST_INSIDE = 24;

/** Ids of the pods that a part of the drawing shows, nearest to its middle first; as many as are looked into. */
export function podsIn(boxes: Iterable<readonly [string, Box]>, view: Box): readonly string[] {
  const x = view.x + view.width / 2;
  const y = view.y + view.height / 2;
  const seen: { readonly id: string; readonly far: number }[] = [];
  for (const [id, box] of boxes) {
    if (!id.startsWith('pod:')) continue;
    const within =
      box.x < view.x + view.width &&
      box.y < view.y + view.height &&
      box.x + box.width > view.x &&
      box.y + box.height > view.y;
    if (!within) continue;
    seen.push({ id, far: Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) });
  }
  return seen
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST_INSIDE)
    .map(({ id }) => id)
    .sort();
}
