import { describe, expect, test } from '@jest/globals';
import { jsonPatch } from '../../../../server/api/patch/json-patch.js';

const document = { a: [1, 2, 3], b: { c: 1, 'd/e': 2, 'f~g': 3 }, n: null };

describe('JSON patch', () => {
  test.each([
    [
      'adds a member',
      [{ op: 'add', path: '/b/x', value: 9 }],
      { ...document, b: { ...document.b, x: 9 } },
    ],
    [
      'adds before an element',
      [{ op: 'add', path: '/a/1', value: 9 }],
      { ...document, a: [1, 9, 2, 3] },
    ],
    [
      'adds behind the last',
      [{ op: 'add', path: '/a/-', value: 9 }],
      { ...document, a: [1, 2, 3, 9] },
    ],
    ['removes an element', [{ op: 'remove', path: '/a/0' }], { ...document, a: [2, 3] }],
    ['replaces', [{ op: 'replace', path: '/a/2', value: 9 }], { ...document, a: [1, 2, 9] }],
    ['replaces the whole', [{ op: 'replace', path: '', value: { x: 1 } }], { x: 1 }],
    [
      'moves',
      [{ op: 'move', from: '/a/0', path: '/b/c' }],
      { ...document, a: [2, 3], b: { ...document.b, c: 1 } },
    ],
    ['copies', [{ op: 'copy', from: '/b/c', path: '/z' }], { ...document, z: 1 }],
    [
      'reads escaped names',
      [
        { op: 'remove', path: '/b/d~1e' },
        { op: 'remove', path: '/b/f~0g' },
      ],
      { ...document, b: { c: 1 } },
    ],
    [
      'tests for null, also where nothing is',
      [
        { op: 'test', path: '/n', value: null },
        { op: 'test', path: '/m' },
      ],
      document,
    ],
    ['adds null', [{ op: 'add', path: '/m', value: null }], { ...document, m: null }],
  ])('%s', (_, operations, value) => {
    expect(jsonPatch(document, operations)).toEqual({ ok: true, value });
  });

  test.each([
    [
      'remove',
      { op: 'remove', path: '/b/x' },
      "error in remove for path: '/b/x': Unable to remove nonexistent key: x: missing value",
    ],
    [
      'remove',
      { op: 'remove', path: '/x/y' },
      'remove operation does not apply: doc is missing path: "/x/y": missing value',
    ],
    [
      'remove',
      { op: 'remove', path: '/a/9' },
      "error in remove for path: '/a/9': Unable to access invalid index: 9: invalid index referenced",
    ],
    [
      'replace',
      { op: 'replace', path: '/b/x', value: 1 },
      'replace operation does not apply: doc is missing key: /b/x: missing value',
    ],
    [
      'add',
      { op: 'add', path: '/x/y', value: 1 },
      'add operation does not apply: doc is missing path: "/x/y": missing value',
    ],
    [
      'add',
      { op: 'add', path: '/a/x', value: 1 },
      "error in add for path: '/a/x': Unable to access invalid index: x: invalid index referenced",
    ],
    ['test', { op: 'test', path: '/b/c', value: 2 }, 'testing value /b/c failed: test failed'],
    ['frob', { op: 'frob', path: '/b' }, 'Unexpected kind: frob'],
    [
      'add',
      { op: 'add', path: 'b', value: 1 },
      'add operation does not apply: doc is missing path: "b": missing value',
    ],
  ])('says why %s fails', (_, operation, message) => {
    expect(jsonPatch(document, [operation])).toEqual({ ok: false, kind: 'failed', message });
  });

  test.each([
    ['an operation that is none', ['x'], 'string', 'value of type handlers.jsonPatchOp'],
    [
      'a path that is no text',
      [{ op: 'add', path: 3 }],
      'number',
      'struct field jsonPatchOp.path of type string',
    ],
  ])('is malformed with %s', (_, operations, found, where) => {
    expect(jsonPatch(document, operations)).toEqual({
      ok: false,
      kind: 'malformed',
      message: `error decoding patch: json: cannot unmarshal ${found} into Go ${where}`,
    });
  });

  test('does not copy without end', () => {
    const operations = Array.from({ length: 60 }, (_, index) => ({
      op: 'copy',
      from: '',
      path: `/x${index}`,
    }));
    const result = jsonPatch({ a: 'x'.repeat(1000) }, operations);
    expect(result).toMatchObject({ ok: false, kind: 'failed' });
  });
});
