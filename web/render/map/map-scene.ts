import type { MapLayout } from '../../model/map-layout.js';
import type { Scene } from '../scene.js';
import type { Emphasis } from './paint-pod.js';

/** A scene of a large cluster. */
export interface MapScene extends Scene {
  readonly layout: MapLayout;
}

/** How a thing stands out in a scene. */
export function emphasisOf(id: string, scene: Scene): Emphasis {
  return {
    selected: scene.selected === id,
    related: scene.related.has(id),
    foretold: id.startsWith('ghost:') ? 'created' : scene.foretold.get(id),
    lit: scene.flight?.lit.has(id) === true,
    dimmed: scene.dimmed.has(id) || (scene.flight !== undefined && !scene.flight.ahead.has(id)),
  };
}
