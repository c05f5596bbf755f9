/** Requests to the API and their answers, free of HTTP. */

import type { KubeObject, Status } from '../contract/kube.js';
import type { ResourceName } from '../store/store.js';
import type { UserInfo } from './access.js';
import type { ResourceInfo, Subresource } from './registry/resource-info.js';

/** What happens with fields that a kind does not have. They are never stored. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** How a write is to be carried out. */
export interface WriteOptions {
  /** Checks and defaults, but neither stores nor allocates. */
  readonly dryRun?: boolean | undefined;
  /** Who writes; undefined for podnet itself, which may do everything. */
  readonly user?: UserInfo | undefined;
  /** Under which name fields are owned, as `metadata.managedFields` says; by the User-Agent when absent. */
  readonly fieldManager?: string | undefined;
  /** The `User-Agent` of the request. */
  readonly userAgent?: string | undefined;
  /** Warn when absent, as upstream. */
  readonly fieldValidation?: FieldValidation | undefined;
  /** Server-side apply only: take fields over from other managers. */
  readonly force?: boolean | undefined;
}

/** A resource by its storage name (preferred version), or in one exact version. */
export type ResourceRef = ResourceName | ResourceInfo;

/** Names one object, or one of its subresources. */
export interface ObjectRequest {
  readonly resource: ResourceRef;
  /** Ignored for cluster-wide kinds. */
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: Subresource | undefined;
}

/** Makes an object; the name comes from the body. */
export interface CreateRequest {
  readonly resource: ResourceRef;
  readonly namespace?: string | undefined;
  /** With a subresource (`binding`, `eviction`, `token`): the object it belongs to. */
  readonly name?: string | undefined;
  readonly subresource?: Subresource | undefined;
  readonly body: unknown;
  readonly options?: WriteOptions | undefined;
}

/** Replaces an object, or one of its subresources. */
export interface UpdateRequest extends ObjectRequest {
  readonly body: unknown;
  readonly options?: WriteOptions | undefined;
}

/** The kinds of patch, by what they stand for in `Content-Type`. */
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** Changes an object. */
export interface PatchRequest extends ObjectRequest {
  readonly type: PatchType;
  readonly body: unknown;
  readonly options?: WriteOptions | undefined;
}

/** `DeleteOptions`. */
export interface DeleteOptions {
  readonly dryRun?: boolean | undefined;
  /** Seconds; 0 removes at once. */
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
}

/** Removes an object. */
export interface DeleteRequest extends ObjectRequest {
  readonly options?: DeleteOptions | undefined;
}

/** Selects objects of a kind. */
export interface ListRequest {
  readonly resource: ResourceRef;
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** At most so many objects in one answer; 0 or absent: all. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** The objects at this revision, or (`match` NotOlderThan or absent) at it or later; 0 and absent: now. */
  readonly resourceVersion?: number | undefined;
  readonly match?: 'Exact' | 'NotOlderThan' | undefined;
}

/** Some objects and the revision at which they were read. */
export interface ObjectList<O extends KubeObject = KubeObject> {
  readonly items: readonly O[];
  readonly resourceVersion: string;
  /** Where the next page begins. */
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Advice that podnet adds to a refusal; clients of the API see it as a warning. */
export interface Hint {
  readonly field?: string;
  readonly text: string;
}

/** The answer to a request. */
export type ApiResult<T = KubeObject> = ApiSuccess<T> | ApiFailure;

/** A request that was carried out. */
export interface ApiSuccess<T = KubeObject> {
  readonly ok: true;
  readonly value: T;
  readonly warnings: readonly string[];
  /** Whether a write made a new object (201). */
  readonly created: boolean;
}

/** A request that was refused. */
export interface ApiFailure {
  readonly ok: false;
  readonly error: Status;
  readonly warnings: readonly string[];
  readonly hints: readonly Hint[];
}

/** Wraps an answer. */
export function succeed<T>(
  value: T,
  warnings: readonly string[] = [],
  created = false,
): ApiSuccess<T> {
  return { ok: true, value, warnings, created };
}

/** Wraps a refusal. */
export function refuse(
  error: Status,
  hints: readonly Hint[] = [],
  warnings: readonly string[] = [],
): ApiFailure {
  return { ok: false, error, warnings, hints };
}
