import type { Box, Point } from '../../model/geometry.js';
import type { MapLayout } from '../../model/map-layout.js';
import { onScreen, type View } from './canvas-tools.js';
import type { Palette } from './palette.js';

/** A small picture of all rooms, each in the colour of its worst pod, with a frame round what the window shows. */
export class Minimap {
  private readonly canvas: HTMLCanvasElement;
  private readonly rooms = document.createElement('canvas');
  private drawnFrom: MapLayout | undefined;
  private palette: Palette | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
  }

  /** Draws; `shown` is the part of the drawing that the window shows. */
  draw(layout: MapLayout, palette: Palette, shown: Box): void {
    const context = this.canvas.getContext('2d');
    const { width, height } = this.canvas;
    if (context === null) return;
    if (this.drawnFrom !== layout || this.palette !== palette) this.drawRooms(layout, palette);
    context.clearRect(0, 0, width, height);
    context.drawImage(this.rooms, 0, 0);
    const frame = onScreen(shown, this.viewOf(layout));
    context.strokeStyle = palette.blue;
    context.lineWidth = 3;
    context.strokeRect(frame.x, frame.y, Math.max(4, frame.width), Math.max(4, frame.height));
  }

  /** The point of the drawing under a point of the picture, given as shares of its sides. */
  pointAt(layout: MapLayout, share: Point): Point {
    const { x, y, k } = this.viewOf(layout);
    return {
      x: (share.x * this.canvas.width - x) / k,
      y: (share.y * this.canvas.height - y) / k,
    };
  }

  private drawRooms(layout: MapLayout, palette: Palette): void {
    const { canvas, rooms } = this;
    rooms.width = canvas.width;
    rooms.height = canvas.height;
    const context = rooms.getContext('2d');
    if (context === null) return;
    const view = this.viewOf(layout);
    context.fillStyle = palette.card;
    context.fillRect(0, 0, rooms.width, rooms.height);
    for (const { room, box } of layout.rooms.values()) {
      const { tally } = room;
      const tone =
        tally.bad > 0 ? 'bad' : tally.busy > 0 ? 'busy' : tally.good > 0 ? 'good' : 'line';
      const at = onScreen(box, view);
      context.fillStyle = palette[tone];
      context.fillRect(at.x, at.y, Math.max(1, at.width), Math.max(1, at.height));
    }
    this.drawnFrom = layout;
    this.palette = palette;
  }

  private viewOf({ extent }: MapLayout): View {
    const { width, height } = this.canvas;
    const k = Math.min((width - 8) / extent.width, (height - 8) / extent.height);
    return {
      k,
      x: (width - extent.width * k) / 2 - extent.x * k,
      y: (height - extent.height * k) / 2 - extent.y * k,
    };
  }
}
