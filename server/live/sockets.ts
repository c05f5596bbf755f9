import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { GraphDiff } from '../contract/graph.js';
import type { Answer, Commands } from '../contract/live.js';
import type { GraphModel } from './graph-model.js';

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

/** What the live part is made of. */
export interface LiveOptions {
  readonly http: HttpServer;
  readonly model: GraphModel;
  readonly handlers: CommandHandlers;
  /** Says why a page may not connect; undefined when it may. */
  readonly check: (headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
  }) => string | undefined;
}

/** Tells pages what changes and takes their commands. */
export function attachLive(options: LiveOptions): { close(): Promise<void> } {
  const { model, handlers } = options;
  const io = new Server(options.http, {
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    serveClient: false,
    allowRequest: (request, allow) => {
      allow(null, options.check(request.headers) === undefined);
    },
  });
  const graph = io.of('/graph');
  graph.on('connection', (socket) => {
    tell(model.flush());
    socket.emit('snapshot', model.snapshot());
    socket.on('resync', () => socket.emit('snapshot', model.snapshot()));
  });
  const tell = (diff: GraphDiff | undefined): void => {
    if (diff !== undefined) graph.emit('diff', diff);
  };
  const flushing = setInterval(() => {
    if (graph.sockets.size > 0) tell(model.flush());
  }, FLUSH_EVERY_MS);
  flushing.unref();

  io.of('/commands').on('connection', (socket) => {
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
  });
  return {
    close: async () => {
      clearInterval(flushing);
      await io.close();
    },
  };
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
