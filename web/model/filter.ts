import type { Vertex } from '../../server/contract/graph.js';

/** What a person looks for. */
export interface Search {
  /** Empty for all. */
  readonly namespace: string;
  /** Words that must all appear in name, address, status, image or labels. */
  readonly text: string;
}

/** True when nothing is looked for. */
export function isEmpty(search: Search): boolean {
  return search.namespace === '' && search.text.trim() === '';
}

/** Ids of the pods and Services that do not match and are to be drawn faint. */
export function dimmedBy(vertices: Iterable<Vertex>, search: Search): ReadonlySet<string> {
  const dimmed = new Set<string>();
  if (isEmpty(search)) return dimmed;
  const words = search.text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const vertex of vertices) {
    if (vertex.kind !== 'pod' && vertex.kind !== 'service') continue;
    const inNamespace = search.namespace === '' || vertex.namespace === search.namespace;
    const text = textOf(vertex);
    if (!inNamespace || !words.every((word) => text.includes(word))) dimmed.add(vertex.id);
  }
  return dimmed;
}

function textOf(vertex: Vertex): string {
  switch (vertex.kind) {
    case 'pod':
      return [
        vertex.namespace,
        vertex.name,
        vertex.ip ?? '',
        vertex.status,
        ...vertex.containers.flatMap((c) => [c.name, c.image]),
        ...Object.entries(vertex.labels).map(([key, value]) => `${key}=${value}`),
      ]
        .join(' ')
        .toLowerCase();
    case 'service':
      return `${vertex.namespace} ${vertex.name} ${vertex.clusterIp} ${vertex.type}`.toLowerCase();
    default:
      return vertex.name.toLowerCase();
  }
}
