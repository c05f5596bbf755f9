/** `/openapi/v2` and `/openapi/v3` over HTTP. */

import { type Request, type Response, Router } from 'express';
import type { ResourceRegistry } from '../../registry/registry.js';
import { unknownPath } from '../../status.js';
import { sendStatus } from '../respond.js';
import { createOpenApi, type OpenApiDocument } from './openapi.js';

const V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** From how many octets on answers are compressed, as upstream has it. */
const GZIP_FROM = 128 * 1024;
const YEAR_SECONDS = 31_536_000;

/**
 * Serves the documents of a registry. An address with the document's hash may be kept for ever; one with an old hash
 * is sent on to the present one.
 */
export function openApiRouter(registry: ResourceRegistry): Router {
  const router = Router();
  const openApi = createOpenApi(registry);
  router.get('/openapi/v2', (req, res) => {
    if (req.headers.accept?.includes('proto-openapi') !== true) {
      sendStatus(res, unknownPath());
      return;
    }
    res.setHeader('Content-Type', V2_TYPE);
    res.send(Buffer.from(openApi.v2()));
  });
  router.get('/openapi/v3', (req, res) => {
    res.setHeader('Cache-Control', 'no-cache, private');
    sendDocument(req, res, openApi.index(req.baseUrl));
  });
  router.get('/openapi/v3/{*path}', (req, res) => {
    const path = req.path.replace(/^\/openapi\/v3\//, '');
    const document = openApi.document(path);
    if (document === undefined) {
      sendStatus(res, unknownPath());
      return;
    }
    const { hash } = req.query;
    if (hash !== undefined && hash !== document.hash) {
      res.redirect(301, `${req.baseUrl}/openapi/v3/${path}?hash=${document.hash}`);
      return;
    }
    const cache = hash === undefined ? 'no-cache, private' : `public, max-age=${YEAR_SECONDS}`;
    res.setHeader('Cache-Control', cache);
    sendDocument(req, res, document);
  });
  return router;
}

function sendDocument(req: Request, res: Response, document: OpenApiDocument): void {
  const tag = `"${document.hash}"`;
  res.setHeader('ETag', tag);
  res.setHeader('Vary', 'Accept, Accept-Encoding');
  const wanted = (req.headers['if-none-match'] ?? '').split(',').map((one) => one.trim());
  if (wanted.some((one) => one === tag || one === `W/${tag}` || one === '*')) {
    res.status(304).end();
    return;
  }
  res.setHeader('Content-Type', 'application/json');
  const text = document.text();
  if (text.length < GZIP_FROM || !acceptsGzip(req)) {
    res.end(text);
    return;
  }
  res.setHeader('Content-Encoding', 'gzip');
  res.end(document.gzipped());
}

function acceptsGzip(req: Request): boolean {
  const codings = String(req.headers['accept-encoding'] ?? '').split(',');
  return codings.some((one) => {
    const [coding = '', quality = ''] = one.split(';').map((part) => part.trim());
    return (coding === 'gzip' || coding === '*') && !/^q=0(\.0*)?$/.test(quality);
  });
}
