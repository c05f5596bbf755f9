/** Finding what a controller manages, by index. */

import type { KubeObject, LabelSelector } from '../../contract/kube.js';
import { labelSelectorMatcher } from '../../kube/label-selector.js';
import type { ObjectOf, ObjectStore, ResourceName } from '../../store/index.js';
import type { ControlClient } from '../client.js';
import { controllerOf, controllerReference } from './pod-state.js';

const BY_CONTROLLER = 'controller-uid';
const ORPHANS = 'without-controller';
/** Pods by the node they are bound to. */
export const BY_NODE = 'node-name';

/** Adds the indexes that controllers use. */
export function addControlIndexes(store: ObjectStore): void {
  for (const resource of OWNED) {
    store.addIndex(resource, BY_CONTROLLER, byController);
    store.addIndex(resource, ORPHANS, orphans);
  }
  store.addIndex('pods', BY_NODE, (pod) =>
    pod.spec.nodeName === undefined ? [] : [pod.spec.nodeName],
  );
}

const OWNED = ['pods', 'apps/replicasets', 'apps/controllerrevisions', 'batch/jobs'] as const;

function byController(object: KubeObject): readonly string[] {
  const owner = controllerOf(object);
  return owner === undefined ? [] : [owner.uid];
}

function orphans(object: KubeObject): readonly string[] {
  return controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : [];
}

/** The objects that name `owner` as their controller, in order of name. */
export function ownedBy<R extends ResourceName>(
  store: ObjectStore,
  resource: R,
  owner: KubeObject,
): readonly ObjectOf<R>[] {
  return store.byIndex(resource, BY_CONTROLLER, owner.metadata.uid ?? '');
}

/** The objects of a namespace that nobody controls, in order of name. */
export function orphansIn<R extends ResourceName>(
  store: ObjectStore,
  resource: R,
  namespace: string | undefined,
): readonly ObjectOf<R>[] {
  return store.byIndex(resource, ORPHANS, namespace ?? '');
}

/**
 * The objects that `owner` manages, after taking over those its selector matches that nobody manages and
 * letting go those it matches no more (upstream `controller_ref_manager.go`).
 */
export function claim<R extends ResourceName>(options: {
  readonly client: ControlClient;
  readonly resource: R;
  readonly owner: KubeObject;
  readonly selector: LabelSelector | undefined;
}): readonly ObjectOf<R>[] {
  const { client, resource, owner } = options;
  const { store } = client;
  const matches = labelSelectorMatcher(options.selector);
  const owned = ownedBy(store, resource, owner);
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  if (leaving) return owned.filter((object) => matches(object.metadata.labels));
  const unmatched = owned.filter((object) => !matches(object.metadata.labels));
  for (const object of unmatched) release(client, resource, object, owner);
  const adoptable = orphansIn(store, resource, owner.metadata.namespace).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && matches(metadata.labels),
  );
  if (adoptable.length === 0 && unmatched.length === 0) return owned;
  for (const object of adoptable) {
    const ownerReferences = [
      ...(object.metadata.ownerReferences ?? []),
      controllerReference(owner),
    ];
    client.update(resource, { ...object, metadata: { ...object.metadata, ownerReferences } });
  }
  return ownedBy(store, resource, owner);
}

/** Takes `owner` out of an object's owners. */
export function release<R extends ResourceName>(
  client: ControlClient,
  resource: R,
  object: ObjectOf<R>,
  owner: KubeObject,
): void {
  const { ownerReferences = [], ...metadata } = object.metadata;
  const left = ownerReferences.filter((reference) => reference.uid !== owner.metadata.uid);
  client.update(resource, {
    ...object,
    metadata: { ...metadata, ...(left.length === 0 ? {} : { ownerReferences: left }) },
  });
}
