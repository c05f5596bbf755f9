/**
 * Reads a JSON value as an object of a kind: a fresh copy with known fields only, and what was wrong with the rest.
 * The copy shares nothing with the input and may be written to.
 */

import { asObject, cloneJson, isObject, type JsonObject, setField } from '../../kube/json.js';
import { hintForUnknownField, type TypeScope } from './near-miss.js';
import { type FieldType, goTypeName, type ScalarCode, schemaType } from './schema.js';
import { fillDefaults, prune, type Structural } from './structural.js';

/** A field that is not known or not of its type. */
export interface DecodeProblem {
  readonly kind: 'unknown' | 'type';
  /** `spec.containers[0].imagee`. */
  readonly path: string;
  /** In the words of Go's JSON decoder, as an API server answers. */
  readonly upstream: string;
  /** In plain words: `must be a whole number, not "three"`. */
  readonly message: string;
  readonly value: unknown;
  readonly hint?: string;
}

/** What came out of reading a value. */
export interface Decoded {
  readonly value: JsonObject;
  readonly problems: readonly DecodeProblem[];
}

const MAX_PROBLEMS = 100;
const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?\d+))?$/;
const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** Longer texts are no numbers. */
const MAX_QUANTITY = 64;

interface Place {
  readonly path: string;
  /** Go names the innermost struct, then the fields without indexes. */
  readonly struct: string;
  readonly goPath: string;
  readonly scope: TypeScope;
}

/** Reads a value as a type of the schema. */
export function decodeAs(typeName: string, value: unknown): Decoded {
  const problems: DecodeProblem[] = [];
  const scope: TypeScope = { type: typeName, path: '', parent: undefined };
  const place: Place = { path: '', struct: goTypeName(typeName), goPath: '', scope };
  return { value: asObject(readObject(typeName, value, place, problems)) ?? {}, problems };
}

/** Reads an object of a kind with a schema of its own: unknown fields go, absent ones are filled in. */
export function decodeCustom(value: unknown, schema: Structural | undefined): Decoded {
  const { metadata, ...rest } = asObject(value) ?? {};
  const checked = decodeAs('V1PodTemplate', { metadata });
  const copy: JsonObject = {};
  for (const [key, entry] of Object.entries(rest)) setField(copy, key, cloneJson(entry));
  const unknown = schema === undefined ? [] : prune(copy, schema);
  if (schema !== undefined) fillDefaults(copy, schema);
  const problems = unknown.slice(0, MAX_PROBLEMS).map(
    (path): DecodeProblem => ({
      kind: 'unknown',
      path,
      upstream: `unknown field "${path}"`,
      message: 'unknown field',
      value: undefined,
    }),
  );
  return { value: { ...copy, ...checked.value }, problems: [...checked.problems, ...problems] };
}

function readObject(
  typeName: string,
  value: unknown,
  place: Place,
  problems: DecodeProblem[],
): unknown {
  const fields = schemaType(typeName);
  if (fields === undefined) return cloneJson(value);
  if (!isObject(value)) {
    wrongType(place, value, { go: `v1.${goTypeName(typeName)}`, plain: 'a mapping' }, problems);
    return {};
  }
  const result: JsonObject = {};
  for (const [name, entry] of Object.entries(value)) {
    const field = fields.get(name);
    const path = place.path === '' ? name : `${place.path}.${name}`;
    if (field === undefined) {
      unknownField(place, name, entry, problems);
      continue;
    }
    if (entry === null || entry === undefined) continue;
    const inner: Place = {
      path,
      struct: goTypeName(typeName),
      goPath: place.goPath === '' ? name : `${place.goPath}.${name}`,
      scope: place.scope,
    };
    const read = readValue(field.type, entry, inner, problems);
    if (read !== undefined) setField(result, name, read);
  }
  return result;
}

function readValue(
  type: FieldType,
  value: unknown,
  place: Place,
  problems: DecodeProblem[],
): unknown {
  switch (type.kind) {
    case 'scalar':
      return readScalar(type.code, value, place, problems);
    case 'object':
      return readObject(
        type.name,
        value ?? {},
        { ...place, scope: { type: type.name, path: place.path, parent: place.scope } },
        problems,
      );
    case 'array':
      return readArray(type, value, place, problems);
    case 'map':
      return readMap(type, value, place, problems);
  }
}

function readArray(
  type: FieldType & { kind: 'array' },
  value: unknown,
  place: Place,
  problems: DecodeProblem[],
): unknown {
  if (!Array.isArray(value)) {
    wrongType(place, value, { go: goType(type), plain: 'a list' }, problems);
    return undefined;
  }
  return value.map((entry, index) =>
    readValue(type.of, entry, { ...place, path: `${place.path}[${index}]` }, problems),
  );
}

function readMap(
  type: FieldType & { kind: 'map' },
  value: unknown,
  place: Place,
  problems: DecodeProblem[],
): unknown {
  if (!isObject(value)) {
    wrongType(place, value, { go: goType(type), plain: 'a mapping' }, problems);
    return undefined;
  }
  const result: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    setField(
      result,
      key,
      readValue(type.of, entry, { ...place, path: `${place.path}.${key}` }, problems),
    );
  }
  return result;
}

function readScalar(
  code: ScalarCode,
  value: unknown,
  place: Place,
  problems: DecodeProblem[],
): unknown {
  if (code === '*') return cloneJson(value);
  if (value === null || value === undefined) return ZERO[code];
  const complaint = checkScalar(code, value);
  if (complaint === undefined)
    return code === 'q' && typeof value === 'number' ? String(value) : value;
  if (complaint.upstream === undefined) {
    wrongType(place, value, complaint, problems);
  } else {
    problems.push({
      kind: 'type',
      path: place.path,
      upstream: complaint.upstream,
      message: `must be ${complaint.plain}, not ${JSON.stringify(value)}`,
      value,
    });
  }
  return undefined;
}

const ZERO: Readonly<Record<ScalarCode, unknown>> = {
  s: '',
  i: 0,
  l: 0,
  n: 0,
  b: false,
  t: undefined,
  y: '',
  x: 0,
  q: '0',
  '*': undefined,
};

interface Complaint {
  readonly go: string;
  readonly plain: string;
  /** The whole text, where it is not the usual "cannot unmarshal". */
  readonly upstream?: string;
}

function checkScalar(code: Exclude<ScalarCode, '*'>, value: unknown): Complaint | undefined {
  switch (code) {
    case 's':
      return typeof value === 'string' ? undefined : { go: 'string', plain: 'a text' };
    case 'y':
      return checkBase64(value);
    case 'b':
      return typeof value === 'boolean' ? undefined : { go: 'bool', plain: 'true or false' };
    case 'i':
      return wholeNumber(value, 2 ** 31) ? undefined : { go: 'int32', plain: 'a whole number' };
    case 'l':
      return wholeNumber(value, 2 ** 63) ? undefined : { go: 'int64', plain: 'a whole number' };
    case 'n':
      return typeof value === 'number' ? undefined : { go: 'float64', plain: 'a number' };
    case 'x':
      return typeof value === 'string' || wholeNumber(value, 2 ** 31)
        ? undefined
        : { go: 'intstr.IntOrString', plain: 'a whole number or a text' };
    case 'q':
      return checkQuantity(value);
    case 't':
      return checkTime(value);
  }
}

function wholeNumber(value: unknown, limit: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit;
}

function checkBase64(value: unknown): Complaint | undefined {
  if (typeof value !== 'string') return { go: '[]uint8', plain: 'a base64 text' };
  const text = value.replace(/[\r\n]/g, '');
  if (BASE64.test(text) && text.length % 4 === 0) return undefined;
  const at = Math.max(0, value.search(/[^A-Za-z0-9+/\r\n]/));
  return { go: '[]uint8', plain: 'base64', upstream: `illegal base64 data at input byte ${at}` };
}

function checkQuantity(value: unknown): Complaint | undefined {
  if (
    typeof value === 'number' ||
    (typeof value === 'string' && value.length <= MAX_QUANTITY && QUANTITY.test(value))
  )
    return undefined;
  return {
    go: 'resource.Quantity',
    plain: 'a quantity such as 100m or 64Mi',
    upstream:
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  };
}

function checkTime(value: unknown): Complaint | undefined {
  if (typeof value === 'string' && TIME.test(value)) return undefined;
  if (typeof value !== 'string')
    return { go: 'string', plain: 'a time such as 2025-01-31T12:00:00Z' };
  return {
    go: 'v1.Time',
    plain: 'a time such as 2025-01-31T12:00:00Z',
    upstream: `parsing time "${value}" as "2006-01-02T15:04:05Z07:00": cannot parse "${value}" as "2006"`,
  };
}

function goType(type: FieldType): string {
  switch (type.kind) {
    case 'object':
      return `v1.${goTypeName(type.name)}`;
    case 'array':
      return `[]${goType(type.of)}`;
    case 'map':
      return `map[string]${goType(type.of)}`;
    case 'scalar':
      return GO_SCALARS[type.code];
  }
}

const GO_SCALARS: Readonly<Record<ScalarCode, string>> = {
  s: 'string',
  i: 'int32',
  l: 'int64',
  n: 'float64',
  b: 'bool',
  t: 'v1.Time',
  y: '[]uint8',
  x: 'intstr.IntOrString',
  q: 'resource.Quantity',
  '*': 'interface {}',
};

/** What Go's decoder calls the type of a JSON value. */
export function jsonType(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' && !Number.isInteger(value) ? `number ${value}` : typeof value;
}

function plainValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  return JSON.stringify(value) ?? 'nothing';
}

function wrongType(
  place: Place,
  value: unknown,
  { go, plain }: Complaint,
  problems: DecodeProblem[],
): void {
  if (problems.length >= MAX_PROBLEMS) return;
  const where = place.goPath === '' ? 'value' : `struct field ${place.struct}.${place.goPath}`;
  const hint = hintForType(plain, value);
  problems.push({
    kind: 'type',
    path: place.path,
    upstream: `json: cannot unmarshal ${jsonType(value)} into Go ${where} of type ${go}`,
    message: `must be ${plain}, not ${plainValue(value)}`,
    value,
    ...(hint === undefined ? {} : { hint }),
  });
}

function hintForType(plain: string, value: unknown): string | undefined {
  if (plain === 'a list' && isObject(value)) return 'start each element with "- "';
  if (plain === 'a list' && typeof value !== 'object')
    return `write it as a list element: "- ${String(value)}"`;
  if (plain === 'a text' && typeof value === 'number') return `put it in quotes: "${value}"`;
  if (plain === 'a text' && typeof value === 'boolean') {
    return `YAML reads y, n, yes, no, on, off, true and false as truth values: put the text in quotes`;
  }
  if (plain === 'a whole number' && typeof value === 'string' && /^\d+$/.test(value)) {
    return `leave out the quotes: ${value}`;
  }
  return undefined;
}

function unknownField(place: Place, name: string, value: unknown, problems: DecodeProblem[]): void {
  if (problems.length >= MAX_PROBLEMS) return;
  const path = place.path === '' ? name : `${place.path}.${name}`;
  const hint = hintForUnknownField(place.scope, name);
  problems.push({
    kind: 'unknown',
    path,
    upstream: `unknown field "${path}"`,
    message: 'unknown field',
    value,
    ...(hint === undefined ? {} : { hint }),
  });
}
