import type { Box } from '../model/geometry.js';
import type { PictureFile } from './picture.js';

/** Properties that the style sheets give to the drawing, so that it looks the same without them. */
const PROPERTIES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'stroke-opacity',
  'opacity',
  'display',
  'visibility',
  'font-family',
  'font-size',
  'font-weight',
  'font-style',
  'text-anchor',
  'dominant-baseline',
  'paint-order',
] as const;

const MARGIN = 20;

/** Copies a drawing with its styles written into it: the part that a box shows, or all of it. */
export function pictureOf(world: SVGGElement, part: Box | undefined): PictureFile | undefined {
  const { x, y, width, height } = part ?? withMargin(world.getBBox());
  if (width <= 0 || height <= 0) return undefined;
  const copy = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const drawn = world.cloneNode(true) as SVGGElement;
  inlineStyles(world, drawn);
  drawn.removeAttribute('transform');
  drawn.classList.add('world');
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

function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  const wanted = PROPERTIES.map((name) => `${name}:${style.getPropertyValue(name)}`);
  to.setAttribute('style', wanted.join(';'));
  for (const name of ['tabindex', 'role', 'aria-label']) to.removeAttribute(name);
  [...from.children].forEach((child, index) => {
    const copy = to.children[index];
    if (copy !== undefined) inlineStyles(child, copy);
  });
}
