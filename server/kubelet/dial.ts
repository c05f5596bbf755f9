import { type Errno, type Ip, type Socket, type Sys, strerror } from '../../topology/index.js';

/** What an attempt to connect is told. Exactly one of the two is called, once. */
export interface DialEvents {
  readonly connected: (socket: Socket) => void;
  readonly failed: (errno: Errno) => void;
}

/** Connects to a TCP port. The returned call gives up silently; it does nothing once either event was told. */
export function dial(sys: Sys, address: Ip, port: number, events: DialEvents): () => void {
  const made = sys.socket(typeof address === 'number' ? 'inet' : 'inet6', 'stream');
  if (!made.ok) {
    events.failed(made.error);
    return () => undefined;
  }
  const socket = made.value;
  let settled = false;
  const fail = (errno: Errno) => {
    settled = true;
    socket.onReady = undefined;
    socket.close();
    events.failed(errno);
  };
  const look = () => {
    if (settled) return;
    const errno = socket.takeError();
    if (errno !== undefined) fail(errno);
    else if (socket.state !== 'SYN-SENT') {
      settled = true;
      socket.onReady = undefined;
      events.connected(socket);
    }
  };
  socket.onReady = look;
  const errno = socket.connect(address, port);
  if (errno === undefined) look();
  else if (errno !== 'EINPROGRESS') fail(errno);
  return () => {
    if (settled) return;
    settled = true;
    socket.onReady = undefined;
    socket.close();
  };
}

/** An errno as Go prints it: `connection refused`. */
export function goErrno(errno: Errno): string {
  return strerror(errno).toLowerCase();
}
