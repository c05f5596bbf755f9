/** What the API knows about one resource in one version. */

import type { ResourceName } from '../../store/store.js';
import type { Structural } from '../schema/structural.js';

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
  | 'pcap'
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
  /** What objects hold, for kinds without a type in server/api/schema: custom ones, and podnet's own. */
  readonly structural?: Structural;
  /** Columns of `kubectl get`, for the same kinds. */
  readonly printerColumns?: readonly PrinterColumn[];
  /** Where the numbers of the `scale` subresource stand, for custom kinds. */
  readonly scale?: ScalePaths;
}

/** A column of `kubectl get` (`additionalPrinterColumns` of a CustomResourceDefinition). */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description?: string;
  readonly format?: string;
  /** Above 0: with `-o wide` only. */
  readonly priority?: number;
}

/** Simple paths such as `.spec.replicas` (`subresources.scale` of a CustomResourceDefinition). */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
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
