/** Notices what admission plugins change about new pods, so that it can be told later. */

import { asObject, asString, type JsonObject, objectsOf } from '../../kube/json.js';
import { draftMeta } from '../object-meta.js';
import type { AdmissionAttributes } from './plugin.js';

/** A field of a pod that a plugin wrote. */
export interface AdmissionChange {
  readonly plugin: string;
  /** Path from the object: `spec.tolerations`, `spec.containers[0].volumeMounts`. */
  readonly field: string;
  /** How many items of a list were there before; undefined for a field that is no list or was not there. */
  readonly kept: number | undefined;
}

/** Told of a new pod, by uid, what each plugin wrote; the write may still be refused. */
export type AdmissionObserver = (podUid: string, changes: readonly AdmissionChange[]) => void;

/** Compares a pod before and after each plugin. */
export interface PodWatch {
  /** Call after a plugin. */
  ran(plugin: string): void;
  /** Call when all have run. */
  done(): void;
}

const LISTS = ['containers', 'initContainers'] as const;

/** A watch over the creation of a pod; undefined for every other write. */
export function watchPod(
  { info, object, operation }: AdmissionAttributes,
  observer: AdmissionObserver | undefined,
): PodWatch | undefined {
  if (observer === undefined || operation !== 'CREATE' || info.storage !== 'pods') return undefined;
  const spec = asObject(object.spec);
  if (spec === undefined) return undefined;
  const changes: AdmissionChange[] = [];
  let before = pictureOf(object, spec);
  return {
    ran: (plugin) => {
      const after = pictureOf(object, spec);
      for (const [field, value] of after) {
        const old = before.get(field);
        if (old === value || (LISTS as readonly string[]).some((name) => field === `spec.${name}`))
          continue;
        changes.push({ plugin, field, kept: Array.isArray(old) ? old.length : undefined });
      }
      before = after;
    },
    done: () => observer(asString(draftMeta(object).uid) ?? '', changes),
  };
}

/** The values of a pod's fields by path, as deep as plugins write. */
function pictureOf(object: JsonObject, spec: JsonObject): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  fields.set('metadata.annotations', asObject(draftMeta(object).annotations));
  for (const [name, value] of Object.entries(spec)) fields.set(`spec.${name}`, value);
  for (const list of LISTS) {
    for (const [index, container] of objectsOf(spec[list]).entries()) {
      for (const [name, value] of Object.entries(container)) {
        if (typeof value === 'object') fields.set(`spec.${list}[${index}].${name}`, value);
      }
    }
  }
  return fields;
}
