import { describe, expect, test } from '@jest/globals';
import type {
  PolicyVertex,
  ServiceVertex,
  TunnelVertex,
  Vertex,
} from '../../server/contract/graph.js';
import { layersFrom, layersText } from '../../web/model/layers.js';
import { levelOf, podsIn } from '../../web/model/level.js';
import { withoutNoise } from '../../web/model/noise.js';
import { type OverlaySource, overlayOf } from '../../web/model/overlay.js';
import { placeOf } from '../../web/model/place-of.js';
import { boxOf, cluster, place, pod } from './build.js';

function service(name: string, rest: Partial<ServiceVertex> = {}): ServiceVertex {
  return {
    id: `service:default/${name}`,
    kind: 'service',
    name,
    namespace: 'default',
    type: 'ClusterIP',
    clusterIp: '10.96.0.9',
    ports: [],
    endpoints: [],
    pods: [],
    unready: [],
    mappings: ['80 → 8080/TCP'],
    nodePorts: [],
    ...rest,
  };
}

function overlay(vertices: readonly Vertex[], rest: Partial<OverlaySource>) {
  const layout = place(vertices);
  const known = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  return overlayOf({
    vertices: known,
    layout,
    place: placeOf(layout, known),
    layers: new Set(['services', 'policies', 'tunnels']),
    selected: undefined,
    reach: undefined,
    slots: new Map(),
    scale: 1,
    ...rest,
  });
}

describe('the layer of Services', () => {
  test('draws lines to pods, told apart by whether they are ready', () => {
    const web = service('web', { pods: ['pod:default/a'], unready: ['pod:default/b'] });
    const { lines } = overlay([...cluster, web], {});
    expect(lines.map(({ ready, mapping }) => [ready, mapping])).toEqual([
      [true, '80 → 8080/TCP'],
      [false, '80 → 8080/TCP'],
    ]);
  });

  test('stands above the drawing, and a new Service moves none of the others', () => {
    const b = service('b');
    const before = overlay([...cluster, b], {});
    const after = overlay([...cluster, b, service('a')], { slots: before.slots });
    const boxes = (chips: typeof after.chips) =>
      new Map(chips.map(({ vertex, box }) => [vertex.id, box]));
    expect(boxes(after.chips).get(b.id)).toEqual(boxes(before.chips).get(b.id));
    const top = boxOf(place(cluster), 'node:w1').y;
    expect(after.chips.every(({ box }) => box.y + box.height < top)).toBe(true);
  });

  test('says at each node what becomes of a node port', () => {
    const open = { nodePorts: [30080], pods: ['pod:default/a'] };
    const ways = (externalTrafficPolicy: 'Cluster' | 'Local') =>
      overlay([...cluster, service('web', { ...open, externalTrafficPolicy })], {}).entries.map(
        ({ node, way, words }) => [node, way, words],
      );
    expect(ways('Cluster')).toEqual([
      ['node:w1', 'cluster', '30080'],
      ['node:w2', 'cluster', '30080'],
    ]);
    expect(ways('Local')).toEqual([
      ['node:w1', 'local', '30080'],
      ['node:w2', 'none', '30080'],
    ]);
  });
});

describe('the layer of NetworkPolicies', () => {
  const policy: PolicyVertex = {
    id: 'policy:default/closed',
    kind: 'policy',
    name: 'closed',
    namespace: 'default',
    directions: ['ingress'],
    subjects: 1,
  };
  const isolated = { ...pod('a', 'w1'), isolatedBy: { ingress: ['closed'] } };
  const vertices = [...cluster.filter(({ id }) => id !== isolated.id), isolated, policy];

  test('marks the pods that a policy isolates', () => {
    const { shields } = overlay(vertices, {}).policies;
    expect(shields.map(({ pod: id, ingress, egress }) => [id, ingress, egress])).toEqual([
      ['pod:default/a', ['closed'], []],
    ]);
  });

  test('draws arrows from the pods that may send to the selected one, and tells of others', () => {
    const allow = (peer: string, ports: readonly string[]) =>
      ({ direction: 'ingress', pod: isolated.id, peer, ports, policy: policy.id }) as const;
    const reach = {
      id: isolated.id,
      allowed: [allow('pod:default/b', ['80/TCP']), allow('10.0.0.0/8', [])],
      more: 0,
    };
    const { arrows, tags } = overlay(vertices, { selected: isolated.id, reach }).policies;
    expect(arrows.map(({ id, ports }) => [id, ports])).toEqual([
      ['ingress pod:default/b>pod:default/a', '80/TCP'],
    ]);
    expect(tags.map(({ peers }) => peers)).toEqual([['10.0.0.0/8']]);
  });

  test('says that nobody may pass where no rule lets anybody', () => {
    const reach = { id: isolated.id, allowed: [], more: 0 };
    const { tags } = overlay(vertices, { selected: isolated.id, reach }).policies;
    expect(tags.map(({ direction, peers }) => [direction, peers])).toEqual([['ingress', []]]);
  });
});

describe('the layer of tunnels', () => {
  const tunnel = (node: string, vtep: string, peers: readonly string[]): TunnelVertex => ({
    id: `tunnel:${node}/flannel.1`,
    kind: 'tunnel',
    name: 'flannel.1',
    parent: `node:${node}`,
    vni: 1,
    up: true,
    vtep,
    port: 8472,
    peers,
  });

  test.each([
    ['each has the other', ['192.168.50.12'], ['192.168.50.11'], [false]],
    ['one has forgotten the other', ['192.168.50.12'], [], [true]],
    ['none has the other', [], [], []],
  ] as const)('draws what forwarding databases name: %s', (_name, ofA, ofB, half) => {
    const vertices = [
      ...cluster,
      tunnel('w1', '192.168.50.11', ofA),
      tunnel('w2', '192.168.50.12', ofB),
    ];
    expect(overlay(vertices, {}).tunnels.map((arc) => arc.half)).toEqual(half);
  });
});

describe('the level of detail', () => {
  test.each([
    [60, 'normal', 'far'],
    [84, 'normal', 'normal'],
    [84, 'far', 'far'],
    [200, 'normal', 'normal'],
    [280, 'near', 'near'],
    [280, 'normal', 'normal'],
    [300, 'normal', 'near'],
    [600, 'near', 'nearest'],
  ] as const)('of pods %i pixels wide, seen %s before, is %s', (width, before, level) => {
    expect(levelOf(width, before)).toBe(level);
  });

  test('looks into the pods that are in sight', () => {
    const layout = place(cluster);
    const box = boxOf(layout, 'pod:default/a');
    expect(podsIn(layout.boxes, box)).toEqual(['pod:default/a']);
  });
});

test('layers are written into a link and read again', () => {
  expect(layersText(new Set(['hosted']))).toBeUndefined();
  expect(layersText(new Set(['hosted', 'services']))).toBe('services,hosted');
  expect(layersText(new Set())).toBe('none');
  expect([...(layersFrom('tunnels,<b>,services') ?? [])]).toEqual(['services', 'tunnels']);
  expect([...(layersFrom('none') ?? ['?'])]).toEqual([]);
});

test('the system is left out, but what a person or a packet is at', () => {
  const dns = pod('coredns', 'w1', 'kube-system');
  const proxy = pod('proxy', 'w1', 'kube-system');
  const vertices = new Map([pod('web', 'w1'), dns, proxy].map((v) => [v.id, v as Vertex]));
  const { vertices: left, hidden } = withoutNoise(vertices, new Set([dns.id]));
  expect([...left.keys()]).toEqual(['pod:default/web', 'pod:kube-system/coredns']);
  expect(hidden).toBe(1);
});
