/**
 * Checks values against the schema of a custom kind, in upstream's words (kube-openapi, `pkg/validation`, and
 * apiextensions, `pkg/apiserver/validation`).
 */

import { deepEqual, isObject, type JsonObject, ownField, stringsOf } from '../../kube/json.js';
import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../validation/field-error.js';
import { FORMATS } from './formats.js';
import { compilePattern, matchesPattern } from './pattern.js';
import { parseStructural, type Structural } from './structural.js';

const MAX_ERRORS = 100;
const EMBEDDED = ['apiVersion', 'kind', 'metadata'];

/** What is wrong with an object. Its identity (apiVersion, kind, metadata) is checked elsewhere. */
export function validateStructural(object: JsonObject, schema: Structural): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object;
  const needed = schema.required.filter((name) => !EMBEDDED.includes(name));
  checkValue(rest, { ...schema, required: needed }, '', errors);
  return errors;
}

function checkValue(value: unknown, schema: Structural, path: string, errors: FieldError[]): void {
  if (errors.length >= MAX_ERRORS) return;
  if (value === null && schema.nullable) return;
  if (!checkType(value, schema, path, errors)) return;
  checkEnum(value, schema.raw, path, errors);
  if (typeof value === 'string') checkText(value, schema.raw, path, errors);
  else if (typeof value === 'number') checkNumber(value, schema.raw, path, errors);
  else if (Array.isArray(value)) checkArray(value, schema, path, errors);
  else if (isObject(value)) checkObject(value, schema, path, errors);
  checkCombinations(value, schema.raw, path, errors);
}

/** The name of a value's type as messages have it. */
function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkType(
  value: unknown,
  { type, intOrString }: Structural,
  path: string,
  errors: FieldError[],
): boolean {
  const found = typeOf(value);
  if (intOrString) {
    if (found === 'integer' || found === 'string') return true;
    errors.push(wrongType(path, found, 'integer,string'));
    return false;
  }
  if (type === undefined || type === found || (type === 'number' && found === 'integer'))
    return true;
  errors.push(wrongType(path, found, type));
  return false;
}

function wrongType(path: string, found: string, type: string): FieldError {
  return {
    type: 'typeInvalid',
    field: path,
    value: found,
    detail: `${path} in body must be of type ${type}: ${JSON.stringify(found)}`,
  };
}

function checkEnum(value: unknown, raw: JsonObject, path: string, errors: FieldError[]): void {
  if (!Array.isArray(raw.enum) || raw.enum.some((one) => deepEqual(one, value))) return;
  const texts = raw.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  errors.push(notSupported(path, value, texts));
}

function checkText(text: string, raw: JsonObject, path: string, errors: FieldError[]): void {
  const { minLength, maxLength, pattern, format } = raw;
  const length = [...text].length;
  if (typeof maxLength === 'number' && length > maxLength) errors.push(tooLong(path, maxLength));
  if (typeof minLength === 'number' && length < minLength)
    errors.push(
      invalidValue(path, text, `${path} in body should be at least ${minLength} chars long`),
    );
  if (typeof pattern === 'string') {
    const expression = compilePattern(pattern);
    if (expression !== undefined && !matchesPattern(expression, text))
      errors.push(invalidValue(path, text, `${path} in body should match '${pattern}'`));
  }
  const isOfFormat = typeof format === 'string' ? FORMATS.get(format) : undefined;
  if (isOfFormat?.(text) === false)
    errors.push({
      type: 'invalid',
      field: path,
      value: text,
      detail: `${path} in body must be of type ${String(format)}: ${JSON.stringify(text)}`,
    });
}

function checkNumber(value: number, raw: JsonObject, path: string, errors: FieldError[]): void {
  const { minimum, maximum, multipleOf } = raw;
  const complain = (what: string) =>
    errors.push(invalidValue(path, value, `${path} in body should be ${what}`));
  if (typeof minimum === 'number') {
    if (raw.exclusiveMinimum === true && value <= minimum) complain(`greater than ${minimum}`);
    else if (value < minimum) complain(`greater than or equal to ${minimum}`);
  }
  if (typeof maximum === 'number') {
    if (raw.exclusiveMaximum === true && value >= maximum) complain(`less than ${maximum}`);
    else if (value > maximum) complain(`less than or equal to ${maximum}`);
  }
  if (typeof multipleOf === 'number' && multipleOf > 0 && !Number.isInteger(value / multipleOf))
    complain(`a multiple of ${multipleOf}`);
}

function checkArray(
  list: readonly unknown[],
  { raw, items }: Structural,
  path: string,
  errors: FieldError[],
): void {
  const { minItems, maxItems } = raw;
  if (typeof maxItems === 'number' && list.length > maxItems)
    errors.push(tooMany(path, list.length, maxItems));
  if (typeof minItems === 'number' && list.length < minItems)
    errors.push(
      invalidValue(path, list.length, `${path} in body should have at least ${minItems} items`),
    );
  if (items !== undefined)
    list.forEach((entry, index) => {
      checkValue(entry, items, `${path}[${index}]`, errors);
    });
  checkTwins(list, raw, path, errors);
}

/** Elements of sets and maps may stand once only. */
function checkTwins(
  list: readonly unknown[],
  raw: JsonObject,
  path: string,
  errors: FieldError[],
): void {
  const kind = raw['x-kubernetes-list-type'];
  if (kind !== 'set' && kind !== 'map') return;
  const keys = stringsOf(raw['x-kubernetes-list-map-keys']);
  const seen = new Set<string>();
  list.forEach((entry, index) => {
    const identity =
      kind === 'set'
        ? entry
        : Object.fromEntries(keys.map((key) => [key, isObject(entry) ? entry[key] : undefined]));
    const text = JSON.stringify(identity);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, identity));
    seen.add(text);
  });
}

function checkObject(
  object: JsonObject,
  { raw, properties, required: needed, additional, embedded }: Structural,
  path: string,
  errors: FieldError[],
): void {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const { minProperties, maxProperties } = raw;
  const count = Object.keys(object).length;
  if (typeof maxProperties === 'number' && count > maxProperties)
    errors.push(tooMany(path, count, maxProperties));
  if (typeof minProperties === 'number' && count < minProperties)
    errors.push(
      invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`),
    );
  const identity = embedded ? ['apiVersion', 'kind'] : [];
  for (const name of [...needed, ...identity])
    if (ownField(object, name) === undefined) errors.push(required(at(name)));
  for (const [name, entry] of Object.entries(object)) {
    const field = properties.get(name) ?? additional;
    if (field !== undefined && field !== true) checkValue(entry, field, at(name), errors);
  }
}

const known = new WeakMap<object, Structural>();

/** Schemas within combinations are read when they are first needed, once. */
function compiled(schema: unknown): Structural {
  if (!isObject(schema)) return parseStructural(schema);
  const before = known.get(schema);
  if (before !== undefined) return before;
  const parsed = parseStructural(schema);
  known.set(schema, parsed);
  return parsed;
}

function checkCombinations(
  value: unknown,
  raw: JsonObject,
  path: string,
  errors: FieldError[],
): void {
  if (raw['x-kubernetes-int-or-string'] === true) return;
  const fits = (schema: unknown) => {
    const found: FieldError[] = [];
    checkValue(value, compiled(schema), path, found);
    return found.length === 0;
  };
  const complain = (detail: string) =>
    errors.push(invalidValue(path, value, `"${path}" ${detail}`));
  const { allOf, anyOf, oneOf, not } = raw;
  if (Array.isArray(allOf))
    for (const schema of allOf) checkValue(value, compiled(schema), path, errors);
  if (Array.isArray(anyOf) && !anyOf.some(fits))
    complain('must validate at least one schema (anyOf)');
  if (Array.isArray(oneOf)) {
    const count = oneOf.filter(fits).length;
    if (count !== 1)
      complain(
        `must validate one and only one schema (oneOf). Found ${count === 0 ? 'none valid' : `${count} valid alternatives`}`,
      );
  }
  if (isObject(not) && fits(not)) complain('must not validate the schema (not)');
}
