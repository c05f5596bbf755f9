import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
} from '../../../server/api/server.js';
import { createMemoryStore } from '../../../server/store/memory-store.js';

/** A fresh server with the namespace `default`, a clock that stands still, and uids that count. */
export function newApi(options: Pick<ApiServerOptions, 'serviceCidr' | 'quota'> = {}): ApiServer {
  let uids = 0;
  let seed = 1;
  const api = createApiServer({
    store: createMemoryStore(),
    now: () => '2025-01-01T00:00:00Z',
    newUid: () => `uid-${++uids}`,
    random: () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    },
    ...options,
  });
  api.create({ resource: 'namespaces', body: { metadata: { name: 'default' } } });
  return api;
}

/** A Pod with one nginx container. */
export function podBody(name = 'p') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { containers: [{ name: 'main', image: 'nginx:1.25' }] },
  };
}

/** A Deployment `web` of nginx. */
export function deploymentBody(spec: object = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'nginx', image: 'nginx:1.25' }] },
      },
      ...spec,
    },
  };
}
