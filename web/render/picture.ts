import type { Box } from '../model/geometry.js';

/** A drawing as an SVG file of its own. */
export interface PictureFile {
  readonly svg: string;
  /** Natural size, in CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** What a renderer gives of itself to whoever saves or shares what is drawn. */
export interface Picture {
  /**
   * The drawing with its looks written into it: `whole`, or the part `inSight` as it is on the screen. On a map `whole`
   * draws as much of each pod as can be read at the file's size. Undefined while nothing is drawn.
   */
  toSvg(part: 'whole' | 'inSight'): PictureFile | undefined;
  /** The part of the drawing in sight, in its own units. */
  visibleBox(): Box | undefined;
  /** The same where a person chose it; undefined while the drawing fits the window or follows a packet. */
  chosenBox(): Box | undefined;
  /** Puts a part of the drawing into the window as a person would, at once; it stays there. */
  show(box: Box): void;
}

let current: Picture | undefined;

/** A renderer says that it draws now; the answer takes that back. */
export function offerPicture(picture: Picture): () => void {
  current = picture;
  return () => {
    if (current === picture) current = undefined;
  };
}

/** What is drawn at the moment; undefined while nothing is. */
export function currentPicture(): Picture | undefined {
  return current;
}
