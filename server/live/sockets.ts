import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { attachCommands, type CommandHandlers } from './command-sockets.js';
import type { GraphModel } from './graph-model.js';
import { attachGraphs } from './graph-sockets.js';
import { attachTraffic } from './traffic-sockets.js';
import type { TrafficSource } from './traffic-source.js';

/** Largest message from a page, in octets. */
const MAX_MESSAGE_BYTES = 3_000_000;
/** Octets that one connection may send in ten seconds; one that sends more is closed. */
const MOST_BYTES = 40_000_000;
const BYTES_COUNTED_MS = 10_000;
/** Connections at once: a class, each with several pages. */
const MOST_CONNECTIONS = 1000;
/** Messages from so many octets on are compressed: snapshots shrink to a twelfth, diffs are small. */
const COMPRESSED_FROM = 16_384;

/** What pages follow of one cluster. */
export interface LiveCluster {
  readonly model: GraphModel;
  readonly handlers: CommandHandlers;
  readonly traffic: TrafficSource;
}

/** What the live part is made of. */
export interface LiveOptions {
  readonly http: HttpServer;
  /** The cluster that pages of `/clusters/NAME/` follow; the default one for an empty name. */
  readonly find: (name: string) => LiveCluster | undefined;
  readonly all: () => Iterable<LiveCluster>;
  /** Says why a page may not connect; undefined when it may. */
  readonly check: (request: IncomingMessage) => string | undefined;
}

/** The live part of a server. */
export interface Live {
  /** Disconnects the pages of a cluster that is no more. */
  remove(name: string): void;
  close(): Promise<void>;
}

/** Tells pages what changes and takes their commands. */
export function attachLive(options: LiveOptions): Live {
  const io = new Server(options.http, {
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    serveClient: false,
    // Upgrades to other paths are streams of pods; the library would end those that say nothing for a second.
    destroyUpgrade: false,
    cleanupEmptyChildNamespaces: true,
    perMessageDeflate: {
      threshold: COMPRESSED_FROM,
      zlibDeflateOptions: { level: 1 },
      // Nothing is kept between messages: a page costs no memory for its compression.
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
    },
    allowRequest: (request, allow) => {
      const full = io.engine.clientsCount >= MOST_CONNECTIONS;
      allow(null, !full && options.check(request) === undefined);
    },
  });
  io.engine.on('connection', limitBytes);
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('disconnect', () => open.delete(socket));
  };
  const stopTelling = attachGraphs(io, {
    find: (name) => options.find(name)?.model,
    all: () => [...options.all()].map(({ model }) => model),
    keep,
  });
  attachCommands(io, { find: (name) => options.find(name)?.handlers, keep });
  attachTraffic(io, { find: (name) => options.find(name)?.traffic, keep });
  return {
    remove: (name) => {
      for (const socket of open) {
        if (socket.nsp.name.startsWith(`/clusters/${name}/`)) socket.disconnect();
      }
    },
    close: async () => {
      stopTelling();
      await io.close();
    },
  };
}

/** Closes a connection that sends without end: reading large messages takes the time of everybody. */
function limitBytes(connection: Socket['conn']): void {
  let bytes = 0;
  let sinceMs = performance.now();
  connection.on('data', (data: string | Buffer | undefined) => {
    const nowMs = performance.now();
    if (nowMs - sinceMs > BYTES_COUNTED_MS) {
      bytes = 0;
      sinceMs = nowMs;
    }
    bytes += data?.length ?? 0;
    if (bytes > MOST_BYTES) connection.close();
  });
}
