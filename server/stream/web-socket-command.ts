import type { RawData, WebSocket } from 'ws';
import type { Status } from '../contract/kube.js';
import { type ChannelProtocol, emitChannel, parseChannel } from './channel-protocols.js';
import type {
  RemoteCommandEvents,
  RemoteCommandOptions,
  RemoteCommandTransport,
} from './remote-command.js';
import { parseTerminalSize } from './terminal-size.js';

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;
const NORMAL_CLOSURE = 1000;
/** What may wait for a client that does not read, in octets; a command that writes on is cut off. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** A client reads too slowly when more than this waits, in octets. */
const HIGH_WATER_BYTES = 256 * 1024;

/** What a command over a WebSocket is served with. */
export interface WebSocketCommand {
  readonly ws: WebSocket;
  readonly protocol: ChannelProtocol;
  readonly options: RemoteCommandOptions;
  readonly run: (transport: RemoteCommandTransport) => RemoteCommandEvents;
}

/**
 * Carries a command over a WebSocket: each message is a channel and its octets; the last is a Status on channel 3
 * (`wsstream`, KEP-4006). An empty message on channel 1 says first that the command is reached, as upstream does.
 */
export function serveWebSocketCommand({ ws, protocol, options, run }: WebSocketCommand): void {
  let isFinished = false;
  let isFull = false;
  const send = (channel: number, octets: Uint8Array): void => {
    if (ws.readyState !== ws.OPEN) return;
    ws.send(emitChannel(protocol, channel, octets), () => {
      if (!isFull || ws.bufferedAmount > HIGH_WATER_BYTES) return;
      isFull = false;
      if (!isFinished) events.drain();
    });
  };
  const transport: RemoteCommandTransport = {
    write: (stream, octets) => {
      if (isFinished) return true;
      send(options.tty ? CHANNEL.stdout : CHANNEL[stream], octets);
      if (ws.bufferedAmount > MAX_PENDING_BYTES) ws.terminate();
      isFull ||= ws.bufferedAmount > HIGH_WATER_BYTES;
      return !isFull;
    },
    finish: (status) => {
      if (isFinished) return;
      isFinished = true;
      const text = protocol.status === 'json' ? JSON.stringify(status) : failureText(status);
      if (text !== '') send(CHANNEL.status, Buffer.from(text));
      ws.resume();
      ws.close(NORMAL_CLOSURE);
    },
    pauseInput: () => ws.pause(),
    resumeInput: () => ws.resume(),
  };
  send(CHANNEL.stdout, new Uint8Array());
  const events = run(transport);
  let inputEnded = !options.stdin;
  ws.on('message', (data: RawData) => {
    const message = isFinished ? undefined : parseChannel(protocol, octetsOf(data));
    if (message === undefined) return;
    const { channel, octets } = message;
    if (channel === CHANNEL.stdin && !inputEnded) events.input(octets);
    if (channel === CHANNEL.close && protocol.closes && octets[0] === CHANNEL.stdin) {
      if (!inputEnded) events.inputEnd();
      inputEnded = true;
    }
    if (channel !== CHANNEL.resize || !options.tty) return;
    const size = parseTerminalSize(Buffer.from(octets).toString());
    if (size !== undefined) events.resize(size);
  });
  ws.on('error', () => ws.terminate());
  ws.on('close', () => {
    if (isFinished) return;
    isFinished = true;
    events.gone();
  });
}

function failureText({ status, message }: Status): string {
  return status === 'Success' ? '' : (message ?? '');
}

/** A message of a WebSocket in one piece. */
export function octetsOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
