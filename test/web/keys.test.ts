import { describe, expect, test } from '@jest/globals';
import { isSingle, KEYS, keyNames, keyPressed, type Scope } from '../../web/keys/table.js';

const NO_MODIFIERS = { ctrlKey: false, metaKey: false, altKey: false };
/** Scopes that are heard at the same time. */
const TOGETHER: readonly (readonly [Scope, Scope])[] = [
  ['page', 'player'],
  ['page', 'graph'],
  ['page', 'map'],
];

describe('the keys of the page', () => {
  test.each([
    ['page', { key: '?' }, 'help'],
    ['page', { key: 'z', ctrlKey: true }, 'undo'],
    ['page', { key: 'z', metaKey: true }, 'undo'],
    ['page', { key: 'z' }, undefined],
    ['page', { key: 'd', altKey: true }, undefined],
    ['page', { key: 'd', ctrlKey: true }, undefined],
    ['player', { key: 'ArrowLeft' }, 'back'],
    ['player', { key: 'd' }, undefined],
  ] as const)('in %s, %p means %s', (scope, press, name) => {
    expect(keyPressed(scope, { ...NO_MODIFIERS, ...press })).toBe(name);
  });

  test('no key has two meanings in one place', () => {
    const keysOf = (...scopes: readonly Scope[]) =>
      keyNames()
        .filter((name) => scopes.includes(KEYS[name].scope))
        .flatMap((name): readonly string[] => KEYS[name].keys);
    for (const scopes of TOGETHER) {
      const keys = keysOf(...scopes);
      expect(keys).toEqual([...new Set(keys)]);
    }
  });

  test('letters and signs can be switched off, arrows and Escape cannot', () => {
    expect(isSingle('help')).toBe(true);
    expect(isSingle('octets')).toBe(true);
    expect(isSingle('escape')).toBe(false);
    expect(isSingle('back')).toBe(false);
    expect(isSingle('play')).toBe(false);
  });
});
