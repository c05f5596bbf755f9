import { type Response, Router } from 'express';
import type { ResourceRegistry } from '../registry/registry.js';
import { unknownPath } from '../status.js';
import {
  aggregatedDiscovery,
  aggregatedType,
  aggregatedVersion,
  coreVersions,
  groupList,
  oneGroup,
  resourceList,
} from './discovery.js';
import { sendDocument, sendStatus } from './respond.js';
import { versionInfo } from './version.js';

/** Serves `/version`, `/api` and `/apis` down to the lists of resources, in the form that the client asks for. */
export function createDiscoveryRoutes(registry: ResourceRegistry): Router {
  const router = Router();
  router.get('/version', (_req, res) => sendDocument(res, versionInfo()));
  for (const [path, part] of [
    ['/api', 'core'],
    ['/apis', 'named'],
  ] as const) {
    router.get(path, (req, res) => {
      const version = aggregatedVersion(req.headers.accept);
      if (version !== undefined)
        sendDocument(res, aggregatedDiscovery(registry, part, version), aggregatedType(version));
      else
        sendDocument(
          res,
          part === 'core' ? coreVersions(req.headers.host ?? '') : groupList(registry),
        );
    });
  }
  router.get('/apis/:group', (req, res) => sendFound(res, oneGroup(registry, req.params.group)));
  router.get('/api/:version', (req, res) =>
    sendFound(res, resourceList(registry, '', req.params.version)),
  );
  router.get('/apis/:group/:version', (req, res) =>
    sendFound(res, resourceList(registry, req.params.group, req.params.version)),
  );
  return router;
}

function sendFound(res: Response, value: object | undefined): void {
  if (value === undefined) sendStatus(res, unknownPath());
  else sendDocument(res, value);
}
