import type { Vertex } from '../../server/contract/graph.js';
import type { Box } from './geometry.js';
import type { Layout } from './layout.js';
import type { MapLayout } from './map-layout.js';

function isMap(layout: Layout): layout is MapLayout {
  return 'book' in layout;
}

/** Says where a vertex is drawn, or the fold or node that stands for it; undefined for what has no place. */
export function placeOf(
  layout: Layout,
  vertices: ReadonlyMap<string, Vertex>,
): (id: string) => Box | undefined {
  return (id) => {
    const own = layout.boxes.get(id);
    if (own !== undefined) return own;
    const fold = isMap(layout) ? layout.book.homeOf(id)?.occupant.id : undefined;
    return layout.boxes.get(fold ?? '') ?? layout.boxes.get(vertices.get(id)?.parent ?? '');
  };
}
