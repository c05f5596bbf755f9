import type { PodVertex, Vertex } from '../../server/contract/graph.js';

/** How pods can be meant: what a search may ask for. */
export const TONES = [
  'good',
  'busy',
  'bad',
  'done',
] as const satisfies readonly PodVertex['tone'][];

/** What a person looks for. */
export interface Search {
  /** Empty for all. */
  readonly namespace: string;
  /** Empty for all. */
  readonly tone: PodVertex['tone'] | '';
  /** Words that must all appear in name, address, status, image or labels. */
  readonly text: string;
}

/** True when nothing is looked for. */
export function isEmpty(search: Search): boolean {
  return search.namespace === '' && search.tone === '' && search.text.trim() === '';
}

/** Ids of the pods and Services that do not match and are to be drawn faint. */
export function dimmedBy(vertices: Iterable<Vertex>, search: Search): ReadonlySet<string> {
  const dimmed = new Set<string>();
  if (isEmpty(search)) return dimmed;
  const words = search.text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const vertex of vertices) {
    if (vertex.kind !== 'pod' && vertex.kind !== 'service') continue;
    const inNamespace = search.namespace === '' || vertex.namespace === search.namespace;
    const inTone = search.tone === '' || (vertex.kind === 'pod' && vertex.tone === search.tone);
    if (!inNamespace || !inTone || !hasWords(vertex, words)) dimmed.add(vertex.id);
  }
  return dimmed;
}

function hasWords(vertex: Vertex, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = texts.get(vertex) ?? textOf(vertex);
  texts.set(vertex, text);
  return words.every((word) => text.includes(word));
}

/** Texts of vertices that were looked through; one that changes is another object. */
const texts = new WeakMap<Vertex, string>();

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
