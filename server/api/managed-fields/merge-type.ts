/**
 * The shape of values as merging sees them: what is owned whole (leaves, atomic lists and mappings) and what is owned
 * field by field.
 *
 * Source: structured-merge-diff, `schema/elements.go`.
 */

import { type FieldType, type ScalarCode, schemaType } from '../schema/schema.js';
import {
  isAtomicMap,
  isAtomicType,
  isGranularField,
  isSet,
  keyDefaults,
  listKeys,
} from './merge-facts.js';

/** What a plain value must be; `untyped` takes any. */
export type ScalarKind = 'string' | 'numeric' | 'boolean' | 'untyped';

/** A plain value. */
export interface ScalarType {
  readonly kind: 'scalar';
  readonly scalar: ScalarKind;
}

/** A list. */
export interface ListType {
  readonly kind: 'list';
  readonly relationship: 'atomic' | 'set' | 'map';
  /** With `map`: the fields that tell elements apart, sorted. */
  readonly keys: readonly string[];
  /** What a key is when an element does not say. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly element: MergeType;
}

/** A mapping, or an object with fields of its own. */
export interface MapType {
  readonly kind: 'map';
  readonly atomic: boolean;
  /** The type of a field that the type names. */
  readonly field: (name: string) => MergeType | undefined;
  /** The type of what it does not name; undefined when there may be nothing else. */
  readonly element: MergeType | undefined;
}

/** A value of which nothing is known: deduced from what is there, lists and perhaps everything owned whole. */
export interface AnyType {
  readonly kind: 'any';
  readonly atomic: boolean;
}

/** The shape of a value. */
export type MergeType = ScalarType | ListType | MapType | AnyType;

/** A shape that fits a value: no longer a guess. */
export type KnownType = ScalarType | ListType | MapType;

/** Any plain value. */
export const UNTYPED: ScalarType = { kind: 'scalar', scalar: 'untyped' };
/** Any value, owned field by field as far as mappings go. */
export const DEDUCED: AnyType = { kind: 'any', atomic: false };
/** Any value, owned whole. */
export const WHOLE: AnyType = { kind: 'any', atomic: true };

const anyList: ListType = {
  kind: 'list',
  relationship: 'atomic',
  keys: [],
  defaults: {},
  element: WHOLE,
};
const noField = () => undefined;
const anyMap: MapType = { kind: 'map', atomic: false, field: noField, element: DEDUCED };
const wholeMap: MapType = { kind: 'map', atomic: true, field: noField, element: WHOLE };

/** The shape of one value of a type. */
export function resolveType(type: MergeType, value: unknown): KnownType {
  if (type.kind !== 'any') return type;
  if (Array.isArray(value)) return anyList;
  if (typeof value === 'object' && value !== null) return type.atomic ? wholeMap : anyMap;
  return UNTYPED;
}

const SCALARS: Readonly<Record<Exclude<ScalarCode, '*'>, ScalarType>> = {
  s: { kind: 'scalar', scalar: 'string' },
  y: { kind: 'scalar', scalar: 'string' },
  i: { kind: 'scalar', scalar: 'numeric' },
  l: { kind: 'scalar', scalar: 'numeric' },
  n: { kind: 'scalar', scalar: 'numeric' },
  b: { kind: 'scalar', scalar: 'boolean' },
  t: UNTYPED,
  x: UNTYPED,
  q: UNTYPED,
};

const types = new Map<string, MapType>();

/** The shape of a type of the schema. */
export function mergeTypeOf(name: string): MapType {
  return objectType(name, false);
}

function objectType(name: string, atomic: boolean): MapType {
  const key = atomic ? `${name}!` : name;
  const known = types.get(key);
  if (known !== undefined) return known;
  const fields = new Map<string, MergeType | undefined>();
  const type: MapType = {
    kind: 'map',
    atomic,
    field: (field) => {
      if (!fields.has(field)) fields.set(field, fieldTypeOf(name, field));
      return fields.get(field);
    },
    element: undefined,
  };
  types.set(key, type);
  return type;
}

function fieldTypeOf(owner: string, field: string): MergeType | undefined {
  const type = schemaType(owner)?.get(field)?.type;
  return type === undefined ? undefined : convert(type, owner, field);
}

function convert(type: FieldType, owner: string, field: string): MergeType {
  switch (type.kind) {
    case 'scalar':
      return type.code === '*' ? WHOLE : SCALARS[type.code];
    case 'object':
      if (schemaType(type.name) === undefined) return WHOLE;
      return objectType(type.name, isAtomicType(type.name) && !isGranularField(owner, field));
    case 'map':
      return {
        kind: 'map',
        atomic: isAtomicMap(owner, field),
        field: noField,
        element: convert(type.of, owner, field),
      };
    case 'array': {
      const keys = listKeys(owner, field);
      const relationship = keys !== undefined ? 'map' : isSet(owner, field) ? 'set' : 'atomic';
      return {
        kind: 'list',
        relationship,
        keys: [...(keys ?? [])].sort(),
        defaults: type.of.kind === 'object' ? keyDefaults(type.of.name) : {},
        element: convert(type.of, owner, field),
      };
    }
  }
}
