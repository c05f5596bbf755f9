/** Carrying connections to ports of a pod, whatever brings them. */

import type { Duplex } from 'node:stream';
import type { Refusal } from './remote-command.js';

/** How long a client may go on sending after the pod has ended, in milliseconds, as containerd has it. */
const LINGER_MS = 1000;

/** A connection, or the words for why there is none. */
export type Connected =
  | { readonly ok: true; readonly value: Duplex }
  | { readonly ok: false; readonly error: string };

/** Connects to ports inside a pod. */
export interface PortForwarder {
  /** What messages name: the id of the pod's sandbox. */
  readonly sandboxId: string;
  /** Connects; an abort gives the attempt up. */
  connect(port: number, signal: AbortSignal): Promise<Connected>;
}

/** Finds a pod's ports. A refusal is told before the connection is upgraded. */
export type StartPortForward = (asked: {
  readonly namespace: string;
  readonly pod: string;
}) => Refusal | { readonly ok: true; readonly forwarder: PortForwarder };

/** The two streams of one forwarded connection. */
export interface ForwardedStreams {
  readonly data: Duplex;
  /** Takes the words of a failure. */
  readonly error: Duplex;
}

/**
 * Carries one connection to its end. Each direction ends by itself; a reset on either side resets the other. A failure
 * to connect is told in the kubelet's words (cri-streaming, `portforward/httpstream.go`).
 *
 * Fidelity: containerd ends a connection one second after either direction; here the pod may go on as long as it likes.
 */
export async function forwardPort(
  forwarder: PortForwarder,
  port: number,
  { data, error }: ForwardedStreams,
): Promise<void> {
  const abort = new AbortController();
  const gone = (): void => abort.abort();
  error.resume();
  data.once('close', gone);
  const connected = await forwarder.connect(port, abort.signal);
  data.off('close', gone);
  if (!connected.ok) {
    data.resume();
    await ended(
      error,
      `error forwarding port ${port} to pod ${forwarder.sandboxId}, uid : ${connected.error}`,
    );
    await ended(data);
    return;
  }
  if (data.destroyed) {
    connected.value.destroy();
    return;
  }
  // Once the pod has sent its all, clients wait for the end of the stream for errors before they close.
  let timer: NodeJS.Timeout | undefined;
  data.once('finish', () => {
    error.end();
    timer = setTimeout(() => {
      data.destroy();
      connected.value.destroy();
    }, LINGER_MS);
  });
  await splice(data, connected.value);
  clearTimeout(timer);
  if (data.writableFinished) await ended(error);
  else error.destroy();
}

/** Ends what is sent, and waits until it is. */
function ended(stream: Duplex, words = ''): Promise<void> {
  return new Promise((resolve) => {
    if (words !== '') stream.write(words);
    if (stream.destroyed || stream.writableFinished) resolve();
    else stream.end(() => resolve());
  });
}

/** Joins two connections until both are over. */
function splice(one: Duplex, other: Duplex): Promise<void> {
  one.pipe(other);
  other.pipe(one);
  const closing = (ended: Duplex, left: Duplex): Promise<void> =>
    new Promise((resolve) => {
      ended.on('error', () => undefined);
      const closed = (): void => {
        if (!ended.readableEnded || !ended.writableFinished) left.destroy();
        resolve();
      };
      if (ended.closed) closed();
      else ended.once('close', closed);
    });
  return Promise.all([closing(one, other), closing(other, one)]).then(() => undefined);
}

/** A port number of a header or query; otherwise upstream's words for what is wrong with it. */
export function parsePort(text: string): number | string {
  const port = Number(text);
  if (!/^\d+$/.test(text)) {
    return `unable to parse "${text}" as a port: strconv.ParseUint: parsing "${text}": invalid syntax`;
  }
  if (port > 65535) {
    return `unable to parse "${text}" as a port: strconv.ParseUint: parsing "${text}": value out of range`;
  }
  return port < 1 ? `port "${text}" must be > 0` : port;
}
