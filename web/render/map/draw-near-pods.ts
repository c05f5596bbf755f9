import { type Selection, select } from 'd3-selection';
import type { PodVertex } from '../../../server/contract/graph.js';
import type { Box } from '../../model/geometry.js';
import type { Level } from '../../model/level.js';
import { drawPodAt } from '../draw-pod-at.js';
import type { MapScene } from './map-scene.js';

interface NearPod {
  readonly pod: PodVertex;
  readonly box: Box;
}

/** What each element was drawn from last. */
const drawnFrom = new WeakMap<Element, readonly unknown[]>();

/** Draws the pods that are seen from near, as the drawing of a small cluster does. */
export function drawNearPods(
  layer: Selection<SVGGElement, unknown, null, undefined>,
  scene: MapScene,
  { ids, level }: { readonly ids: readonly string[]; readonly level: Level },
): void {
  const near = ids.flatMap((id): NearPod[] => {
    const pod = scene.vertices.get(id);
    const box = scene.layout.boxes.get(id);
    return pod?.kind === 'pod' && box !== undefined ? [{ pod, box }] : [];
  });
  layer
    .selectAll<SVGGElement, NearPod>('g.pod')
    .data(near, ({ pod }) => pod.id)
    .join((enter) => enter.append('g').attr('class', 'pod'))
    .attr('transform', ({ box }) => `translate(${box.x},${box.y})`)
    .classed('selected', ({ pod }) => pod.id === scene.selected)
    .classed('related', ({ pod }) => scene.related.has(pod.id))
    .classed('dimmed', ({ pod }) => scene.dimmed.has(pod.id))
    .classed('lit', ({ pod }) => scene.flight?.lit.has(pod.id) === true)
    .each(function ({ pod, box }) {
      const inside = scene.inside.get(pod.id);
      const parts = [pod, inside, level];
      const before = drawnFrom.get(this);
      if (before !== undefined && parts.every((part, index) => part === before[index])) return;
      drawnFrom.set(this, parts);
      drawPodAt(level, select(this), pod, { box, density: 'map', inside });
    });
}
