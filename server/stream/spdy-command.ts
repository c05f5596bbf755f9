import type { Duplex } from 'node:stream';
import type { Status } from '../contract/kube.js';
import type {
  RemoteCommandEvents,
  RemoteCommandOptions,
  RemoteCommandTransport,
} from './remote-command.js';
import { SpdyConnection } from './spdy/connection.js';
import type { SpdyStream } from './spdy/stream.js';
import { parseTerminalSize } from './terminal-size.js';

/** Versions of exec and attach over SPDY, best first. */
export const SPDY_COMMAND_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;

/** One of them. */
export type SpdyCommandProtocol = (typeof SPDY_COMMAND_PROTOCOLS)[number];

/** How long a client may take to open its streams, in milliseconds (DefaultStreamCreationTimeout). */
const CREATION_TIMEOUT_MS = 30_000;
/** What may wait for a client that does not read, in octets; a command that writes on is cut off. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** Longest message about the size of the terminal, in octets. */
const MAX_RESIZE_BYTES = 1024;

type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

/** What a command over SPDY is served with. */
export interface SpdyCommand {
  readonly carrier: Duplex;
  readonly protocol: SpdyCommandProtocol;
  readonly options: RemoteCommandOptions;
  readonly run: (transport: RemoteCommandTransport) => RemoteCommandEvents;
}

/**
 * Carries a command over SPDY/3.1: a stream each for errors, standard input, output and error and the terminal's size,
 * named by their `streamtype`; the last word is a Status on the first (cri-streaming, `remotecommand/httpstream.go`).
 */
export function serveSpdyCommand(command: SpdyCommand): SpdyConnection {
  const expected = expectedTypes(command);
  const streams = new Map<StreamType, SpdyStream>();
  let left: () => void = () => undefined;
  const timer = setTimeout(() => connection.close(), CREATION_TIMEOUT_MS);
  timer.unref();
  const connection = new SpdyConnection({
    carrier: command.carrier,
    role: 'server',
    onStream: (stream) => {
      const type = stream.headers.get('streamtype') as StreamType;
      if (!expected.includes(type) || streams.has(type)) return false;
      streams.set(type, stream);
      if (streams.size < expected.length) return true;
      clearTimeout(timer);
      left = start(command, streams, connection);
      return true;
    },
    onClose: () => {
      clearTimeout(timer);
      left();
    },
  });
  return connection;
}

function expectedTypes({ options, protocol }: SpdyCommand): readonly StreamType[] {
  const types: StreamType[] = ['error', 'stdout'];
  if (options.stdin) types.push('stdin');
  if (!options.tty) types.push('stderr');
  const resizes = protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io';
  if (options.tty && resizes) types.push('resize');
  return types;
}

/** Runs the command; gives what is to be done when the client leaves. */
function start(
  { options, protocol, run }: SpdyCommand,
  streams: ReadonlyMap<StreamType, SpdyStream>,
  connection: SpdyConnection,
): () => void {
  let isFinished = false;
  const of = (type: StreamType): Duplex | undefined => streams.get(type)?.duplex;
  const outputs = [of('stdout'), of('stderr')].filter((one) => one !== undefined);
  const transport: RemoteCommandTransport = {
    write: (stream, octets) => {
      const output = options.tty ? of('stdout') : of(stream);
      if (isFinished || output === undefined || output.destroyed) return true;
      const isReady = output.write(octets);
      if (output.writableLength > MAX_PENDING_BYTES) connection.close();
      return isReady;
    },
    finish: (status) => {
      if (isFinished) return;
      isFinished = true;
      const error = of('error');
      error?.write(statusText(status, protocol));
      endAll([...outputs, ...(error === undefined ? [] : [error])], () => connection.close());
    },
    pauseInput: () => of('stdin')?.pause(),
    resumeInput: () => of('stdin')?.resume(),
  };
  const events = run(transport);
  of('error')?.resume();
  for (const output of outputs) {
    output.resume();
    output.on('drain', () => {
      if (!isFinished) events.drain();
    });
  }
  of('stdin')?.on('data', (octets: Buffer) => {
    if (!isFinished) events.input(new Uint8Array(octets));
  });
  of('stdin')?.on('end', () => {
    if (!isFinished) events.inputEnd();
  });
  readSizes(of('resize'), (text) => {
    const size = parseTerminalSize(text);
    if (size !== undefined && !isFinished) events.resize(size);
  });
  return () => {
    if (isFinished) return;
    isFinished = true;
    events.gone();
  };
}

/** Hands on each JSON object of a stream; they stand one after the other, with or without lines between them. */
function readSizes(stream: Duplex | undefined, take: (text: string) => void): void {
  let text = '';
  stream?.on('data', (octets: Buffer) => {
    text = (text + octets.toString('latin1')).slice(-MAX_RESIZE_BYTES);
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      take(text.slice(0, end + 1));
      text = text.slice(end + 1);
    }
  });
}

function endAll(streams: readonly Duplex[], done: () => void): void {
  let left = streams.length;
  for (const stream of streams) {
    const ended = (): void => {
      left -= 1;
      if (left === 0) done();
    };
    if (stream.destroyed) ended();
    else stream.end(ended);
  }
}

/** Before version 4 a failure is told as its text alone, and success not at all. */
function statusText(status: Status, protocol: SpdyCommandProtocol): string {
  if (protocol === 'v4.channel.k8s.io') return JSON.stringify(status);
  return status.status === 'Success' ? '' : (status.message ?? '');
}
