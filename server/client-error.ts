import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { failureStatus } from './api/status.js';

/** Answers what is no HTTP, or has headers that are too long, with a Status; Node's own answer has no body. */
export function answerClientErrors(http: Server): void {
  http.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const isTooLong = error.code === 'HPE_HEADER_OVERFLOW';
    const status = isTooLong
      ? failureStatus({
          code: 431,
          reason: 'RequestHeaderFieldsTooLarge',
          message: 'the headers of the request are too long: the limit is 16384 octets',
        })
      : failureStatus({ code: 400, reason: 'BadRequest', message: 'the request is not HTTP/1.1' });
    const body = JSON.stringify(status);
    const title = isTooLong ? 'Request Header Fields Too Large' : 'Bad Request';
    socket.end(
      `HTTP/1.1 ${status.code} ${title}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}
