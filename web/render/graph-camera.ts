import { type Selection, select } from 'd3-selection';
import 'd3-transition';
import {
  type D3ZoomEvent,
  type ZoomBehavior,
  type ZoomTransform,
  zoom,
  zoomIdentity,
  zoomTransform,
} from 'd3-zoom';
import { type Box, centreOf, type Point } from '../model/geometry.js';
import { themeScale } from '../state/theme.js';
import { viewport } from './viewport.js';

const MOVE_MS = 260;
const MARGIN = 18;
const LARGEST = 1.3;
/** Zoom at which things that are flown to can be read. */
const READABLE = 0.9;

/** What part of the drawing is in sight, and how it comes into sight. */
export class GraphCamera {
  /** A person has zoomed or moved the drawing since it was last fitted. */
  byHand = false;
  /** Not everything is shown any more. */
  touched = false;
  private readonly svg: Selection<SVGSVGElement, unknown, null, undefined>;
  private readonly zooming: ZoomBehavior<SVGSVGElement, unknown>;
  private fitted = false;

  /** `onMove` is called for every frame of a movement. */
  constructor(
    element: SVGSVGElement,
    world: Selection<SVGGElement, unknown, null, undefined>,
    onMove: () => void,
  ) {
    this.svg = select(element);
    this.zooming = zoom<SVGSVGElement, unknown>()
      .scaleExtent([0.08, 9])
      .on('zoom', (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
        world.attr('transform', event.transform.toString());
        this.tell();
        if (event.sourceEvent !== null) this.leave();
        onMove();
      });
    this.svg.call(this.zooming).on('dblclick.zoom', null);
  }

  /** How much larger than its own size the drawing is shown. */
  get scale(): number {
    return this.transform.k;
  }

  /** The part of the drawing in sight, in its own units. */
  visibleBox(): Box | undefined {
    const { width, height } = this.size;
    if (width === 0) return undefined;
    const { x, y, k } = this.transform;
    return { x: -x / k, y: -y / k, width: width / k, height: height / k };
  }

  /** Size of the window in CSS pixels. */
  get size(): { readonly width: number; readonly height: number } {
    const { clientWidth = 0, clientHeight = 0 } = this.svg.node() ?? {};
    return { width: clientWidth, height: clientHeight };
  }

  /** Tells whoever draws over the graph where it is. */
  tell(): void {
    const { x, y, k } = this.transform;
    viewport.set({ x, y, k, ...this.size });
  }

  /** A person chose what to look at. */
  leave(): void {
    this.touched = true;
    this.byHand = true;
  }

  /** Shows all of a box, and goes on doing so until a person zooms. */
  fit(extent: Box): void {
    const { width, height } = this.size;
    if (width === 0 || extent.width === 0) return;
    const scale = Math.min(
      (width - 2 * MARGIN) / extent.width,
      (height - 2 * MARGIN) / extent.height,
      LARGEST * themeScale(),
    );
    this.touched = false;
    this.byHand = false;
    this.go(targetFor(extent, scale, { width, height }));
  }

  /** Shows one part of the drawing as large as it can be read well, or as large as `most`. */
  show(box: Box, most = LARGEST * themeScale()): void {
    const { width, height } = this.size;
    if (width === 0 || box.width <= 0 || box.height <= 0) return;
    const scale = Math.min(width / box.width, height / box.height, most);
    this.touched = true;
    this.go(targetFor(box, scale, { width, height }));
  }

  /** Puts a box into the window as a person would, at once. */
  put(box: Box): void {
    const { width, height } = this.size;
    if (width === 0) return;
    this.leave();
    this.fitted = true;
    const scale = Math.min(width / box.width, height / box.height);
    this.svg.call(this.zooming.transform, targetFor(box, scale, { width, height }));
  }

  /** Brings something into the middle, near enough to be read. */
  flyTo(box: Box): void {
    this.leave();
    const scale = Math.max(this.scale, READABLE);
    this.go(targetFor(box, scale, this.size));
  }

  /** Moves the window until a box is in it. */
  reveal(box: Box): void {
    const view = this.visibleBox();
    if (view === undefined) return;
    const inside =
      box.x >= view.x &&
      box.y >= view.y &&
      box.x + box.width <= view.x + view.width &&
      box.y + box.height <= view.y + view.height;
    if (inside) return;
    const { x, y } = centreOf(box);
    this.leave();
    this.svg.call(this.zooming.translateTo, x, y);
  }

  /** Brings a point of the drawing into the middle, at once. */
  centre({ x, y }: Point): void {
    this.leave();
    this.svg.call(this.zooming.translateTo, x, y);
  }

  /** Zooms about the middle. */
  zoomBy(factor: number): void {
    this.leave();
    if (still()) this.svg.call(this.zooming.scaleBy, factor);
    else
      this.svg
        .transition()
        .duration(MOVE_MS / 2)
        .call(this.zooming.scaleBy, factor);
  }

  private get transform(): ZoomTransform {
    const element = this.svg.node();
    return element === null ? zoomIdentity : zoomTransform(element);
  }

  private go(target: ZoomTransform): void {
    if (!this.fitted || still()) this.svg.call(this.zooming.transform, target);
    else this.svg.transition().duration(MOVE_MS).call(this.zooming.transform, target);
    this.fitted = true;
  }
}

function targetFor(
  box: Box,
  scale: number,
  { width, height }: { readonly width: number; readonly height: number },
): ZoomTransform {
  const { x, y } = centreOf(box);
  return zoomIdentity.translate(width / 2 - x * scale, height / 2 - y * scale).scale(scale);
}

/** Whether a person asked their system for little motion. */
export function still(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
