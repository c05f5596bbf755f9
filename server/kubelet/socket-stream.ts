import { Duplex } from 'node:stream';
import type { Errno, Socket } from '../../topology/index.js';
import { goErrno } from './dial.js';

/** Octets taken from a socket at once. */
const READ_BYTES = 64 * 1024;

/** An emulated socket's failure, in Go's words. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly code: Errno;

  constructor(operation: 'read' | 'write', errno: Errno) {
    super(`${operation}: ${goErrno(errno)}`);
    this.code = errno;
  }
}

/**
 * An emulated TCP connection as a stream of Node's: it sends no faster than the emulated peer takes, and reads no faster
 * than its own reader. Ending it sends FIN; destroying it before both directions ended sends RST.
 */
export function socketStream(socket: Socket, closed: () => void = () => undefined): Duplex {
  let wantsRead = false;
  let outgoing: { rest: Uint8Array; done: (error?: Error | null) => void } | undefined;
  const read = (): void => {
    while (wantsRead) {
      const got = socket.receive(READ_BYTES);
      if (!got.ok) {
        if (got.error !== 'EAGAIN') stream.destroy(new SocketError('read', got.error));
        return;
      }
      const { octets } = got.value;
      wantsRead = octets.length > 0 && stream.push(octets);
      if (octets.length === 0) stream.push(null);
    }
  };
  const write = (): void => {
    while (outgoing !== undefined) {
      const sent = socket.send(outgoing.rest);
      if (!sent.ok && sent.error === 'EAGAIN') return;
      const { done, rest } = outgoing;
      outgoing =
        sent.ok && sent.value < rest.length ? { rest: rest.subarray(sent.value), done } : undefined;
      if (outgoing === undefined) done(sent.ok ? null : new SocketError('write', sent.error));
    }
  };
  const stream: Duplex = new Duplex({
    read: () => {
      wantsRead = true;
      read();
    },
    write: (rest: Uint8Array, _encoding, done) => {
      outgoing = { rest, done };
      write();
    },
    final: (done) => {
      socket.shutdown('write');
      done();
    },
    destroy: (error, done) => {
      socket.onReady = undefined;
      if (!stream.readableEnded || !stream.writableFinished) socket.setOption('SO_LINGER', 0);
      socket.close();
      outgoing = undefined;
      closed();
      done(error);
    },
  });
  stream.on('error', () => undefined);
  socket.onReady = () => {
    if (stream.destroyed) return;
    write();
    read();
  };
  return stream;
}
