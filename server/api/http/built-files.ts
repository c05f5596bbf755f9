import { existsSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { type RequestHandler } from 'express';

/** Folder of files whose names change with what is in them. */
const HASHED = '/assets/';
const PACKED = '.gz';

/**
 * Serves the files of a built page. One beside which its compressed form lies (`index.js.gz`) is sent as that to
 * who takes it; files of `assets` may be kept for good, as their names change with their content, and others are asked for anew.
 */
export function builtFiles(folder: string): readonly RequestHandler[] {
  const packed = new Set(namesIn(folder).filter((name) => name.endsWith(PACKED)));
  const choose: RequestHandler = (request, response, next) => {
    const { path } = request;
    if (packed.has(`${path}${PACKED}`)) {
      response.vary('Accept-Encoding');
      if (request.acceptsEncodings('gzip') !== false) {
        response.type(extname(path)).setHeader('Content-Encoding', 'gzip');
        request.url = `${path}${PACKED}`;
      }
    }
    next();
  };
  const files = express.static(folder, {
    setHeaders: (response, path) => {
      const lasts = path.startsWith(join(folder, HASHED));
      response.setHeader('Cache-Control', lasts ? 'max-age=31536000, immutable' : 'no-cache');
    },
  });
  return [choose, files];
}

/** Paths below a folder, as an address names them. */
function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (name) => `/${name.replaceAll('\\', '/')}`,
  );
}
