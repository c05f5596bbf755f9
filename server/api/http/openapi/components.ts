/**
 * `components.schemas` of OpenAPI documents: types with their descriptions and merge keys.
 *
 * Fidelity: enumerations are told in descriptions alone, and few defaults are given.
 */

import { isObject, type JsonObject } from '../../../kube/json.js';
import { isAtomicMap, isAtomicType, isSet, listKeys } from '../../managed-fields/merge-facts.js';
import { isMergedSet, mergeKeyOf } from '../../patch/merge-keys.js';
import type { ResourceInfo } from '../../registry/resource-info.js';
import {
  type FieldType,
  readSchemaDescriptions,
  type ScalarCode,
  type SchemaDescriptions,
  schemaType,
} from '../../schema/schema.js';
import { componentName, customComponentName } from './names.js';

const TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.Time';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const LIST_META = 'V1ListMeta';

/** Scalars that have a name of their own. */
const NAMED_SCALARS: Readonly<Record<string, object>> = {
  [TIME]: {
    description:
      'Time is a wrapper around time.Time which supports correct marshaling to YAML and JSON.',
    type: 'string',
    format: 'date-time',
  },
  [INT_OR_STRING]: {
    description:
      'IntOrString is a type that can hold an int32 or a string, such as a port by number or by name.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  [QUANTITY]: {
    description:
      'Quantity is a fixed-point number with an optional suffix, such as 100m, 64Mi or 1e3.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
};

const SCALARS: Readonly<Record<ScalarCode, object>> = {
  s: { type: 'string' },
  i: { type: 'integer', format: 'int32' },
  l: { type: 'integer', format: 'int64' },
  n: { type: 'number', format: 'double' },
  b: { type: 'boolean' },
  t: reference(TIME),
  y: { type: 'string', format: 'byte' },
  x: reference(INT_OR_STRING),
  q: reference(QUANTITY),
  '*': { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

/** Values that the API fills in, where upstream's schema says so. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  'V1ContainerPort.protocol': 'TCP',
  'V1ServicePort.protocol': 'TCP',
  'V1ISCSIVolumeSource.iscsiInterface': 'default',
  'V1RBDVolumeSource.keyring': '/etc/ceph/keyring',
  'V1RBDVolumeSource.pool': 'rbd',
  'V1RBDVolumeSource.user': 'admin',
  'V1ScaleIOVolumeSource.fsType': 'xfs',
  'V1ScaleIOVolumeSource.storageMode': 'ThinProvisioned',
  'V1AzureDiskVolumeSource.cachingMode': 'ReadWrite',
  'V1AzureDiskVolumeSource.fsType': 'ext4',
  'V1AzureDiskVolumeSource.kind': 'Shared',
  'V1AzureDiskVolumeSource.readOnly': false,
  'V1GRPCAction.service': '',
};

function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** Collects the schemas that one document needs. */
export class Components {
  readonly schemas: Record<string, object> = {};
  readonly #descriptions: SchemaDescriptions = readSchemaDescriptions();

  /** A reference to a type of server/api/schema. */
  refer(type: string): { readonly $ref: string } {
    const name = componentName(type);
    if (!(name in this.schemas)) this.#collect(name, type);
    return reference(name);
  }

  /** A reference to a resource's own type, which says its kind. */
  referKind(info: ResourceInfo): { readonly $ref: string } {
    const { schema } = info;
    const name = schema === undefined ? customComponentName(info) : componentName(schema);
    if (schema === undefined) this.schemas[name] ??= this.#structural(info);
    else this.refer(schema);
    const { group, version, kind } = info;
    this.schemas[name] = {
      ...this.schemas[name],
      'x-kubernetes-group-version-kind': [{ group, version, kind }],
    };
    return reference(name);
  }

  /** A reference to the list of a resource. */
  referList(info: ResourceInfo): { readonly $ref: string } {
    const { group, version, kind, schema } = info;
    const item = this.referKind(info);
    const name = `${schema === undefined ? customComponentName(info) : componentName(schema)}List`;
    this.schemas[name] ??= {
      description: `${kind}List is a list of ${kind} objects.`,
      type: 'object',
      required: ['items'],
      properties: {
        ...this.#identity(),
        items: { description: `List of ${info.plural}.`, type: 'array', items: { allOf: [item] } },
        metadata: { description: 'Standard list metadata.', allOf: [this.refer(LIST_META)] },
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }],
    };
    return reference(name);
  }

  #identity(): Record<string, object> {
    const { apiVersion, kind } = this.#descriptions.V1Status ?? {};
    return {
      apiVersion: { description: apiVersion, type: 'string' },
      kind: { description: kind, type: 'string' },
    };
  }

  #structural(info: ResourceInfo): object {
    const raw = info.structural?.raw;
    const { properties, ...rest }: JsonObject = raw ?? {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
    };
    return {
      ...rest,
      properties: {
        ...(isObject(properties) ? properties : {}),
        ...this.#identity(),
        metadata: {
          description: "Standard object's metadata.",
          allOf: [this.refer('V1ObjectMeta')],
        },
      },
    };
  }

  #collect(name: string, type: string): void {
    this.schemas[name] = {};
    const properties: Record<string, object> = {};
    const required: string[] = [];
    const texts = this.#descriptions[type] ?? {};
    for (const [field, { type: fieldType, required: needed }] of schemaType(type) ?? []) {
      properties[field] = this.#property(type, field, fieldType, texts[field]);
      if (needed) required.push(field);
    }
    this.schemas[name] = {
      ...(texts[''] === undefined ? {} : { description: texts[''] }),
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      properties,
      ...(isAtomicType(type) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    };
  }

  #property(type: string, field: string, of: FieldType, description: string | undefined): object {
    const schema = this.#field(of);
    const said = description === undefined ? {} : { description };
    const preset = DEFAULTS[`${type}.${field}`];
    // A reference takes no siblings in OpenAPI 3.0; upstream wraps it likewise.
    const wrapped = '$ref' in schema ? { allOf: [schema] } : schema;
    return {
      ...said,
      ...(preset === undefined ? {} : { default: preset }),
      ...wrapped,
      ...mergeExtensions(type, field, of),
    };
  }

  #field(type: FieldType): object {
    switch (type.kind) {
      case 'scalar':
        return this.#scalar(SCALARS[type.code]);
      case 'array':
        return { type: 'array', items: this.#item(type.of) };
      case 'map':
        return { type: 'object', additionalProperties: this.#item(type.of) };
      case 'object':
        return this.refer(type.name);
    }
  }

  #item(type: FieldType): object {
    const schema = this.#field(type);
    return '$ref' in schema ? { allOf: [schema] } : schema;
  }

  #scalar(schema: object): object {
    if ('$ref' in schema && typeof schema.$ref === 'string') {
      const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
      this.schemas[name] ??= NAMED_SCALARS[name] ?? {};
    }
    return schema;
  }
}

/** How lists and mappings merge, in the extensions that kubectl and server-side apply read. */
function mergeExtensions(type: string, field: string, of: FieldType): object {
  if (of.kind === 'map' && isAtomicMap(type, field)) return { 'x-kubernetes-map-type': 'atomic' };
  if (of.kind !== 'array') return {};
  const key = mergeKeyOf(type, field);
  const keys = listKeys(type, field);
  const listType = keys !== undefined ? 'map' : isSet(type, field) ? 'set' : 'atomic';
  return {
    'x-kubernetes-list-type': listType,
    ...(keys === undefined ? {} : { 'x-kubernetes-list-map-keys': keys }),
    ...(key === undefined ? {} : { 'x-kubernetes-patch-merge-key': key }),
    ...(key === undefined && !isMergedSet(type, field)
      ? {}
      : { 'x-kubernetes-patch-strategy': 'merge' }),
  };
}
