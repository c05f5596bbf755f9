import { Agent, request as httpRequest } from 'node:http';
import type { WireRequest } from './mutate.js';

/** How a server took a request. */
export type Answered =
  | { readonly kind: 'answer'; readonly code: number; readonly type: string; readonly text: string }
  /** The connection became a stream. */
  | { readonly kind: 'upgraded' }
  /** The server, or this client's own HTTP library, ended the connection or would not send it. */
  | { readonly kind: 'closed'; readonly why: string }
  | { readonly kind: 'silent' };

const PATIENCE_MS = 8000;
/** A watch or a followed log that has begun well is left. */
const STREAM_MS = 100;

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Sends a request and takes what comes. */
export function send(
  base: string,
  { method, path, headers, body }: WireRequest,
): Promise<Answered> {
  return new Promise((resolve) => {
    const url = new URL(base);
    try {
      const sent = httpRequest({
        ...{ agent, host: url.hostname, port: url.port, method, path },
        headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': body.length }) },
      });
      const silent = setTimeout(() => {
        resolve({ kind: 'silent' });
        sent.destroy();
      }, PATIENCE_MS);
      sent.on('error', (error) => {
        clearTimeout(silent);
        resolve({ kind: 'closed', why: error.message });
      });
      sent.on('upgrade', (_answer, socket) => {
        clearTimeout(silent);
        socket.destroy();
        resolve({ kind: 'upgraded' });
      });
      sent.on('response', (answer) => {
        const { statusCode: code = 0 } = answer;
        const chunks: Buffer[] = [];
        const done = (): void => {
          clearTimeout(silent);
          clearTimeout(streaming);
          const text = Buffer.concat(chunks).toString();
          resolve({ kind: 'answer', code, type: answer.headers['content-type'] ?? '', text });
        };
        const streaming = setTimeout(() => {
          if (code >= 300) return;
          done();
          sent.destroy();
        }, STREAM_MS);
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', done);
        answer.on('error', done);
      });
      sent.end(body);
    } catch (error) {
      resolve({ kind: 'closed', why: error instanceof Error ? error.message : String(error) });
    }
  });
}
