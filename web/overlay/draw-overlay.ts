import type { Selection } from 'd3-selection';
import type { Scene, SceneEvents } from '../render/scene.js';
import { drawChips } from './draw-chips.js';
import { drawPolicies } from './draw-policies.js';
import { drawEntries, drawServiceLines } from './draw-service-lines.js';
import { drawTunnels } from './draw-tunnels.js';
import './overlay.css';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Where it is drawn: lines to pods run behind these where the renderer can do that. */
export interface OverlayGroups {
  readonly behind: Group;
  readonly before: Group;
}

/** Draws what the layers add; both renderers lay it over what they draw. */
export function drawOverlay(
  { behind, before }: OverlayGroups,
  scene: Scene,
  events: Pick<SceneEvents, 'select'>,
): void {
  const { overlay, selected } = scene;
  drawTunnels(part(behind, 'tunnels'), overlay, selected);
  drawServiceLines(part(behind, 'service-lines'), overlay, selected);
  drawEntries(part(before, 'entries'), overlay, selected);
  drawPolicies(part(before, 'policies'), overlay);
  drawChips(part(before, 'chips'), scene, events);
}

/** A group of its own for each part, so that what is clicked stays above what is only seen. */
function part(layer: Group, name: string): Group {
  const there = layer.select<SVGGElement>(`g.${name}`);
  return there.empty() ? layer.append('g').attr('class', name) : there;
}
