import type { KubeObject } from '../contract/kube.js';
import type { KnownResource, ResourceTypes } from '../contract/resources.js';

/** `group/plural`, or `plural` for the core group; kinds that podnet only keeps have names here too. */
export type ResourceName = KnownResource | (string & Record<never, never>);

/** The type of a resource's objects. */
export type ObjectOf<R> = (R extends KnownResource ? ResourceTypes[R] : KubeObject) & KubeObject;

/** One committed change. Changes are seen in order of revision, without gaps. */
export interface Change<O extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceName;
  /** The object after the change; for DELETED its last state with the deletion's revision. */
  readonly object: O;
  readonly previous: O | undefined;
  readonly revision: number;
}

/** Why a write was refused. */
export type StoreError =
  | { readonly code: 'store/exists'; readonly current: KubeObject }
  | { readonly code: 'store/not-found' }
  | { readonly code: 'store/conflict'; readonly current: KubeObject };

export type StoreResult<O> =
  | { readonly ok: true; readonly value: O }
  | { readonly ok: false; readonly error: StoreError };

/** Says under which keys an index finds an object. */
export type IndexKeys<O extends KubeObject> = (object: O) => readonly string[];

/**
 * Objects of one cluster with revisions and watch. The memory is the truth for reads and for
 * podnet's own components, and every call on it is synchronous; durability follows behind, and whoever
 * acknowledges a write to the outside waits for `durable(revision)`.
 *
 * Objects are frozen deeply and replaced, never edited. One commit writes one object and takes the next
 * revision, which becomes its `metadata.resourceVersion`.
 */
export interface ObjectStore {
  /** The newest revision; lists carry it as their resourceVersion. */
  readonly revision: number;
  get<R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    name: string,
  ): ObjectOf<R> | undefined;
  /** Objects in order of namespace, then name; all namespaces when `namespace` is absent. */
  list<R extends ResourceName>(resource: R, namespace?: string): readonly ObjectOf<R>[];
  create<R extends ResourceName>(resource: R, object: ObjectOf<R>): StoreResult<ObjectOf<R>>;
  /**
   * Replaces an object. With `expect`, refuses with `store/conflict` unless that is the current revision. Writes
   * nothing, and returns the current object, when nothing but resourceVersion differs.
   */
  update<R extends ResourceName>(
    resource: R,
    object: ObjectOf<R>,
    expect?: string,
  ): StoreResult<ObjectOf<R>>;
  delete<R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    name: string,
    expect?: { readonly uid?: string; readonly resourceVersion?: string },
  ): StoreResult<ObjectOf<R>>;
  /** Adds an index that is kept with every commit. Adding it twice does nothing. */
  addIndex<R extends ResourceName>(resource: R, index: string, keys: IndexKeys<ObjectOf<R>>): void;
  /** Objects that an index has under a key, in order of namespace, then name. */
  byIndex<R extends ResourceName>(resource: R, index: string, key: string): readonly ObjectOf<R>[];
  /**
   * Calls `handler` for each later change, synchronously within the commit; changes made by a handler are delivered
   * after the current one. Returns the call that ends it. '*' means every resource.
   */
  watch<R extends ResourceName>(
    resource: R | '*',
    handler: (change: Change<ObjectOf<R>>) => void,
  ): () => void;
  /** Changes after a revision, oldest first; undefined when they are no longer kept (410 Expired). */
  since(resource: ResourceName | '*', revision: number): readonly Change[] | undefined;
  /** Resolves when everything up to a revision is on disk (at once for a store in memory). */
  durable(revision: number): Promise<void>;
  close(): Promise<void>;
}
