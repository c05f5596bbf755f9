import { describe, expect, test } from '@jest/globals';
import { customType } from '../../../../server/api/managed-fields/custom-type.js';
import { printFieldsV1 } from '../../../../server/api/managed-fields/fields-v1.js';
import { mergeValues } from '../../../../server/api/managed-fields/merge.js';
import { fieldsOfValue } from '../../../../server/api/managed-fields/value-fields.js';
import type { JsonObject } from '../../../../server/kube/json.js';

function fields(schema: JsonObject | undefined, value: object) {
  return printFieldsV1(fieldsOfValue(customType(schema), value));
}

describe('a custom object', () => {
  const port = {
    type: 'object',
    properties: {
      number: { type: 'integer' },
      protocol: { type: 'string', default: 'TCP' },
      note: { type: 'string' },
    },
  };
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          ports: {
            type: 'array',
            items: port,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['number', 'protocol'],
          },
          tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
          plain: { type: 'array', items: port },
          whole: {
            type: 'object',
            additionalProperties: { type: 'string' },
            'x-kubernetes-map-type': 'atomic',
          },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  };

  test('is owned as its schema says', () => {
    expect(
      fields(schema, {
        spec: {
          ports: [{ number: 80, note: 'x' }],
          tags: ['a'],
          plain: [{ number: 1 }],
          whole: { a: 'b' },
          free: { deep: { list: [1] } },
        },
      }),
    ).toEqual({
      'f:spec': {
        'f:free': { 'f:deep': { '.': {}, 'f:list': {} } },
        'f:plain': {},
        'f:ports': {
          'k:{"number":80,"protocol":"TCP"}': { '.': {}, 'f:note': {}, 'f:number': {} },
        },
        'f:tags': { 'v:"a"': {} },
        'f:whole': {},
      },
    });
  });

  test('without a schema is owned field by field, lists whole, metadata as everywhere', () => {
    expect(
      fields(undefined, {
        metadata: { finalizers: ['x'], labels: { a: 'b' } },
        spec: { list: [{ name: 'a' }], map: { a: 1 } },
      }),
    ).toEqual({
      'f:metadata': { 'f:finalizers': { 'v:"x"': {} }, 'f:labels': { 'f:a': {} } },
      'f:spec': { '.': {}, 'f:list': {}, 'f:map': { '.': {}, 'f:a': {} } },
    });
  });

  test('merges by the keys of its schema', () => {
    const live = { spec: { ports: [{ number: 80, note: 'old' }, { number: 81 }], tags: ['a'] } };
    const applied = {
      spec: { ports: [{ number: 80, protocol: 'TCP', note: 'new' }], tags: ['b'] },
    };
    expect(mergeValues(customType(schema), live, applied)).toEqual({
      spec: {
        ports: [{ number: 80, protocol: 'TCP', note: 'new' }, { number: 81 }],
        tags: ['a', 'b'],
      },
    });
  });
});
