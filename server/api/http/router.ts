/** The Kubernetes API over HTTP, as an Express router; mount it at the root or under any prefix. */

import { type NextFunction, type Request, type Response, Router } from 'express';
import type { KubeObject } from '../../contract/kube.js';
import { groupVersion, type ResourceInfo, type Subresource } from '../registry/resource-info.js';
import {
  type ApiResult,
  type DeleteOptions,
  type ListRequest,
  type ObjectList,
  refuse,
  type WriteOptions,
} from '../request.js';
import type { ApiServer } from '../server.js';
import {
  failureStatus,
  internalError,
  methodNotAllowed,
  resourceVersionTooLarge,
  unknownPath,
} from '../status.js';
import { SCALES } from '../table/kept-columns.js';
import { renderTable } from '../table/table.js';
import { readBody } from './body.js';
import { deprecationOf } from './deprecated.js';
import { createDiscoveryRoutes } from './discovery-routes.js';
import { createHealthRoutes } from './health.js';
import { type ListOptions, parseListOptions } from './list-options.js';
import { type AnswerForm, answerForm, PATCH_TYPES, parseBody, patchTypeOf } from './negotiate.js';
import { openApiRouter } from './openapi/serve.js';
import { deleteOptions, includeObject, writeOptions } from './options.js';
import { type ApiPath, parseApiPath } from './path.js';
import { addWarnings, sendFailure, sendJson, sendStatus } from './respond.js';
import { userOf } from './user.js';
import { serveWatch } from './watch.js';

/** Serves a subresource that is more than an object: `log`, `exec`, `proxy`. */
export type SubresourceHandler = (
  req: Request,
  res: Response,
  target: {
    readonly object: KubeObject;
    readonly query: URLSearchParams;
    readonly rest: readonly string[];
  },
) => void | Promise<void>;

/** What a router may be given. */
export interface ApiRouterOptions {
  /** By `<storage name>/<subresource>`, such as `pods/log`. Others may add to it later. */
  readonly subresourceHandlers?: ReadonlyMap<string, SubresourceHandler>;
  /** Told of what went wrong inside. */
  readonly onError?: (error: unknown) => void;
}

/** Makes the router of a server. */
export function createApiRouter(api: ApiServer, options: ApiRouterOptions = {}): Router {
  const router = Router();

  router.use(createDiscoveryRoutes(api.registry));
  router.use(createHealthRoutes(api));
  router.use(openApiRouter(api.registry));
  router.use((req: Request, res: Response, next: NextFunction) => {
    if (!/^\/(api|apis)(\/|$)/.test(req.path)) {
      next();
      return;
    }
    serveResource({ api, options, req, res }).catch((error: unknown) => {
      options.onError?.(error);
      sendStatus(res, internalError(error instanceof Error ? error.message : String(error)));
    });
  });
  return router;
}

interface Exchange {
  readonly api: ApiServer;
  readonly options: ApiRouterOptions;
  readonly req: Request;
  readonly res: Response;
}

interface Call extends Exchange {
  readonly info: ResourceInfo;
  readonly path: ApiPath;
  readonly query: URLSearchParams;
  readonly form: AnswerForm;
  readonly write: WriteOptions;
}

async function serveResource(exchange: Exchange): Promise<void> {
  const { api, req, res } = exchange;
  const path = parseApiPath(req.path);
  const info =
    path === undefined ? undefined : api.registry.byPath(path.group, path.version, path.plural);
  if (
    path === undefined ||
    info === undefined ||
    (path.namespace !== undefined && !info.namespaced)
  ) {
    sendStatus(res, unknownPath());
    return;
  }
  addWarnings(res, deprecationOf(info.storage));
  const query = new URLSearchParams(req.url.split('?')[1] ?? '');
  const handler = exchange.options.subresourceHandlers?.get(`${info.storage}/${path.subresource}`);
  if (handler !== undefined && path.name !== undefined) {
    const target = api.get({ resource: info, namespace: path.namespace, name: path.name });
    if (target.ok) await handler(req, res, { object: target.value, query, rest: path.rest });
    else sendFailure(res, target);
    return;
  }
  const form = answerForm(req.headers.accept);
  if (form === undefined) {
    sendStatus(
      res,
      failureStatus({
        code: 406,
        reason: 'NotAcceptable',
        message: 'only the following media types are accepted: application/json',
      }),
    );
    return;
  }
  const { method, headers } = req;
  const apply = patchTypeOf(headers['content-type']) === 'apply';
  const write = writeOptions({ method, query, apply, userAgent: headers['user-agent'] });
  if ('kind' in write) {
    sendStatus(res, write);
    return;
  }
  await dispatch({ ...exchange, info, path, query, form, write: { ...write, user: userOf(req) } });
}

async function dispatch(call: Call): Promise<void> {
  const { api, req, res, info, path, query, write } = call;
  const { namespace, name } = path;
  const subresource = path.subresource as Subresource | undefined;
  if (req.method === 'GET' || req.method === 'HEAD') {
    const asked = Number(query.get('resourceVersion') ?? 0);
    if (name !== undefined && asked > api.store.revision)
      sendFailure(res, refuse(resourceVersionTooLarge(asked, api.store.revision)));
    else if (name !== undefined)
      await answer(call, api.get({ resource: info, namespace, name, subresource }));
    else await serveCollection(call);
    return;
  }
  const patchType = patchTypeOf(req.headers['content-type']);
  if (req.method === 'PATCH' && patchType === undefined) {
    sendStatus(res, unsupportedPatch(info));
    return;
  }
  const octets = await readBody(req);
  if (octets === undefined) {
    res.setHeader('Connection', 'close');
    sendStatus(
      res,
      failureStatus({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: 'Request entity too large: limit is 3145728',
      }),
    );
    return;
  }
  const body = parseBody(octets, req.headers['content-type']);
  if (!body.ok) {
    const reason = body.code === 415 ? 'UnsupportedMediaType' : 'BadRequest';
    sendStatus(res, failureStatus({ code: body.code, reason, message: body.message }));
    return;
  }
  const { value } = body;
  switch (req.method) {
    case 'POST':
      if (name !== undefined && subresource === undefined) break;
      await answer(
        call,
        api.create({ resource: info, namespace, name, subresource, body: value, options: write }),
      );
      return;
    case 'PUT':
      if (name === undefined) break;
      await answer(
        call,
        api.update({ resource: info, namespace, name, subresource, body: value, options: write }),
      );
      return;
    case 'PATCH': {
      if (name === undefined) break;
      if (patchType === undefined) break;
      await answer(
        call,
        api.patch({
          resource: info,
          namespace,
          name,
          subresource,
          type: patchType,
          body: value,
          options: write,
        }),
      );
      return;
    }
    case 'DELETE': {
      const options = deleteOptions(value, query, write);
      if (!options.ok) sendFailure(res, options);
      else if (name === undefined) await deleteSelected(call, options.value);
      else
        await answer(call, api.delete({ resource: info, namespace, name, options: options.value }));
      return;
    }
  }
  sendStatus(res, methodNotAllowed(info));
}

async function deleteSelected(call: Call, options: DeleteOptions): Promise<void> {
  const selected = parseListOptions(call.query);
  if ('kind' in selected) sendStatus(call.res, selected);
  else
    await answerList(call, call.api.deleteCollection({ ...listRequest(call, selected), options }));
}

function unsupportedPatch({ custom }: ResourceInfo) {
  const types = PATCH_TYPES.map(([type]) => type).filter((type) => !custom || !isStrategic(type));
  return failureStatus({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
  });
}

/** Custom kinds have no types that say how their lists merge. */
function isStrategic(type: string): boolean {
  return patchTypeOf(type) === 'strategic';
}

function listRequest({ info, path, query }: Call, options: ListOptions): ListRequest {
  return {
    resource: info,
    namespace: path.namespace,
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: query.get('fieldSelector') ?? undefined,
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
    match: options.match,
  };
}

async function serveCollection(call: Call): Promise<void> {
  const { api, req, res, info, query, form } = call;
  if (!info.verbs.includes('list')) {
    sendStatus(res, methodNotAllowed(info));
    return;
  }
  const options = parseListOptions(query);
  if ('kind' in options) {
    sendStatus(res, options);
    return;
  }
  const request = listRequest(call, options);
  if (options.watch && !info.verbs.includes('watch')) sendStatus(res, methodNotAllowed(info));
  else if (options.watch) serveWatch(req, res, { api, info, request, options, form, query });
  else await answerList(call, api.list(request));
}

async function answer(call: Call, result: ApiResult): Promise<void> {
  const { api, req, res, info, form, query } = call;
  // Nobody is told of what a crash could still undo, reader or writer (docs/adr/0007).
  await api.store.durable(api.store.revision);
  if (!result.ok) {
    sendFailure(res, result);
    return;
  }
  addWarnings(res, result.warnings);
  const asked = req.method === 'GET' && form !== 'table';
  const value = asked ? api.withOwners(info, result.value) : result.value;
  const code = result.created ? 201 : 200;
  const shown = value.kind === 'Scale' ? { ...info, kind: 'Scale', storage: SCALES } : info;
  if (form === 'table' && value.kind === shown.kind) {
    const include = includeObject(query);
    const metadata = { resourceVersion: value.metadata.resourceVersion };
    const now = api.now();
    sendJson(res, code, renderTable({ info: shown, objects: [value], metadata, include, now }));
  } else if (form === 'metadata' && value.kind === info.kind) {
    sendJson(res, code, {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: value.metadata,
    });
  } else {
    sendJson(res, code, value);
  }
}

async function answerList(call: Call, result: ApiResult<ObjectList>): Promise<void> {
  const { api, res, info, form, query } = call;
  await api.store.durable(api.store.revision);
  if (!result.ok) {
    sendFailure(res, result);
    return;
  }
  const { items, resourceVersion, remainingItemCount } = result.value;
  const metadata = {
    resourceVersion,
    ...(result.value.continue === undefined
      ? {}
      : { continue: result.value.continue, remainingItemCount }),
  };
  if (form === 'table') {
    sendJson(
      res,
      200,
      renderTable({
        info,
        objects: items,
        metadata,
        include: includeObject(query),
        now: api.now(),
      }),
    );
  } else if (form === 'metadata') {
    const partial = items.map((item) => ({ metadata: item.metadata }));
    sendJson(res, 200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: partial,
    });
  } else {
    sendJson(res, 200, {
      kind: `${info.kind}List`,
      apiVersion: groupVersion(info),
      metadata,
      items,
    });
  }
}
