import type { Selection } from 'd3-selection';
import type { PodVertex } from '../../server/contract/graph.js';
import type { Box } from '../model/geometry.js';
import { titleOfPod } from '../model/names.js';
import { SIGNS } from './container-mark.js';
import { drawPodFrame } from './draw-pod.js';
import { fitText, textWidth } from './fit-text.js';

/** Draws what can be read of a pod from far: its name and its state. */
export function drawFarPod(
  group: Selection<SVGGElement, unknown, null, undefined>,
  pod: PodVertex,
  box: Box,
): void {
  drawPodFrame(group, pod, box);
  const words = `${SIGNS[pod.tone]} ${titleOfPod(pod).base}`;
  const largest = Math.min(32, box.height * 0.5);
  const share = (box.width - 20) / textWidth(words, fontOf(largest));
  const size = Math.max(Math.min(largest, 20), largest * Math.min(1, share));
  group
    .append('text')
    .attr('class', `far-name ${pod.tone}`)
    .attr('x', 14)
    .attr('y', box.height / 2 + size * 0.35)
    .style('font-size', `${size}px`)
    .text(fitText(words, box.width - 20, fontOf(size)));
}

function fontOf(size: number): string {
  return `650 ${size}px system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif`;
}
