import type { Box } from '../model/geometry.js';
import type { PictureFile } from './picture.js';

/** Properties that the style sheets give to the drawing and that children take from their parent. */
const INHERITED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'stroke-opacity',
  'visibility',
  'font-family',
  'font-size',
  'font-weight',
  'font-style',
  'text-anchor',
  'paint-order',
] as const;

/** Those that each element has for itself, and what they are when nothing is said. */
const OWN = [
  ['opacity', '1'],
  ['dominant-baseline', 'auto'],
] as const;

/** What only the page has a use for. */
const LEFT_OUT = ['style', 'class', 'tabindex', 'role', 'aria-label', 'data-path'];

const MARGIN = 20;

/** Copies a drawing with its styles written into it: the part that a box shows, or all of it. */
export function pictureOf(world: SVGGElement, part: Box | undefined): PictureFile | undefined {
  const { x, y, width, height } = part ?? withMargin(world.getBBox());
  if (width <= 0 || height <= 0) return undefined;
  const copy = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const drawn = world.cloneNode(true) as SVGGElement;
  writeStyles(world, drawn, undefined);
  drawn.removeAttribute('transform');
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', [x, y, size.width, size.height].join(' '));
  copy.setAttribute('width', `${size.width}`);
  copy.setAttribute('height', `${size.height}`);
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ x, y, ...size }))
    paper.setAttribute(name, `${value}`);
  paper.setAttribute('fill', getComputedStyle(document.documentElement).backgroundColor);
  copy.append(paper, drawn);
  return { svg: new XMLSerializer().serializeToString(copy), ...size };
}

function withMargin({ x, y, width, height }: Box): Box {
  if (width === 0) return { x, y, width, height };
  return { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
}

/** Writes what the style sheets say as attributes, so that the copy looks the same without them; only what differs. */
function writeStyles(from: Element, to: Element, around: CSSStyleDeclaration | undefined): void {
  const style = getComputedStyle(from);
  for (const name of LEFT_OUT) to.removeAttribute(name);
  if (style.display === 'none') to.setAttribute('display', 'none');
  for (const name of INHERITED) {
    const value = style.getPropertyValue(name);
    if (value === around?.getPropertyValue(name)) to.removeAttribute(name);
    else to.setAttribute(name, value);
  }
  for (const [name, usual] of OWN) {
    const value = style.getPropertyValue(name);
    if (value !== usual) to.setAttribute(name, value);
  }
  [...from.children].forEach((child, index) => {
    const copy = to.children[index];
    if (copy !== undefined) writeStyles(child, copy, style);
  });
}
