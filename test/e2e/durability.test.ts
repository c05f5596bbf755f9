/** What was acknowledged is there after the server was killed, and the pods come back. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { killAgainAndAgain } from '../../bench/helper/durability/rounds.js';
import { isBuilt, killAll, podnet, type Server, up } from './helper/podnet.js';

const whenBuilt = isBuilt ? describe : describe.skip;
const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-data-'));
  folders.push(folder);
  return folder;
};
afterEach(killAll);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** An object as far as these tests look. */
interface Found {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly containerID?: string }[];
  };
}

const OBJECTS = 200;
const PODS_EVERY = 5;

function objectAt(index: number): { readonly path: string; readonly body: object } {
  const name = `o-${index}`;
  if (index % PODS_EVERY !== 0)
    return {
      path: 'configmaps',
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name },
        data: { index: String(index) },
      },
    };
  const containers = [{ name: 'c', image: 'nginx:1.27' }];
  return {
    path: 'pods',
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers } },
  };
}

async function list(server: Server, path: string): Promise<readonly Found[]> {
  const response = await fetch(`${server.url}/api/v1/namespaces/default/${path}`);
  return ((await response.json()) as { readonly items: readonly Found[] }).items;
}

async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let round = 0; round < 100; round++) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return ask();
}

const isReady = ({ status }: Found) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

whenBuilt(
  isBuilt ? 'a server that is killed' : 'a server that is killed (skipped: not built)',
  () => {
    test('in the middle of 200 writes has every acknowledged object after its restart, and its pods run again', async () => {
      const folder = newFolder();
      const args = ['--data-dir', folder, '--speed', '50'];
      const first = await up(args);
      const acknowledged = new Map<string, Found>();
      let sent = 0;
      let killed: Promise<unknown> | undefined;
      const writer = async (): Promise<void> => {
        while (sent < OBJECTS) {
          const { path, body } = objectAt(sent++);
          try {
            const response = await fetch(`${first.url}/api/v1/namespaces/default/${path}`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(body),
            });
            const made = (await response.json()) as Found;
            if (response.status !== 201) throw new Error(JSON.stringify(made));
            acknowledged.set(made.metadata.name, made);
          } catch (error) {
            if (killed === undefined) throw error;
            return;
          }
          if (acknowledged.size === OBJECTS / 2) killed = first.end('SIGKILL');
        }
      };
      await Promise.all(Array.from({ length: 8 }, writer));
      await killed;
      expect(acknowledged.size).toBeGreaterThanOrEqual(OBJECTS / 2);
      expect(acknowledged.size).toBeLessThan(OBJECTS);

      const second = await up(args);
      const there = [...(await list(second, 'configmaps')), ...(await list(second, 'pods'))];
      const byName = new Map(there.map((found) => [found.metadata.name, found]));
      for (const [name, before] of acknowledged) {
        const after = byName.get(name);
        expect([name, after?.metadata.uid]).toEqual([name, before.metadata.uid]);
        expect(after?.data).toEqual(before.data);
        expect(Number(after?.metadata.resourceVersion)).toBeGreaterThanOrEqual(
          Number(before.metadata.resourceVersion),
        );
      }
      const pods = await until(
        () => list(second, 'pods'),
        (all) => all.every(isReady),
      );
      expect(pods.length).toBeGreaterThan(10);
      expect(pods.filter((pod) => !isReady(pod)).map((pod) => pod.metadata.name)).toEqual([]);
      expect(new Set(pods.map((pod) => pod.status?.podIP)).size).toBe(pods.length);
      const made = await fetch(`${second.url}/api/v1/namespaces/default/configmaps`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"later"}}',
      });
      const later = (await made.json()) as Found;
      const newest = Math.max(
        ...[...acknowledged.values()].map((one) => Number(one.metadata.resourceVersion)),
      );
      expect(Number(later.metadata.resourceVersion)).toBeGreaterThan(newest);
      await second.end('SIGKILL');

      // A second power cut, with the pods up: they come back in new sandboxes.
      const third = await up(args);
      const before = new Map(pods.map((pod) => [pod.metadata.name, pod]));
      const again = await until(
        () => list(third, 'pods'),
        (all) =>
          all.every(
            (pod) =>
              isReady(pod) &&
              pod.status?.containerStatuses?.[0]?.containerID !==
                before.get(pod.metadata.name)?.status?.containerStatuses?.[0]?.containerID,
          ),
      );
      for (const pod of again) {
        expect([pod.metadata.name, isReady(pod)]).toEqual([pod.metadata.name, true]);
        expect(pod.metadata.uid).toBe(before.get(pod.metadata.name)?.metadata.uid);
        expect(pod.status?.containerStatuses?.[0]?.containerID).not.toBe(
          before.get(pod.metadata.name)?.status?.containerStatuses?.[0]?.containerID,
        );
      }
      expect(third.stderr()).toBe('');
      expect(await third.end('SIGTERM')).toBe(0);
    }, 120_000);
  },
);

whenBuilt(
  isBuilt ? 'a server under 32 writers' : 'a server under 32 writers (skipped: not built)',
  () => {
    test('loses nothing it acknowledged in three kills, and watches go on without gap or repeat', async () => {
      const found = await killAgainAndAgain(newFolder(), 3);
      expect(found.acknowledged).toBeGreaterThan(30);
      // Four watches from the start and one more in each round, each over the servers that followed.
      expect(found.resumed).toBe(3 * 4 + 3 + 2 + 1);
      expect({ ...found, acknowledged: 0, resumed: 0, startMs: [] }).toEqual({
        acknowledged: 0,
        lost: [],
        resumed: 0,
        repeats: 0,
        gaps: 0,
        expired: 0,
        untold: [],
        different: 0,
        startMs: [],
      });
    }, 120_000);
  },
);

whenBuilt(isBuilt ? 'a data folder' : 'a data folder (skipped: not built)', () => {
  test('is not shared by two servers', async () => {
    const folder = newFolder();
    const first = await up(['--data-dir', folder]);
    const second = await podnet(['up', '--data-dir', folder, '--port', '0', '--no-open']);
    expect([second.code, second.stdout]).toEqual([2, '']);
    expect(second.stderr).toMatch(/^podnet: [^\n]+\n$/);
    expect(second.stderr).toContain(String(first.pid));
    expect(await first.end('SIGTERM')).toBe(0);
    const third = await up(['--data-dir', folder]);
    await third.end('SIGTERM');
  }, 60_000);

  test("that is corrupt, no folder, or another program's is refused in one sentence", async () => {
    const folder = newFolder();
    const server = await up(['--data-dir', folder]);
    await server.end('SIGTERM');
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isFile() && statSync(path).size > 4096)
        writeFileSync(path, Buffer.alloc(8192, 0x5a));
    }
    const plain = join(newFolder(), 'file');
    writeFileSync(plain, 'not a folder');
    const foreign = newFolder();
    writeFileSync(join(foreign, 'thesis.txt'), 'precious');
    for (const path of [folder, plain, foreign, join(plain, 'below')]) {
      const { code, stdout, stderr } = await podnet([
        'up',
        '--data-dir',
        path,
        '--port',
        '0',
        '--no-open',
        '--json',
      ]);
      expect({ path, code, stdout }).toEqual({ path, code: 2, stdout: '' });
      expect(stderr).toMatch(/^podnet: [^\n]+\n$/);
      expect(stderr).toContain(path);
    }
    expect(readdirSync(foreign)).toEqual(['thesis.txt']);
  }, 60_000);
});
