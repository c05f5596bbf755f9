import type { Namespace, Server, Socket } from 'socket.io';
import type { TrafficSource } from './traffic-source.js';

/** How often traffic is told, in real milliseconds. */
const SLICE_EVERY_MS = 100;
/** Edges that one page may ask for, and how long an id may be. */
const MOST_FOCUSED = 16;
const LONGEST_ID = 400;

/** Namespaces of the connection: of the default cluster, and of the others below their prefix. */
const TRAFFIC = /^(?:\/clusters\/([^/]+))?\/traffic$/;

/** What the namespaces of traffic are made from. */
export interface TrafficSockets {
  /** The traffic of a cluster; the default one for an empty name. */
  readonly find: (name: string) => TrafficSource | undefined;
  /** Told of every connection. */
  readonly keep: (socket: Socket) => void;
}

interface Listened {
  readonly namespaces: Set<Namespace>;
  readonly focused: Map<Socket, readonly string[]>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Tells pages what passes on edges: whoever is connected is told, and a cluster counts while somebody is. A page that is
 * slow misses slices (they are volatile), so nothing waits for it.
 */
export function attachTraffic(io: Server, { find, keep }: TrafficSockets): void {
  const sourceOf = (namespace: string): TrafficSource | undefined => {
    const match = TRAFFIC.exec(namespace);
    return match === null ? undefined : find(match[1] ?? '');
  };
  const listened = new Map<TrafficSource, Listened>();
  const begin = (source: TrafficSource): Listened => {
    source.start();
    const namespaces = new Set<Namespace>();
    const timer = setInterval(() => {
      const slice = source.take();
      if (slice === undefined) return;
      for (const namespace of namespaces) namespace.volatile.emit('slice', slice);
    }, SLICE_EVERY_MS);
    timer.unref();
    const made = { namespaces, focused: new Map<Socket, readonly string[]>(), timer };
    listened.set(source, made);
    return made;
  };
  const traffic = io.of((name, _auth, next) => next(null, sourceOf(name) !== undefined));
  traffic.on('connection', (socket) => {
    keep(socket);
    const { nsp } = socket;
    const source = sourceOf(nsp.name);
    if (source === undefined) return;
    const now = listened.get(source) ?? begin(source);
    now.namespaces.add(nsp);
    const focus = (edges: readonly string[]): void => {
      if (edges.length === 0) now.focused.delete(socket);
      else now.focused.set(socket, edges);
      source.focus(new Set([...now.focused.values()].flat()));
    };
    socket.on('focus', (edges: unknown) => {
      if (isFocus(edges)) focus(edges);
    });
    socket.on('disconnect', () => {
      focus([]);
      if (nsp.sockets.size > 0) return;
      now.namespaces.delete(nsp);
      if (now.namespaces.size > 0) return;
      clearInterval(now.timer);
      listened.delete(source);
      source.stop();
    });
  });
}

function isFocus(asked: unknown): asked is readonly string[] {
  return (
    Array.isArray(asked) &&
    asked.length <= MOST_FOCUSED &&
    asked.every((id) => typeof id === 'string' && id.length <= LONGEST_ID)
  );
}
