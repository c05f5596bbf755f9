import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { dimmedBy } from '../../web/model/filter.js';
import { titleOfPod } from '../../web/model/names.js';
import { yamlOf } from '../../web/model/yaml.js';
import { pod } from './build.js';

describe('names', () => {
  test.each([
    ['web-6f75f4d665-k5r78', 'ReplicaSet/web-6f75f4d665', 'web', 'k5r78'],
    ['agent-x7k2p', 'DaemonSet/agent', 'agent', 'x7k2p'],
    ['store-0', 'StatefulSet/store', 'store-0', ''],
    ['visitor', undefined, 'visitor', ''],
    ['my-other-k5r78', undefined, 'my-other-k5r78', ''],
  ])('%s of %s is %s and %s', (name, owner, base, suffix) => {
    expect(titleOfPod({ name, ...(owner === undefined ? {} : { owner }) })).toEqual({
      base,
      suffix,
    });
  });

  test('finds pods by namespace and words, and dims the rest', () => {
    const pods = [pod('web-1', 'n', 'shop'), pod('api-1', 'n', 'shop'), pod('web-2', 'n', 'blog')];
    expect([...dimmedBy(pods, { namespace: 'shop', tone: '', text: 'web' })]).toEqual([
      'pod:shop/api-1',
      'pod:blog/web-2',
    ]);
    expect(dimmedBy(pods, { namespace: '', tone: '', text: ' ' }).size).toBe(0);
  });
});

describe('objects as YAML', () => {
  test.each([
    [{ a: 1, b: [], c: {}, d: [{ x: 'y', z: ['p', 'q'] }] }],
    [{ script: 'while true; do\n  sleep 1\ndone\n', 'a/b': 'true', no: '0123', text: 'a: b # c' }],
    [
      {
        nested: [
          [1, 2],
          ['- x', "it's"],
        ],
        empty: '',
        nothing: null,
      },
    ],
  ])('reads back as the same object: %j', (value) => {
    expect(parse(yamlOf(JSON.stringify(value)))).toEqual(value);
  });
});
