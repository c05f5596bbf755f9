import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Status } from '../contract/kube.js';

/** Answers an upgrade request with a Status in place of the upgrade, and closes. */
export function refuseUpgrade(
  socket: Duplex,
  status: Status,
  headers: readonly (readonly [name: string, value: string])[] = [],
): void {
  const code = status.code ?? 500;
  const body = JSON.stringify(status);
  const lines = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
