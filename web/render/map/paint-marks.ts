import type { PodVertex } from '../../../server/contract/graph.js';
import type { Box } from '../../model/geometry.js';
import type { Brush } from './canvas-tools.js';

/** Pods as marks: full for good, half for busy, a triangle for bad, hollow for done. */
export function paintMarks(brush: Brush, tone: PodVertex['tone'], boxes: readonly Box[]): void {
  const { context, palette } = brush;
  context.beginPath();
  for (const { x, y, width, height } of boxes) context.rect(x, y, width, height);
  context.fillStyle =
    tone === 'good' ? palette.good : tone === 'done' ? palette.card : palette[`${tone}-soft`];
  // What is well steps back behind what is not.
  const { globalAlpha } = context;
  if (tone === 'good') context.globalAlpha = globalAlpha * 0.5;
  context.fill();
  context.globalAlpha = globalAlpha;
  context.strokeStyle = palette[tone];
  context.lineWidth = 1;
  if (tone !== 'good') context.stroke();
  if (tone !== 'bad' && tone !== 'busy') return;
  context.beginPath();
  for (const { x, y, width, height } of boxes) {
    if (tone === 'busy') context.rect(x, y, width / 2, height);
    else {
      context.moveTo(x + width / 2, y);
      context.lineTo(x + width, y + height);
      context.lineTo(x, y + height);
      context.closePath();
    }
  }
  context.fillStyle = palette[tone];
  context.fill();
}
