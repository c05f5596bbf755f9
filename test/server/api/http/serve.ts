import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import {
  type ApiRouterOptions,
  createApiRouter,
  hostGuard,
} from '../../../../server/api/http/index.js';
import type { ApiServer } from '../../../../server/api/server.js';

/** A server on a free port, and how to stop it. */
export async function serve(
  api: ApiServer,
  options: ApiRouterOptions = {},
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const app = express();
  app.use(hostGuard());
  app.use(createApiRouter(api, options));
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
