import { describe, expect, test } from '@jest/globals';
import { renderJourney, renderTree } from '../../server/cli/render/journey.js';
import { paperOf, wrap } from '../../server/cli/render/paint.js';
import type { Hop, Journey } from '../../server/contract/journey.js';

const SECOND_NS = 1_000_000_000;
const STYLE = { columns: 100, colour: false, verbose: false };

function hop(number: number, at: Partial<Hop> & { readonly code?: string }): Hop {
  const { code, ...rest } = at;
  const packet = 'IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S]';
  const reason =
    'filter FORWARD rule 1 matches (-p tcp -m comment --comment "closed" -m tcp --dport 80)';
  return {
    number,
    atNs: 0,
    place: 'node a',
    host: 'a',
    vertex: 'node:a',
    packet: number,
    direction: 'request',
    steps: [
      {
        atNs: 0,
        component: 'netfilter',
        action: 'drop',
        device: 'eth0',
        reason,
        packet,
        ...(code === undefined ? {} : { code }),
      },
    ],
    ...rest,
  };
}

function journey(hops: readonly Hop[]): Journey {
  return {
    kind: 'packet',
    id: 'p',
    title: 'TCP a → b',
    disposition: 'dropped',
    summary: 'dropped in node a: closed',
    advice: 'open it',
    startedNs: 0,
    endedNs: 3 * SECOND_NS,
    hops,
  };
}

const SYNS = [0, 1, 2, 3].map((second) =>
  hop(second + 1, { atNs: second * SECOND_NS, code: 'hook-dropped' }),
);

describe('a journey as text', () => {
  test('tells a repeated loss once, with the moments of the others', () => {
    expect(renderJourney(journey(SYNS), STYLE)).toBe(
      `TCP a → b
✘ dropped in node a: closed
  → open it

  1 → node a  +0 µs
      netfilter eth0: filter FORWARD rule 1 matches (-p tcp "closed" --dport 80)  [hook-dropped]
    … and again at +1.000 s, +2.000 s, +3.000 s: the same way, the same end
`,
    );
  });

  test('tells every repetition and every comment when verbose', () => {
    const text = renderJourney(journey(SYNS), { ...STYLE, verbose: true });
    expect(text.match(/hook-dropped/g)).toHaveLength(4);
    expect(text).toContain('--comment "closed"');
  });

  test('does not fold a repetition that ends elsewhere', () => {
    const [first] = SYNS;
    if (first === undefined) throw new Error('a table without rows');
    const other = hop(2, { atNs: SECOND_NS, code: 'no-route' });
    expect(renderJourney(journey([first, other]), STYLE)).not.toContain('again');
  });

  test('names those whom a flooded question did not concern in one line', () => {
    const arp = (number: number, place: string, code?: string) => {
      const plain = hop(number, { place, ...(code === undefined ? {} : { code }) });
      return {
        ...plain,
        steps: plain.steps.map((s) => ({ ...s, packet: 'ARP, Request who-has' })),
      };
    };
    const hops = [arp(1, 'pod x'), arp(2, 'pod y', 'arp-ignored'), arp(3, 'pod z', 'arp-ignored')];
    const text = renderJourney(journey(hops), STYLE);
    expect(text).toContain(
      '    · … also asked, and silent because it is not their address: pod y, pod z\n',
    );
    expect(text).not.toMatch(/ 2 → pod y/);
  });

  test('is coloured only on paper that takes colours', () => {
    expect(renderJourney(journey(SYNS), STYLE)).not.toContain('\u001b');
    expect(renderJourney(journey(SYNS), { ...STYLE, colour: true })).toContain(
      '\u001b[31m✘ dropped\u001b[0m in node a',
    );
  });

  test('as a tree folds as well', () => {
    expect(renderTree(journey(SYNS), STYLE)).toBe(
      `TCP a → b
├─ → IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S]
│  └─ node a (eth0)  ✘ hook-dropped
└─ … and again at +1.000 s, +2.000 s, +3.000 s: the same way, the same end
✘ dropped in node a: closed
  → open it
`,
    );
  });
});

describe('paper', () => {
  test.each([
    ['a pipe', {}, {}, { columns: 100, colour: false }],
    ['a terminal', { isTTY: true, columns: 90 }, {}, { columns: 90, colour: true }],
    ['a wide terminal', { isTTY: true, columns: 300 }, {}, { columns: 120, colour: true }],
    ['NO_COLOR', { isTTY: true, columns: 90 }, { NO_COLOR: '1' }, { columns: 90, colour: false }],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, { columns: 100, colour: false }],
  ])('of %s', (_, stream, env, paper) => {
    expect(paperOf(stream, env)).toEqual(paper);
  });

  test('is written on in lines that fit, broken at blanks', () => {
    expect(wrap({ columns: 20, colour: false }, '  one two three four five', 4)).toEqual([
      '  one two three four',
      '    five',
    ]);
  });
});
