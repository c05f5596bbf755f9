import { describe, expect, test } from '@jest/globals';
import type { PodVertex } from '../../server/contract/graph.js';
import type { Journey, Step } from '../../server/contract/journey.js';
import { builtAt, podAsOf, withBuildUp } from '../../web/model/build-up.js';
import { framesOf } from '../../web/model/playback.js';
import { pod } from './build.js';

const STEPS: readonly Partial<Step>[] = [
  { component: 'api', action: 'store' },
  { component: 'kubelet', action: 'admit', builds: 'room' },
  { component: 'runtime', action: 'clone', builds: 'pause' },
  { component: 'cni', action: 'add', builds: 'network' },
  { component: 'runtime', action: 'start', builds: 'container', container: 'web' },
  { component: 'runtime', action: 'exit', breaks: 'container', container: 'web' },
  { component: 'runtime', action: 'start', builds: 'container', container: 'web' },
  { component: 'kubelet', action: 'lost', breaks: 'pause' },
];

const JOURNEY: Journey = {
  kind: 'pod',
  id: 'pod:default/web:uid-1',
  title: 'pod default/web',
  disposition: 'ready',
  summary: '',
  startedNs: 0,
  endedNs: 0,
  hops: [
    {
      number: 1,
      atNs: 0,
      place: 'sandbox',
      host: 'worker-1',
      vertex: 'pod:default/web',
      packet: 0,
      direction: 'none',
      steps: STEPS.map((step) => ({ atNs: 0, component: '', action: '', reason: '', ...step })),
    },
  ],
};
const FRAMES = framesOf(JOURNEY);
const POD: PodVertex = { ...pod('web', 'worker-1'), ip: '10.244.1.5' };

describe('a pod as it was at a step', () => {
  test.each([
    [0, { room: false, pause: false, network: false }, []],
    [2, { room: true, pause: true, network: false }, []],
    [4, { room: true, pause: true, network: true }, ['web']],
    [5, { room: true, pause: true, network: true }, []],
    [7, { room: true, pause: false, network: false }, []],
  ])('at step %i has what was built and not broken', (position, parts, containers) => {
    const { containers: running, ...built } = builtAt(FRAMES, position);
    expect(built).toEqual(parts);
    expect([...running]).toEqual(containers);
  });

  test('has no address before CNI has answered', () => {
    expect(podAsOf(POD, FRAMES, 2).ip).toBeUndefined();
    expect(podAsOf(POD, FRAMES, 3).ip).toBe(POD.ip);
  });

  test('is what it is now at the end of its journey', () => {
    const live = { vertices: new Map([[POD.id, POD]]), edges: new Map() };
    const at = (position: number) =>
      withBuildUp({ ...EMPTY, ...live }, { journey: JOURNEY, frames: FRAMES, position });
    expect(at(FRAMES.length - 1).vertices.get(POD.id)).toBe(POD);
    expect(at(2).vertices.get(POD.id)).not.toBe(POD);
  });
});

const EMPTY = {
  connected: true,
  seq: 0,
  clock: undefined,
  clockAtMs: 0,
  cluster: undefined,
};
