import { describe, expect, test } from '@jest/globals';
import type { Hop, Journey } from '../../server/contract/journey.js';
import { framesOf, groupsOf, type PlaybackFilter, shortLabel } from '../../web/model/playback.js';

function hop(
  number: number,
  packet: number,
  direction: Hop['direction'],
  steps: readonly string[],
): Hop {
  return {
    number,
    atNs: number,
    place: `place ${number}`,
    host: '',
    vertex: `node:n${number}`,
    packet,
    direction,
    steps: steps.map((reason) => ({
      atNs: number,
      component: reason.startsWith('arp') ? 'arp' : 'netfilter',
      action: reason.startsWith('jump') ? 'jump' : 'accept',
      reason,
    })),
  };
}

const journey: Journey = {
  kind: 'packet',
  id: '1',
  title: '',
  disposition: 'delivered',
  summary: '',
  startedNs: 0,
  endedNs: 9,
  hops: [
    hop(1, 0, 'request', ['send', 'jump 1']),
    hop(3, 2, 'reply', ['answer']),
    hop(2, 1, 'related', ['arp who-has']),
    hop(4, 3, 'request', ['acknowledge']),
  ],
};

const reasons = (filter: PlaybackFilter) =>
  framesOf(journey, filter).map(({ step }) => step.reason);

describe('the player', () => {
  test('goes through steps in order of time', () => {
    expect(framesOf(journey).map(({ step }) => step.reason)).toEqual([
      'send',
      'jump 1',
      'arp who-has',
      'answer',
      'acknowledge',
    ]);
  });

  test.each([
    ['first', ['send']],
    ['request', ['send', 'acknowledge']],
    ['replies', ['send', 'answer', 'acknowledge']],
    ['all', ['send', 'arp who-has', 'answer', 'acknowledge']],
  ] as const)('shows with the filter %s: %j', (shown, expected) => {
    expect(reasons({ shown, rules: 'deciding' })).toEqual(expected);
  });

  test('shows every rule that was looked at when asked to', () => {
    expect(reasons({ shown: 'first', rules: 'all' })).toEqual(['send', 'jump 1']);
  });

  test('groups steps under the place where they happen', () => {
    expect(
      groupsOf(framesOf(journey)).map(({ hop: at, frames }) => [at.place, frames.length]),
    ).toEqual([
      ['place 1', 2],
      ['place 2', 1],
      ['place 3', 1],
      ['place 4', 1],
    ]);
  });

  test.each([
    ['IP 10.0.0.1.1 > 10.0.0.2.80: Flags [S.], seq 1', 'TCP SYN+ACK'],
    ['ARP, Request who-has 10.0.0.1 tell 10.0.0.2', 'ARP who-has'],
    ['IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1', 'ICMP echo request'],
  ])('writes over a packet what it is: %s', (line, label) => {
    expect(shortLabel(line)).toBe(label);
  });
});
