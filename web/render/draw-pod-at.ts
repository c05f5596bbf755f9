import type { Selection } from 'd3-selection';
import type { PodVertex } from '../../server/contract/graph.js';
import type { PodInside } from '../../server/contract/inside.js';
import type { Box } from '../model/geometry.js';
import type { Level } from '../model/level.js';
import type { Density } from '../model/plan.js';
import { drawPod } from './draw-pod.js';
import { drawFarPod } from './draw-pod-far.js';
import { drawNearPod } from './draw-pod-near.js';

/** Draws a pod as much as can be read at a level. */
export function drawPodAt(
  level: Level,
  group: Selection<SVGGElement, unknown, null, undefined>,
  pod: PodVertex,
  place: { box: Box; density: Density; inside: PodInside | undefined },
): void {
  if (level === 'far') drawFarPod(group, pod, place.box);
  else if (level === 'normal') drawPod(group, pod, place);
  else drawNearPod(group, pod, { ...place, nearest: level === 'nearest' });
}
