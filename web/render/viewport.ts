import { useSyncExternalStore } from 'react';
import type { Point } from '../model/geometry.js';

/** How the drawing lies under its window: `pixel = unit · k + (x, y)`, in CSS pixels of the stage's canvas area. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly k: number;
  /** Size of the window, in CSS pixels; 0 until something is drawn. */
  readonly width: number;
  readonly height: number;
}

const NOTHING: Viewport = { x: 0, y: 0, k: 1, width: 0, height: 0 };

/**
 * Where the drawing is now, told by whichever renderer draws it (the SVG of a small cluster, the canvas of a large one).
 *
 * A canvas that lies over the drawing follows it so: put it into the stage's `.canvas` element with
 * `position: absolute; inset: 0; pointer-events: none`, listen with `viewport.subscribe(() => schedule())`, and in the
 * next animation frame draw with `const { x, y, k } = viewport.now` after
 * `context.setTransform(ratio * k, 0, 0, ratio * k, ratio * x, ratio * y)`; coordinates are then those of `Layout.boxes`
 * and `Tracks.lines`, which Stage hands to its children. The listener is called for every frame of a zoom or pan, so it
 * must only mark what is to be drawn. On a map `Tracks.lines` holds cables and uplinks, and the veths of pods on a played
 * journey; any other veth is `vethLine()` of the boxes of its pod, bridge and node.
 */
class ViewportStore {
  private current = NOTHING;
  private readonly listeners = new Set<() => void>();

  /** The newest; another object whenever something is different. */
  get now(): Viewport {
    return this.current;
  }

  /** Renderers tell where they draw. */
  set(next: Viewport): void {
    const { x, y, k, width, height } = this.current;
    const same =
      x === next.x &&
      y === next.y &&
      k === next.k &&
      width === next.width &&
      height === next.height;
    if (same) return;
    this.current = next;
    for (const listener of this.listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

/** The viewport of the page's one stage. */
export const viewport = new ViewportStore();

/** The viewport as React state: renders for every frame of a zoom, so only for small things. */
export function useViewport(): Viewport {
  return useSyncExternalStore(viewport.subscribe, () => viewport.now);
}

/** Where a point of the drawing is in its window. */
export function toWindow({ x, y }: Point, view: Viewport): Point {
  return { x: x * view.k + view.x, y: y * view.k + view.y };
}
