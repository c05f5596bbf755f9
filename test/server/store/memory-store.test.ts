import { describe, expect, test } from '@jest/globals';
import { deepEqual, deepFreeze } from '../../../server/kube/json.js';
import { createMemoryStore } from '../../../server/store/index.js';
import { configMap, objectStoreContract } from '../../contract/object-store.js';

objectStoreContract('a store in memory', async () => createMemoryStore());

describe('a store in memory', () => {
  test('goes on from the revision it is given', () => {
    const store = createMemoryStore({ revision: 41 });
    const made = store.create('configmaps', configMap('a'));
    expect(made.ok && made.value.metadata.resourceVersion).toBe('42');
    expect(store.since('*', 40)).toBeUndefined();
    expect(store.since('*', 41)?.length).toBe(1);
  });

  test('holds 100,000 objects and lists them in order within moments', () => {
    const store = createMemoryStore();
    store.addIndex('configmaps', 'app', (object) => [object.metadata.labels?.app ?? '']);
    const started = performance.now();
    for (let index = 0; index < 100_000; index++) {
      const scattered = (index * 7919) % 100_000;
      store.create(
        'configmaps',
        configMap(`c${String(scattered).padStart(6, '0')}`, { app: `app${scattered % 100}` }),
      );
    }
    const list = store.list('configmaps');
    expect(list.length).toBe(100_000);
    expect(list[99_999]?.metadata.name).toBe('c099999');
    expect(store.byIndex('configmaps', 'app', 'app7').length).toBe(1000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('JSON values', () => {
  test.each([
    [{ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1, b: undefined }, { a: 1, c: 2 }, false],
    [{ a: null }, { a: undefined }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    ['1', 1, false],
  ])('%j and %j are equal: %j', (a, b, equal) => {
    expect(deepEqual(a, b)).toBe(equal);
  });

  test('are frozen only where they are new', () => {
    const old = deepFreeze({ deep: { x: 1 } });
    const next = deepFreeze({ ...old, more: [{ y: 1 }] });
    expect(Object.isFrozen(next.more[0])).toBe(true);
    expect(next.deep).toBe(old.deep);
  });
});
