import { fail, ok, type Result } from '../../../base/index.js';
import type { Errno } from '../../errno.js';
import type { UnixAddress, UnixReceived } from '../../sys.js';
import { STREAM_CHUNK_BYTES, streamTruesize } from './truesize.js';
import type { UnixSock } from './unix-sock.js';

/** Sends as many octets as the send buffer takes (unix_stream_sendmsg). */
export function sendStream(
  sock: UnixSock,
  octets: Uint8Array,
  to: UnixAddress | undefined,
): Result<number, Errno> {
  const { peer } = sock;
  if (to !== undefined) return fail(sock.state === 'ESTAB' ? 'EISCONN' : 'EOPNOTSUPP');
  if (sock.writeClosed) return fail('EPIPE');
  if (peer === undefined) return fail('ENOTCONN');
  let sent = 0;
  while (sent < octets.length) {
    const refused = sendChunk(sock, peer, octets.slice(sent, sent + STREAM_CHUNK_BYTES));
    if (refused !== undefined) return sent > 0 ? ok(sent) : fail(refused);
    sent = Math.min(sent + STREAM_CHUNK_BYTES, octets.length);
  }
  return ok(sent);
}

function sendChunk(sock: UnixSock, peer: UnixSock, octets: Uint8Array): Errno | undefined {
  const pending = sock.takeError();
  if (pending !== undefined) return pending;
  if (sock.writeBytes >= sock.sendBufferBytes) {
    sock.wantsRoom = true;
    return 'EAGAIN';
  }
  if (peer.dead || peer.readClosed) return 'EPIPE';
  const truesize = streamTruesize(octets.length);
  peer.enqueue({ octets, from: sock.local, sender: sock, truesize });
  return undefined;
}

/** Reads across the borders of what was sent; data comes before an error, and that before the end (unix_stream_read_generic). */
export function receiveStream(sock: UnixSock, maxBytes: number): Result<UnixReceived, Errno> {
  if (sock.state !== 'ESTAB') return fail('EINVAL');
  const first = sock.queue.peek();
  if (first !== undefined && maxBytes > 0)
    return ok({ octets: take(sock, maxBytes), from: first.from });
  const pending = sock.takeError();
  if (pending !== undefined) return fail(pending);
  return sock.readClosed || maxBytes === 0
    ? ok({ octets: new Uint8Array(0), from: undefined })
    : fail('EAGAIN');
}

function take(sock: UnixSock, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (
    let skb = sock.queue.peek();
    skb !== undefined && bytes < maxBytes;
    skb = sock.queue.peek()
  ) {
    const part = skb.octets.subarray(0, maxBytes - bytes);
    parts.push(part);
    bytes += part.length;
    skb.octets = skb.octets.subarray(part.length);
    if (skb.octets.length > 0) break;
    sock.queue.shift();
    sock.free(skb);
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const octets = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  return octets;
}
