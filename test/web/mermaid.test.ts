import { describe, expect, test } from '@jest/globals';
import type { Hop, Journey, Step } from '../../server/contract/journey.js';
import { framesOf } from '../../web/model/playback.js';
import { mermaidOf } from '../../web/trace/mermaid.js';

function hop(place: string, number: number, ...steps: readonly Partial<Step>[]): Hop {
  return {
    number,
    atNs: number,
    place,
    host: place,
    vertex: `node:${place}`,
    packet: 0,
    direction: number > 2 ? 'reply' : 'request',
    steps: steps.map((step) => ({
      atNs: number,
      component: 'route',
      action: 'lookup',
      reason: '',
      packet:
        'IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [mss 1460], length 0',
      ...step,
    })),
  };
}

function journey(...hops: readonly Hop[]): Journey {
  return {
    kind: 'packet',
    id: 'packet-1-1',
    title: 'TCP a → b',
    disposition: 'delivered',
    summary: 'it arrived',
    startedNs: 0,
    endedNs: 9,
    hops,
  };
}

const written = (one: Journey) => mermaidOf(one, framesOf(one));

describe('a Mermaid diagram', () => {
  test('has a line of life for each place, arrows between them and notes of what is decided', () => {
    const one = journey(
      hop('node a', 1, { reason: 'default via 10.0.0.9' }),
      hop('node b', 2, { component: 'device', action: 'receive' }),
      hop('node a', 3, { component: 'socket', action: 'drop', code: 'no-listener', reason: 'no' }),
    );
    expect(written(one)).toBe(
      [
        'sequenceDiagram',
        '  title TCP a → b',
        '  participant p1 as node a',
        '  participant p2 as node b',
        '  Note over p1: default via 10.0.0.9',
        '  p1->>p2: IP 10.0.0.1.40000 #gt; 10.0.0.2.80: Flags [S],<br/>seq 1, length 0',
        '  p2-->>p1: IP 10.0.0.1.40000 #gt; 10.0.0.2.80: Flags [S],<br/>seq 1, length 0',
        '  Note over p1: ✘ no',
        '  Note over p1: delivered: it arrived',
        '',
      ].join('\n'),
    );
  });

  test('writes what Mermaid reads as its own as entities, each once', () => {
    const text = written(journey(hop('a', 1, { reason: 'x; #1 <b> 5%% \n end' })));
    expect(text).toContain('  Note over p1: x#59; #35;1 #lt;b#gt; 5#37;#37; end\n');
  });

  test('has no line that a grammar of one statement a line would refuse', () => {
    const text = written(
      journey(hop('a:b,c', 1, { reason: 'r', packet: '' }), hop('b', 2, { packet: '' })),
    );
    for (const line of text.trim().split('\n'))
      expect(line).toMatch(
        /^sequenceDiagram$|^ {2}(title .+|participant p\d+ as .+|p\d+--?>>p\d+: \S.*|Note over p\d+: \S.*)$/,
      );
  });

  test('says what was left out where there is too much', () => {
    const hops = Array.from({ length: 3000 }, (_, i) =>
      hop(`node ${i % 90}`, i + 1, { reason: `${'why '.repeat(20)}${i}` }),
    );
    const text = written(journey(...hops));
    expect(text.length).toBeLessThan(50_000);
    expect(text.match(/participant/g)).toHaveLength(40);
    expect(text).toMatch(/further steps are left out/);
  });

  test('of nothing is a diagram too', () => {
    expect(written(journey())).toContain('Note over p1: delivered: it arrived');
  });
});
