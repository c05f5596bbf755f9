/** A kind as ownership sees it: its shape, its versions, and which fields a write through one path may own. */

import type { KubeObject } from '../../contract/kube.js';
import { isObject, type JsonObject } from '../../kube/json.js';
import { fromStorage } from '../conversion.js';
import type { ApiCore } from '../core.js';
import { groupVersion, type ResourceInfo } from '../registry/resource-info.js';
import { type FieldType, schemaType } from '../schema/schema.js';
import { customType } from './custom-type.js';
import {
  difference,
  EMPTY_SET,
  type FieldSet,
  fieldSetOf,
  recursiveDifference,
} from './field-set.js';
import { alwaysThere } from './merge-facts.js';
import { type MergeType, mergeTypeOf } from './merge-type.js';
import type { FieldFilter } from './updater.js';
import type { Versions } from './versions.js';

/** The shape of a resource's objects. */
export function typeOfResource(info: ResourceInfo): MergeType {
  if (info.schema !== undefined) return mergeTypeOf(info.schema);
  return customType(info.structural?.raw);
}

/** The versions of a kind. */
export function versionsOf(core: ApiCore, info: ResourceInfo): Versions {
  return (apiVersion) => {
    const version =
      apiVersion === groupVersion(info) ? info : core.registry.byKind(apiVersion, info.kind);
    if (version === undefined || version.storage !== info.storage) return undefined;
    return {
      type: typeOfResource(version),
      show: (value) =>
        isObject(value)
          ? withParts(version, { ...fromStorage(version, value as unknown as KubeObject) })
          : emptyObject(version),
    };
  };
}

/** An object of a kind before anybody has written into it. */
export function emptyObject(info: ResourceInfo): JsonObject {
  if (info.schema === undefined) return {};
  const result: JsonObject = {};
  for (const part of ['metadata', 'spec', 'status']) {
    const type = schemaType(info.schema)?.get(part)?.type;
    if (type !== undefined) result[part] = emptyValue(type);
  }
  return result;
}

function emptyValue(type: FieldType): unknown {
  if (type.kind === 'array') return [];
  const result: JsonObject = {};
  if (type.kind !== 'object') return result;
  for (const field of alwaysThere(type.name)) {
    const inner = schemaType(type.name)?.get(field)?.type;
    if (inner !== undefined) result[field] = emptyValue(inner);
  }
  return result;
}

/** Upstream's objects have a status, if only an empty one; podnet leaves it out. */
function withParts(info: ResourceInfo, object: JsonObject): JsonObject {
  if (object.status !== undefined || info.schema === undefined) return object;
  return schemaType(info.schema)?.has('status') === true ? { ...object, status: {} } : object;
}

const STATUS: FieldSet = fieldSetOf([['f:status']]);

/** The server's own fields, and those that say which object it is: nobody owns them. */
const NOBODYS: FieldSet = fieldSetOf([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ].map((name) => ['f:metadata', `f:${name}`]),
]);

const STATUS_WRITERS: ReadonlySet<string> = new Set(['status', 'approval']);

/** Which fields a write may own: through `status` those of the status, otherwise all others. */
export function filterFor(info: ResourceInfo, subresource: string): FieldFilter {
  if (STATUS_WRITERS.has(subresource)) return onlyStatus;
  const withStatus = info.subresources.includes('status');
  return (fields) => difference(withStatus ? recursiveDifference(fields, STATUS) : fields, NOBODYS);
}

function onlyStatus(fields: FieldSet): FieldSet {
  const status = fields.get('f:status');
  return status === undefined ? EMPTY_SET : new Map([['f:status', status]]);
}
