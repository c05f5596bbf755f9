/** Admission: what is decided about a write after it was understood and before it is stored. */

import type { KubeObject } from '../../contract/kube.js';
import { asString, type JsonObject } from '../../kube/json.js';
import { draftMeta } from '../object-meta.js';
import type { ResourceInfo, Subresource } from '../registry/resource-info.js';
import type { ApiFailure } from '../request.js';
import { type AdmissionObserver, watchPod } from './observe.js';

/** A write that is to be admitted (upstream `admission.Attributes`). */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly info: ResourceInfo;
  readonly subresource?: Subresource;
  /** Undefined for cluster-wide kinds. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** The object as it is to be stored, defaulted; for DELETE the one that is there. Only `admit` may write to it. */
  readonly object: JsonObject;
  /** What is there before an update. */
  readonly current?: KubeObject;
}

/** One admission plugin. Neither phase may keep anything: a write may still be refused after it. */
export interface AdmissionPlugin {
  /** As `--enable-admission-plugins` names it. */
  readonly name: string;
  /** Fills in and changes the object, or refuses; parts of it that are frozen must be replaced. */
  readonly admit?: (attributes: AdmissionAttributes) => ApiFailure | undefined;
  /** Looks at the final object, and refuses. */
  readonly validate?: (attributes: AdmissionAttributes) => ApiFailure | undefined;
}

/** All plugins as one: the first refusal counts. */
export interface Admission {
  admit(attributes: AdmissionAttributes): ApiFailure | undefined;
  validate(attributes: AdmissionAttributes): ApiFailure | undefined;
}

/** Chains plugins in their order; `observer` hears what they write into new pods. */
export function chainPlugins(
  plugins: readonly AdmissionPlugin[],
  observer?: AdmissionObserver,
): Admission {
  return {
    admit: (attributes) => {
      const watch = watchPod(attributes, observer);
      for (const { admit, name } of plugins) {
        if (admit === undefined) continue;
        const refused = admit(attributes);
        if (refused !== undefined) return refused;
        watch?.ran(name);
      }
      watch?.done();
      return undefined;
    },
    validate: (attributes) => {
      for (const { validate } of plugins) {
        const refused = validate?.(attributes);
        if (refused !== undefined) return refused;
      }
      return undefined;
    },
  };
}

/** A new object as admission sees it; of one that gets its name only now, the name is known already. */
export function creationOf(info: ResourceInfo, object: JsonObject): AdmissionAttributes {
  const { name, namespace } = draftMeta(object);
  return {
    operation: 'CREATE',
    info,
    namespace: info.namespaced ? (asString(namespace) ?? 'default') : undefined,
    name: asString(name) ?? '',
    object,
  };
}

/** A replacement as admission sees it. */
export function replacementOf(
  info: ResourceInfo,
  object: JsonObject,
  current: KubeObject,
  subresource?: Subresource,
): AdmissionAttributes {
  const { name, namespace } = current.metadata;
  return {
    operation: 'UPDATE',
    info,
    namespace,
    name,
    object,
    current,
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** A deletion as admission sees it. */
export function deletionOf(info: ResourceInfo, object: KubeObject): AdmissionAttributes {
  const { name, namespace } = object.metadata;
  return { operation: 'DELETE', info, namespace, name, object: { ...object }, current: object };
}
