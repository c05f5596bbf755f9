/**
 * The OpenAPI schema of a custom kind (apiextensions, `pkg/apiserver/schema`), made ready for use: unknown fields are
 * pruned and absent ones filled in by it. `structural-validation.ts` checks values against it.
 *
 * Fidelity: rules of `x-kubernetes-validations` (CEL) are kept and shown, but not evaluated.
 */

import {
  asObject,
  cloneJson,
  isObject,
  type JsonObject,
  ownField,
  setField,
  stringsOf,
} from '../../kube/json.js';

/** A schema, and those of what a value of it holds. */
export interface Structural {
  /** As its author wrote it. */
  readonly raw: JsonObject;
  /** Undefined where any type will do. */
  readonly type: string | undefined;
  readonly properties: ReadonlyMap<string, Structural>;
  readonly required: readonly string[];
  readonly items: Structural | undefined;
  /** Schema of the values of a map; true when they may be anything. */
  readonly additional: Structural | true | undefined;
  readonly preserve: boolean;
  readonly intOrString: boolean;
  /** Holds a whole object, whose kind and metadata are known without being listed. */
  readonly embedded: boolean;
  readonly nullable: boolean;
}

/** Deeper schemas tell nothing: values below are kept as they come. */
const MAX_DEPTH = 64;
const IDENTITY = ['apiVersion', 'kind', 'metadata'];

const ANYTHING: Structural = {
  raw: {},
  type: undefined,
  properties: new Map(),
  required: [],
  items: undefined,
  additional: undefined,
  preserve: true,
  intOrString: false,
  embedded: false,
  nullable: true,
};

/** Reads `openAPIV3Schema`. Fields of a wrong type count as absent. */
export function parseStructural(value: unknown, depth = 0): Structural {
  const raw = asObject(value);
  if (raw === undefined || depth > MAX_DEPTH) return ANYTHING;
  const properties = Object.entries(asObject(raw.properties) ?? {});
  const { additionalProperties } = raw;
  return {
    raw,
    type: typeof raw.type === 'string' && raw.type !== '' ? raw.type : undefined,
    properties: new Map(
      properties.map(([name, schema]) => [name, parseStructural(schema, depth + 1)]),
    ),
    required: stringsOf(raw.required),
    items: isObject(raw.items) ? parseStructural(raw.items, depth + 1) : undefined,
    additional: isObject(additionalProperties)
      ? parseStructural(additionalProperties, depth + 1)
      : additionalProperties === true || undefined,
    preserve: raw['x-kubernetes-preserve-unknown-fields'] === true,
    intOrString: raw['x-kubernetes-int-or-string'] === true,
    embedded: raw['x-kubernetes-embedded-resource'] === true,
    nullable: raw.nullable === true,
  };
}

/** Takes unknown fields out of an object; gives their paths: `spec.colour`. Of the root, metadata is left alone. */
export function prune(object: JsonObject, schema: Structural): readonly string[] {
  const pruned: string[] = [];
  pruneObject(object, { ...schema, embedded: true }, '', pruned);
  return pruned;
}

function pruneValue(value: unknown, schema: Structural, path: string, pruned: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    value.forEach((entry, index) => {
      pruneValue(entry, items, `${path}[${index}]`, pruned);
    });
  } else if (isObject(value)) {
    pruneObject(value, schema, path, pruned);
  }
}

function pruneObject(object: JsonObject, schema: Structural, path: string, pruned: string[]): void {
  const { properties, additional, preserve, embedded } = schema;
  for (const [name, entry] of Object.entries(object)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (embedded && IDENTITY.includes(name)) continue;
    const field = properties.get(name) ?? additional;
    if (field !== undefined) {
      if (field !== true) pruneValue(entry, field, at, pruned);
    } else if (!preserve) {
      delete object[name];
      pruned.push(at);
    }
  }
}

/** Fills in what is absent and has a default; a null that may not stand counts as absent where there is a default. */
export function fillDefaults(object: JsonObject, schema: Structural): void {
  for (const [name, field] of schema.properties) {
    const { default: preset } = field.raw;
    const value = ownField(object, name);
    const absent = value === undefined || (value === null && !field.nullable);
    if (absent && preset !== undefined) setField(object, name, cloneJson(preset));
    fillValue(ownField(object, name), field);
  }
  const { additional } = schema;
  if (additional === undefined || additional === true) return;
  for (const [name, entry] of Object.entries(object)) {
    if (!schema.properties.has(name)) fillValue(entry, additional);
  }
}

function fillValue(value: unknown, schema: Structural): void {
  if (isObject(value)) fillDefaults(value, schema);
  else if (Array.isArray(value) && schema.items !== undefined)
    for (const entry of value) fillValue(entry, schema.items);
}
