import { describe, expect, test } from '@jest/globals';
import { fillDefaults, parseStructural, prune } from '../../../../server/api/schema/structural.js';
import { validateStructural } from '../../../../server/api/schema/structural-validation.js';
import { describeFieldErrors } from '../../../../server/api/validation/field-error.js';

const WIDGET = parseStructural({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'string', enum: ['small', 'large'] },
        replicas: { type: 'integer', minimum: 1, maximum: 5, default: 2 },
        name: { type: 'string', pattern: '^([a-z]+)+$', minLength: 2, maxLength: 30 },
        port: { 'x-kubernetes-int-or-string': true },
        address: { type: 'string', format: 'ipv4' },
        tags: {
          type: 'array',
          maxItems: 2,
          items: { type: 'object', properties: { k: { type: 'string', default: 'x' } } },
        },
        names: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        choice: { type: 'integer', oneOf: [{ maximum: 1 }, { minimum: 5 }] },
      },
    },
  },
});

describe('values against a schema', () => {
  test.each([
    ['an object that fits', { size: 'small', port: 'http', labels: { a: 'b' } }, ''],
    ['an absent field that is required', {}, 'spec.size: Required value'],
    [
      'a text for a number',
      { size: 'small', replicas: '3' },
      'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    ],
    [
      'a null',
      { size: null },
      'spec.size: Invalid value: "null": spec.size in body must be of type string: "null"',
    ],
    [
      'a value outside the list',
      { size: 'big' },
      'spec.size: Unsupported value: "big": supported values: "small", "large"',
    ],
    [
      'too small a number',
      { size: 'small', replicas: 0 },
      'spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1',
    ],
    [
      'a text that does not match',
      { size: 'small', name: 'AB' },
      'spec.name: Invalid value: "AB": spec.name in body should match \'^([a-z]+)+$\'',
    ],
    [
      'a text that makes the pattern backtrack without end',
      { size: 'small', name: `${'a'.repeat(29)}!` },
      `spec.name: Invalid value: "${'a'.repeat(29)}!": spec.name in body should match '^([a-z]+)+$'`,
    ],
    [
      'an address of another family',
      { size: 'small', address: '::1' },
      'spec.address: Invalid value: "::1": spec.address in body must be of type ipv4: "::1"',
    ],
    [
      'too many elements, one of them wrong',
      { size: 'small', tags: [{}, {}, { k: 1 }] },
      '[spec.tags: Too many: 3: must have at most 2 items, spec.tags[2].k: Invalid value: "integer": spec.tags[2].k in body must be of type string: "integer"]',
    ],
    [
      'a set with twins',
      { size: 'small', names: ['a', 'b', 'a'] },
      'spec.names[2]: Duplicate value: "a"',
    ],
    [
      'neither alternative',
      { size: 'small', choice: 3 },
      'spec.choice: Invalid value: 3: "spec.choice" must validate one and only one schema (oneOf). Found none valid',
    ],
  ])('%s', (_name, spec, message) => {
    const errors = validateStructural({ kind: 'Widget', metadata: {}, spec }, WIDGET);
    expect(errors.length === 0 ? '' : describeFieldErrors(errors)).toBe(message);
  });
});

test('unknown fields are taken out, except where the schema keeps them', () => {
  const object = {
    kind: 'Widget',
    metadata: { name: 'a' },
    other: 1,
    spec: { colour: 'red', free: { a: { b: 1 } }, labels: { any: 'x' }, tags: [{ k: 'a', z: 1 }] },
  };
  expect(prune(object, WIDGET)).toEqual(['other', 'spec.colour', 'spec.tags[0].z']);
  expect(object).toEqual({
    kind: 'Widget',
    metadata: { name: 'a' },
    spec: { free: { a: { b: 1 } }, labels: { any: 'x' }, tags: [{ k: 'a' }] },
  });
});

test('absent fields are filled in within what is there', () => {
  const object = { spec: { replicas: null, tags: [{}, { k: 'y' }] } };
  fillDefaults(object, WIDGET);
  expect(object).toEqual({ spec: { replicas: 2, tags: [{ k: 'x' }, { k: 'y' }] } });
});

test('a pattern that repeats many things is given up in time', () => {
  const schema = parseStructural({ properties: { a: { type: 'string', pattern: '^a*a*a*a*b$' } } });
  const [error] = validateStructural({ a: 'a'.repeat(5000) }, schema);
  expect(error?.detail).toBe("a in body should match '^a*a*a*a*b$'");
});

test('a field is not there because all objects inherit one of its name', () => {
  const schema = parseStructural({
    type: 'object',
    properties: { toString: { type: 'string', default: 'x' } },
    required: ['constructor'],
  });
  const object = {};
  fillDefaults(object, schema);
  expect(Object.entries(object)).toEqual([['toString', 'x']]);
  expect(validateStructural({}, schema)).toMatchObject([
    { type: 'required', field: 'constructor' },
  ]);
});
