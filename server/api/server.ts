/**
 * The API server without HTTP: every reader and writer of objects goes through it, from outside or from podnet itself.
 * A write is decoded, defaulted, admitted, checked, allocated for, compared and committed in one synchronous call, so
 * it never races with another.
 *
 * Fidelity: no webhooks.
 */

import type { KubeObject } from '../contract/kube.js';
import type { ObjectOf, ObjectStore, ResourceName } from '../store/store.js';
import { type AccessControl, UNGUARDED } from './access.js';
import type { AdmissionObserver } from './admission/observe.js';
import { createAdmission } from './admission/plugins.js';
import { createServiceAllocator } from './allocation/service-allocator.js';
import type { ObjectSource } from './core.js';
import { createDeleter } from './deletion.js';
import { createRuleBook } from './kind-rules.js';
import { createFieldManager } from './managed-fields/field-manager.js';
import { nameSuffix } from './object-meta.js';
import { createPatcher } from './patching.js';
import { QuotaLedger } from './quota/ledger.js';
import { createReader } from './reading.js';
import { BUILT_IN_RESOURCES } from './registry/built-in.js';
import { customResources } from './registry/custom.js';
import { ResourceRegistry } from './registry/registry.js';
import type { ResourceInfo } from './registry/resource-info.js';
import type {
  ApiResult,
  CreateRequest,
  DeleteRequest,
  ListRequest,
  ObjectList,
  ObjectRequest,
  PatchRequest,
  UpdateRequest,
} from './request.js';
import type { KindRules } from './rules.js';
import { createSubresources } from './subresources.js';
import { createTrustedWriter } from './trusted.js';
import { createWriter } from './writing.js';

/** What an API server is made from. */
export interface ApiServerOptions {
  readonly store: ObjectStore;
  /** The time now, RFC 3339 to the second, from the simulated clock. */
  readonly now: () => string;
  readonly newUid: () => string;
  /** The next number of a seeded sequence, from 0 up to 1. */
  readonly random: () => number;
  /** Where clusterIPs come from; 10.96.0.0/12 when absent. */
  readonly serviceCidr?: string;
  /** Inclusive; 30000 to 32767 when absent. */
  readonly nodePortRange?: { readonly from: number; readonly to: number };
  readonly clusterName?: string;
  /** Who may do what; everybody may do everything when absent, and there are no reviews and no tokens. */
  readonly access?: AccessControl;
  /** How much the cluster may hold; 50,000 objects, all of which may be pods, where absent. */
  readonly quota?: Partial<ApiQuota>;
  /** Kinds beside the built-in ones. */
  readonly kinds?: readonly ServedKind[];
  /** Hears what admission plugins write into new pods. */
  readonly onAdmitted?: AdmissionObserver;
}

/** How much a cluster may hold. */
export interface ApiQuota {
  readonly maxObjects: number;
  readonly maxPods: number;
}

/** A kind that an API server is given beside the built-in ones. */
export interface ServedKind {
  readonly resource: ResourceInfo;
  readonly rules?: KindRules;
  /** Where its objects come from, for kinds that are not stored. */
  readonly source?: ObjectSource;
}

/** Reads and writes of one cluster's objects. All calls are synchronous. */
export interface ApiServer {
  readonly clusterName: string;
  readonly store: ObjectStore;
  readonly registry: ResourceRegistry;
  /** What is used of each ResourceQuota. */
  readonly quotas: QuotaLedger;
  readonly now: () => string;
  get(request: ObjectRequest): ApiResult;
  list(request: ListRequest): ApiResult<ObjectList>;
  create(request: CreateRequest): ApiResult;
  update(request: UpdateRequest): ApiResult;
  patch(request: PatchRequest): ApiResult;
  /** The object when its deletion is under way, a `Status` of success when it is gone. */
  delete(request: DeleteRequest): ApiResult;
  /** An object as a client reads it that asks for it by name: with the owners of its fields. */
  withOwners(info: ResourceInfo, object: KubeObject): KubeObject;
  deleteCollection(request: ListRequest & Pick<DeleteRequest, 'options'>): ApiResult<ObjectList>;
  /** Stores an object of podnet's own making: defaulted and allocated for, but not checked. May share frozen parts. */
  createTrusted<R extends ResourceName>(resource: R, object: ObjectOf<R>): ApiResult<ObjectOf<R>>;
  /** Replaces spec and metadata; status stays. Conflict when the object's resourceVersion is set and old. */
  updateTrusted<R extends ResourceName>(resource: R, object: ObjectOf<R>): ApiResult<ObjectOf<R>>;
  /** Replaces status alone; NotFound when the object is gone or is another one of the same name. */
  updateStatusTrusted<R extends ResourceName>(
    resource: R,
    object: ObjectOf<R>,
  ): ApiResult<ObjectOf<R>>;
}

const DEFAULT_SERVICE_CIDR = '10.96.0.0/12';
const DEFAULT_NODE_PORTS = { from: 30000, to: 32767 };
const DEFAULT_QUOTA: ApiQuota = { maxObjects: 50_000, maxPods: 50_000 };

/** Makes an API server over a store. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, now, newUid, random } = options;
  const kinds = options.kinds ?? [];
  const registry = new ResourceRegistry([
    ...BUILT_IN_RESOURCES,
    ...kinds.map(({ resource }) => resource),
  ]);
  serveDefinedKinds(store, registry);
  const allocator = createServiceAllocator({
    store,
    random,
    serviceCidr: options.serviceCidr ?? DEFAULT_SERVICE_CIDR,
    nodePortRange: options.nodePortRange ?? DEFAULT_NODE_PORTS,
  });
  const quotas = new QuotaLedger(store);
  const core = {
    store,
    registry,
    now,
    newUid,
    random,
    allocator,
    access: options.access ?? UNGUARDED,
    rules: new Map([
      ...createRuleBook(),
      ...kinds.map(({ resource, rules = {} }) => [resource.storage, rules] as const),
    ]),
    sources: new Map(
      kinds.flatMap(({ resource, source }) =>
        source === undefined ? [] : [[resource.storage, source] as const],
      ),
    ),
    admission: createAdmission({
      store,
      ledger: quotas,
      suffix: () => nameSuffix(random),
      objectCount: countObjects(store, registry),
      podCount: countPods(store),
      quota: { ...DEFAULT_QUOTA, ...options.quota },
      observer: options.onAdmitted,
    }),
  };
  const reader = createReader(core);
  const deleter = createDeleter(core, reader);
  const fieldManager = createFieldManager(core);
  const writer = createWriter(core, deleter, fieldManager);
  const subresources = createSubresources({ core, reader, deleter, fieldManager });
  const patcher = createPatcher({ core, writer, subresources, fieldManager });
  const trusted = createTrustedWriter(core, deleter, fieldManager);
  return {
    clusterName: options.clusterName ?? 'podnet',
    store,
    registry,
    quotas,
    now,
    get: (request) =>
      request.subresource === undefined ? reader.get(request) : subresources.get(request),
    list: reader.list,
    create: (request) =>
      request.subresource === undefined ? writer.create(request) : subresources.create(request),
    update: (request) =>
      request.subresource === undefined ? writer.update(request) : subresources.update(request),
    patch: patcher.patch,
    withOwners: fieldManager.withOwners,
    delete: deleter.delete,
    deleteCollection: deleter.deleteCollection,
    ...trusted,
  };
}

/** Counts once, then follows the changes. */
function countObjects(store: ObjectStore, registry: ResourceRegistry): () => number {
  const names = new Set(registry.all.map((resource) => resource.storage));
  let count = 0;
  for (const name of names) count += store.list(name).length;
  store.watch('*', ({ type }) => {
    if (type === 'ADDED') count += 1;
    if (type === 'DELETED') count -= 1;
  });
  return () => count;
}

function countPods(store: ObjectStore): () => number {
  let count = store.list('pods').length;
  store.watch('pods', ({ type }) => {
    if (type === 'ADDED') count += 1;
    if (type === 'DELETED') count -= 1;
  });
  return () => count;
}

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';

function serveDefinedKinds(store: ObjectStore, registry: ResourceRegistry): void {
  const serve = (definition: KubeObject) => registry.addCustom(customResources(definition));
  for (const definition of store.list(DEFINITIONS)) serve(definition);
  store.watch(DEFINITIONS, ({ type, object, previous }) => {
    const [gone] = customResources(previous ?? object);
    if (gone !== undefined) registry.removeCustom(gone.group, gone.plural);
    if (type !== 'DELETED') serve(object);
    else if (gone !== undefined) removeAll(store, gone.storage);
  });
}

/** Objects go with the definition of their kind (apiextensions, `pkg/controller/finalizer`). */
function removeAll(store: ObjectStore, storage: ResourceName): void {
  for (const { metadata } of store.list(storage)) {
    store.delete(storage, metadata.namespace, metadata.name);
  }
}
