/** What may stand in a CustomResourceDefinition (apiextensions, `pkg/apis/apiextensions/validation`). */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, objectsOf } from '../../kube/json.js';
import { parseJsonPath } from '../../kube/json-path.js';
import { compilePattern } from '../schema/pattern.js';
import {
  addAll,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-error.js';
import { checkDns1035Label, checkDns1123Subdomain } from './names.js';
import { oneOf } from './values.js';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const MAX_DEPTH = 64;

/** What is wrong with a definition. */
export function validateDefinition(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const names = asObject(spec.names) ?? {};
  return [
    ...nameErrors(object.metadata.name, spec, names),
    ...oneOf(asString(spec.scope), 'spec.scope', ['Cluster', 'Namespaced']),
    ...versionErrors(objectsOf(spec.versions)),
  ];
}

/** What may not be changed: the scope and the names by which objects are stored. */
export function validateDefinitionUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const fields = [
    ['spec.group', (spec: JsonObject) => spec.group],
    ['spec.scope', (spec: JsonObject) => spec.scope],
    ['spec.names.kind', (spec: JsonObject) => asObject(spec.names)?.kind],
    ['spec.names.plural', (spec: JsonObject) => asObject(spec.names)?.plural],
  ] as const;
  return fields.flatMap(([field, of]) => {
    const value = of(asObject(next.spec) ?? {});
    return value === of(asObject(current.spec) ?? {})
      ? []
      : [invalidValue(field, value, 'field is immutable')];
  });
}

function nameErrors(name: string, spec: JsonObject, names: JsonObject): readonly FieldError[] {
  const group = asString(spec.group) ?? '';
  const plural = asString(names.plural) ?? '';
  const errors: FieldError[] = [];
  if (group !== '') {
    if (!group.includes('.'))
      errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
    for (const text of checkDns1123Subdomain(group))
      errors.push(invalidValue('spec.group', group, text));
  }
  for (const [field, value] of [
    ['plural', plural],
    ['singular', asString(names.singular) ?? ''],
    ['kind', (asString(names.kind) ?? '').toLowerCase()],
  ] as const) {
    if (value === '') continue;
    for (const text of checkDns1035Label(value))
      errors.push(invalidValue(`spec.names.${field}`, value, text));
  }
  if (plural !== '' && group !== '' && name !== `${plural}.${group}`)
    errors.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  return errors;
}

function versionErrors(versions: readonly JsonObject[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (versions.length === 0)
    return [
      invalidValue(
        'spec.versions',
        null,
        'must have exactly one version marked as storage version',
      ),
    ];
  if (versions.filter((version) => version.storage === true).length !== 1)
    errors.push(
      invalidValue(
        'spec.versions',
        versions.map((version) => String(version.name ?? '')),
        'must have exactly one version marked as storage version',
      ),
    );
  versions.forEach((version, index) => {
    addAll(errors, oneVersion(version, `spec.versions[${index}]`));
  });
  return errors;
}

function oneVersion(version: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const name = asString(version.name) ?? '';
  for (const text of name === '' ? [] : checkDns1035Label(name))
    errors.push(invalidValue(`${path}.name`, name, text));
  const schema = asObject(asObject(version.schema)?.openAPIV3Schema);
  const at = `${path}.schema.openAPIV3Schema`;
  if (schema === undefined) {
    errors.push(required(at, 'schemas are required'));
  } else {
    if (schema.type === undefined || schema.type === '')
      errors.push(required(`${at}.type`, 'must not be empty at the root'));
    else if (schema.type !== 'object')
      errors.push(invalidValue(`${at}.type`, schema.type, 'must be object at the root'));
    checkSchema(schema, at, 0, errors);
  }
  objectsOf(version.additionalPrinterColumns).forEach((column, index) => {
    addAll(errors, columnErrors(column, `${path}.additionalPrinterColumns[${index}]`));
  });
  return errors;
}

function columnErrors(column: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { type, jsonPath } = column;
  if (typeof type === 'string' && !COLUMN_TYPES.includes(type))
    errors.push(notSupported(`${path}.type`, type, COLUMN_TYPES));
  if (typeof jsonPath === 'string' && parseJsonPath(jsonPath) === undefined)
    errors.push(
      invalidValue(`${path}.jsonPath`, jsonPath, 'must be a simple json path starting with .'),
    );
  return errors;
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

function checkSchema(schema: JsonObject, path: string, depth: number, errors: FieldError[]): void {
  if (depth > MAX_DEPTH) {
    errors.push(forbiddenField(path, `schemas may be nested at most ${MAX_DEPTH} deep`));
    return;
  }
  const { type, pattern } = schema;
  if (typeof type === 'string' && type !== '' && !TYPES.includes(type))
    errors.push(notSupported(`${path}.type`, type, TYPES));
  if (type === undefined && depth > 0 && !isTypeless(schema))
    errors.push(required(`${path}.type`, 'must not be empty for specified object fields'));
  if (typeof pattern === 'string' && compilePattern(pattern) === undefined)
    errors.push(invalidValue(`${path}.pattern`, pattern, 'must be a valid regular expression'));
  if (schema.properties !== undefined && schema.additionalProperties !== undefined)
    errors.push(
      forbiddenField(
        `${path}.additionalProperties`,
        'must not be used if properties is used as well',
      ),
    );
  if (type === 'array' && asObject(schema.items) === undefined)
    errors.push(required(`${path}.items`, 'must be specified'));
  for (const [name, inner] of Object.entries(asObject(schema.properties) ?? {}))
    checkSchema(asObject(inner) ?? {}, `${path}.properties[${name}]`, depth + 1, errors);
  const items = asObject(schema.items);
  if (items !== undefined) checkSchema(items, `${path}.items`, depth + 1, errors);
  const values = asObject(schema.additionalProperties);
  if (values !== undefined) checkSchema(values, `${path}.additionalProperties`, depth + 1, errors);
}

function isTypeless(schema: JsonObject): boolean {
  return (
    schema['x-kubernetes-int-or-string'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true
  );
}
