import { fail, ok, type Result } from '../../../base/index.js';
import type { Errno } from '../../errno.js';
import type { UnixAddress, UnixReceived } from '../../sys.js';
import { datagramTruesize } from './truesize.js';
import type { UnixSock } from './unix-sock.js';

/** What a datagram or record may fall short of the send buffer. */
const BUFFER_OVERHEAD_BYTES = 32;

/** Names the peer of a datagram socket, or takes it back (unix_dgram_connect). EPERM when that is connected to another. */
export function connectDatagram(
  sock: UnixSock,
  address: UnixAddress | undefined,
): Errno | undefined {
  let peer: UnixSock | undefined;
  if (address !== undefined) {
    const found = sock.find(address);
    if (!found.ok) return found.error;
    peer = found.value;
    if (!maySend(sock, peer)) return 'EPERM';
    // Linux calls both ends connected.
    peer.state = 'ESTAB';
  }
  const before = sock.peer;
  sock.peer = peer;
  sock.state = peer === undefined ? 'UNCONN' : 'ESTAB';
  if (before !== undefined && before !== peer) disconnected(sock, before);
  return undefined;
}

/** Sends a datagram or a record whole (unix_dgram_sendmsg). A connection of records ignores `to`. */
export function sendRecord(
  sock: UnixSock,
  octets: Uint8Array,
  to: UnixAddress | undefined,
): Result<number, Errno> {
  const records = sock.type === 'seqpacket';
  if (records) {
    const pending = sock.takeError();
    if (pending !== undefined) return fail(pending);
    if (sock.state !== 'ESTAB') return fail('ENOTCONN');
  }
  const address = records ? undefined : to;
  if (address === undefined && sock.peer === undefined) return fail('ENOTCONN');
  const refused = reserve(sock, octets.length);
  if (refused !== undefined) return fail(refused);
  const target = findTarget(sock, address);
  if (!target.ok) return target;
  const peer = target.value;
  if (!maySend(sock, peer)) return fail('EPERM');
  if (peer.readClosed) return fail('EPIPE');
  // Whoever sends back and forth with one peer is not held up by its queue.
  if (peer !== sock && peer.peer !== sock && peer.queue.size > peer.maxBacklog) {
    peer.waiting.add(sock);
    return fail('EAGAIN');
  }
  const truesize = datagramTruesize(octets.length);
  peer.enqueue({ octets: octets.slice(), from: sock.local, sender: sock, truesize });
  return ok(octets.length);
}

/** Reads one datagram or record; what does not fit is lost. An error comes before data (unix_dgram_recvmsg). */
export function receiveRecord(sock: UnixSock, maxBytes: number): Result<UnixReceived, Errno> {
  const records = sock.type === 'seqpacket';
  if (records && sock.state !== 'ESTAB') return fail('ENOTCONN');
  const pending = sock.takeError();
  if (pending !== undefined) return fail(pending);
  const skb = sock.queue.shift();
  if (skb === undefined) {
    return records && sock.readClosed
      ? ok({ octets: new Uint8Array(0), from: undefined })
      : fail('EAGAIN');
  }
  sock.wakeWaiting();
  sock.free(skb);
  return ok({ octets: skb.octets.subarray(0, maxBytes), from: skb.from });
}

/** Room for an sk_buff (sock_alloc_send_pskb). */
function reserve(sock: UnixSock, bytes: number): Errno | undefined {
  if (bytes > sock.sendBufferBytes - BUFFER_OVERHEAD_BYTES) return 'EMSGSIZE';
  const pending = sock.takeError();
  if (pending !== undefined) return pending;
  if (sock.writeClosed) return 'EPIPE';
  if (sock.writeBytes < sock.sendBufferBytes) return undefined;
  sock.wantsRoom = true;
  return 'EAGAIN';
}

function findTarget(sock: UnixSock, to: UnixAddress | undefined): Result<UnixSock, Errno> {
  if (to !== undefined) return sock.find(to);
  const { peer } = sock;
  if (peer === undefined) return fail('ENOTCONN');
  if (!peer.dead) return ok(peer);
  sock.peer = undefined;
  sock.state = 'UNCONN';
  disconnected(sock, peer);
  return fail('ECONNREFUSED');
}

/** A datagram socket with a peer hears that one alone (unix_may_send). */
function maySend(sock: UnixSock, to: UnixSock): boolean {
  return to.peer === undefined || to.peer === sock;
}

/** What waited from the old peer is lost, and the peer told if it still thinks itself connected (unix_dgram_disconnected). */
function disconnected(sock: UnixSock, before: UnixSock): void {
  if (sock.queue.size === 0) return;
  sock.purge();
  sock.wakeWaiting();
  if (before.dead || before.peer !== sock) return;
  before.error = 'ECONNRESET';
  before.wake();
}
