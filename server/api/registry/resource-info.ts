/** What the API knows about one resource in one version. */

import type { ResourceName } from '../../store/store.js';

/** Whether podnet acts on a kind, or only keeps it. */
export type Effect = 'acts' | 'kept';

/** A subresource that the API serves. */
export type Subresource =
  | 'status'
  | 'scale'
  | 'binding'
  | 'eviction'
  | 'ephemeralcontainers'
  | 'resize'
  | 'token'
  | 'finalize'
  | 'approval'
  | 'log'
  | 'exec'
  | 'attach'
  | 'portforward'
  | 'proxy';

/** A verb of the API, as discovery names it. */
export type Verb =
  | 'create'
  | 'delete'
  | 'deletecollection'
  | 'get'
  | 'list'
  | 'patch'
  | 'update'
  | 'watch';

/** One resource of one group and version. */
export interface ResourceInfo {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** Under which name the store keeps it; versions of one resource share it. */
  readonly storage: ResourceName;
  readonly effect: Effect;
  /** The type in server/api/schema; undefined for custom kinds. */
  readonly schema: string | undefined;
  /** Set for kinds that a CustomResourceDefinition made. */
  readonly custom: boolean;
}

/** `apps/v1`, or `v1` for the core group. */
export function groupVersion(resource: {
  readonly group: string;
  readonly version: string;
}): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** Reads `apps/v1` or `v1`. */
export function parseGroupVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
