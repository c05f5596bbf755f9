/** How an upgrade request becomes a stream: subprotocols of WebSockets, versions over SPDY. */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { badRequest, failureStatus } from '../api/status.js';
import type { Status } from '../contract/kube.js';
import { refuseUpgrade } from './refuse.js';

/** What an HTTP server's `upgrade` event gives. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Largest message of a WebSocket, in octets. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const PROTOCOL_HEADER = 'sec-websocket-protocol';

/** Makes WebSockets of upgrade requests. */
export class WebSocketAcceptor {
  private readonly chosen = new WeakMap<IncomingMessage, string>();
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });

  constructor() {
    this.server.on('headers', (headers, request) => {
      const protocol = this.chosen.get(request);
      if (protocol !== undefined && protocol !== '')
        headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
    });
    // A request that is no right handshake (RFC 6455, section 4.2.1): another method, version or key.
    this.server.on('wsClientError', (error, socket) =>
      refuseUpgrade(socket, badRequest(`unable to upgrade: ${error.message}`)),
    );
  }

  /**
   * Accepts a WebSocket with a subprotocol that was chosen before. The library is not told of it: `SPDY/3.1+…` has a
   * slash, which RFC 6455 section 4.1 does not allow and kubectl sends.
   */
  accept(upgrade: Upgrade, protocol: string, opened: (ws: WebSocket) => void): void {
    const { head, request, socket } = upgrade;
    delete request.headers[PROTOCOL_HEADER];
    this.chosen.set(request, protocol);
    this.server.handleUpgrade(request, socket, head, opened);
  }
}

/** What a client wants the connection to become. */
export function upgradeKind({ headers }: IncomingMessage): 'websocket' | 'spdy' | undefined {
  const upgrade = (headers.upgrade ?? '').toLowerCase();
  if (upgrade === 'websocket') return 'websocket';
  return upgrade.includes('spdy/3.1') ? 'spdy' : undefined;
}

/** Subprotocols that a client of a WebSocket offers. */
export function offeredProtocols({ headers }: IncomingMessage): readonly string[] {
  return commaSeparated(headers[PROTOCOL_HEADER]);
}

/** The Status for subprotocols of which none is served (`wsstream`, handshake). */
export function noProtocol(offered: readonly string[], served: readonly string[]): Status {
  return failureStatus({
    code: 403,
    reason: 'Forbidden',
    message: `requested protocol(s) are not supported: [${offered.join(' ')}]; supports [${served.join(' ')}]`,
  });
}

/**
 * Upgrades to SPDY/3.1 with the first version that both sides have. Gives undefined when it refused instead
 * (`httpstream.Handshake`).
 */
export function acceptSpdy<Version extends string>(
  { head, request, socket }: Upgrade,
  served: readonly Version[],
): Version | undefined {
  const offered = commaSeparated(request.headers['x-stream-protocol-version']);
  if (offered.length === 0) {
    refuseUpgrade(socket, badRequest('unable to upgrade: X-Stream-Protocol-Version is required'));
    return undefined;
  }
  const version = offered
    .map((one) => served.find((version) => version === one))
    .find((one) => one !== undefined);
  if (version === undefined) {
    refuseUpgrade(
      socket,
      failureStatus({
        code: 403,
        reason: 'Forbidden',
        message: `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${served.join(' ')}]`,
      }),
      served.map((one) => ['X-Accepted-Stream-Protocol-Versions', one]),
    );
    return undefined;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${version}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return version;
}

function commaSeparated(header: string | string[] | undefined): readonly string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
