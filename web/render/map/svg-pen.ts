import type { Pen } from './canvas-tools.js';

/** The text that a path was made from: a canvas's path does not tell. */
const texts = new WeakMap<Path2D, string>();

/** A path that both a canvas and an `SvgPen` can draw. */
export function pathOf(text: string): Path2D {
  const path = new Path2D(text);
  texts.set(path, text);
  return path;
}

interface Ink {
  fillStyle: Pen['fillStyle'];
  strokeStyle: Pen['strokeStyle'];
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  dash: readonly number[];
  shift: readonly [x: number, y: number];
  /** Groups that this state has opened. */
  groups: number;
}

/** Takes what painters draw on a canvas, and writes SVG of it. */
export class SvgPen implements Pen {
  private readonly parts: string[] = [];
  private readonly saved: Ink[] = [];
  private clips = 0;
  private path = '';
  private ink: Ink = {
    fillStyle: '#000',
    strokeStyle: '#000',
    lineWidth: 1,
    globalAlpha: 1,
    font: '10px sans-serif',
    textAlign: 'left',
    dash: [],
    shift: [0, 0],
    groups: 0,
  };

  /** What was drawn, as elements of an SVG file. */
  get markup(): string {
    return this.parts.join('');
  }

  get fillStyle() {
    return this.ink.fillStyle;
  }
  set fillStyle(value) {
    this.ink.fillStyle = value;
  }
  get strokeStyle() {
    return this.ink.strokeStyle;
  }
  set strokeStyle(value) {
    this.ink.strokeStyle = value;
  }
  get lineWidth() {
    return this.ink.lineWidth;
  }
  set lineWidth(value) {
    this.ink.lineWidth = value;
  }
  get globalAlpha() {
    return this.ink.globalAlpha;
  }
  set globalAlpha(value) {
    this.ink.globalAlpha = value;
  }
  get font() {
    return this.ink.font;
  }
  set font(value) {
    this.ink.font = value;
  }
  get textAlign() {
    return this.ink.textAlign;
  }
  set textAlign(value) {
    this.ink.textAlign = value;
  }

  setLineDash(dash: Iterable<number>): void {
    this.ink.dash = [...dash];
  }

  save(): void {
    this.saved.push({ ...this.ink });
    this.ink = { ...this.ink, groups: 0 };
  }

  restore(): void {
    this.parts.push('</g>'.repeat(this.ink.groups));
    this.ink = this.saved.pop() ?? this.ink;
  }

  translate(x: number, y: number): void {
    const [shiftX, shiftY] = this.ink.shift;
    this.ink.shift = [shiftX + x, shiftY + y];
  }

  beginPath(): void {
    this.path = '';
  }

  closePath(): void {
    this.path += 'Z';
  }

  moveTo(x: number, y: number): void {
    this.path += `M${this.at(x, y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `L${this.at(x, y)}`;
  }

  arc(x: number, y: number, radius: number): void {
    const r = short(radius);
    this.path += `M${this.at(x - radius, y)}a${r},${r} 0 1 0 ${r * 2},0a${r},${r} 0 1 0 ${-r * 2},0Z`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${this.at(x, y)}h${short(width)}v${short(height)}h${short(-width)}Z`;
  }

  roundRect(x: number, y: number, width: number, height: number, radii = 0): void {
    const r = short(radii);
    const across = short(width - 2 * r);
    const down = short(height - 2 * r);
    const arc = (toX: number, toY: number) => `a${r},${r} 0 0 1 ${toX},${toY}`;
    this.path += `M${this.at(x + r, y)}h${across}${arc(r, r)}v${down}${arc(-r, r)}h${-across}${arc(-r, -r)}v${-down}${arc(r, -r)}Z`;
  }

  clip(): void {
    this.clips += 1;
    const id = `clip${this.clips}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath>`);
    this.parts.push(`<g clip-path="url(#${id})">`);
    this.ink.groups += 1;
  }

  fill(path?: Path2D): void {
    this.draw(path, `fill="${escaped(this.ink.fillStyle)}"`);
  }

  stroke(path?: Path2D): void {
    const { strokeStyle, lineWidth, dash } = this.ink;
    const dashes = dash.length === 0 ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
    const look = `stroke="${escaped(strokeStyle)}" stroke-width="${short(lineWidth)}"${dashes}`;
    this.draw(path, `fill="none" ${look}`);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const [left, top] = this.at(x, y).split(',');
    this.parts.push(
      `<rect x="${left}" y="${top}" width="${short(width)}" height="${short(height)}" fill="${escaped(this.ink.fillStyle)}"${this.faintness()}/>`,
    );
  }

  fillText(words: string, x: number, y: number): void {
    const [left, top] = this.at(x, y).split(',');
    const anchor = { center: 'middle', right: 'end', end: 'end', left: 'start', start: 'start' };
    this.parts.push(
      `<text x="${left}" y="${top}" style="font:${escaped(this.ink.font)}" text-anchor="${anchor[this.ink.textAlign]}" fill="${escaped(this.ink.fillStyle)}"${this.faintness()}>${escaped(words)}</text>`,
    );
  }

  private draw(path: Path2D | undefined, look: string): void {
    const text = path === undefined ? this.path : texts.get(path);
    if (text === undefined || text === '') return;
    const [x, y] = this.ink.shift;
    const moved =
      path === undefined || (x === 0 && y === 0)
        ? ''
        : ` transform="translate(${short(x)},${short(y)})"`;
    this.parts.push(`<path d="${text}" ${look}${moved}${this.faintness()}/>`);
  }

  private faintness(): string {
    const { globalAlpha } = this.ink;
    return globalAlpha === 1 ? '' : ` opacity="${short(globalAlpha)}"`;
  }

  private at(x: number, y: number): string {
    const [shiftX, shiftY] = this.ink.shift;
    return `${short(x + shiftX)},${short(y + shiftY)}`;
  }
}

/** A hundredth of a pixel is fine enough. */
function short(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: unknown): string {
  return `${text}`
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
