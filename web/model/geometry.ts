/** A point of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle of the drawing, in its own units; at a zoom of 1 a unit is a CSS pixel. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The middle of a box. */
export function centreOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** `value`, or the bound that it passes. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** How long a polyline is. */
export function lengthOf(line: readonly Point[]): number {
  let length = 0;
  for (let i = 1; i < line.length; i += 1) length += distance(line[i - 1], line[i]);
  return length;
}

/** The point at a share from 0 to 1 of a polyline's length; undefined for an empty line. */
export function pointAlong(line: readonly Point[], share: number): Point | undefined {
  let left = lengthOf(line) * clamp(share, 0, 1);
  for (let i = 1; i < line.length; i += 1) {
    const from = line[i - 1];
    const to = line[i];
    const piece = distance(from, to);
    if (from !== undefined && to !== undefined && left <= piece && piece > 0) {
      const t = left / piece;
      return { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t };
    }
    left -= piece;
  }
  return line.at(-1);
}

/** An SVG path along a polyline whose corners are rounded. */
export function roundedPath(line: readonly Point[], radius = 8): string {
  const [first] = line;
  if (first === undefined) return '';
  let path = `M${first.x},${first.y}`;
  for (let i = 1; i < line.length; i += 1) {
    const before = line[i - 1];
    const here = line[i];
    const after = line[i + 1];
    if (before === undefined || here === undefined) continue;
    if (after === undefined) {
      path += `L${here.x},${here.y}`;
      continue;
    }
    const r = Math.min(radius, distance(before, here) / 2, distance(here, after) / 2);
    const into = towards(here, before, r);
    const out = towards(here, after, r);
    path += `L${into.x},${into.y}Q${here.x},${here.y} ${out.x},${out.y}`;
  }
  return path;
}

/** How far two points are apart; 0 while one is missing. */
export function distance(a: Point | undefined, b: Point | undefined): number {
  return a === undefined || b === undefined ? 0 : Math.hypot(b.x - a.x, b.y - a.y);
}

function towards(from: Point, to: Point, by: number): Point {
  const whole = distance(from, to);
  if (whole === 0) return from;
  return { x: from.x + ((to.x - from.x) * by) / whole, y: from.y + ((to.y - from.y) * by) / whole };
}
