import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { open } from 'lmdb';
import ts from 'typescript';
import {
  createDurableStore,
  type ObjectStore,
  openDataStores,
  StoreOpenError,
} from '../../../server/store/index.js';
import { configMap, objectStoreContract } from '../../contract/object-store.js';

const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-store-'));
  folders.push(folder);
  return folder;
}

async function refusal(folder: string): Promise<StoreOpenError> {
  try {
    const store = await createDurableStore({ folder });
    await store.close();
  } catch (failure) {
    if (failure instanceof StoreOpenError) return failure;
    throw failure;
  }
  throw new Error('the store opened');
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

objectStoreContract('a durable store', () => createDurableStore({ folder: newFolder() }));

describe('a durable store', () => {
  let folder: string;
  let store: ObjectStore | undefined;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
  });

  test('is a file that its owner alone may read', async () => {
    store = await createDurableStore({ folder });
    expect(statSync(join(folder, 'objects.mdb')).mode & 0o777).toBe(0o600);
  });

  test('has its objects, revision and deletions after it was closed', async () => {
    const first = await createDurableStore({ folder });
    first.create('configmaps', configMap('kept', { k: 'v' }));
    first.create('configmaps', configMap('gone'));
    first.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node1' },
      spec: {},
    });
    first.create('apps/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: {}, template: { spec: { containers: [] } } },
    });
    first.delete('configmaps', 'default', 'gone');
    await first.close();

    store = await createDurableStore({ folder });
    expect(store.revision).toBe(5);
    expect(store.list('configmaps').map((object) => object.metadata.name)).toEqual(['kept']);
    expect(store.get('configmaps', 'default', 'kept')?.metadata.resourceVersion).toBe('1');
    expect(store.get('nodes', undefined, 'node1')?.kind).toBe('Node');
    expect(store.get('apps/deployments', 'default', 'web')?.kind).toBe('Deployment');
    expect(Object.isFrozen(store.get('configmaps', 'default', 'kept')?.data)).toBe(true);
  });

  test('tells the changes from before it was opened, also of an object that changed several times in one group', async () => {
    const first = await createDurableStore({ folder });
    first.create('configmaps', configMap('a', { app: 'one' }));
    first.create('configmaps', configMap('b'));
    first.update('configmaps', configMap('a', { app: 'two' }));
    await first.durable(3);
    first.delete('configmaps', 'default', 'a');
    first.create('configmaps', configMap('a', { app: 'three' }));
    const told = first.since('*', 0);
    await first.close();
    store = await createDurableStore({ folder });
    store.update('configmaps', configMap('a', { app: 'four' }));
    store.delete('configmaps', 'default', 'b');
    expect(store.since('*', 0)?.slice(0, 5)).toEqual(told);
    expect(
      store
        .since('*', 2)
        ?.map(({ revision, type, object, previous }) => [
          revision,
          type,
          object.metadata.name,
          object.metadata.resourceVersion,
          previous?.metadata.labels?.app,
        ]),
    ).toEqual([
      [3, 'MODIFIED', 'a', '3', 'one'],
      [4, 'DELETED', 'a', '4', 'two'],
      [5, 'ADDED', 'a', '5', undefined],
      [6, 'MODIFIED', 'a', '6', 'three'],
      [7, 'DELETED', 'b', '7', 'none'],
    ]);
    expect(store.since('nodes', 1)).toEqual([]);
  });

  test('keeps as many changes as it was told over restarts, and says expired for older ones', async () => {
    const keepChanges = 10;
    for (let run = 0; run < 3; run++) {
      store = await createDurableStore({ folder, keepChanges });
      for (let index = 0; index < 7; index++) {
        store.create('configmaps', configMap(`c${run}-${index}`));
        if (index % 2 === 0) await store.durable(store.revision);
      }
      await store.close();
    }
    store = await createDurableStore({ folder, keepChanges });
    expect(store.since('*', 10)).toBeUndefined();
    expect(store.since('*', 11)?.map(({ revision }) => revision)).toEqual([
      12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    ]);
    store.create('configmaps', configMap('later'));
    expect(store.since('*', 11)).toBeUndefined();
    expect(store.since('*', 12)?.length).toBe(10);
  });

  test('reads a folder of format 1, which has no log', async () => {
    const first = await createDurableStore({ folder });
    first.create('configmaps', configMap('a'));
    first.create('configmaps', configMap('b'));
    await first.close();
    const file = open({ path: join(folder, 'objects.mdb'), noSubdir: true, encoding: 'string' });
    for (const key of [...file.getKeys({ start: 'log/', end: 'log0' })]) await file.remove(key);
    await file.close();
    writeFileSync(join(folder, 'podnet.json'), '{"podnet":{"format":1}}');
    store = await createDurableStore({ folder });
    expect(store.since('*', 1)).toBeUndefined();
    expect(store.since('*', 2)).toEqual([]);
    expect(readFileSync(join(folder, 'podnet.json'), 'utf8')).toBe('{"podnet":{"format":2}}\n');
  });

  test('refuses a folder that a living process holds', async () => {
    store = await createDurableStore({ folder });
    const error = await refusal(folder);
    expect(error.code).toBe('store/locked');
    expect(error.message).toBe(
      `The data folder ${folder} is in use by the podnet process ${process.pid}; stop it or give another folder with --data-dir.`,
    );
  });

  test.each([
    ['of a process that is gone', '{"pid":4194305}'],
    ['of a process whose number was given away', '{"pid":1,"started":"another boot/1"}'],
    ['that was cut short', ''],
  ])('takes over a lock %s', async (_, content) => {
    writeFileSync(join(folder, 'podnet.lock'), content);
    store = await createDurableStore({ folder });
    expect(JSON.parse(readFileSync(join(folder, 'podnet.lock'), 'utf8'))).toMatchObject({
      pid: process.pid,
    });
  });

  test('refuses a folder with files of someone else and leaves it as it was', async () => {
    writeFileSync(join(folder, 'thesis.tex'), '');
    const error = await refusal(folder);
    expect(error.code).toBe('store/foreign');
    expect(error.message).toBe(
      `The folder ${folder} holds files that are not podnet's (thesis.tex); give an empty or new folder with --data-dir.`,
    );
  });

  test('refuses a path that cannot become a folder', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect((await refusal(join(folder, 'file', 'data'))).code).toBe('store/unwritable');
  });

  test('refuses a folder of a newer format', async () => {
    writeFileSync(join(folder, 'podnet.json'), '{"podnet":{"format":3}}');
    expect((await refusal(folder)).code).toBe('store/newer-format');
  });

  test.each([
    ['is not an lmdb file', (file: string) => writeFileSync(file, 'x'.repeat(9000))],
    ['lost its second half', (file: string) => truncateSync(file, 3 * 4096)],
    ['lost all but its head', (file: string) => truncateSync(file, 4096)],
  ])('refuses a data file that %s', async (_, damage) => {
    const first = await createDurableStore({ folder });
    for (let index = 0; index < 500; index++) {
      first.create('configmaps', configMap(`c${index}`, { text: 'x'.repeat(500) }));
    }
    await first.close();
    damage(join(folder, 'objects.mdb'));
    const error = await refusal(folder);
    expect(error.code).toBe('store/corrupt');
    expect(error.message).toContain(`The data folder ${folder} is damaged`);
    // The lock was given back.
    expect((await refusal(folder)).code).toBe('store/corrupt');
  });

  test('has every acknowledged object after kill -9 in the middle of writing', async () => {
    const acknowledged = await writeUntilKilled(folder, 400);
    store = await createDurableStore({ folder });
    const there = new Set(store.list('configmaps').map((object) => object.metadata.name));
    expect(acknowledged.length).toBeGreaterThanOrEqual(400);
    expect(acknowledged.filter((name) => !there.has(name))).toEqual([]);
    expect(store.revision).toBeGreaterThanOrEqual(there.size);
    const next = store.create('configmaps', configMap('after'));
    expect(next.ok).toBe(true);
  });
});

describe('stores of several clusters in one folder', () => {
  test('have objects, revisions and changes of their own, and go one by one', async () => {
    const folder = newFolder();
    const stores = await openDataStores({ folder });
    const main = stores.open();
    const blue = stores.open('blue');
    const green = stores.open('green');
    main.create('configmaps', configMap('a', { in: 'main' }));
    blue.create('configmaps', configMap('a', { in: 'blue' }));
    blue.create('configmaps', configMap('b', { in: 'blue' }));
    green.create('configmaps', configMap('a', { in: 'green' }));
    await stores.close();

    const again = await openDataStores({ folder });
    expect(
      again
        .open()
        .list('configmaps')
        .map(({ data }) => data),
    ).toEqual([{ in: 'main' }]);
    const kept = again.open('blue');
    expect(kept.revision).toBe(2);
    expect(kept.list('configmaps').map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(kept.since('*', 0)?.map(({ object }) => object.metadata.name)).toEqual(['a', 'b']);
    await kept.close();
    await again.remove('blue');
    const empty = again.open('blue');
    expect([empty.revision, empty.list('configmaps')]).toEqual([0, []]);
    expect(again.open('green').revision).toBe(1);
    await again.close();
  });
});

/** Runs a writer in a process of its own, kills it after a number of acknowledgements, and returns all it acknowledged. */
async function writeUntilKilled(folder: string, count: number): Promise<string[]> {
  const code = newFolder();
  compileStore(code);
  const script = `
    import { createDurableStore } from '${join(code, 'store', 'index.js')}';
    const store = await createDurableStore({ folder: ${JSON.stringify(folder)} });
    for (let index = 0; ; index++) {
      const name = 'c' + index;
      store.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { text: 'x'.repeat(300) } });
      void store.durable(store.revision).then(() => process.stdout.write(name + '\\n'));
      if (index % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
    }
  `;
  writeFileSync(join(code, 'writer.mjs'), script);
  const child = spawn(process.execPath, [join(code, 'writer.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const names: string[] = [];
  for await (const name of createInterface({ input: child.stdout })) {
    names.push(name);
    if (names.length === count) child.kill('SIGKILL');
  }
  await ended;
  return names;
}

/** The store and what it imports as JavaScript, so that a plain Node process can run it. */
function compileStore(into: string): void {
  // Modules resolve `lmdb` from beside themselves.
  ts.sys.createDirectory(join(into, 'node_modules'));
  writeFileSync(join(into, 'package.json'), '{"type":"module"}');
  for (const layer of ['kube', 'store']) compileLayer(layer, into);
}

function compileLayer(layer: string, into: string): void {
  const source = join(process.cwd(), 'server', layer);
  mkdirSync(join(into, layer));
  for (const path of ts.sys.readDirectory(source, ['.ts'])) {
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    });
    const name = path.slice(source.length + 1).replace(/\.ts$/, '.js');
    writeFileSync(join(into, layer, name), outputText.replace(`'lmdb'`, `'${lmdbPath()}'`));
  }
}

function lmdbPath(): string {
  return join(process.cwd(), 'node_modules', 'lmdb', 'index.js');
}
