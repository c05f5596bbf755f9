import type { PictureFile } from '../picture.js';
import type { View } from './canvas-tools.js';
import type { MapScene } from './map-scene.js';
import { paintMap } from './paint-map.js';
import type { Palette } from './palette.js';
import { SvgPen } from './svg-pen.js';

/** How a map is to be drawn into a file. */
export interface Sheet {
  readonly palette: Palette;
  readonly view: View;
  readonly width: number;
  readonly height: number;
}

/** The map as an SVG file, drawn by the painters of the canvas. */
export function paintSvg(scene: MapScene, { palette, view, width, height }: Sheet): PictureFile {
  const pen = new SvgPen();
  paintMap({ context: pen, palette, view }, scene, { x: 0, y: 0, width, height });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`;
  return { svg: `${head}${pen.markup}</svg>`, width, height };
}
