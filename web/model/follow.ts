import type { Flight } from './flight.js';
import type { Box, Point } from './geometry.js';
import type { Layout } from './layout.js';

/** Space around what is shown, in units of the drawing. */
const MARGIN = 26;
/** The smallest scale at which the drawing's text (12 px) is still read from the back of a room. */
const LEGIBLE = 1;
/** The smallest scale at which what belongs together is shown together. */
const TOGETHER = 0.4;

/**
 * The part of the drawing to show while a packet is played: all that it passes when that is legible, else as much
 * around the packet as is; `legible` is the smallest scale that is. `before` stays while the packet is well inside it,
 * so that the drawing does not jitter.
 */
export function boxToFollow(
  scene: { readonly flight: Flight | undefined; readonly layout: Layout },
  view: { readonly width: number; readonly height: number },
  before: Box | undefined,
  legible = LEGIBLE,
): Box | undefined {
  const { flight, layout } = scene;
  if (flight === undefined || view.width === 0 || view.height === 0) return undefined;
  const boxes = [...flight.ahead].flatMap((id) => layout.boxes.get(id) ?? []);
  const whole = around(boxes.length === 0 ? [layout.extent] : boxes);
  const scale = Math.min(view.width / whole.width, view.height / whole.height);
  if (scale >= (flight.together ? Math.min(TOGETHER, legible) : legible))
    return same(before, whole);
  const at = flight.marks.find(({ current }) => current)?.at;
  if (at === undefined) return before ?? same(before, whole);
  const width = view.width / legible;
  const height = view.height / legible;
  const fits = before?.width === width && before.height === height;
  if (before !== undefined && fits && isWellInside(at, before)) return before;
  const all = around([layout.extent]);
  return {
    x: within(at.x - width / 2, { from: all.x, size: all.width, window: width }),
    y: within(at.y - height / 2, { from: all.y, size: all.height, window: height }),
    width,
    height,
  };
}

/** Where a window begins so that it shows nothing beyond the drawing; a drawing that is smaller stands in its middle. */
function within(
  wanted: number,
  { from, size, window }: { readonly from: number; readonly size: number; readonly window: number },
): number {
  if (size <= window) return from + (size - window) / 2;
  return Math.max(from, Math.min(wanted, from + size - window));
}

function around(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map((b) => b.x)) - MARGIN;
  const top = Math.min(...boxes.map((b) => b.y)) - MARGIN;
  const right = Math.max(...boxes.map((b) => b.x + b.width)) + MARGIN;
  const bottom = Math.max(...boxes.map((b) => b.y + b.height)) + MARGIN;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function isWellInside(at: Point, box: Box): boolean {
  const dx = Math.abs(at.x - box.x - box.width / 2);
  const dy = Math.abs(at.y - box.y - box.height / 2);
  return dx < box.width * 0.36 && dy < box.height * 0.36;
}

function same(before: Box | undefined, box: Box): Box {
  return before !== undefined &&
    before.x === box.x &&
    before.y === box.y &&
    before.width === box.width &&
    before.height === box.height
    ? before
    : box;
}
