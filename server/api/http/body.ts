/** Reads request bodies as octets, up to a limit. */

import type { Request } from 'express';

/** The limit of the real API server: 3 MiB. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * Reads a body; undefined as soon as it is larger than the limit. What still comes is thrown away, so that the client can
 * read the refusal.
 */
export function readBody(req: Request, limit = MAX_BODY_BYTES): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    req.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= limit) {
        parts.push(part);
        return;
      }
      parts.length = 0;
      resolve(undefined);
    });
    req.on('end', () => resolve(Buffer.concat(parts)));
    req.on('error', reject);
  });
}
