import { describe, expect, test } from '@jest/globals';
import type { Vertex } from '../../../server/contract/graph.js';
import type { Hop, Journey, Step } from '../../../server/contract/journey.js';
import { framesOf } from '../../../web/model/playback.js';
import type { World } from '../../../web/what-if/predict/draft.js';
import { upTo } from '../../../web/what-if/predict/gate.js';
import { type Question, questionsOf } from '../../../web/what-if/predict/question.js';

const SYN = 'IP 10.244.2.2.40000 > 10.96.0.7.80: Flags [S], seq 1, length 0';
let clock = 0;

function step(component: string, action: string, reason: string, more: Partial<Step> = {}): Step {
  clock += 1;
  return { atNs: clock, component, action, reason, packet: SYN, ...more };
}

function hop(number: number, place: string, vertex: string, steps: readonly Step[]): Hop {
  const [first] = steps;
  return {
    number,
    atNs: first?.atNs ?? 0,
    place,
    host: 'worker-2',
    vertex,
    packet: 0,
    direction: 'request',
    steps,
  };
}

const NAT = { table: 'nat', hook: 'PREROUTING' };

const JOURNEY: Journey = {
  kind: 'packet',
  id: 'packet-1',
  title: 'TCP default/client → svc default/web port 80',
  disposition: 'delivered',
  summary: 'the connection is established',
  advice: 'none',
  startedNs: 0,
  endedNs: 100,
  hops: [
    hop(1, 'pod default/client', 'pod:default/client', [
      step(
        'route',
        'lookup',
        '10.96.0.7 matches route default via 10.244.2.1 dev eth0 in table main; the source address is 10.244.2.2',
      ),
      step(
        'neighbor',
        'queue',
        'the MAC address of 10.244.2.1 on eth0 is not known yet: the packet waits for an answer',
        { device: 'eth0' },
      ),
      step(
        'neighbor',
        'lookup',
        'eth0 knows that 10.244.2.1 has the address 02:00:00:00:00:01 (reachable)',
        { device: 'eth0' },
      ),
      step('device', 'transmit', 'eth0 sends the frame', { device: 'eth0' }),
    ]),
    hop(2, 'node worker-2', 'node:worker-2', [
      step('device', 'receive', 'veth1 receives a frame', { device: 'veth1' }),
      step(
        'netfilter',
        'jump',
        'nat KUBE-SVC rule 3 matches (--comment "default/web -> 10.244.1.3:80"), jumps to KUBE-SEP',
        { facts: NAT },
      ),
      step('netfilter', 'dnat', 'nat KUBE-SEP rule 2 matches, DNAT to 10.244.1.3:80', {
        facts: NAT,
      }),
      step('nat', 'dnat', 'destination rewritten from 10.96.0.7:80 to 10.244.1.3:80'),
      step(
        'route',
        'lookup',
        '10.244.1.3 matches route 10.244.1.0/24 via 192.168.50.11 dev eth0 in table main',
        {
          packet: 'IP 10.244.2.2.40000 > 10.244.1.3.80: Flags [S], seq 1, length 0',
        },
      ),
      step('netfilter', 'drop', 'filter FORWARD rule 1 matches and drops the packet', {
        code: 'hook-dropped',
        facts: { table: 'filter', hook: 'FORWARD' },
      }),
    ]),
  ],
};

const SERVICE = {
  id: 'service:default/web',
  kind: 'service',
  name: 'web',
  endpoints: ['10.244.1.3:80', '10.244.2.3:80'],
} as unknown as Vertex;
const POD = { id: 'pod:default/a', kind: 'pod', name: 'a', ip: '10.244.1.3' } as unknown as Vertex;

const WORLD: World = {
  vertices: new Map([SERVICE, POD].map((vertex) => [vertex.id, vertex])),
  routes: new Map([
    [
      'node:worker-2',
      [
        'default via 192.168.50.1 dev eth0',
        '10.244.0.0/24 via 192.168.50.10 dev eth0',
        '10.244.1.0/24 via 192.168.50.11 dev eth0',
      ],
    ],
  ]),
};

const FRAMES = framesOf(JOURNEY, { shown: 'replies', rules: 'deciding' });

function asked(journey = JOURNEY, rules: 'all' | 'deciding' = 'deciding'): readonly Question[] {
  return questionsOf(journey.id, framesOf(journey, { shown: 'replies', rules }), WORLD);
}

const truthOf = ({ choices, right }: Question) => choices[right];

describe('questions about what happens next', () => {
  test('are asked where something is decided, and only there', () => {
    expect(asked().map(truthOf)).toEqual([
      'An ARP question to everybody: who has 10.244.2.1?',
      'It becomes 10.244.1.3:80, which is pod a.',
      'The route “10.244.1.0/24 via 192.168.50.11 dev eth0”.',
      'They drop it, and nobody is told.',
    ]);
  });

  test('have other endpoints and other routes of the same table among their choices', () => {
    const [, translation, route] = asked();
    expect(translation?.choices).toContain('It becomes 10.244.2.3:80.');
    expect(translation?.choices).toContain('It stays 10.96.0.7: routers know the way there.');
    expect(route?.choices).toContain('The route “10.244.0.0/24 via 192.168.50.10 dev eth0”.');
    for (const { choices } of asked()) expect(new Set(choices).size).toBe(choices.length);
  });

  test('are the same for the same trace, and in another order for another', () => {
    expect(asked()).toEqual(asked());
    const orders = [1, 2, 3, 4, 5, 6].map(
      (number) => asked({ ...JOURNEY, id: `packet-${number}` })[0]?.right,
    );
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  test('come before the rules that would give them away', () => {
    const [, translation] = asked(JOURNEY, 'all');
    const frames = framesOf(JOURNEY, { shown: 'replies', rules: 'all' });
    expect(frames[translation?.askAt ?? 0]?.step.action).toBe('jump');
    expect(frames[translation?.answerAt ?? 0]?.step.action).toBe('dnat');
  });
});

describe('a journey up to a step', () => {
  test('does not tell how it ends', () => {
    const last = FRAMES[2];
    if (last === undefined) throw new Error('there is no third frame');
    const seen = upTo(JOURNEY, last, 'on its way');
    expect(seen).toMatchObject({ disposition: 'in-progress', summary: 'on its way' });
    expect(seen.advice).toBeUndefined();
    expect(seen.hops.map(({ steps }) => steps.length)).toEqual([3]);
  });
});
