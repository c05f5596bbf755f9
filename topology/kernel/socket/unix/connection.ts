import { fail, ok, type Result } from '../../../base/index.js';
import type { Errno } from '../../errno.js';
import type { UnixAddress } from '../../sys.js';
import { readSysctl } from '../sysctl.js';
import type { UnixSock } from './unix-sock.js';

/** listen(2): connections beyond `backlog`, capped by `net.core.somaxconn`, plus one are refused with EAGAIN. */
export function listenOn(sock: UnixSock, backlog: number): Errno | undefined {
  if (sock.type === 'dgram') return 'EOPNOTSUPP';
  if (sock.local === undefined || sock.state === 'ESTAB') return 'EINVAL';
  const most = readSysctl(sock.layer.netns, 'net.core.somaxconn');
  const limit = backlog < 0 ? most : Math.min(backlog, most);
  if (limit > sock.maxBacklog) sock.wakeWaiting();
  sock.maxBacklog = limit;
  sock.state = 'LISTEN';
  sock.peerUser = sock.user?.creator;
  return undefined;
}

/**
 * connect(2) of a stream or of records: done at once, the other end waits for accept (unix_stream_connect). The order of
 * the answers is Linux's: what is wrong with the other side is told before EISCONN and EINVAL.
 */
export function connectStream(sock: UnixSock, address: UnixAddress): Errno | undefined {
  const found = sock.find(address);
  if (!found.ok) return found.error;
  const listener = found.value;
  if (listener.state !== 'LISTEN' || listener.readClosed) return 'ECONNREFUSED';
  if (listener.accepting.size > listener.maxBacklog) {
    listener.waiting.add(sock);
    return 'EAGAIN';
  }
  if (sock.state !== 'UNCONN') return sock.state === 'ESTAB' ? 'EISCONN' : 'EINVAL';
  const far = listener.makeFarEnd(sock);
  joinPair(sock, far);
  listener.accepting.push(far);
  listener.wake();
  return undefined;
}

/** accept(2). */
export function acceptConnection(sock: UnixSock): Result<UnixSock, Errno> {
  if (sock.type === 'dgram') return fail('EOPNOTSUPP');
  const { user } = sock;
  if (sock.state !== 'LISTEN' || user === undefined) return fail('EINVAL');
  const next = sock.accepting.shift();
  if (next === undefined) return fail('EAGAIN');
  next.open(user);
  sock.wakeWaiting();
  return ok(next);
}

/** Makes two sockets each other's peers. */
export function joinPair(one: UnixSock, other: UnixSock): void {
  one.peer = other;
  other.peer = one;
  one.state = 'ESTAB';
  other.state = 'ESTAB';
}
