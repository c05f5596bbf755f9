import { describe, expect, test } from '@jest/globals';
import type { Hop, Journey, Step } from '../../server/contract/journey.js';
import { flightAt, translatedServices } from '../../web/model/flight.js';
import { placeOfStep } from '../../web/model/place-of-step.js';
import { framesOf } from '../../web/model/playback.js';
import { layTracks } from '../../web/model/tracks.js';
import { boxOf, cluster, edges, place } from './build.js';

const layout = place(cluster);
const { graph, lines } = layTracks(layout, edges);

function hop(vertex: string, steps: readonly Step[] = []): Hop {
  return {
    number: 1,
    atNs: 0,
    place: vertex,
    host: 'w1',
    vertex,
    packet: 0,
    direction: 'request',
    steps,
  };
}

function step(component: string, device?: string, more: Partial<Step> = {}): Step {
  return {
    atNs: 0,
    component,
    action: 'transmit',
    reason: '',
    ...(device === undefined ? {} : { device }),
    ...more,
  };
}

describe('the lines of the drawing', () => {
  test('end on the bridge, for the last column too', () => {
    for (const [id, bridgeId] of [
      ['veth:pod:default/a', 'bridge:w1/cni0'],
      ['veth:pod:default/b', 'bridge:w2/cni0'],
    ] as const) {
      const end = lines.get(id)?.at(-1);
      const box = boxOf(layout, bridgeId);
      expect(end?.y).toBe(box.y);
      expect(end?.x).toBeGreaterThan(box.x);
      expect(end?.x).toBeLessThan(box.x + box.width);
    }
  });

  test('plug routers in on the side of the other end, nodes below', () => {
    const gateway = boxOf(layout, 'node:gateway');
    const w1 = boxOf(layout, 'node:w1');
    expect(graph.at('node:gateway#eth0')?.y).toBe(gateway.y);
    expect(graph.at('node:gateway#eth1')?.x).toBe(gateway.x + gateway.width);
    expect(graph.at('node:w1#eth0')).toEqual({ x: w1.x + w1.width / 2, y: w1.y + w1.height });
  });

  test('lead from pod to pod through bridge, stack, card and switch', () => {
    const way = graph.way('pod:default/a', 'pod:default/b') ?? [];
    for (const name of [
      'pod:default/a#eth0',
      'node:w1#veth1',
      'node:w1#eth0',
      'node:w2#eth0',
      'node:w2#veth2',
    ]) {
      expect(way).toContainEqual(graph.at(name));
    }
  });

  test('lead nowhere to what is not drawn', () => {
    expect(graph.way('pod:default/a', 'pod:default/none')).toBeUndefined();
  });
});

describe('the place of a step', () => {
  test.each([
    ['a route lookup in a pod', hop('pod:default/a'), step('route'), 'pod:default/a'],
    [
      'a frame that leaves a pod',
      hop('pod:default/a'),
      step('device', 'eth0'),
      'pod:default/a#eth0',
    ],
    ['a frame on a veth of the node', hop('node:w1'), step('device', 'veth1'), 'node:w1#veth1'],
    ['a rule on the node', hop('node:w1'), step('netfilter', 'cni0'), 'node:w1#stack'],
    ['a frame on the card', hop('node:w1'), step('device', 'eth0'), 'node:w1#eth0'],
    ['a frame in the switch', hop('switch:lan'), step('bridge', 'p1'), 'switch:lan#p1'],
    ['a route lookup in a router', hop('node:gateway'), step('route', 'eth0'), 'node:gateway'],
    ['a device that is not drawn', hop('node:w1'), step('device', 'dummy0'), 'node:w1#stack'],
  ])('%s', (_name, at, what, name) => {
    expect(placeOfStep(at, what, graph)).toBe(name);
  });
});

describe('a packet in flight', () => {
  const journey: Journey = {
    kind: 'packet',
    id: '1',
    title: '',
    disposition: 'dropped',
    summary: '',
    startedNs: 0,
    endedNs: 0,
    hops: [
      hop('pod:default/a', [step('route'), step('device', 'eth0')]),
      hop('node:w1', [
        step('nat', 'cni0', {
          changes: [{ field: 'destination IP', before: '10.96.0.7', after: '10.244.1.2' }],
        }),
        step('netfilter', 'cni0', { action: 'drop', code: 'hook-dropped' }),
      ]),
    ],
  };
  const frames = framesOf(journey);

  test('goes along the lines from step to step and leaves a trail', () => {
    const { marks, trail } = flightAt({ journey, frames, position: 2 }, graph);
    expect(marks).toHaveLength(1);
    expect(marks[0]?.way[0]).toEqual(graph.at('pod:default/a#eth0'));
    expect(marks[0]?.way.at(-1)).toEqual(graph.at('node:w1#stack'));
    expect(trail).toHaveLength(2);
  });

  test('leaves a mark where it died', () => {
    expect(flightAt({ journey, frames, position: 3 }, graph).marks[0]).toMatchObject({
      tone: 'dropped',
      at: graph.at('node:w1#stack'),
    });
  });

  test('marks the switch when flooded copies were ignored and the one that matters is lost', () => {
    const lost: Journey = {
      ...journey,
      hops: [
        hop('node:w1', [step('device', 'eth0')]),
        hop('switch:lan', [step('bridge', 'p1', { action: 'flood' })]),
        hop('node:gateway', [
          step('device', 'eth0'),
          step('ip', 'eth0', { action: 'drop', code: 'other-host' }),
        ]),
      ],
    };
    const { marks } = flightAt({ journey: lost, frames: framesOf(lost), position: 3 }, graph);
    expect(marks.at(-1)).toMatchObject({
      id: 'lost',
      tone: 'dropped',
      at: graph.at('switch:lan#p1'),
    });
  });

  test('names the Service whose address was rewritten once it was', () => {
    const services = new Map([['10.96.0.7', 'service:default/web']]);
    expect([...translatedServices(frames, 1, services)]).toEqual([]);
    expect([...translatedServices(frames, 2, services)]).toEqual(['service:default/web']);
  });
});
