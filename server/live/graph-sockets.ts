import type { Namespace, Server, Socket } from 'socket.io';
import type { GraphModel } from './graph-model.js';

/** How often changes are told, in real milliseconds: about once per frame at 30 Hz. */
const FLUSH_EVERY_MS = 33;
/** Diffs that may wait for a page that is slow to read. One that is further behind gets a snapshot when it reads again. */
const MOST_WAITING = 60;
/** How often one page may have a snapshot, in real milliseconds. */
const SNAPSHOT_EVERY_MS = 500;
/** Vertices and edges that are brought up to date at a time where nobody looks, so that a page opens soon. */
const FRESHENED = 60;
/** Pages of a namespace that are told each diff. */
const FOLLOWING = 'following';

/** Namespaces of the connection: of the default cluster, and of the others below their prefix. */
const GRAPH = /^(?:\/clusters\/([^/]+))?\/graph$/;

/** What the namespaces of graphs are made from. */
export interface GraphSockets {
  /** The graph of a cluster; of the default one for an empty name. */
  readonly find: (name: string) => GraphModel | undefined;
  readonly all: () => Iterable<GraphModel>;
  /** Told of every connection. */
  readonly keep: (socket: Socket) => void;
}

/** A page, and how far behind it is. */
interface Follower {
  readonly socket: Socket;
  /** Diffs told since the connection last took all that was sent. */
  waiting: number;
  /** A snapshot is owed. */
  behind: boolean;
  snapshotAtMs: number;
}

/**
 * Tells pages a snapshot, then each change as a diff that follows it. What waits for a page that reads slowly, or asks
 * for snapshots without end, is bounded. Gives what stops the telling.
 */
export function attachGraphs(io: Server, { find, all, keep }: GraphSockets): () => void {
  const modelOf = (namespace: string): GraphModel | undefined => {
    const match = GRAPH.exec(namespace);
    return match === null ? undefined : find(match[1] ?? '');
  };
  const graphs = io.of((name, _auth, next) => next(null, modelOf(name) !== undefined));
  const shown = new Map<GraphModel, Map<Socket, Follower>>();
  graphs.on('connection', (socket) => {
    keep(socket);
    const model = modelOf(socket.nsp.name);
    if (model === undefined) return;
    const followers = shown.get(model) ?? new Map<Socket, Follower>();
    shown.set(model, followers);
    tell(model, followers);
    const follower = { socket, waiting: 0, behind: true, snapshotAtMs: Number.NEGATIVE_INFINITY };
    followers.set(socket, follower);
    catchUp(follower, model);
    socket.on('resync', () => {
      fallBehind(follower);
      catchUp(follower, model);
    });
    socket.on('disconnect', () => {
      followers.delete(socket);
      if (followers.size === 0) shown.delete(model);
    });
  });
  const flushing = setInterval(() => {
    for (const [model, followers] of shown) {
      tell(model, followers);
      for (const follower of followers.values()) catchUp(follower, model);
    }
    let left = FRESHENED;
    for (const model of all()) {
      if (!shown.has(model)) left -= model.freshen(left);
      if (left <= 0) break;
    }
  }, FLUSH_EVERY_MS);
  flushing.unref();
  return () => clearInterval(flushing);
}

/** Tells what is different to those that keep up. */
function tell(model: GraphModel, followers: ReadonlyMap<Socket, Follower>): void {
  const diff = model.flush();
  if (diff === undefined) return;
  const namespaces = new Set<Namespace>();
  for (const follower of followers.values()) {
    if (follower.behind) continue;
    follower.waiting = isRead(follower) ? 0 : follower.waiting + 1;
    if (follower.waiting > MOST_WAITING) fallBehind(follower);
    else namespaces.add(follower.socket.nsp);
  }
  for (const namespace of namespaces) namespace.to(FOLLOWING).emit('diff', diff);
}

/** Whether the connection has taken all that was sent. */
function isRead({ socket }: Follower): boolean {
  return socket.conn.transport.writable;
}

function fallBehind(follower: Follower): void {
  follower.behind = true;
  follower.socket.leave(FOLLOWING);
}

/** Sends the snapshot that is owed, if the page would read it. */
function catchUp(follower: Follower, model: GraphModel): void {
  if (!follower.behind) return;
  const nowMs = performance.now();
  const first = follower.snapshotAtMs === Number.NEGATIVE_INFINITY;
  if (!first && (nowMs - follower.snapshotAtMs < SNAPSHOT_EVERY_MS || !isRead(follower))) return;
  follower.behind = false;
  follower.waiting = 0;
  follower.snapshotAtMs = nowMs;
  follower.socket.emit('snapshot', model.snapshot());
  follower.socket.join(FOLLOWING);
}
