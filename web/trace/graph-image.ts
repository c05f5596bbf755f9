import { zoomTransform } from 'd3-zoom';
import type { Box } from '../model/geometry.js';

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

/** The drawing as an SVG file of its own, whole, whatever part of it is in sight. */
export interface GraphImage {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** The element of the page in which the graph is drawn. */
export function graphElement(): SVGSVGElement | undefined {
  return document.querySelector<SVGSVGElement>('svg.graph') ?? undefined;
}

/** Copies the drawing with its styles written into it; undefined while nothing is drawn. */
export function graphImage(): GraphImage | undefined {
  const svg = graphElement();
  const world = svg?.firstElementChild;
  if (!(svg instanceof SVGSVGElement) || !(world instanceof SVGGElement)) return undefined;
  const { x, y, width, height } = world.getBBox();
  if (width === 0) return undefined;
  const copy = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const drawn = world.cloneNode(true) as SVGGElement;
  inlineStyles(world, drawn);
  drawn.removeAttribute('transform');
  drawn.classList.add('world');
  const size = { width: Math.ceil(width + 2 * MARGIN), height: Math.ceil(height + 2 * MARGIN) };
  const box = [x - MARGIN, y - MARGIN, size.width, size.height];
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', box.join(' '));
  copy.setAttribute('width', `${size.width}`);
  copy.setAttribute('height', `${size.height}`);
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [index, name] of ['x', 'y', 'width', 'height'].entries())
    paper.setAttribute(name, `${box[index]}`);
  paper.setAttribute('fill', getComputedStyle(document.documentElement).backgroundColor);
  copy.append(paper, drawn);
  return { svg: new XMLSerializer().serializeToString(copy), ...size };
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

/** The longest side of a PNG in pixels; browsers refuse larger canvases. */
const LARGEST = 8000;

/** The drawing as a PNG, twice as fine as the screen where that is possible. */
export async function pngOf(image: GraphImage): Promise<Blob | undefined> {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(image.svg)}`;
  await picture.decode();
  const scale = Math.min(2, LARGEST / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/png'));
}

/** The part of the drawing in sight. */
export function visibleBox(): Box | undefined {
  const svg = graphElement();
  if (svg === undefined) return undefined;
  const { x, y, k } = zoomTransform(svg);
  return { x: -x / k, y: -y / k, width: svg.clientWidth / k, height: svg.clientHeight / k };
}
