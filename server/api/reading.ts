/** Getting and listing. */

import type { KubeObject } from '../contract/kube.js';
import { parseLabelSelector } from '../kube/label-selector.js';
import { fromStorage, isStorageForm } from './conversion.js';
import { type ApiCore, type ObjectSource, resolveResource, storeNamespace } from './core.js';
import { parseFieldSelector } from './field-selector.js';
import type { ResourceInfo } from './registry/resource-info.js';
import {
  type ApiResult,
  type ListRequest,
  type ObjectList,
  type ObjectRequest,
  refuse,
  succeed,
} from './request.js';
import { badRequest, expired, notFound, resourceVersionTooLarge, unknownPath } from './status.js';

/** Reads objects. */
export interface Reader {
  get(request: ObjectRequest): ApiResult;
  list(request: ListRequest): ApiResult<ObjectList>;
}

/** How many first pages are remembered so that later pages show the same moment. */
const MAX_SNAPSHOTS = 64;

interface Snapshot {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

/** Makes the reader of a server. */
export function createReader(core: ApiCore): Reader {
  const snapshots = new Map<string, Snapshot>();
  let snapshotCount = 0;

  function keep(snapshot: Snapshot): string {
    snapshotCount += 1;
    // The revision tells apart from snapshots of an earlier run of the server.
    const id = `${snapshotCount}-${snapshot.resourceVersion}`;
    snapshots.set(id, snapshot);
    const [oldest] = snapshots.keys();
    if (snapshots.size > MAX_SNAPSHOTS && oldest !== undefined) snapshots.delete(oldest);
    return id;
  }

  function page(
    snapshot: Snapshot,
    id: string | undefined,
    from: number,
    limit: number,
  ): ObjectList {
    const { items, resourceVersion } = snapshot;
    const to = limit > 0 ? from + limit : items.length;
    if (to >= items.length)
      return { items: from === 0 ? items : items.slice(from), resourceVersion };
    const token = Buffer.from(JSON.stringify([id ?? keep(snapshot), to])).toString('base64url');
    return {
      items: items.slice(from, to),
      resourceVersion,
      continue: token,
      remainingItemCount: items.length - to,
    };
  }

  function continued(token: string, limit: number): ApiResult<ObjectList> {
    const place = parseToken(token);
    if (place === undefined)
      return refuse(badRequest('continue key is not valid: malformed value'));
    const snapshot = snapshots.get(place.id);
    if (snapshot === undefined) {
      return refuse(
        expired(
          'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
        ),
      );
    }
    return succeed(page(snapshot, place.id, place.from, limit));
  }

  return {
    get({ resource, namespace, name }) {
      const info = resolveResource(core, resource);
      if (info === undefined) return refuse(unknownPath());
      const { get } = core.sources.get(info.storage) ?? storedAs(core, info);
      const object = get(storeNamespace(info, namespace), name);
      return object === undefined
        ? refuse(notFound(info, name))
        : succeed(fromStorage(info, object));
    },
    list(request) {
      const info = resolveResource(core, request.resource);
      if (info === undefined) return refuse(unknownPath());
      const limit = request.limit ?? 0;
      if (request.continue !== undefined && request.continue !== '')
        return continued(request.continue, limit);
      const moment = momentOf(core, request, limit);
      if (!moment.ok) return moment;
      const selected = select(core, info, request, moment.value);
      if (!selected.ok) return selected;
      const resourceVersion = String(moment.value ?? core.store.revision);
      return succeed(page({ items: selected.value, resourceVersion }, undefined, 0, limit));
    },
  };
}

function parseToken(token: string): { id: string; from: number } | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (!Array.isArray(parsed) || typeof parsed[0] !== 'string' || !Number.isInteger(parsed[1]))
      return undefined;
    return { id: parsed[0], from: Number(parsed[1]) };
  } catch {
    return undefined;
  }
}

/** A test for the selectors of a request; undefined selects everything. */
export function selectorOf(
  info: ResourceInfo,
  { labelSelector, fieldSelector }: Pick<ListRequest, 'labelSelector' | 'fieldSelector'>,
): ApiResult<{ matches: ((object: KubeObject) => boolean) | undefined; name: string | undefined }> {
  const tests: ((object: KubeObject) => boolean)[] = [];
  let name: string | undefined;
  if (labelSelector !== undefined && labelSelector !== '') {
    const parsed = parseLabelSelector(labelSelector);
    if (!parsed.ok) return refuse(badRequest(parsed.message));
    const { matches } = parsed;
    tests.push((object) => matches(object.metadata.labels));
  }
  if (fieldSelector !== undefined && fieldSelector !== '') {
    const parsed = parseFieldSelector(info, fieldSelector);
    if (!parsed.ok) return refuse(badRequest(parsed.message));
    name = parsed.name;
    tests.push(parsed.matches);
  }
  if (tests.length === 0) return succeed({ matches: undefined, name });
  return succeed({ matches: (object) => tests.every((test) => test(object)), name });
}

/** The revision that a list is to show when it is not the newest. A page of an old revision shows just that, as upstream. */
function momentOf(
  core: ApiCore,
  { resourceVersion = 0, match }: ListRequest,
  limit: number,
): ApiResult<number | undefined> {
  const { revision } = core.store;
  if (resourceVersion > revision) return refuse(resourceVersionTooLarge(resourceVersion, revision));
  const exact = match === 'Exact' || (match === undefined && limit > 0);
  return succeed(exact && resourceVersion !== 0 ? resourceVersion : undefined);
}

/** The objects of a resource at a revision: as they are, with what changed since taken back. */
function objectsAt(
  core: ApiCore,
  { storage }: ResourceInfo,
  namespace: string | undefined,
  revision: number,
): readonly KubeObject[] | undefined {
  const changes = core.store.since(storage, revision);
  if (changes === undefined) return undefined;
  const objects = core.store.list(storage, namespace);
  if (changes.length === 0) return objects;
  const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}\u0000${metadata.name}`;
  const then = new Map<string, KubeObject>(objects.map((object) => [keyOf(object), object]));
  for (const { object, previous } of changes.toReversed()) {
    if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
    if (previous === undefined) then.delete(keyOf(object));
    else then.set(keyOf(object), previous);
  }
  const ordered = [...then].sort(([a], [b]) => (a < b ? -1 : 1));
  return ordered.map(([, object]) => object);
}

function select(
  core: ApiCore,
  info: ResourceInfo,
  request: ListRequest,
  moment: number | undefined,
): ApiResult<readonly KubeObject[]> {
  const selector = selectorOf(info, request);
  if (!selector.ok) return selector;
  const { matches, name } = selector.value;
  const namespace = info.namespaced ? request.namespace : undefined;
  const candidates =
    moment === undefined
      ? candidatesOf(core, info, namespace, name)
      : objectsAt(core, info, namespace, moment);
  if (candidates === undefined)
    return refuse(expired('The resourceVersion for the provided list is too old.'));
  const chosen = matches === undefined ? candidates : candidates.filter(matches);
  return succeed(isStorageForm(info) ? chosen : chosen.map((object) => fromStorage(info, object)));
}

function candidatesOf(
  core: ApiCore,
  info: ResourceInfo,
  namespace: string | undefined,
  name: string | undefined,
): readonly KubeObject[] {
  const source = core.sources.get(info.storage) ?? storedAs(core, info);
  if (name === undefined || (info.namespaced && namespace === undefined)) {
    return source.list(namespace);
  }
  const object = source.get(namespace, name);
  return object === undefined ? [] : [object];
}

function storedAs({ store }: ApiCore, { storage }: ResourceInfo): ObjectSource {
  return {
    get: (namespace, name) => store.get(storage, namespace, name),
    list: (namespace) => store.list(storage, namespace),
  };
}
