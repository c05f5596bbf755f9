import { afterEach, describe, expect, test } from '@jest/globals';
import type { ConfigMap, KubeObject } from '../../server/contract/kube.js';
import type { Change, ObjectStore } from '../../server/store/index.js';

/** A ConfigMap to store. */
export function configMap(
  name: string,
  data: Record<string, string> = {},
  namespace = 'default',
): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      uid: `uid-${namespace}-${name}`,
      labels: { app: data.app ?? 'none' },
    },
    data,
  };
}

function summary(change: Change): string {
  return `${change.revision} ${change.type} ${change.object.metadata.name}`;
}

/** What every ObjectStore must do. `open` gives an empty one. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name} keeps the contract of an object store:`, () => {
    let opened: ObjectStore[] = [];
    const fresh = async () => {
      const store = await open();
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      await Promise.all(opened.map((store) => store.close()));
      opened = [];
    });

    test('each commit takes the next revision, which becomes the resourceVersion', async () => {
      const store = await fresh();
      const first = store.create('configmaps', configMap('a'));
      const second = store.update('configmaps', configMap('a', { k: 'v' }));
      expect(first.ok && first.value.metadata.resourceVersion).toBe('1');
      expect(second.ok && second.value.metadata.resourceVersion).toBe('2');
      expect(store.revision).toBe(2);
    });

    test('stored objects are frozen deeply', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a', { k: 'v' }));
      const stored = store.get('configmaps', 'default', 'a');
      expect(Object.isFrozen(stored?.data)).toBe(true);
      expect(Object.isFrozen(stored?.metadata.labels)).toBe(true);
    });

    test('creating an object twice is refused with the one that is there', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a', { k: '1' }));
      const again = store.create('configmaps', configMap('a', { k: '2' }));
      expect(again).toMatchObject({
        ok: false,
        error: { code: 'store/exists', current: { data: { k: '1' } } },
      });
      expect(store.revision).toBe(1);
    });

    test('updating with a revision that has passed is refused', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a'));
      store.update('configmaps', configMap('a', { k: '1' }), '1');
      const late = store.update('configmaps', configMap('a', { k: '2' }), '1');
      expect(late).toMatchObject({ ok: false, error: { code: 'store/conflict' } });
      expect(store.update('configmaps', configMap('b'))).toMatchObject({
        error: { code: 'store/not-found' },
      });
    });

    test('an update that changes nothing writes nothing and says nothing', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a', { k: '1' }));
      const seen: string[] = [];
      store.watch('*', (change) => seen.push(summary(change)));
      const same = store.update('configmaps', {
        ...configMap('a', { k: '1' }),
        status: undefined,
      });
      expect(same.ok && same.value).toBe(store.get('configmaps', 'default', 'a'));
      expect(seen).toEqual([]);
      expect(store.revision).toBe(1);
    });

    test('a deleted object is handed out with the revision of its deletion', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a'));
      expect(store.delete('configmaps', 'default', 'a', { uid: 'other' })).toMatchObject({
        error: { code: 'store/conflict' },
      });
      const gone = store.delete('configmaps', 'default', 'a', { uid: 'uid-default-a' });
      expect(gone.ok && gone.value.metadata.resourceVersion).toBe('2');
      expect(store.get('configmaps', 'default', 'a')).toBeUndefined();
      expect(store.delete('configmaps', 'default', 'a')).toMatchObject({
        error: { code: 'store/not-found' },
      });
    });

    test('lists are in order of namespace, then name, whatever the order of writes', async () => {
      const store = await fresh();
      for (const at of ['b/b', 'a/z', 'b/a', 'a-b/c', 'a/y']) {
        const [namespace = '', objectName = ''] = at.split('/');
        store.create('configmaps', configMap(objectName, {}, namespace));
      }
      const names = (objects: readonly KubeObject[]) =>
        objects.map((object) => `${object.metadata.namespace}/${object.metadata.name}`);
      expect(names(store.list('configmaps'))).toEqual(['a/y', 'a/z', 'a-b/c', 'b/a', 'b/b']);
      store.delete('configmaps', 'a', 'z');
      store.create('configmaps', configMap('x', {}, 'a'));
      store.delete('configmaps', 'b', 'a');
      store.create('configmaps', configMap('a', { again: 'yes' }, 'b'));
      expect(names(store.list('configmaps'))).toEqual(['a/x', 'a/y', 'a-b/c', 'b/a', 'b/b']);
      expect(names(store.list('configmaps', 'b'))).toEqual(['b/a', 'b/b']);
      expect(store.list('configmaps')).toBe(store.list('configmaps'));
    });

    test('a list stays as it was when objects change later', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a'));
      const before = store.list('configmaps');
      store.create('configmaps', configMap('b'));
      expect(before.length).toBe(1);
    });

    test('an index follows its objects from key to key', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('early', { app: 'web' }));
      store.addIndex('configmaps', 'app', (object) => Object.values(object.metadata.labels ?? {}));
      store.create('configmaps', configMap('late', { app: 'web' }));
      const under = (key: string) =>
        store.byIndex('configmaps', 'app', key).map((object) => object.metadata.name);
      expect(under('web')).toEqual(['early', 'late']);
      store.update('configmaps', configMap('early', { app: 'api' }));
      expect(under('web')).toEqual(['late']);
      expect(under('api')).toEqual(['early']);
      store.delete('configmaps', 'default', 'early');
      expect(under('api')).toEqual([]);
    });

    test('every watcher sees one order, also when a handler writes', async () => {
      const store = await fresh();
      const first: string[] = [];
      const second: string[] = [];
      store.watch('configmaps', (change) => {
        first.push(summary(change));
        if (change.object.metadata.name === 'a' && change.type === 'ADDED') {
          store.create('configmaps', configMap('b'));
          store.delete('configmaps', 'default', 'a');
        }
      });
      store.watch('configmaps', (change) => second.push(summary(change)));
      store.create('configmaps', configMap('a'));
      expect(first).toEqual(['1 ADDED a', '2 ADDED b', '3 DELETED a']);
      expect(second).toEqual(first);
    });

    test('a watcher sees only later changes of its resource, until it ends', async () => {
      const store = await fresh();
      const seen: string[] = [];
      store.create('configmaps', configMap('before'));
      const end = store.watch('configmaps', (change) => seen.push(summary(change)));
      store.create('secrets', { ...configMap('s'), kind: 'Secret' });
      store.create('configmaps', configMap('during'));
      end();
      store.create('configmaps', configMap('after'));
      expect(seen).toEqual(['3 ADDED during']);
    });

    test('a watcher added by a handler does not see what was committed before it', async () => {
      const store = await fresh();
      const seen: string[] = [];
      const end = store.watch('configmaps', () => {
        end();
        store.create('configmaps', configMap('b'));
        store.watch('configmaps', (change) => seen.push(summary(change)));
        store.create('configmaps', configMap('c'));
      });
      store.create('configmaps', configMap('a'));
      expect(seen).toEqual(['3 ADDED c']);
    });

    test('a handler that throws does not keep the change from the others', async () => {
      const store = await fresh();
      const seen: string[] = [];
      store.watch('configmaps', () => {
        throw new Error('broken');
      });
      store.watch('configmaps', (change) => seen.push(summary(change)));
      expect(() => store.create('configmaps', configMap('a'))).toThrow('broken');
      expect(seen).toEqual(['1 ADDED a']);
    });

    test('changes carry the object before', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a', { k: '1' }));
      store.update('configmaps', configMap('a', { k: '2' }));
      const [, change] = store.since('*', 0) ?? [];
      expect(change).toMatchObject({
        type: 'MODIFIED',
        previous: { data: { k: '1' } },
        object: { data: { k: '2' } },
      });
    });

    test('since tells what came after a revision and says when it no longer knows', async () => {
      const store = await fresh();
      for (let index = 0; index < 10_005; index++) {
        store.create(index % 2 === 0 ? 'configmaps' : 'secrets', configMap(`c${index}`));
      }
      expect(store.since('*', 4)).toBeUndefined();
      expect(store.since('*', 5)?.length).toBe(10_000);
      expect(store.since('configmaps', 10_001)?.map(summary)).toEqual([
        '10003 ADDED c10002',
        '10005 ADDED c10004',
      ]);
      expect(store.since('*', 10_005)).toEqual([]);
    });

    test('durable resolves for what was written', async () => {
      const store = await fresh();
      store.create('configmaps', configMap('a'));
      await expect(store.durable(store.revision)).resolves.toBeUndefined();
    });
  });
}
