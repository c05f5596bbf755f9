/** A schema of OpenAPI v3, as far as the editor reads it. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Schemas by name. */
export type Schemas = Readonly<Record<string, Schema>>;

const REFERENCES = 8;

/** The schema behind references; what was said beside a reference stays. */
export function resolved(schemas: Schemas, schema: Schema): Schema {
  let found = schema;
  for (let depth = 0; depth < REFERENCES; depth += 1) {
    const reference = found.$ref ?? (found.allOf?.length === 1 ? found.allOf[0]?.$ref : undefined);
    if (reference === undefined) return found;
    const target = schemas[reference.slice(reference.lastIndexOf('/') + 1)];
    if (target === undefined) return found;
    found = {
      ...target,
      ...(found.description === undefined ? {} : { description: found.description }),
    };
  }
  return found;
}

/** The schema of a kind. */
export function schemaOfKind(
  schemas: Schemas,
  apiVersion: string,
  kind: string,
): Schema | undefined {
  return Object.values(schemas).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      (one) =>
        one.kind === kind &&
        (one.group === '' ? one.version : `${one.group}/${one.version}`) === apiVersion,
    ),
  );
}

/** The schema of the mapping at a path; lists are walked into. Undefined where nothing is known. */
export function schemaAt(
  schemas: Schemas,
  root: Schema,
  path: readonly string[],
): Schema | undefined {
  let at: Schema | undefined = mapping(schemas, root);
  for (const field of path) {
    const next: Schema | undefined =
      at?.properties?.[field] ??
      (typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined);
    if (next === undefined) return undefined;
    at = mapping(schemas, next);
  }
  return at;
}

function mapping(schemas: Schemas, schema: Schema): Schema {
  const found = resolved(schemas, schema);
  return found.items === undefined ? found : mapping(schemas, found.items);
}

/** In a word: `string`, `[]Container`, `map`. */
export function typeName(schemas: Schemas, schema: Schema): string {
  const found = resolved(schemas, schema);
  if (found.type === 'array')
    return `[]${found.items === undefined ? '' : typeName(schemas, found.items)}`;
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) return reference.slice(reference.lastIndexOf('.') + 1);
  return found.additionalProperties === undefined ? (found.type ?? 'any') : 'map';
}

const LISTED =
  /(?:One of|Must be(?: one of)?|Valid (?:options|values) are|Can be|Supported values(?: are)?|Possible enum values|either|Options are|Either)[:\s]+([^.;]+)/gi;
/** Words that begin a sentence, not values. */
const NO_VALUES = new Set([
  'Defaults',
  'Default',
  'More',
  'The',
  'This',
  'If',
  'Cannot',
  'Kubernetes',
  'JSON',
  'RFC',
]);

/** Values that a field takes, from its enumeration or from what its description lists. */
export function valuesOf(schema: Schema): readonly string[] {
  if (schema.type === 'boolean') return ['true', 'false'];
  if (schema.enum !== undefined) return schema.enum.map(String);
  if (schema.type !== 'string') return [];
  const values = new Set<string>();
  for (const [, list = ''] of (schema.description ?? '').matchAll(LISTED)) {
    for (const [value] of list.matchAll(/\b[A-Z][A-Za-z]+\b/g)) {
      if (!NO_VALUES.has(value)) values.add(value);
    }
  }
  return values.size >= 2 && values.size <= 12 ? [...values] : [];
}
