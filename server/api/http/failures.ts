/** Answers to what never became a request of the API, or went wrong on the way: a Status, never a page with a stack. */

import { type Server, STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler } from 'express';
import type { Status } from '../../contract/kube.js';
import { badRequest, failureStatus, internalError } from '../status.js';
import { sendStatus } from './respond.js';

/** No client of Kubernetes expects anything but 100-continue, which Node answers itself. */
const EXPECTATION_FAILED = failureStatus({
  code: 417,
  reason: 'ExpectationFailed',
  message: 'the only expectation that is met is 100-continue',
});

/** Answers what Node's reader of HTTP refuses: broken or endless heads, bodies that do not come, expectations. */
export function answerFailuresBelow(http: Server): void {
  http.on('checkExpectation', (_request, response) => {
    response.writeHead(EXPECTATION_FAILED.code ?? 0, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(EXPECTATION_FAILED));
  });
  http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = unreadable(error.code);
    const code = status.code ?? 0;
    const body = JSON.stringify(status);
    socket.end(
      `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}

function unreadable(code: string | undefined): Status {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = 'the head of the request is larger than 16 KiB';
    return failureStatus({ code: 431, reason: 'RequestHeaderFieldsTooLarge', message });
  }
  return code === 'ERR_HTTP_REQUEST_TIMEOUT'
    ? failureStatus({ code: 408, reason: 'Timeout', message: 'the request did not arrive in time' })
    : badRequest('the request is not HTTP/1.1');
}

/** Makes the last handler: what a client did wrong is told as such, and the rest is podnet's own mistake. */
export function answerFailure(onError: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const code = clientFault(error);
    if (code === undefined) onError(error);
    if (response.headersSent) response.destroy();
    else if (code === undefined) {
      sendStatus(response, internalError('podnet made a mistake; its log says more'));
    } else
      sendStatus(
        response,
        badRequest(`the path of the request cannot be read: ${messageOf(error)}`),
      );
  };
}

/** Express marks what is the client's fault, such as a broken percent escape, with a code of 4xx. */
function clientFault(error: unknown): number | undefined {
  const { status } = error as { readonly status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
