/** Health endpoints and the index of paths (upstream `apiserver/pkg/server/healthz`, `routes/index.go`). */

import { type Request, type Response, Router } from 'express';
import { ownField } from '../../kube/json.js';
import type { ResourceRegistry } from '../registry/registry.js';
import type { ApiServer } from '../server.js';
import { unknownPath } from '../status.js';
import { sendJson, sendStatus } from './respond.js';

/** One thing that is looked at; a rejection says that it is not well. */
type Check = () => Promise<void> | void;

const ENDPOINTS = ['healthz', 'livez', 'readyz'] as const;

/**
 * Serves `/healthz`, `/livez` and `/readyz`, each check of theirs by its name below them, `?verbose` and
 * `?exclude=NAME`; and `/`, the list of paths.
 *
 * Fidelity: there are two checks, `ping` and `etcd`, which is the store and its disk.
 */
export function createHealthRoutes(api: ApiServer): Router {
  const checks: Readonly<Record<string, Check>> = {
    ping: () => {},
    etcd: () => api.store.durable(api.store.revision),
  };
  const router = Router();
  for (const endpoint of ENDPOINTS) {
    router.get(`/${endpoint}`, (req, res) => serveAll(endpoint, checks, req, res));
    router.get(`/${endpoint}/:check`, (req, res) => {
      const check = ownField(checks, req.params.check);
      if (check === undefined) sendStatus(res, unknownPath());
      else return serveAll(endpoint, { [req.params.check]: check }, req, res);
      return undefined;
    });
  }
  router.get('/', (req, res, next) => {
    // A browser that opens the root wants the page.
    if (req.accepts('html', 'json') === 'html') next();
    else sendJson(res, 200, { paths: pathsOf(api.registry, Object.keys(checks)) });
  });
  return router;
}

async function serveAll(
  endpoint: string,
  checks: Readonly<Record<string, Check>>,
  req: Request,
  res: Response,
): Promise<void> {
  const query = new URLSearchParams(req.url.split('?')[1] ?? '');
  const excluded = new Set(query.getAll('exclude'));
  const lines: string[] = [];
  let failed = false;
  for (const [name, check] of Object.entries(checks)) {
    if (excluded.delete(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    const isWell = await Promise.resolve(check()).then(
      () => true,
      () => false,
    );
    if (!isWell) failed = true;
    lines.push(isWell ? `[+]${name} ok` : `[-]${name} failed: reason withheld`);
  }
  for (const name of excluded) {
    lines.push(`warn: some health checks cannot be excluded: no matches for "${name}"`);
  }
  lines.push(`${endpoint} check ${failed ? 'failed' : 'passed'}`);
  res.status(failed ? 500 : 200).type('text/plain');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Cache-Control', 'no-cache, private');
  res.send(failed || query.has('verbose') ? `${lines.join('\n')}\n` : 'ok');
}

function pathsOf(registry: ResourceRegistry, checks: readonly string[]): readonly string[] {
  const groups = new Set<string>();
  for (const { group, version } of registry.all) {
    if (group === '') groups.add(`/api/${version}`);
    else groups.add(`/apis/${group}`).add(`/apis/${group}/${version}`);
  }
  const health = ENDPOINTS.flatMap((endpoint) => [
    `/${endpoint}`,
    ...checks.map((check) => `/${endpoint}/${check}`),
  ]);
  const fixed = ['/api', '/apis', '/openapi/v2', '/openapi/v3', '/version'];
  return [...fixed, ...groups, ...health].sort();
}
