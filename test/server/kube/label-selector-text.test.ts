import { describe, expect, test } from '@jest/globals';
import { parseSelectorText } from '../../../server/kube/label-selector-text.js';

describe('a label selector as text', () => {
  test.each([
    ['', []],
    ['app=web', [{ key: 'app', operator: 'In', values: ['web'] }]],
    ['app==web', [{ key: 'app', operator: 'In', values: ['web'] }]],
    ['app != web', [{ key: 'app', operator: 'NotIn', values: ['web'] }]],
    ['app=', [{ key: 'app', operator: 'In', values: [''] }]],
    ['app', [{ key: 'app', operator: 'Exists', values: [] }]],
    ['!app', [{ key: 'app', operator: 'DoesNotExist', values: [] }]],
    ['app in (a, b)', [{ key: 'app', operator: 'In', values: ['a', 'b'] }]],
    ['app notin (in)', [{ key: 'app', operator: 'NotIn', values: ['in'] }]],
    ['app in ()', [{ key: 'app', operator: 'In', values: [''] }]],
    ['n>3', [{ key: 'n', operator: 'Gt', values: ['3'] }]],
    [
      'a.b/c=d,!e',
      [
        { key: 'a.b/c', operator: 'In', values: ['d'] },
        { key: 'e', operator: 'DoesNotExist', values: [] },
      ],
    ],
  ])('%s', (text, requirements) => {
    expect(parseSelectorText(text)).toEqual({ ok: true, requirements });
  });

  test.each([
    ['app in (web', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['!!', "unable to parse requirement: found '!', expected: identifier"],
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['app web', "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
    ['app=web,', "found '', expected: identifier after ','"],
    ['app=web tier', "found 'tier', expected: ',' or 'end of string'"],
    ['=web', "found '=', expected: !, identifier, or 'end of string'"],
    ['a==(b', "unable to parse requirement: found '(', expected: identifier"],
  ])('%s is refused', (text, message) => {
    expect(parseSelectorText(text)).toEqual({ ok: false, message });
  });
});
