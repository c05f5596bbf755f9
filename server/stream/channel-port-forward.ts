import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { type ChannelProtocol, emitChannel, parseChannel } from './channel-protocols.js';
import { forwardPort, type PortForwarder, parsePort } from './port-forward.js';
import { octetsOf } from './web-socket-command.js';

const NORMAL_CLOSURE = 1000;
/** Ports of one WebSocket; each takes two of its 255 channels. */
const MAX_PORTS = 100;

/** Ports that a request's query names, each once or in a list with commas; otherwise upstream's words. */
export function askedPorts(query: URLSearchParams): readonly number[] | string {
  const texts = query.getAll('ports');
  if (texts.length === 0) return 'query parameter "port" is required';
  const ports: number[] = [];
  for (const text of texts.flatMap((one) => one.split(','))) {
    if (text === '') return 'query parameter "port" cannot be empty';
    const port = parsePort(text);
    if (typeof port === 'string') return port;
    ports.push(port);
  }
  return ports.length > MAX_PORTS ? `at most ${MAX_PORTS} ports can be forwarded` : ports;
}

/**
 * Forwards ports over the channels of a WebSocket: of the port at place i, channel 2i carries data and 2i+1 errors; each
 * begins with the port's number in two octets, the low one first (cri-streaming, `portforward/websocket.go`). Each port
 * is connected once, and the WebSocket ends with the last of them.
 */
export function serveChannelPortForward(options: {
  readonly ws: WebSocket;
  readonly protocol: ChannelProtocol;
  readonly ports: readonly number[];
  readonly forwarder: PortForwarder;
  readonly onError: (error: unknown) => void;
}): void {
  const { forwarder, onError, ports, protocol, ws } = options;
  const channels = ports.flatMap((port, index) => {
    const pair = [channelOf(ws, protocol, 2 * index), channelOf(ws, protocol, 2 * index + 1)];
    for (const channel of pair) channel.write(Uint8Array.of(port & 0xff, port >> 8));
    return pair;
  });
  ws.on('message', (message: RawData) => {
    const parsed = parseChannel(protocol, octetsOf(message));
    const channel = parsed === undefined ? undefined : channels[parsed.channel];
    if (parsed === undefined || channel === undefined || channel.destroyed) return;
    if (parsed.octets.length > 0 && !channel.push(parsed.octets)) ws.pause();
  });
  ws.on('error', () => ws.terminate());
  ws.on('close', () => {
    for (const channel of channels) channel.destroy();
  });
  const ended = ports.map(async (port, index) => {
    const [data, error] = channels.slice(2 * index);
    if (data === undefined || error === undefined) return;
    await forwardPort(forwarder, port, { data, error });
  });
  Promise.all(ended)
    .catch(onError)
    .finally(() => ws.close(NORMAL_CLOSURE));
}

/** A channel as a connection; the end of what the pod sends is the end of the client's half too, for it has no word for it. */
function channelOf(ws: WebSocket, protocol: ChannelProtocol, channel: number): Duplex {
  const duplex: Duplex = new Duplex({
    read: () => ws.resume(),
    write: (octets: Buffer, _encoding, done) => {
      if (ws.readyState === ws.OPEN) ws.send(emitChannel(protocol, channel, octets), () => done());
      else done();
    },
    final: (done) => {
      duplex.push(null);
      done();
    },
  });
  duplex.on('error', () => undefined);
  return duplex;
}
