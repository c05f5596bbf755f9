import type { Box, Point } from '../../model/geometry.js';
import { fitText } from '../fit-text.js';
import type { Palette } from './palette.js';

/** How the drawing lies under the window: `screen = world · k + (x, y)`. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

/** What painters ask of a canvas; an `SvgPen` does the same in SVG. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'beginPath'
  | 'closePath'
  | 'moveTo'
  | 'lineTo'
  | 'save'
  | 'restore'
  | 'translate'
  | 'fillRect'
  | 'fillText'
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textAlign'
> & {
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  roundRect(x: number, y: number, width: number, height: number, radius?: number): void;
  clip(): void;
  fill(path?: Path2D): void;
  stroke(path?: Path2D): void;
  setLineDash(dash: number[]): void;
};

/** What painters paint with. Coordinates are CSS pixels of the canvas; sizes of text do not follow the zoom. */
export interface Brush {
  readonly context: Pen;
  readonly palette: Palette;
  readonly view: View;
}

const FAMILY = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

/** A font of so many CSS pixels. */
export function fontOf(size: number, bold = false): string {
  return `${bold ? '650 ' : ''}${Math.round(size)}px ${FAMILY}`;
}

/** Where a box of the drawing is on the canvas. */
export function onScreen(box: Box, { x, y, k }: View): Box {
  return { x: box.x * k + x, y: box.y * k + y, width: box.width * k, height: box.height * k };
}

/** The part of the drawing that a rectangle of the canvas shows. */
export function inWorld(box: Box, { x, y, k }: View): Box {
  return { x: (box.x - x) / k, y: (box.y - y) / k, width: box.width / k, height: box.height / k };
}

/** Whether two boxes share a point. */
export function meets(a: Box, b: Box): boolean {
  return (
    a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height
  );
}

/** How words are set. */
export interface Lettering {
  readonly size: number;
  readonly colour: string;
  readonly bold?: boolean;
  readonly align?: CanvasTextAlign;
  /** Longer words end in an ellipsis. */
  readonly room?: number;
}

/** Writes words on a base line. */
export function write({ context }: Brush, words: string, at: Point, how: Lettering): void {
  const font = fontOf(how.size, how.bold);
  context.font = font;
  context.fillStyle = how.colour;
  context.textAlign = how.align ?? 'left';
  context.fillText(how.room === undefined ? words : fitText(words, how.room, font), at.x, at.y);
}

/** Fills a rectangle with round corners, and draws its edge. */
export function panel(
  { context }: Brush,
  box: Box,
  look: {
    readonly fill?: string;
    readonly edge?: string;
    readonly width?: number;
    readonly radius?: number;
    readonly dash?: readonly number[];
  },
): void {
  context.beginPath();
  const radius = Math.min(look.radius ?? 0, box.width / 2, box.height / 2);
  if (radius > 0.5) context.roundRect(box.x, box.y, box.width, box.height, radius);
  else context.rect(box.x, box.y, box.width, box.height);
  if (look.fill !== undefined) {
    context.fillStyle = look.fill;
    context.fill();
  }
  if (look.edge === undefined) return;
  context.strokeStyle = look.edge;
  context.lineWidth = look.width ?? 1;
  context.setLineDash([...(look.dash ?? [])]);
  context.stroke();
  context.setLineDash([]);
}

/** Adds a polyline of the drawing to the path. */
export function trace({ context, view }: Brush, line: readonly Point[]): void {
  for (const [index, point] of line.entries()) {
    const x = point.x * view.k + view.x;
    const y = point.y * view.k + view.y;
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
}
