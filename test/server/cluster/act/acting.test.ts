import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Operations } from '../../../../server/cluster/operations.js';
import { type Scenario, startCluster } from '../../../scenario/helper/start-cluster.js';
import { SHOP } from '../shop.js';

const WEB = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' };
const MAP = `apiVersion: v1
kind: ConfigMap
metadata: { name: notes }
data: { text: one }
`;

let it: Scenario;
let ask: Operations['handlers'];
beforeAll(async () => {
  it = await startCluster({ manifests: SHOP });
  ask = new Operations(it.cluster).handlers;
});
afterAll(() => it.stop());

const replicas = () => it.cluster.store.get('apps/deployments', 'default', 'web')?.spec.replicas;
const notes = () => it.cluster.store.get('configmaps', 'default', 'notes');

async function value<T>(answer: Promise<{ ok: true; value: T } | { ok: false; error: string }>) {
  const got = await answer;
  if (!got.ok) throw new Error(got.error);
  return got.value;
}

describe('acting from the page', () => {
  test('a dry run tells what would be made, its pods, and stores nothing', async () => {
    const text = SHOP.replaceAll('name: web', 'name: tried').replaceAll('app: web', 'app: tried');
    const report = await value(ask.apply({ text, dryRun: true }));
    const tried = report.objects.find(({ title }) => title === 'Deployment/tried');
    expect(tried?.outcome).toBe('created');
    expect(tried?.pods?.map(({ name }) => name)).toEqual(['tried-0', 'tried-1']);
    expect(report.undo).toBeUndefined();
    expect(it.cluster.store.get('apps/deployments', 'default', 'tried')).toBeUndefined();
  });

  test('a dry run foretells the nodes on which the pods then run', async () => {
    const text = SHOP.replaceAll('name: web', 'name: told').replaceAll('app: web', 'app: told');
    const report = await value(ask.apply({ text, dryRun: true }));
    const told = report.objects.find(({ title }) => title === 'Deployment/told')?.pods;
    await value(ask.apply({ text }));
    await it.settle();
    const nodes = it.cluster.store
      .list('pods')
      .filter(({ metadata }) => metadata.labels?.app === 'told')
      .map(({ spec }) => spec.nodeName);
    expect(told?.map(({ node }) => node).sort()).toEqual(nodes.sort());
    await value(ask.act({ act: 'delete', ...WEB, name: 'told' }));
  });

  test('a dry run tells of a pod that no node would take, and why', async () => {
    const report = await value(
      ask.apply({
        dryRun: true,
        text: `apiVersion: v1
kind: Pod
metadata: { name: picky }
spec:
  nodeSelector: { disk: none }
  containers: [{ name: a, image: nginx }]
`,
      }),
    );
    expect(report.objects[0]?.pods).toMatchObject([
      {
        name: 'picky',
        waits:
          "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
      },
    ]);
  });

  test('a dry run of a DaemonSet shows a pod on each node that it may run on', async () => {
    const report = await value(
      ask.apply({
        dryRun: true,
        text: `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec:
      containers: [{ name: a, image: busybox }]
`,
      }),
    );
    expect(report.objects[0]?.pods?.map(({ name, node }) => [name, node])).toEqual([
      ['agent-0', 'worker-1'],
      ['agent-1', 'worker-2'],
    ]);
  });

  test('a dry run of a namespace with something in it finds no problem', async () => {
    const text = `apiVersion: v1
kind: Namespace
metadata: { name: fresh }
---
${MAP.replace('name: notes', 'name: notes, namespace: fresh')}`;
    const report = await value(ask.apply({ text, dryRun: true }));
    expect(report.problems).toEqual([]);
    expect(report.objects.map(({ outcome }) => outcome)).toEqual(['created', 'created']);
  });

  test('an unknown field is told at its line', async () => {
    const report = await value(ask.apply({ text: `${MAP}dta: {}\n`, dryRun: true }));
    expect(report.problems).toMatchObject([{ line: 5, column: 1 }]);
  });

  test('a scaled Deployment is scaled back by undo', async () => {
    const { undo = '' } = await value(ask.act({ act: 'scale', ...WEB, replicas: 4 }));
    expect(replicas()).toBe(4);
    await value(ask.undo({ id: undo }));
    expect(replicas()).toBe(2);
  });

  test.each([
    [-1, 'the number of replicas must be a whole number from 0 on'],
    [1.5, 'the number of replicas must be a whole number from 0 on'],
    [100_000, 'at most 1000 replicas can be asked for here'],
  ])('%d replicas are refused', async (count, error) => {
    const answer = await ask.act({ act: 'scale', ...WEB, replicas: count });
    expect(answer).toEqual({ ok: false, error });
  });

  test('what was applied is taken back, what was changed is put back, what was deleted is made again', async () => {
    const created = await value(ask.apply({ text: MAP }));
    const changed = await value(ask.apply({ text: MAP.replace('one', 'two') }));
    expect(notes()?.data).toEqual({ text: 'two' });
    await value(ask.undo({ id: changed.undo ?? '' }));
    expect(notes()?.data).toEqual({ text: 'one' });
    const deleted = await value(ask.deleteManifest({ text: MAP }));
    expect(notes()).toBeUndefined();
    await value(ask.undo({ id: deleted.undo ?? '' }));
    expect(notes()?.data).toEqual({ text: 'one' });
    await value(ask.undo({ id: created.undo ?? '' }));
    expect(notes()).toBeUndefined();
  });

  test('undo leaves alone what somebody else changed since', async () => {
    const { undo = '' } = await value(ask.apply({ text: MAP }));
    it.cluster.api.patch({
      resource: 'configmaps',
      namespace: 'default',
      name: 'notes',
      type: 'merge',
      body: { data: { text: 'mine' } },
    });
    expect(await ask.undo({ id: undo })).toEqual({
      ok: false,
      error: 'ConfigMap/notes was changed by somebody else since: it stays as it is',
    });
    expect(notes()?.data).toEqual({ text: 'mine' });
  });

  test('an edited object is refused when somebody changed it since it was loaded', async () => {
    const target = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'notes' };
    const { text, loaded } = await value(ask.load(target));
    expect(text).not.toContain('managedFields');
    const edited = await value(
      ask.apply({ text: text.replace('text: mine', 'word: x'), edited: [loaded] }),
    );
    expect(edited.problems).toEqual([]);
    expect(notes()?.data).toEqual({ word: 'x' });
    const late = await value(ask.apply({ text, edited: [loaded] }));
    expect(late.problems).toMatchObject([
      { message: 'ConfigMap/notes was changed by somebody else since it was loaded' },
    ]);
    expect(notes()?.data).toEqual({ word: 'x' });
  });

  test('a link that was taken down is mended by undo', async () => {
    const edge = [...it.cluster.fabric.links.keys()][0] ?? '';
    const { undo = '' } = await value(ask.fault({ kind: 'link-down', edge }));
    expect(it.cluster.fabric.links.get(edge)?.cable.up).toBe(false);
    await value(ask.undo({ id: undo }));
    expect(it.cluster.store.list('podnet.dev/faults')).toEqual([]);
  });

  test('a snapshot brings back what was there and removes what came since', async () => {
    await value(ask.snapshots({ snapshot: 'save', name: 'start' }));
    await value(ask.act({ act: 'scale', ...WEB, replicas: 1 }));
    await value(ask.deleteManifest({ text: MAP }));
    await value(ask.apply({ text: MAP.replace('notes', 'later') }));
    const report = await value(ask.snapshots({ snapshot: 'restore', name: 'start' }));
    expect(report.problems).toEqual([]);
    expect(replicas()).toBe(2);
    expect(notes()?.data).toEqual({ word: 'x' });
    expect(it.cluster.store.get('configmaps', 'default', 'later')).toBeUndefined();
  });

  test('a snapshot is an object of the store, so that it outlives the process', async () => {
    await value(ask.snapshots({ snapshot: 'save', name: 'kept here' }));
    const later = new Operations(it.cluster).handlers;
    const { snapshots } = await value(later.snapshots({ snapshot: 'list' }));
    expect(snapshots.map(({ name }) => name)).toContain('kept here');
    await value(later.snapshots({ snapshot: 'delete', name: 'kept here' }));
    expect((await value(ask.snapshots({ snapshot: 'list' }))).snapshots).not.toContainEqual(
      expect.objectContaining({ name: 'kept here' }),
    );
  });

  test.each([
    { text: 'a', edited: [null, 5, {}] },
    { text: 'apiVersion: v1\nkind: Pod\nmetadata: 5', edited: [{ kind: 'Pod' }] },
    { text: null },
    {},
  ])('a request that makes no sense is told so, not thrown: %j', async (request) => {
    const report = await value(ask.apply(request as { text: string }));
    expect(report.objects).toEqual([]);
  });

  test('an unknown act leaves a node as it is', async () => {
    const answer = await ask.act({ act: 'zap', node: 'worker-1' } as unknown as {
      act: 'cordon';
      node: string;
    });
    expect(answer).toEqual({ ok: false, error: 'a node is cordoned, uncordoned or drained' });
  });

  test.each(['', '../x', 'a'.repeat(64)])('a snapshot is not named %p', async (name) => {
    expect((await ask.snapshots({ snapshot: 'save', name })).ok).toBe(false);
  });
});
