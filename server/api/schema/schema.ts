/**
 * The fields of every kind, from files that tools/gen-schema.mjs makes. A type is a map from field to code:
 *
 *     s string   i int32   l int64   n number   b boolean   t time   y base64   x int-or-string   q quantity   * anything
 *     [C array of C   {C map from string to C   V1Name another type        and a final ! when the field must be there
 *
 * Fidelity: the fields are those of Kubernetes 1.34, a superset of 1.33.
 */

import { readFileSync } from 'node:fs';

/** The scalar codes. */
export type ScalarCode = 's' | 'i' | 'l' | 'n' | 'b' | 't' | 'y' | 'x' | 'q' | '*';

/** What a field holds. */
export type FieldType =
  | { readonly kind: 'scalar'; readonly code: ScalarCode }
  | { readonly kind: 'array'; readonly of: FieldType }
  | { readonly kind: 'map'; readonly of: FieldType }
  | { readonly kind: 'object'; readonly name: string };

/** One field of a type. */
export interface SchemaField {
  readonly type: FieldType;
  readonly required: boolean;
}

/** One type: its fields by name. */
export type SchemaType = ReadonlyMap<string, SchemaField>;

const raw = JSON.parse(
  readFileSync(new URL('./generated/types.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, string>>>>;

const types = new Map<string, SchemaType>();

/** The type of a name; undefined when there is none. Types are unpacked when first asked for. */
export function schemaType(name: string): SchemaType | undefined {
  const known = types.get(name);
  if (known !== undefined) return known;
  const fields = raw[name];
  if (fields === undefined) return undefined;
  const type = new Map(Object.entries(fields).map(([field, code]) => [field, unpack(code)]));
  types.set(name, type);
  return type;
}

/** By type: what its fields say by name, and under the empty name what the type itself says. */
export type SchemaDescriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Reads the descriptions of all types. They are long and seldom asked for, so nothing keeps them here. */
export function readSchemaDescriptions(): SchemaDescriptions {
  const file = new URL('./generated/descriptions.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as SchemaDescriptions;
}

/** The names of all types. */
export function schemaTypeNames(): readonly string[] {
  return Object.keys(raw);
}

/** A type's name as Go has it: `PodSpec` for `V1PodSpec`. */
export function goTypeName(name: string): string {
  return name.replace(/^[A-Za-z]*?V\d(?=[A-Z])/, '');
}

function unpack(code: string): SchemaField {
  const required = code.endsWith('!');
  return { required, type: unpackType(required ? code.slice(0, -1) : code) };
}

function unpackType(code: string): FieldType {
  if (code.startsWith('[')) return { kind: 'array', of: unpackType(code.slice(1)) };
  if (code.startsWith('{')) return { kind: 'map', of: unpackType(code.slice(1)) };
  if (code.length === 1) return { kind: 'scalar', code: code as ScalarCode };
  return { kind: 'object', name: code };
}
