/** What the parts of the API server share. */

import type { KubeObject } from '../contract/kube.js';
import type { ObjectStore, ResourceName } from '../store/store.js';
import type { AccessControl } from './access.js';
import type { Admission } from './admission/plugin.js';
import type { ServiceAllocator } from './allocation/service-allocator.js';
import type { ResourceRegistry } from './registry/registry.js';
import type { ResourceInfo } from './registry/resource-info.js';
import type { ApiFailure, ObjectRequest, ResourceRef, WriteOptions } from './request.js';
import type { RuleBook } from './rules.js';

/** Objects that are made when they are read, of kinds that only `get` and `list`. */
export interface ObjectSource {
  get(namespace: string | undefined, name: string): KubeObject | undefined;
  /** In order of namespace, then name; of all namespaces when none is given. */
  list(namespace: string | undefined): readonly KubeObject[];
}

/** The shared parts. */
export interface ApiCore {
  readonly store: ObjectStore;
  readonly registry: ResourceRegistry;
  readonly now: () => string;
  readonly newUid: () => string;
  readonly random: () => number;
  readonly allocator: ServiceAllocator;
  readonly rules: RuleBook;
  readonly access: AccessControl;
  readonly admission: Admission;
  /** By storage name. */
  readonly sources: ReadonlyMap<ResourceName, ObjectSource>;
}

/** The resource that a request means; undefined when there is none. */
export function resolveResource(core: ApiCore, resource: ResourceRef): ResourceInfo | undefined {
  return typeof resource === 'string' ? core.registry.byStorage(resource) : resource;
}

/** Applying or replacing what is not there makes it, for which one needs the verb `create` too. */
export function denyCreate(
  { access }: ApiCore,
  info: ResourceInfo,
  { namespace, name, options }: ObjectRequest & { readonly options?: WriteOptions | undefined },
): ApiFailure | undefined {
  const { group, version, plural: resource } = info;
  const at = storeNamespace(info, namespace) ?? '';
  const target = { group, version, resource, subresource: '', namespace: at, name };
  const { user } = options ?? {};
  return user === undefined
    ? undefined
    : access.deny(user, { kind: 'resource', verb: 'create', ...target });
}

/** The namespace under which the store keeps an object. */
export function storeNamespace(
  resource: ResourceInfo,
  namespace: string | undefined,
): string | undefined {
  return resource.namespaced ? (namespace ?? 'default') : undefined;
}
