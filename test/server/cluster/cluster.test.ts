import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeVertex } from '../../../server/cluster/details.js';
import { createGraph } from '../../../server/cluster/graph-sources.js';
import type { Edge, GraphDiff, Vertex } from '../../../server/contract/graph.js';
import type { GraphModel } from '../../../server/live/graph-model.js';
import { Rng } from '../../../topology/index.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';
import { SHOP } from './shop.js';

let it: Scenario;
let graph: GraphModel;
beforeAll(async () => {
  it = await startCluster({ manifests: SHOP });
  graph = createGraph(it.cluster);
  graph.flush();
});
afterAll(() => it.stop());

const outcome = async (from: string, to: string) => (await it.trace(from, to)).journey.disposition;

describe('the data plane follows', () => {
  test('Services and their endpoints', async () => {
    expect(await outcome('client', 'shop')).toBe('delivered');
    expect(await outcome('outside', 'node/worker-1:30080')).toBe('delivered');
    const service = it.cluster.store.get('services', 'default', 'shop');
    const ip = service?.spec.clusterIP ?? '';
    it.cluster.api.delete({ resource: 'services', namespace: 'default', name: 'shop' });
    await it.run(1);
    expect(await outcome('client', `${ip}:8080`)).not.toBe('delivered');
    it.apply(SHOP);
    await it.run(1);
    expect(await outcome('client', 'shop')).toBe('delivered');
  });

  test('a Service whose pods are gone: it refuses', async () => {
    it.apply(SHOP.replace('replicas: 2', 'replicas: 0'));
    await it.until('without pods', () => it.findPod('web') === undefined);
    await it.run(2);
    const report = await it.trace('client', 'shop');
    expect(report.journey.disposition).toBe('refused');
    it.apply(SHOP);
    await it.settle();
    expect(await outcome('client', 'shop')).toBe('delivered');
  });
});

describe('a fault', () => {
  const podIp = (name: string) => it.pod(name).status?.podIP;

  test('that kills a container leaves the address and counts a restart', async () => {
    const before = podIp('db-0');
    expect(
      await it.fault({ kind: 'kill-container', pod: 'default/db-0', container: 'redis' }),
    ).toContain('SIGKILL to redis');
    await it.run(1);
    await it.settle();
    expect(it.container('db-0').restartCount).toBe(1);
    expect(podIp('db-0')).toBe(before);
  });

  test('that kills pause gives another address', async () => {
    const before = podIp('db-0');
    await it.fault({ kind: 'kill-pause', pod: 'default/db-0' });
    await it.run(2);
    await it.settle();
    expect(podIp('db-0')).toBeDefined();
    expect(podIp('db-0')).not.toBe(before);
    await it.until('db-0 runs', () => it.container('db-0').ready);
  });

  test('that takes the link of a pod down is mended by taking it up', async () => {
    const edge = 'veth:default/client';
    await it.fault({ kind: 'link-down', edge });
    expect(await outcome('client', 'db-0')).not.toBe('delivered');
    graph.flush();
    expect(graph.snapshot().edges.find(({ id }) => id === edge)?.up).toBe(false);
    await it.fault({ kind: 'link-up', edge });
    expect(await outcome('client', 'db-0')).toBe('delivered');
  });

  test.each([
    [{ kind: 'link-down', edge: 'cable:nowhere' }, 'is no link'],
    [{ kind: 'link-down', edge: 'veth:default/nobody' }, 'is gone'],
    [{ kind: 'kill-container', pod: 'default/client', container: 'x' }, 'does not run'],
    [{ kind: 'kill-pause', pod: 'default/nobody' }, 'is gone'],
    [{ kind: 'node-down', node: 'worker-9' }, "no node is named 'worker-9'"],
  ] as const)('%j is refused', async (request, words) => {
    await expect(it.fault(request)).rejects.toThrow(words);
  });
});

describe('the panel', () => {
  test('has a title and sections for every kind of vertex', () => {
    graph.flush();
    const { vertices } = graph.snapshot();
    expect([...new Set(vertices.map(({ kind }) => kind))].sort()).toEqual([
      'bridge',
      'node',
      'outside',
      'pod',
      'router',
      'service',
      'switch',
    ]);
    for (const { id } of vertices) {
      const details = describeVertex(it.cluster, id);
      expect(details?.title).not.toBe('');
      expect(`${id} has ${details?.sections.length === 0 ? 'no' : 'some'} sections`).toBe(
        `${id} has some sections`,
      );
    }
  });

  test('shows of a pod what it is made of', () => {
    const titles = describeVertex(it.cluster, 'pod:default/db-0')?.sections.map((s) => s.title);
    expect(titles).toEqual(
      expect.arrayContaining(['Pod', 'Events', 'Commands that built it', 'Object (JSON)']),
    );
  });

  test.each(['pod:default/nobody', 'node:worker-9', 'service:default/nope', 'what:is/this'])(
    'shows nothing of %s',
    (id) => {
      expect(describeVertex(it.cluster, id)).toBeUndefined();
    },
  );
});

/** What a page does with diffs. */
class Page {
  readonly vertices = new Map<string, Vertex>();
  readonly edges = new Map<string, Edge>();
  private seq: number;

  constructor(model: GraphModel) {
    const { edges, seq, vertices } = model.snapshot();
    this.seq = seq;
    for (const vertex of vertices) this.vertices.set(vertex.id, vertex);
    for (const edge of edges) this.edges.set(edge.id, edge);
  }

  take(diff: GraphDiff | undefined): void {
    if (diff === undefined) return;
    expect(diff.after).toBe(this.seq);
    this.seq = diff.seq;
    for (const vertex of diff.vertices) this.vertices.set(vertex.id, vertex);
    for (const edge of diff.edges) this.edges.set(edge.id, edge);
    for (const id of diff.removedVertices) this.vertices.delete(id);
    for (const id of diff.removedEdges) this.edges.delete(id);
  }
}

test('a snapshot and the diffs after it say the same as a fresh snapshot', async () => {
  const rng = new Rng(3);
  const page = new Page(graph);
  const scale = (replicas: number) =>
    it.apply(SHOP.replace('replicas: 2', `replicas: ${replicas}`));
  const links = [...it.cluster.fabric.links.keys(), 'veth:default/client'];
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(rng.unit() * list.length)];
  const change = async (): Promise<void> => {
    switch (Math.floor(rng.unit() * 5)) {
      case 0:
        scale(Math.floor(rng.unit() * 5));
        return;
      case 1:
        await it.fault({ kind: 'kill-pause', pod: 'default/db-0' }).catch(() => undefined);
        return;
      case 2:
        await it.fault({
          kind: rng.unit() < 0.5 ? 'link-down' : 'link-up',
          edge: pick(links) ?? '',
        });
        return;
      case 3: {
        const name = pick(it.pods())?.metadata.name ?? '';
        if (name !== 'client') {
          it.cluster.api.delete({ resource: 'pods', namespace: 'default', name });
        }
        return;
      }
      default:
        it.cluster.api.delete({ resource: 'services', namespace: 'default', name: 'shop' });
    }
  };
  for (let round = 0; round < 40; round++) {
    await change();
    await it.run(rng.unit() * 3);
    page.take(graph.flush());
  }
  await it.run(60);
  page.take(graph.flush());
  const fresh = createGraph(it.cluster);
  fresh.flush();
  const byId = (list: Iterable<{ readonly id: string }>) =>
    [...list].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { edges, vertices } = fresh.snapshot();
  expect(byId(page.vertices.values())).toEqual(byId(vertices));
  expect(byId(page.edges.values())).toEqual(byId(edges));
});
