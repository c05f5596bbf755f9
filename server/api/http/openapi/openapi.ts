/** OpenAPI documents: made when first asked for, kept compressed until what they tell of changes. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { KUBERNETES_VERSION } from '../../../kube/version.js';
import type { ResourceRegistry } from '../../registry/registry.js';
import type { ResourceInfo } from '../../registry/resource-info.js';
import { Components } from './components.js';
import { basePath, pathsOf } from './paths.js';
import { encodeV2 } from './v2.js';

/** One document, or the index of them. */
export interface OpenApiDocument {
  /** Names the content, for `ETag` and for the address in the index. */
  readonly hash: string;
  /** JSON in UTF-8. */
  text(): Buffer;
  gzipped(): Buffer;
}

/** The documents of a registry. */
export interface OpenApi {
  /** `/openapi/v3`; the prefix stands before every address in it. */
  index(prefix: string): OpenApiDocument;
  /** `apis/apps/v1`; undefined when there is none. */
  document(path: string): OpenApiDocument | undefined;
  /** `/openapi/v2` in protobuf. */
  v2(): Uint8Array;
}

interface Entry {
  readonly hash: string;
  readonly resources: readonly ResourceInfo[];
  gzipped: Buffer | undefined;
}

/** Makes the documents of a registry. */
export function createOpenApi(registry: ResourceRegistry): OpenApi {
  let generation = -1;
  let entries = new Map<string, Entry>();
  let v2: Uint8Array | undefined;
  let stamp: string | undefined;

  /** Documents of groups that did not change are kept: their hash stays the same. */
  function refresh(): void {
    if (generation === registry.generation) return;
    generation = registry.generation;
    v2 = undefined;
    stamp ??= readStamp();
    const byPath = new Map<string, ResourceInfo[]>();
    for (const info of registry.all) {
      const path = basePath(info);
      const list = byPath.get(path);
      if (list === undefined) byPath.set(path, [info]);
      else list.push(info);
    }
    const before = entries;
    entries = new Map();
    for (const [path, resources] of byPath) {
      const hash = hashOf(stamp, path, ...resources.map(describe));
      const known = before.get(path);
      entries.set(path, known?.hash === hash ? known : { hash, resources, gzipped: undefined });
    }
  }

  return {
    index(prefix) {
      refresh();
      const paths = Object.fromEntries(
        [...entries].map(([path, { hash }]) => [
          path,
          { serverRelativeURL: `${prefix}/openapi/v3/${path}?hash=${hash}` },
        ]),
      );
      const text = Buffer.from(JSON.stringify({ paths }));
      return {
        hash: hashOf(text.toString('utf8')),
        text: () => text,
        gzipped: () => gzipSync(text),
      };
    },
    document(path) {
      refresh();
      const entry = entries.get(path);
      if (entry === undefined) return undefined;
      const gzipped = () => {
        entry.gzipped ??= gzipSync(JSON.stringify(documentOf(path, entry.resources)));
        return entry.gzipped;
      };
      return { hash: entry.hash, gzipped, text: () => gunzipSync(gzipped()) };
    },
    v2() {
      refresh();
      v2 ??= encodeV2(registry.all);
      return v2;
    },
  };
}

/** What the generated schemas were made from: part of every hash, since a later build may tell of other fields. */
function readStamp(): string {
  const file = new URL('../../schema/generated/stamp', import.meta.url);
  return `${KUBERNETES_VERSION} ${readFileSync(file, 'utf8')}`;
}

function describe({ structural, ...info }: ResourceInfo): string {
  return JSON.stringify([info, structural?.raw ?? null]);
}

function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex').toUpperCase();
}

function documentOf(path: string, resources: readonly ResourceInfo[]): object {
  const components = new Components();
  const paths: Record<string, object> = {};
  for (const info of resources) Object.assign(paths, pathsOf(info, components));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned', description: path },
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          name: 'authorization',
          in: 'header',
          description: 'Bearer Token authentication',
        },
      },
    },
  };
}
