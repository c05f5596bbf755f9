import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { type Namespace, Server, type Socket } from 'socket.io';
import type { Answer, Commands } from '../contract/live.js';
import type { GraphModel } from './graph-model.js';
import { attachTraffic } from './traffic-sockets.js';
import type { TrafficSource } from './traffic-source.js';

/** Carries out one command; a thrown error becomes an answer with `ok: false`. */
export type CommandHandlers = {
  readonly [Name in keyof Commands]: (
    request: Commands[Name]['request'],
  ) => Promise<Answer<Commands[Name]['value']>>;
};

/** How often changes are told, in real milliseconds: about once per frame at 30 Hz. */
const FLUSH_EVERY_MS = 33;
/** Commands one page may send per second; more are refused. */
const COMMANDS_PER_SECOND = 50;
/** Largest message from a page, in octets. */
const MAX_MESSAGE_BYTES = 3_000_000;

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
  /** Says why a page may not connect; undefined when it may. */
  readonly check: (request: IncomingMessage) => string | undefined;
}

/** The live part of a server. */
export interface Live {
  /** Disconnects the pages of a cluster that is no more. */
  remove(name: string): void;
  close(): Promise<void>;
}

/** Namespaces of the connection: of the default cluster, and of the others below their prefix. */
const GRAPH = /^(?:\/clusters\/([^/]+))?\/graph$/;
const COMMANDS = /^(?:\/clusters\/([^/]+))?\/commands$/;

/** Tells pages what changes and takes their commands. */
export function attachLive(options: LiveOptions): Live {
  const io = new Server(options.http, {
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    serveClient: false,
    // Upgrades to other paths are streams of pods; the library would end those that say nothing for a second.
    destroyUpgrade: false,
    cleanupEmptyChildNamespaces: true,
    allowRequest: (request, allow) => {
      allow(null, options.check(request) === undefined);
    },
  });
  const clusterIn = (namespace: string, pattern: RegExp): LiveCluster | undefined => {
    const match = pattern.exec(namespace);
    return match === null ? undefined : options.find(match[1] ?? '');
  };
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('disconnect', () => open.delete(socket));
  };
  const graphs = io.of((name, _auth, next) => next(null, clusterIn(name, GRAPH) !== undefined));
  /** Models that somebody looks at, and through which namespaces. */
  const shown = new Map<GraphModel, Set<Namespace>>();
  const tell = (model: GraphModel): void => {
    const diff = model.flush();
    if (diff === undefined) return;
    for (const namespace of shown.get(model) ?? []) namespace.emit('diff', diff);
  };
  graphs.on('connection', (socket) => {
    keep(socket);
    const { nsp } = socket;
    const model = clusterIn(nsp.name, GRAPH)?.model;
    if (model === undefined) return;
    const through = shown.get(model) ?? new Set();
    shown.set(model, through);
    tell(model);
    through.add(nsp);
    socket.emit('snapshot', model.snapshot());
    socket.on('resync', () => socket.emit('snapshot', model.snapshot()));
    socket.on('disconnect', () => {
      if (nsp.sockets.size > 0) return;
      through.delete(nsp);
      if (through.size === 0) shown.delete(model);
    });
  });
  const flushing = setInterval(() => {
    for (const model of shown.keys()) tell(model);
  }, FLUSH_EVERY_MS);
  flushing.unref();

  const commands = io.of((name, _auth, next) =>
    next(null, clusterIn(name, COMMANDS) !== undefined),
  );
  commands.on('connection', (socket) => {
    keep(socket);
    const cluster = clusterIn(socket.nsp.name, COMMANDS);
    if (cluster !== undefined) takeCommands(socket, cluster.handlers);
  });
  attachTraffic(io, { find: (name) => options.find(name)?.traffic, keep });
  return {
    remove: (name) => {
      for (const socket of open) {
        if (socket.nsp.name.startsWith(`/clusters/${name}/`)) socket.disconnect();
      }
    },
    close: async () => {
      clearInterval(flushing);
      await io.close();
    },
  };
}

function takeCommands(socket: Socket, handlers: CommandHandlers): void {
  const allowance = createAllowance();
  for (const name of Object.keys(handlers) as (keyof Commands)[]) {
    socket.on(name, (request: unknown, acknowledge: unknown) => {
      if (typeof acknowledge !== 'function') return;
      const answer = (value: Answer<unknown>): void => {
        acknowledge(value);
      };
      if (!allowance()) {
        answer({
          ok: false,
          error: `too many commands: at most ${COMMANDS_PER_SECOND} a second`,
        });
        return;
      }
      run(handlers[name] as (request: unknown) => Promise<Answer<unknown>>, request).then(answer);
    });
  }
}

async function run(
  handler: (request: unknown) => Promise<Answer<unknown>>,
  request: unknown,
): Promise<Answer<unknown>> {
  if (typeof request !== 'object' || request === null) {
    return { ok: false, error: 'the request must be an object' };
  }
  try {
    return await handler(request);
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/** A bucket that refills with real time. */
function createAllowance(): () => boolean {
  let left = COMMANDS_PER_SECOND;
  let filledMs = performance.now();
  return () => {
    const nowMs = performance.now();
    left = Math.min(COMMANDS_PER_SECOND, left + ((nowMs - filledMs) * COMMANDS_PER_SECOND) / 1000);
    filledMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
