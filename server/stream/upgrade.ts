import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { badRequest, failureStatus, internalError, unknownPath } from '../api/status.js';
import type { Status } from '../contract/kube.js';
import { COMMAND_PROTOCOLS, chooseProtocol, offeredProtocols } from './channel-protocols.js';
import { refuseUpgrade } from './refuse.js';
import type { StartRemoteCommand } from './remote-command.js';
import { remoteCommandOptions, type StreamTarget, streamTarget } from './target.js';
import { serveWebSocketCommand } from './web-socket-command.js';

/** How the streams of one cluster's pods are served. */
export interface StreamHandlers {
  readonly exec: StartRemoteCommand;
  readonly attach?: StartRemoteCommand;
}

/** What streams are served with. */
export interface StreamOptions {
  readonly handlers: StreamHandlers;
  /** Says why a client may not have a stream; undefined when it may. */
  readonly check: (
    request: IncomingMessage,
    target: StreamTarget,
  ) => Status | undefined | Promise<Status | undefined>;
  /** Told of what went wrong inside. */
  readonly onError: (error: unknown) => void;
}

/** Largest message of a WebSocket, in octets. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Streams that are served at once; more are refused. */
const MAX_STREAMS = 1000;
/** When a silent connection is asked whether its client is still there, in milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/** Serves upgrade requests. */
export interface StreamServer {
  /** Takes what an HTTP server's `upgrade` event gives; the URL begins with `/api/v1`. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** How many connections are open. */
  readonly open: number;
}

/**
 * Serves the streams of a cluster's pods: `pods/NAME/exec`, `attach` and `portforward`. An upgrade to another path is
 * refused.
 */
export function createStreams(options: StreamOptions): StreamServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => chooseProtocol([...offered], COMMAND_PROTOCOLS)?.name || false,
  });
  let open = 0;
  return {
    take: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (socket instanceof Socket) socket.setKeepAlive(true, KEEP_ALIVE_MS);
      open += 1;
      socket.once('close', () => {
        open -= 1;
      });
      const target = open > MAX_STREAMS ? tooManyStreams() : streamTarget(request.url ?? '/');
      serve({ options, sockets, request, socket, head }, target).catch((error: unknown) => {
        options.onError(error);
        if (socket.writable) refuseUpgrade(socket, internalError('podnet made a mistake'));
      });
    },
    get open() {
      return open;
    },
  };
}

interface Upgrade {
  readonly options: StreamOptions;
  readonly sockets: WebSocketServer;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function serve(upgrade: Upgrade, target: StreamTarget | Status | undefined): Promise<void> {
  const { options, request, socket } = upgrade;
  if (target === undefined || 'status' in target) {
    refuseUpgrade(socket, target ?? unknownPath());
    return;
  }
  const refused = await options.check(request, target);
  if (refused !== undefined) {
    refuseUpgrade(socket, refused);
    return;
  }
  const start =
    target.subresource === 'portforward' ? undefined : options.handlers[target.subresource];
  if (start === undefined) refuseUpgrade(socket, unknownPath());
  else serveCommand(upgrade, target, start);
}

function serveCommand(upgrade: Upgrade, target: StreamTarget, start: StartRemoteCommand): void {
  const { head, options, request, socket, sockets } = upgrade;
  const asked = remoteCommandOptions(target);
  const started = start(asked);
  if (!started.ok) {
    refuseUpgrade(socket, started.status);
    return;
  }
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    refuseUpgrade(socket, badRequest('unable to upgrade: missing upgrade headers in request'));
    return;
  }
  const offered = offeredProtocols(request.headers['sec-websocket-protocol']);
  const protocol = chooseProtocol(offered, COMMAND_PROTOCOLS);
  if (protocol === undefined) {
    refuseUpgrade(socket, noProtocol(offered));
    return;
  }
  sockets.handleUpgrade(request, socket, head, (ws) => {
    try {
      serveWebSocketCommand({ ws, protocol, options: asked, run: started.run });
    } catch (error) {
      options.onError(error);
      ws.close(INTERNAL_ERROR_CLOSURE);
    }
  });
}

const INTERNAL_ERROR_CLOSURE = 1011;

function noProtocol(offered: readonly string[]): Status {
  const served = COMMAND_PROTOCOLS.map(({ name }) => name);
  return failureStatus({
    code: 403,
    reason: 'Forbidden',
    message: `requested protocol(s) are not supported: [${offered.join(' ')}]; supports [${served.join(' ')}]`,
  });
}

function tooManyStreams(): Status {
  return failureStatus({
    code: 429,
    reason: 'TooManyRequests',
    message: `too many streams are open: at most ${MAX_STREAMS} are served at once`,
    details: { retryAfterSeconds: 1 },
  });
}
