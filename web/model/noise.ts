import type { Vertex } from '../../server/contract/graph.js';

/** Namespaces of Kubernetes' own: kube-system, kube-public, kube-node-lease, and those that plugins name alike. */
const SYSTEM = /^kube-/;

/** Whether something belongs to the system and not to what runs on it. */
export function isNoise(vertex: Vertex): boolean {
  return (vertex.kind === 'pod' || vertex.kind === 'service') && SYSTEM.test(vertex.namespace);
}

/** The vertices without those of the system, but those that somebody looks at; and how many pods that leaves out. */
export function withoutNoise(
  vertices: ReadonlyMap<string, Vertex>,
  kept: ReadonlySet<string>,
): { readonly vertices: ReadonlyMap<string, Vertex>; readonly hidden: number } {
  const left = new Map<string, Vertex>();
  let hidden = 0;
  for (const [id, vertex] of vertices) {
    if (!isNoise(vertex) || kept.has(id)) left.set(id, vertex);
    else if (vertex.kind === 'pod') hidden += 1;
  }
  return { vertices: left, hidden };
}
