import type { Duplex } from 'node:stream';
import { forwardPort, type PortForwarder, parsePort } from './port-forward.js';
import { SpdyConnection } from './spdy/connection.js';
import type { SpdyStream } from './spdy/stream.js';

/** How long the second stream of a pair may be missing, in milliseconds (DefaultStreamCreationTimeout). */
const PAIR_TIMEOUT_MS = 30_000;

interface Pair {
  readonly port: number;
  readonly timer: NodeJS.Timeout;
  data?: SpdyStream;
  error?: SpdyStream;
}

/**
 * Forwards ports over SPDY/3.1, as `kubectl port-forward` asks: for each connection a stream for errors and one for
 * data, with the same `requestid` (cri-streaming, `portforward/httpstream.go`).
 */
export function serveSpdyPortForward(
  carrier: Duplex,
  forwarder: PortForwarder,
  onError: (error: unknown) => void,
): SpdyConnection {
  const pairs = new Map<string, Pair>();
  const expire = (requestId: string, pair: Pair): void => {
    pairs.delete(requestId);
    const present = pair.error ?? pair.data;
    if (present === undefined) return;
    if (pair.error !== undefined) {
      const words = `(request=${requestId}) timed out waiting for streams`;
      pair.error.duplex.resume().end(words);
    } else present.duplex.destroy();
  };
  const newPair = (requestId: string, port: number): Pair => {
    const timer = setTimeout(() => expire(requestId, pair), PAIR_TIMEOUT_MS);
    timer.unref();
    const pair: Pair = { port, timer };
    pairs.set(requestId, pair);
    return pair;
  };
  return new SpdyConnection({
    carrier,
    role: 'server',
    onStream: (stream) => {
      const type = stream.headers.get('streamtype');
      const port = parsePort(stream.headers.get('port') ?? '');
      if (typeof port === 'string' || (type !== 'data' && type !== 'error')) return false;
      const requestId = requestIdOf(stream, type);
      const pair = pairs.get(requestId) ?? newPair(requestId, port);
      if (pair[type] !== undefined) return false;
      pair[type] = stream;
      const { data, error } = pair;
      if (data === undefined || error === undefined) return true;
      pairs.delete(requestId);
      clearTimeout(pair.timer);
      forwardPort(forwarder, pair.port, { data: data.duplex, error: error.duplex }).catch(onError);
      return true;
    },
    onClose: () => {
      for (const { timer } of pairs.values()) clearTimeout(timer);
      pairs.clear();
    },
  });
}

/** Clients from before request ids open the stream for errors first, and the one for data right after it. */
function requestIdOf(stream: SpdyStream, type: 'data' | 'error'): string {
  const given = stream.headers.get('requestid');
  if (given !== undefined && given !== '') return given;
  return `of stream ${type === 'error' ? stream.id : stream.id - 2}`;
}
