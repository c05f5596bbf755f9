/** The `scale` subresource: an object's replicas as `autoscaling/v1 Scale`. */

import type { KubeObject } from '../contract/kube.js';
import { asObject, type JsonObject } from '../kube/json.js';
import { parseJsonPath } from '../kube/json-path.js';
import { selectorText } from '../kube/label-selector.js';
import type { ResourceInfo } from './registry/resource-info.js';

/** A Scale. */
export interface Scale extends KubeObject {
  readonly spec: { readonly replicas: unknown };
}

/** The Scale of an object. */
export function scaleOf(info: ResourceInfo, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { wanted, observed, selector } = numbersOf(info, object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: { replicas: wanted },
    status: { replicas: observed, ...(selector === '' ? {} : { selector }) },
  };
}

function numbersOf(info: ResourceInfo, object: KubeObject) {
  const { scale } = info;
  if (scale !== undefined) {
    const at = (path: string | undefined) =>
      path === undefined ? undefined : parseJsonPath(path)?.(object)[0];
    return {
      wanted: at(scale.specReplicasPath) ?? 0,
      observed: at(scale.statusReplicasPath) ?? 0,
      selector: String(at(scale.labelSelectorPath) ?? ''),
    };
  }
  const spec = asObject(object.spec) ?? {};
  return {
    wanted: spec.replicas ?? 1,
    observed: asObject(object.status)?.replicas ?? 0,
    selector: selectorText(spec.selector),
  };
}

/** The object with another number of replicas. */
export function withReplicas(info: ResourceInfo, object: KubeObject, replicas: number): KubeObject {
  const path = info.scale?.specReplicasPath ?? '.spec.replicas';
  const fields = path.split('.').filter((field) => field !== '');
  return { ...object, ...withField(object, fields, replicas) };
}

function withField(value: unknown, [field, ...rest]: readonly string[], to: number): JsonObject {
  const object = { ...asObject(value) };
  if (field !== undefined)
    object[field] = rest.length === 0 ? to : withField(object[field], rest, to);
  return object;
}
