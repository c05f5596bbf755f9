import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import {
  createDurableStore,
  type ObjectStore,
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

  test('says expired for revisions before it was opened', async () => {
    const first = await createDurableStore({ folder });
    first.create('configmaps', configMap('a'));
    first.create('configmaps', configMap('b'));
    await first.close();
    store = await createDurableStore({ folder });
    expect(store.since('*', 1)).toBeUndefined();
    expect(store.since('*', 2)).toEqual([]);
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
    writeFileSync(join(folder, 'podnet.json'), '{"podnet":{"format":2}}');
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
