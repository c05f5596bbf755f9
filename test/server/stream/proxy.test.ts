import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { failureStatus } from '../../../server/api/status.js';
import { type ProxyTarget, proxyRouter } from '../../../server/stream/index.js';

let pod: Server;
let front: Server;
let base: string;
const asked: ProxyTarget[] = [];

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

beforeAll(async () => {
  pod = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      if (request.url === '/old') response.setHeader('Location', '/new');
      if (request.url === '/cut') {
        response.socket?.destroy();
        return;
      }
      response.writeHead(request.url === '/old' ? 302 : 200, {
        'Access-Control-Allow-Origin': '*',
      });
      const { authorization, cookie, 'x-forwarded-uri': uri } = request.headers;
      const body = Buffer.concat(pieces).toString();
      response.end(
        JSON.stringify({
          method: request.method,
          url: request.url,
          authorization,
          cookie,
          uri,
          body,
        }),
      );
    });
  });
  const port = String(await listen(pod));
  const app = express();
  const backend = proxyRouter(
    {
      locate: (target) => {
        asked.push(target);
        const message = 'no endpoints available for service "none"';
        return target.id === 'none'
          ? {
              ok: false,
              status: failureStatus({ code: 503, reason: 'ServiceUnavailable', message }),
            }
          : { ok: true, value: { scheme: 'http', host: '10.0.0.1', port: target.id } };
      },
      connect: async ({ port: id }) =>
        id === 'deaf'
          ? { ok: false, error: 'dial tcp 10.0.0.1:81: connect: connection refused' }
          : { ok: true, value: connect(Number(port), '127.0.0.1') },
    },
    (error) => {
      throw error;
    },
  );
  app.use('/clusters/x', backend);
  front = createServer(app);
  base = `http://127.0.0.1:${await listen(front)}/clusters/x/api/v1/namespaces/lab`;
});

afterAll(() => {
  for (const server of [pod, front]) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a proxied request', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'is passed on by %s with path, query and body',
    async (method) => {
      const body = method === 'GET' ? null : 'some text';
      const response = await fetch(`${base}/services/http:web:80/proxy/a%20b?c=d`, {
        method,
        body,
        headers: { Authorization: 'Bearer secret' },
      });
      expect(await response.json()).toEqual({
        method,
        url: '/a%20b?c=d',
        uri: '/clusters/x/api/v1/namespaces/lab/services/http:web:80/proxy/a%20b',
        body: body ?? '',
      });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(asked.at(-1)).toEqual({ resource: 'services', namespace: 'lab', id: 'http:web:80' });
    },
  );

  test.each([
    ['podnet-8080=abc; theme=dark; podnet-9=x', 'theme=dark'],
    ['podnet-8080=abc', undefined],
    ['a=b;c=podnet-1=x', 'a=b; c=podnet-1=x'],
  ])('with the cookies %s brings the pod %s', async (cookie, brought) => {
    const response = await fetch(`${base}/pods/web/proxy/`, { headers: { cookie } });
    const seen = (await response.json()) as { readonly cookie?: string };
    expect(seen.cookie).toBe(brought);
  });

  test.each([
    [
      'a path without its slash',
      'pods/web/proxy?a=b',
      301,
      '/clusters/x/api/v1/namespaces/lab/pods/web/proxy/?a=b',
    ],
    [
      'a redirect of the pod',
      'pods/web/proxy/old',
      302,
      '/clusters/x/api/v1/namespaces/lab/pods/web/proxy/new',
    ],
  ])('is led on at %s', async (_name, path, code, location) => {
    const response = await fetch(`${base}/${path}`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([code, location]);
  });

  test.each([
    ['there is no endpoint', 'none', 'no endpoints available for service "none"'],
    [
      'nothing listens',
      'deaf',
      'error trying to reach service: dial tcp 10.0.0.1:81: connect: connection refused',
    ],
    ['the pod hangs up', 'web', 'error trying to reach service: EOF'],
  ])('is answered by a Status when %s', async (_name, id, message) => {
    const response = await fetch(`${base}/services/${id}/proxy/cut`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      kind: 'Status',
      reason: 'ServiceUnavailable',
      message,
    });
  });
});
