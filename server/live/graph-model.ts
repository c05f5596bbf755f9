import type {
  ClockState,
  ClusterFacts,
  Edge,
  GraphDiff,
  GraphSnapshot,
  Vertex,
} from '../contract/graph.js';

/** Says what a vertex or edge is now; undefined when it is gone. */
export type Project<T> = (id: string) => T | undefined;

/** What the model asks of the cluster. */
export interface GraphSources {
  readonly vertex: Project<Vertex>;
  readonly edge: Project<Edge>;
  readonly clock: () => ClockState;
  readonly cluster: () => ClusterFacts;
}

/**
 * The graph as clients have it. What changed is only marked; `flush` asks for the marked parts anew and
 * tells what is different, so a burst of changes costs one diff and nothing is scanned.
 */
export class GraphModel {
  /** Called with the id of an edge that may have changed, at once. */
  readonly edgeListeners = new Set<(id: string) => void>();
  private readonly sources: GraphSources;
  private readonly vertices = new Map<string, Vertex>();
  private readonly edges = new Map<string, Edge>();
  private readonly dirtyVertices = new Set<string>();
  private readonly dirtyEdges = new Set<string>();
  private clockChanged = false;
  private seq = 0;

  constructor(sources: GraphSources) {
    this.sources = sources;
  }

  /** True when `flush` may have something to tell. */
  get dirty(): boolean {
    return this.clockChanged || this.dirtyVertices.size > 0 || this.dirtyEdges.size > 0;
  }

  markVertex(id: string): void {
    this.dirtyVertices.add(id);
  }

  markEdge(id: string): void {
    this.dirtyEdges.add(id);
    for (const listener of this.edgeListeners) listener(id);
  }

  /** Ids of the edges that are told, or will be when they exist. */
  edgeIds(): Iterable<string> {
    return new Set([...this.edges.keys(), ...this.dirtyEdges]);
  }

  /** An edge as it is now; undefined when it is gone. */
  edgeNow(id: string): Edge | undefined {
    return this.sources.edge(id);
  }

  /** The clock was paused, resumed or given another speed. */
  markClock(): void {
    this.clockChanged = true;
  }

  /** Everything, after `flush`. */
  snapshot(): GraphSnapshot {
    return {
      seq: this.seq,
      clock: this.sources.clock(),
      cluster: this.sources.cluster(),
      vertices: [...this.vertices.values()],
      edges: [...this.edges.values()],
    };
  }

  /** Brings so many marked things up to date while nobody follows, so that a snapshot costs little; gives how many it were. */
  freshen(most: number): number {
    const vertices = firstOf(this.dirtyVertices, most);
    const edges = firstOf(this.dirtyEdges, most - vertices.size);
    for (const id of vertices) this.dirtyVertices.delete(id);
    for (const id of edges) this.dirtyEdges.delete(id);
    const count = vertices.size + edges.size;
    refresh(this.vertices, vertices, this.sources.vertex);
    refresh(this.edges, edges, this.sources.edge);
    return count;
  }

  /** Brings the graph up to date; undefined when nothing is different. */
  flush(): GraphDiff | undefined {
    if (!this.dirty) return undefined;
    const vertices = refresh(this.vertices, this.dirtyVertices, this.sources.vertex);
    const edges = refresh(this.edges, this.dirtyEdges, this.sources.edge);
    const { clockChanged } = this;
    this.clockChanged = false;
    const changes =
      vertices.changed.length +
      vertices.removed.length +
      edges.changed.length +
      edges.removed.length;
    if (changes === 0 && !clockChanged) return undefined;
    const after = this.seq;
    this.seq += 1;
    return {
      seq: this.seq,
      after,
      clock: this.sources.clock(),
      vertices: vertices.changed,
      edges: edges.changed,
      removedVertices: vertices.removed,
      removedEdges: edges.removed,
    };
  }
}

function firstOf(ids: ReadonlySet<string>, most: number): Set<string> {
  const first = new Set<string>();
  for (const id of ids) {
    if (first.size >= most) break;
    first.add(id);
  }
  return first;
}

function refresh<T>(held: Map<string, T>, dirty: Set<string>, project: Project<T>) {
  const changed: T[] = [];
  const removed: string[] = [];
  for (const id of dirty) {
    const now = project(id);
    const before = held.get(id);
    if (now === undefined) {
      if (held.delete(id)) removed.push(id);
    } else if (before === undefined || JSON.stringify(before) !== JSON.stringify(now)) {
      held.set(id, now);
      changed.push(now);
    }
  }
  dirty.clear();
  return { changed, removed };
}
