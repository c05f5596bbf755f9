import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { badRequest, failureStatus, notFound } from '../api/status.js';
import type { Status } from '../contract/kube.js';

/** What `kubectl exec` asks for. */
export interface ExecAsked {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | undefined;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** A command that runs. */
export interface RunningExec {
  writeInput(octets: Uint8Array): void;
  closeInput(): void;
  /** Nobody is there any more. */
  abandon(): void;
  onExit(run: (exitCode: number) => void): void;
}

/** Starts a command. A refusal is told before the connection is upgraded, a failure after, as the kubelet does. */
export type StartExec = (
  asked: ExecAsked,
) =>
  | { readonly ok: true; start(write: WriteExec): RunningExec | Status }
  | { readonly ok: false; readonly status: Status };

/** Takes what a command prints. */
export type WriteExec = (stream: 'stdout' | 'stderr', octets: Uint8Array) => void;

/** Where connections that ask for an upgrade come from: an HTTP server, or the part of one that serves a cluster. */
export interface UpgradeSource {
  on(
    event: 'upgrade',
    take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
  ): unknown;
}

/** What exec is served with. */
export interface ExecOptions {
  readonly http: UpgradeSource;
  readonly start: StartExec;
  /** Says why a client may not connect; undefined when it may. */
  readonly check: (headers: IncomingMessage['headers']) => string | undefined;
  readonly onError: (error: unknown) => void;
}

const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/;
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;
const NORMAL_CLOSURE = 1000;

/**
 * Serves `pods/NAME/exec` over WebSockets (KEP-4006): each message is an octet for the channel and then its data; the
 * last is a Status on channel 3.
 *
 * Fidelity: SPDY is answered with a Status; the size of the terminal (channel 4) is not used.
 */
export function attachExec(options: ExecOptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => PROTOCOLS.find((one) => offered.has(one)) ?? false,
  });
  options.http.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://podnet');
    const asked = askedBy(url);
    if (asked === undefined) return;
    socket.on('error', () => socket.destroy());
    const foreign = options.check(request.headers);
    const found = foreign === undefined ? options.start(asked) : undefined;
    if (found?.ok !== true) {
      answerUpgrade(
        socket,
        found?.status ?? failureStatus({ code: 403, reason: 'Forbidden', message: foreign ?? '' }),
      );
      return;
    }
    if (!speaksChannels(request)) {
      const words = `unable to upgrade: exec is served over WebSockets alone, as ${PROTOCOLS.join(' or ')}`;
      answerUpgrade(socket, badRequest(words));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      try {
        bridge(ws, asked, found.start);
      } catch (error) {
        options.onError(error);
        ws.close();
      }
    });
  });
}

function askedBy(url: URL): ExecAsked | undefined {
  const [, namespace, pod] = PATH.exec(url.pathname) ?? [];
  if (namespace === undefined || pod === undefined) return undefined;
  const { searchParams } = url;
  const isSet = (name: string) => ['true', '1'].includes(searchParams.get(name) ?? '');
  return {
    namespace,
    pod,
    container: searchParams.get('container') || undefined,
    command: searchParams.getAll('command'),
    stdin: isSet('stdin'),
    tty: isSet('tty'),
  };
}

function speaksChannels({ headers }: IncomingMessage): boolean {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  return (
    headers.upgrade?.toLowerCase() === 'websocket' && PROTOCOLS.some((one) => offered.includes(one))
  );
}

/** Answers a request for an upgrade with a Status instead, and closes the connection. */
export function answerUpgrade(socket: Duplex, status: Status): void {
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function bridge(
  ws: WebSocket,
  asked: ExecAsked,
  start: (write: WriteExec) => RunningExec | Status,
): void {
  const send = (channel: number, octets: Uint8Array): void => {
    ws.send(Buffer.concat([Uint8Array.of(channel), octets]));
  };
  let isFinished = false;
  const finish = (status: Status): void => {
    isFinished = true;
    send(CHANNEL.status, Buffer.from(JSON.stringify(status)));
    ws.close(NORMAL_CLOSURE);
  };
  const running = start((stream, octets) =>
    send(asked.tty ? CHANNEL.stdout : CHANNEL[stream], octets),
  );
  if ('status' in running) {
    finish(running);
    return;
  }
  running.onExit((exitCode) => finish(exitStatus(exitCode)));
  ws.on('message', (data: RawData) => {
    const octets = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    const [channel, closed] = octets;
    if (channel === CHANNEL.stdin) running.writeInput(new Uint8Array(octets.subarray(1)));
    if (channel === CHANNEL.close && closed === CHANNEL.stdin) running.closeInput();
  });
  ws.on('error', () => ws.terminate());
  ws.on('close', () => {
    if (!isFinished) running.abandon();
  });
}

function exitStatus(exitCode: number): Status {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;
  if (exitCode === 0) return { ...base, status: 'Success' };
  return {
    ...base,
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** The Status of a pod that is not there. */
export function podNotFound(name: string): Status {
  return notFound({ group: '', plural: 'pods', kind: 'Pod' }, name);
}
