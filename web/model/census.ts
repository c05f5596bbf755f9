import type { PodVertex, ServiceVertex, Vertex } from '../../server/contract/graph.js';
import { noTally, type Tally } from './map-rooms.js';
import { compareNames } from './names.js';

/** What the page tells of a cluster as a whole. */
export interface Census {
  readonly pods: number;
  readonly nodes: number;
  /** Pods by state. */
  readonly tally: Tally;
  /** Of pods alone, and of pods and Services, in order of name. */
  readonly podNamespaces: readonly string[];
  readonly namespaces: readonly string[];
  /** In order of namespace and name. */
  readonly services: readonly ServiceVertex[];
  /** Ids of Services by address. */
  readonly serviceByIp: ReadonlyMap<string, string>;
  /** Pods on the network of their node. */
  readonly hosted: readonly PodVertex[];
  readonly hasPolicies: boolean;
  /** What has a place of its own besides pods, in order of id. */
  readonly machines: readonly Vertex[];
}

const taken = new WeakMap<ReadonlyMap<string, Vertex>, Census>();

/** Counts and lists of a graph: looked through once for each state, however many ask. */
export function censusOf(vertices: ReadonlyMap<string, Vertex>): Census {
  const known = taken.get(vertices);
  if (known !== undefined) return known;
  const census = take(vertices);
  taken.set(vertices, census);
  return census;
}

function take(vertices: ReadonlyMap<string, Vertex>): Census {
  const tally = noTally();
  const ofPods = new Set<string>();
  const services: ServiceVertex[] = [];
  const hosted: PodVertex[] = [];
  const machines: Vertex[] = [];
  let pods = 0;
  let nodes = 0;
  let hasPolicies = false;
  for (const vertex of vertices.values()) {
    if (vertex.kind === 'pod') {
      pods += 1;
      tally[vertex.tone] += 1;
      ofPods.add(vertex.namespace);
      if (vertex.hostNetwork) hosted.push(vertex);
    } else if (vertex.kind === 'service') services.push(vertex);
    else if (vertex.kind === 'policy') hasPolicies = true;
    else {
      machines.push(vertex);
      if (vertex.kind === 'node') nodes += 1;
    }
  }
  services.sort((a, b) => compareNames(a.namespace, b.namespace) || compareNames(a.name, b.name));
  machines.sort((a, b) => (a.id < b.id ? -1 : 1));
  const namespaces = new Set([...ofPods, ...services.map(({ namespace }) => namespace)]);
  return {
    pods,
    nodes,
    tally,
    podNamespaces: [...ofPods].sort(compareNames),
    namespaces: [...namespaces].sort(compareNames),
    services,
    serviceByIp: new Map(
      services.filter(({ clusterIp }) => clusterIp !== '').map((s) => [s.clusterIp, s.id]),
    ),
    hosted,
    hasPolicies,
    machines,
  };
}
