/** Reads request bodies as octets, up to a limit. */

import type { Request } from 'express';

/** The limit of the real API server: 3 MiB. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Reads a body; undefined when it is larger than the limit. */
export async function readBody(
  req: Request,
  limit = MAX_BODY_BYTES,
): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of req) {
    const octets = Buffer.from(part as Uint8Array);
    length += octets.length;
    if (length > limit) return undefined;
    parts.push(octets);
  }
  return Buffer.concat(parts);
}
