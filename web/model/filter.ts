import type { PodVertex, ServiceVertex, Vertex } from '../../server/contract/graph.js';
import { fulfils, parseQuery, type Query } from './selector.js';

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
  /** Label selectors, and words that must all appear in name, address, status, image or labels. */
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
  const query = parseQuery(search.text);
  const services: ServiceVertex[] = [];
  for (const vertex of vertices) {
    if (vertex.kind === 'service') services.push(vertex);
    if (vertex.kind === 'pod' && !isWanted(vertex, search, query)) dimmed.add(vertex.id);
  }
  for (const service of services) {
    if (!isServiceWanted(service, { search, query, dimmed })) dimmed.add(service.id);
  }
  return dimmed;
}

function isWanted(pod: PodVertex, search: Search, { requirements, words }: Query): boolean {
  return (
    (search.namespace === '' || pod.namespace === search.namespace) &&
    (search.tone === '' || pod.tone === search.tone) &&
    fulfils(pod.labels, requirements) &&
    hasWords(pod, words)
  );
}

/** Where states or labels are asked for, a Service is wanted for its pods. */
function isServiceWanted(
  service: ServiceVertex,
  { search, query, dimmed }: { search: Search; query: Query; dimmed: ReadonlySet<string> },
): boolean {
  if (search.namespace !== '' && service.namespace !== search.namespace) return false;
  if (query.requirements.length > 0 || search.tone !== '')
    return [...service.pods, ...service.unready].some((id) => !dimmed.has(id));
  return hasWords(service, query.words);
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
