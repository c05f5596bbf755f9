import { describe, expect, test } from '@jest/globals';
import { isYes, parseListOptions } from '../../../../server/api/http/list-options.js';

const parse = (query: string) => parseListOptions(new URLSearchParams(query));

test.each([
  [null, false],
  ['', true],
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['False', false],
  ['0', false],
])('the parameter %p says %p', (value, yes) => {
  expect(isYes(value)).toBe(yes);
});

describe('the query of a list or watch', () => {
  test('is read', () => {
    expect(
      parse(
        'watch=1&resourceVersion=12&timeoutSeconds=30&allowWatchBookmarks=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan',
      ),
    ).toEqual({
      watch: true,
      resourceVersion: 12,
      match: 'NotOlderThan',
      sendInitialEvents: false,
      allowWatchBookmarks: true,
      timeoutSeconds: 30,
      limit: 0,
      continue: undefined,
    });
    expect(parse('limit=500&resourceVersion=')).toMatchObject({ limit: 500, watch: false });
  });

  test.each([
    ['limit=many', 400, 'strconv.ParseInt: parsing "many": invalid syntax'],
    ['watch=1&timeoutSeconds=1.5', 400, 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    [
      'resourceVersion=abc',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'resourceVersionMatch=Exact',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersionMatch=Newest&resourceVersion=1',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      'sendInitialEvents=true',
      422,
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ],
    [
      'continue=a&resourceVersion=5',
      400,
      'specifying resource version is not allowed when using continue',
    ],
    [
      'watch=true&sendInitialEvents=true',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'watch=true&resourceVersionMatch=NotOlderThan',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      'watch=true&resourceVersionMatch=Exact&sendInitialEvents=true',
      422,
      'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
    ],
  ])('%s is refused', (query, code, message) => {
    expect(parse(query)).toMatchObject({ kind: 'Status', code, message });
  });
});
