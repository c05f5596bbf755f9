import type { Box, Point } from '../../model/geometry.js';

/** What dragging needs of a map. */
export interface Draggable {
  readonly svg: SVGSVGElement;
  /** The machine or room under the pointer, and where it is; undefined for anything else. */
  take(event: PointerEvent): { readonly id: string; readonly box: Box } | undefined;
  /** How many pixels a unit of the drawing takes. */
  scale(): number;
  /** Shows where the thing would be; undefined when it is let go. */
  preview(box: Box | undefined): void;
  drop(id: string, at: Point): void;
}

/** How far a pointer must go before something is dragged, in CSS pixels. */
const SLACK = 4;

/** Hears Shift and the pointer: what is dragged so is pinned where it is let go. Answers how to stop hearing. */
export function hearDrags(map: Draggable): () => void {
  const onDown = (down: PointerEvent): void => {
    if (!down.shiftKey || down.button !== 0) return;
    const taken = map.take(down);
    if (taken === undefined) return;
    down.preventDefault();
    map.svg.setPointerCapture(down.pointerId);
    let box: Box | undefined;
    const onMove = (event: PointerEvent): void => {
      const dx = event.clientX - down.clientX;
      const dy = event.clientY - down.clientY;
      if (box === undefined && Math.hypot(dx, dy) < SLACK) return;
      const k = map.scale();
      box = { ...taken.box, x: taken.box.x + dx / k, y: taken.box.y + dy / k };
      map.preview(box);
    };
    const onEnd = (event: PointerEvent): void => {
      map.svg.removeEventListener('pointermove', onMove);
      map.svg.removeEventListener('pointerup', onEnd);
      map.svg.removeEventListener('pointercancel', onEnd);
      map.preview(undefined);
      if (box === undefined || event.type === 'pointercancel') return;
      map.drop(taken.id, { x: Math.round(box.x), y: Math.round(box.y) });
    };
    map.svg.addEventListener('pointermove', onMove);
    map.svg.addEventListener('pointerup', onEnd);
    map.svg.addEventListener('pointercancel', onEnd);
  };
  map.svg.addEventListener('pointerdown', onDown);
  return () => map.svg.removeEventListener('pointerdown', onDown);
}
