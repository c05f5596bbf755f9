import { io } from 'socket.io-client';
import type {
  ClockState,
  ClusterFacts,
  Edge,
  GraphDiff,
  GraphSnapshot,
  Vertex,
} from '../../server/contract/graph.js';
import type { Answer, Commands } from '../../server/contract/live.js';
import { clusterBase } from './cluster-base.js';

/** The cluster as this page knows it. A new object each time something changes; maps are replaced, never edited. */
export interface LiveState {
  readonly connected: boolean;
  readonly seq: number;
  readonly clock: ClockState | undefined;
  /** When `clock` came, in milliseconds of this page's own clock: the time since can be added. */
  readonly clockAtMs: number;
  readonly cluster: ClusterFacts | undefined;
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly edges: ReadonlyMap<string, Edge>;
}

/** How long a command waits for a connection, in milliseconds. */
const CONNECT_MS = 3000;

/** One connection that is ready at once; longer ways round are for networks that let no other through. */
const TRANSPORT = {
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
  reconnectionDelayMax: 2000,
};

const EMPTY: LiveState = {
  connected: false,
  seq: -1,
  clock: undefined,
  clockAtMs: 0,
  cluster: undefined,
  vertices: new Map(),
  edges: new Map(),
};

/** Everything anew. */
export function withSnapshot(snapshot: GraphSnapshot): LiveState {
  return {
    connected: true,
    seq: snapshot.seq,
    clock: snapshot.clock,
    clockAtMs: performance.now(),
    cluster: snapshot.cluster,
    vertices: new Map(snapshot.vertices.map((vertex) => [vertex.id, vertex])),
    edges: new Map(snapshot.edges.map((edge) => [edge.id, edge])),
  };
}

/** The state after a diff; undefined when a diff was missed and a snapshot is needed. */
export function withDiff(state: LiveState, diff: GraphDiff): LiveState | undefined {
  if (diff.after !== state.seq) return undefined;
  return {
    ...state,
    seq: diff.seq,
    clock: diff.clock,
    clockAtMs: performance.now(),
    vertices: merged(state.vertices, diff.vertices, diff.removedVertices),
    edges: merged(state.edges, diff.edges, diff.removedEdges),
  };
}

function merged<T extends { readonly id: string }>(
  held: ReadonlyMap<string, T>,
  changed: readonly T[],
  removed: readonly string[],
): ReadonlyMap<string, T> {
  if (changed.length === 0 && removed.length === 0) return held;
  const next = new Map(held);
  for (const id of removed) next.delete(id);
  for (const item of changed) next.set(item.id, item);
  return next;
}

/** The cluster that the page shows; `subscribe` and `state` suit React's useSyncExternalStore. */
export interface LiveStore {
  readonly state: LiveState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Sends a command; whatever goes wrong is told in the answer. */
  command<Name extends keyof Commands>(
    name: Name,
    request: Commands[Name]['request'],
  ): Promise<Answer<Commands[Name]['value']>>;
}

/** Connects to the server and keeps the state. */
export class SocketStore implements LiveStore {
  state: LiveState = EMPTY;
  private readonly listeners = new Set<() => void>();
  private readonly commands;

  constructor() {
    const base = clusterBase(location.pathname);
    const graph = io(`${base}/graph`, TRANSPORT);
    this.commands = io(`${base}/commands`, TRANSPORT);
    let asked = false;
    graph.on('snapshot', (snapshot: GraphSnapshot) => {
      asked = false;
      this.set(withSnapshot(snapshot));
    });
    graph.on('diff', (diff: GraphDiff) => {
      const next = withDiff(this.state, diff);
      if (next !== undefined) this.set(next);
      else if (!asked) {
        asked = true;
        graph.emit('resync');
      }
    });
    graph.on('disconnect', () => {
      asked = false;
      this.set({ ...this.state, connected: false });
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Sends a command; an answer that takes longer than a minute is an error. */
  async command<Name extends keyof Commands>(
    name: Name,
    request: Commands[Name]['request'],
  ): Promise<Answer<Commands[Name]['value']>> {
    if (!this.commands.connected && !(await this.reconnected())) {
      return { ok: false, error: 'the server cannot be reached: is podnet still running?' };
    }
    try {
      return (await this.commands.timeout(60_000).emitWithAck(name, request)) as Answer<
        Commands[Name]['value']
      >;
    } catch {
      const error = this.commands.connected
        ? 'the server did not answer within a minute'
        : 'the connection was lost before the server answered: look whether it was done';
      return { ok: false, error };
    }
  }

  /** Waits a moment for a connection that is just being made. */
  private reconnected(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (value: boolean) => {
        clearTimeout(timer);
        this.commands.off('connect', made);
        resolve(value);
      };
      const made = () => settle(true);
      const timer = setTimeout(() => settle(false), CONNECT_MS);
      this.commands.once('connect', made);
    });
  }

  private set(state: LiveState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}
