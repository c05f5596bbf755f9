/**
 * The shape of custom objects, from the OpenAPI schema of their definition: `x-kubernetes-list-type`,
 * `x-kubernetes-list-map-keys`, `x-kubernetes-map-type`. Without a schema mappings are granular and lists atomic.
 */

import {
  asObject,
  asString,
  isObject,
  type JsonObject,
  ownField,
  stringsOf,
} from '../../kube/json.js';
import {
  DEDUCED,
  type MapType,
  type MergeType,
  mergeTypeOf,
  UNTYPED,
  WHOLE,
} from './merge-type.js';

const METADATA = 'V1ObjectMeta';
/** What is deeper in a schema is owned whole. */
const MAX_DEPTH = 64;
const types = new WeakMap<object, MergeType>();

/** The shape of the objects of a version with this `openAPIV3Schema`. */
export function customType(schema: JsonObject | undefined): MergeType {
  if (schema === undefined) return rootType(undefined);
  const known = types.get(schema);
  if (known !== undefined) return known;
  const type = rootType(schema);
  types.set(schema, type);
  return type;
}

function rootType(schema: JsonObject | undefined): MapType {
  const type = schema === undefined ? DEDUCED : schemaType(schema);
  const base: MapType =
    type.kind === 'map'
      ? type
      : { kind: 'map', atomic: false, field: () => undefined, element: DEDUCED };
  return {
    ...base,
    field: (name) => {
      if (name === 'metadata') return mergeTypeOf(METADATA);
      if (name === 'apiVersion' || name === 'kind') return { kind: 'scalar', scalar: 'string' };
      return base.field(name);
    },
  };
}

const SCALARS: Readonly<Record<string, MergeType>> = {
  string: { kind: 'scalar', scalar: 'string' },
  integer: { kind: 'scalar', scalar: 'numeric' },
  number: { kind: 'scalar', scalar: 'numeric' },
  boolean: { kind: 'scalar', scalar: 'boolean' },
};

function schemaType(schema: JsonObject, depth = 0): MergeType {
  if (depth > MAX_DEPTH) return WHOLE;
  if (schema['x-kubernetes-int-or-string'] === true) return UNTYPED;
  if (schema.type === 'array') return listType(schema, depth);
  if (schema.type === 'object' || schema.properties !== undefined) return mapType(schema, depth);
  return ownField(SCALARS, asString(schema.type) ?? '') ?? DEDUCED;
}

function listType(schema: JsonObject, depth: number): MergeType {
  const wanted = schema['x-kubernetes-list-type'];
  const items = asObject(schema.items);
  const keys = stringsOf(schema['x-kubernetes-list-map-keys']);
  const properties = asObject(items?.properties) ?? {};
  const defaults = keys.flatMap((key) => {
    const value = asObject(properties[key])?.default;
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    kind: 'list',
    relationship: wanted === 'set' || (wanted === 'map' && keys.length > 0) ? wanted : 'atomic',
    keys: [...keys].sort(),
    defaults: Object.fromEntries(defaults),
    element: items === undefined ? DEDUCED : schemaType(items, depth + 1),
  };
}

function mapType(schema: JsonObject, depth: number): MergeType {
  const properties = asObject(schema.properties);
  const additional = schema.additionalProperties;
  const fields = new Map<string, MergeType>();
  const element = isObject(additional)
    ? schemaType(additional, depth + 1)
    : additional === true || properties === undefined || keepsUnknown(schema)
      ? DEDUCED
      : undefined;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  for (const [name, entry] of Object.entries(properties ?? {}))
    fields.set(name, isObject(entry) ? schemaType(entry, depth + 1) : DEDUCED);
  if (embedded) fields.set('metadata', mergeTypeOf(METADATA));
  return {
    kind: 'map',
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    field: (name) => fields.get(name),
    element,
  };
}

function keepsUnknown(schema: JsonObject): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true;
}
