import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  difference,
  equalSets,
  type FieldPath,
  type FieldSet,
  fieldSetOf,
  hasPath,
  intersection,
  leaves,
  members,
  recursiveDifference,
  union,
} from '../../../../server/api/managed-fields/field-set.js';
import { parseFieldsV1, printFieldsV1 } from '../../../../server/api/managed-fields/fields-v1.js';
import {
  comparePathElements,
  describePathElement,
  parsePathElement,
} from '../../../../server/api/managed-fields/path-element.js';

function parse(value: unknown): FieldSet {
  const set = parseFieldsV1(value);
  if (set === undefined) throw new Error('no FieldsV1');
  return set;
}

describe('path elements', () => {
  test.each([
    ['f:replicas', '.replicas'],
    ['k:{"name":"nginx"}', '[name="nginx"]'],
    ['k:{"protocol":"TCP","containerPort":80}', '[containerPort=80,protocol="TCP"]'],
    ['v:"foregroundDeletion"', '[="foregroundDeletion"]'],
    ['v:8', '[=8]'],
    ['i:3', '[3]'],
  ])('%s is described as %s', (text, description) => {
    expect(describePathElement(parsePathElement(text) ?? '')).toBe(description);
  });

  test.each(['', 'x', 'q:1', 'k:[1]', 'k:{', 'v:', 'i:one', 'f'])('"%s" is none', (text) => {
    expect(parsePathElement(text)).toBeUndefined();
  });

  test('fields stand before keys, keys before values, numbers before texts', () => {
    const elements = [
      'i:1',
      'v:"b"',
      'v:10',
      'v:9',
      'k:{"port":80,"protocol":"UDP"}',
      'k:{"port":80,"protocol":"TCP"}',
      'k:{"port":9,"protocol":"TCP"}',
      'f:b',
      'f:B',
      'f:a',
    ];
    expect(elements.sort(comparePathElements)).toEqual([
      'f:B',
      'f:a',
      'f:b',
      'k:{"port":9,"protocol":"TCP"}',
      'k:{"port":80,"protocol":"TCP"}',
      'k:{"port":80,"protocol":"UDP"}',
      'v:9',
      'v:10',
      'v:"b"',
      'i:1',
    ]);
  });
});

describe('FieldsV1', () => {
  /** As a cluster prints it for a Service, its names out of order. */
  const service = {
    'f:spec': {
      'f:type': {},
      'f:ports': {
        'k:{"port":443,"protocol":"TCP"}': { '.': {}, 'f:port': {} },
        '.': {},
        'k:{"protocol":"TCP","port":80}': { 'f:targetPort': {}, '.': {}, 'f:port': {} },
      },
      'f:selector': {},
    },
    'f:metadata': { 'f:finalizers': { 'v:"b"': {}, 'v:"a"': {}, '.': {} } },
  };

  test('is printed in upstream’s order', () => {
    expect(JSON.stringify(printFieldsV1(parse(service)))).toBe(
      JSON.stringify({
        'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a"': {}, 'v:"b"': {} } },
        'f:spec': {
          'f:ports': {
            '.': {},
            'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:targetPort': {} },
            'k:{"port":443,"protocol":"TCP"}': { '.': {}, 'f:port': {} },
          },
          'f:selector': {},
          'f:type': {},
        },
      }),
    );
  });

  test('tells members from what only has members below it', () => {
    const set = parse(service);
    expect(hasPath(set, ['f:spec'])).toBe(false);
    expect(hasPath(set, ['f:spec', 'f:ports'])).toBe(true);
    expect(hasPath(set, ['f:spec', 'f:selector'])).toBe(true);
    expect([...members(leaves(set))]).not.toContainEqual(['f:spec', 'f:ports']);
  });

  test.each([
    ['a list', []],
    ['a text', 'f:spec'],
    ['an unknown step', { spec: {} }],
    ['a text where a set is', { 'f:spec': 'x' }],
    ['a key that is no mapping', { 'f:a': { 'k:3': {} } }],
  ])('is not %s', (_, value) => {
    expect(parseFieldsV1(value)).toBeUndefined();
  });

  test('is not nested without end', () => {
    let value: object = {};
    for (let depth = 0; depth < 20_000; depth++) value = { 'f:a': value };
    expect(parseFieldsV1(value)).toBeUndefined();
  });
});

describe('algebra', () => {
  const a = fieldSetOf([['f:a'], ['f:a', 'f:b'], ['f:c', 'f:d']]);

  test('a difference with a parent leaves its children', () => {
    expect(printFieldsV1(difference(a, fieldSetOf([['f:a']])))).toEqual({
      'f:a': { 'f:b': {} },
      'f:c': { 'f:d': {} },
    });
    expect(printFieldsV1(recursiveDifference(a, fieldSetOf([['f:a'], ['f:c']])))).toEqual({});
  });

  const element = fc.oneof(
    fc.constantFrom('f:a', 'f:b', 'f:c', 'i:0', 'i:7', 'v:1', 'v:"x"'),
    fc.constantFrom('k:{"name":"x"}', 'k:{"name":"y"}', 'k:{"port":80,"protocol":"TCP"}'),
  );
  const set = fc
    .array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 12 })
    .map((paths): FieldSet => fieldSetOf(paths));
  const has = (one: FieldSet, path: FieldPath) => hasPath(one, path);

  test('parsing what was printed gives the set again', () => {
    fc.assert(
      fc.property(set, (one) => equalSets(parse(printFieldsV1(one)), one)),
      { seed: 4, numRuns: 500 },
    );
  });

  test('union, intersection and difference agree with their members', () => {
    fc.assert(
      fc.property(set, set, (left, right) => {
        const all = [...members(left), ...members(right)];
        return all.every((path) => {
          const [l, r] = [has(left, path), has(right, path)];
          return (
            has(union(left, right), path) === (l || r) &&
            has(intersection(left, right), path) === (l && r) &&
            has(difference(left, right), path) === (l && !r)
          );
        });
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test('a set is what its parts are', () => {
    fc.assert(
      fc.property(set, set, (left, right) => {
        const parts = union(difference(left, right), intersection(left, right));
        return equalSets(parts, left) && equalSets(union(left, left), left);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
