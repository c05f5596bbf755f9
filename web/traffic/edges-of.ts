import type { Edge } from '../../server/contract/graph.js';

/** Most edges that are read about at once: what the server tells of in any case. */
const MOST = 16;

/** Edges whose traffic belongs to what is selected: the edge itself, or those at a vertex, cables first. */
export function edgesOf(id: string, edges: ReadonlyMap<string, Edge>): readonly Edge[] {
  const own = edges.get(id);
  if (own !== undefined) return [own];
  if (id.startsWith('service:')) return [];
  const found: Edge[] = [];
  for (const edge of edges.values()) if (edge.from === id || edge.to === id) found.push(edge);
  return found.sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1)).slice(0, MOST);
}

function rank({ kind }: Edge): number {
  return { cable: 0, uplink: 1, tunnel: 2, veth: 3 }[kind];
}
