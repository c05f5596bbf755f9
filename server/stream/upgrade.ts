import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket } from 'ws';
import { badRequest, failureStatus, internalError, unknownPath } from '../api/status.js';
import type { Status } from '../contract/kube.js';
import { askedPorts, serveChannelPortForward } from './channel-port-forward.js';
import { CHANNEL_PROTOCOLS, chooseProtocol } from './channel-protocols.js';
import {
  acceptSpdy,
  noProtocol,
  offeredProtocols,
  type Upgrade,
  upgradeKind,
  WebSocketAcceptor,
} from './handshake.js';
import type { PortForwarder, StartPortForward } from './port-forward.js';
import { refuseUpgrade } from './refuse.js';
import type { StartRemoteCommand } from './remote-command.js';
import { SPDY_COMMAND_PROTOCOLS, serveSpdyCommand } from './spdy-command.js';
import { serveSpdyPortForward } from './spdy-port-forward.js';
import { remoteCommandOptions, type StreamTarget, streamTarget } from './target.js';
import { serveWebSocketCommand } from './web-socket-command.js';

/** How the streams of a cluster's pods are served. */
export interface StreamHandlers {
  readonly exec: StartRemoteCommand;
  readonly attach?: StartRemoteCommand;
  readonly portforward?: StartPortForward;
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

/** Serves upgrade requests. */
export interface StreamServer {
  /** Takes what an HTTP server's `upgrade` event gives; the URL begins with `/api/v1`. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** How many connections are open. */
  readonly open: number;
}

const PORT_FORWARD_VERSION = 'portforward.k8s.io';
/** Subprotocol of a WebSocket whose messages are SPDY frames (KEP-4006). */
const TUNNEL = `SPDY/3.1+${PORT_FORWARD_VERSION}`;
/** Streams that are served at once; more are refused. */
const MAX_STREAMS = 1000;
/** When a silent connection is asked whether its client is still there, in milliseconds. */
const KEEP_ALIVE_MS = 30_000;
const INTERNAL_ERROR_CLOSURE = 1011;

/**
 * Serves the streams of a cluster's pods: `pods/NAME/exec`, `attach` and `portforward`. An upgrade to another path is
 * refused.
 */
export function createStreams(options: StreamOptions): StreamServer {
  const acceptor = new WebSocketAcceptor();
  let open = 0;
  return {
    take: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (socket instanceof Socket) {
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
        socket.setNoDelay(true);
      }
      open += 1;
      socket.once('close', () => {
        open -= 1;
      });
      const target = open > MAX_STREAMS ? tooManyStreams() : streamTarget(request.url ?? '/');
      serve({ options, acceptor, request, socket, head }, target).catch((error: unknown) => {
        options.onError(error);
        if (socket.writable) refuseUpgrade(socket, internalError('podnet made a mistake'));
      });
    },
    get open() {
      return open;
    },
  };
}

interface Session extends Upgrade {
  readonly options: StreamOptions;
  readonly acceptor: WebSocketAcceptor;
}

async function serve(session: Session, target: StreamTarget | Status | undefined): Promise<void> {
  const { options, request, socket } = session;
  if (target === undefined || 'status' in target) {
    refuseUpgrade(socket, target ?? unknownPath());
    return;
  }
  const refused = await options.check(request, target);
  const { handlers } = options;
  if (refused !== undefined) refuseUpgrade(socket, refused);
  else if (target.subresource === 'portforward')
    servePortForward(session, target, handlers.portforward);
  else serveCommand(session, target, handlers[target.subresource]);
}

function serveCommand(
  session: Session,
  target: StreamTarget,
  start: StartRemoteCommand | undefined,
): void {
  const { acceptor, request, socket } = session;
  const asked = remoteCommandOptions(target);
  const started = start?.(asked);
  if (started?.ok !== true) {
    refuseUpgrade(socket, started?.status ?? unknownPath());
    return;
  }
  const { run } = started;
  if (upgradeKind(request) === 'spdy') {
    const protocol = acceptSpdy(session, SPDY_COMMAND_PROTOCOLS);
    if (protocol === undefined) return;
    serveSpdyCommand({ carrier: socket, protocol, options: asked, run });
    return;
  }
  const protocol = chooseProtocol(offeredProtocols(request), CHANNEL_PROTOCOLS);
  if (upgradeKind(request) === undefined) refuseUpgrade(socket, upgradeRequired());
  else if (protocol === undefined) refuseUpgrade(socket, noChannelProtocol(request));
  else
    acceptor.accept(session, protocol.name, (ws) =>
      guarded(session, ws, () => serveWebSocketCommand({ ws, protocol, options: asked, run })),
    );
}

function servePortForward(
  session: Session,
  { namespace, pod, query }: StreamTarget,
  start: StartPortForward | undefined,
): void {
  const { acceptor, request, socket } = session;
  const { onError } = session.options;
  const started = start?.({ namespace, pod });
  if (started?.ok !== true) {
    refuseUpgrade(socket, started?.status ?? unknownPath());
    return;
  }
  const { forwarder } = started;
  if (upgradeKind(request) === 'spdy') {
    if (acceptSpdy(session, [PORT_FORWARD_VERSION]) === undefined) return;
    serveSpdyPortForward(socket, forwarder, onError);
    return;
  }
  if (upgradeKind(request) === undefined) refuseUpgrade(socket, upgradeRequired());
  else if (offeredProtocols(request).includes(TUNNEL))
    acceptor.accept(session, TUNNEL, (ws) =>
      serveSpdyPortForward(createWebSocketStream(ws), forwarder, onError),
    );
  else forwardChannels(session, query, forwarder);
}

function forwardChannels(session: Session, query: URLSearchParams, forwarder: PortForwarder): void {
  const { acceptor, request, socket } = session;
  const { onError } = session.options;
  const ports = askedPorts(query);
  const protocol = chooseProtocol(offeredProtocols(request), CHANNEL_PROTOCOLS);
  if (typeof ports === 'string') refuseUpgrade(socket, badRequest(ports));
  else if (protocol === undefined) refuseUpgrade(socket, noChannelProtocol(request));
  else
    acceptor.accept(session, protocol.name, (ws) =>
      guarded(session, ws, () =>
        serveChannelPortForward({ ws, protocol, ports, forwarder, onError }),
      ),
    );
}

/** A mistake after the upgrade ends the WebSocket. */
function guarded({ options }: Session, ws: WebSocket, run: () => void): void {
  try {
    run();
  } catch (error) {
    options.onError(error);
    ws.close(INTERNAL_ERROR_CLOSURE);
  }
}

function noChannelProtocol(request: IncomingMessage): Status {
  return noProtocol(
    offeredProtocols(request),
    CHANNEL_PROTOCOLS.map(({ name }) => name),
  );
}

/** What the API server answers a stream's path with when no upgrade is asked. */
export function upgradeRequired(): Status {
  return badRequest('Upgrade request required');
}

function tooManyStreams(): Status {
  return failureStatus({
    code: 429,
    reason: 'TooManyRequests',
    message: `too many streams are open: at most ${MAX_STREAMS} are served at once`,
    details: { retryAfterSeconds: 1 },
  });
}
