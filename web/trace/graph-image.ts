import type { Box } from '../model/geometry.js';
import { currentPicture, type PictureFile } from '../render/picture.js';

/** The drawing as an SVG file of its own, whole, whatever part of it is in sight; undefined while nothing is drawn. */
export function graphImage(): PictureFile | undefined {
  return currentPicture()?.toSvg('whole');
}

/** The longest side of a PNG in pixels; browsers refuse larger canvases. */
const LARGEST = 8000;

/** The drawing as a PNG, twice as fine as the screen where that is possible. */
export async function pngOf(image: PictureFile): Promise<Blob | undefined> {
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

/** The part of the drawing in sight, where a person chose it; undefined while the drawing fits or follows a packet. */
export function chosenBox(): Box | undefined {
  return currentPicture()?.chosenBox();
}
