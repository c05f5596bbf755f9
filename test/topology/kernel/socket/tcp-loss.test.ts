import { describe, expect, test } from '@jest/globals';
import { establish, Lab, listen } from './lab.js';

describe('TCP under loss', () => {
  test.each([1, 2, 3])('delivers everything in order at 5 %% loss both ways (seed %i)', (seed) => {
    const lab = new Lab(seed);
    const { near, far } = establish(lab, listen(lab.server));
    for (const netns of ['a', 'b']) {
      lab.apply([
        {
          op: 'iptables.append',
          netns,
          family: 'ipv4',
          table: 'filter',
          chain: 'INPUT',
          rule: {
            matches: [{ match: 'statistic-random', probability: 0.05 }],
            target: { target: 'DROP' },
          },
        },
      ]);
    }
    const sent = new Uint8Array(200_000).map((_, index) => (index * 31 + (index >> 9)) & 0xff);
    expect(near.send(sent)).toEqual({ ok: true, value: 200_000 });
    near.close();
    const parts: Uint8Array[] = [];
    let ended = false;
    far.onReady = () => {
      for (let part = far.receive(); part.ok && !ended; part = far.receive()) {
        ended = part.value.octets.length === 0;
        parts.push(part.value.octets);
      }
    };
    lab.run(300);
    expect(lab.netns('b').dropCounts.get('hook-dropped')).toBeGreaterThan(4);
    expect(ended).toBe(true);
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    far.close();
    lab.run(1200);
    expect(lab.clock.pending).toBe(0);
  });

  test('three duplicate acknowledgements bring a lost segment back without a timeout', () => {
    const lab = new Lab();
    const { near, far } = establish(lab, listen(lab.server));
    lab.apply([
      {
        op: 'iptables.append',
        netns: 'b',
        family: 'ipv4',
        table: 'filter',
        chain: 'INPUT',
        rule: {
          matches: [{ match: 'statistic-nth', every: 100, packet: 2 }],
          target: { target: 'DROP' },
        },
      },
    ]);
    near.send(new Uint8Array(14_480));
    lab.run(0.05);
    let bytes = 0;
    for (let part = far.receive(); part.ok; part = far.receive()) bytes += part.value.octets.length;
    expect(lab.netns('b').dropCounts.get('hook-dropped')).toBe(1);
    expect(bytes).toBe(14_480);
    // The third data segment was lost: each further one is acknowledged as a block beyond it.
    const first = lab.segments('out').find(({ payload }) => payload.length > 0)?.seq ?? 0;
    const blocks = lab
      .segments('in')
      .flatMap(({ options }) => options.sack ?? [])
      .map(({ left, right }) => [(left - first) >>> 0, (right - first) >>> 0]);
    expect(blocks).toEqual([
      [4344, 5792],
      [4344, 7240],
      [4344, 8688],
      [4344, 10136],
      [4344, 11584],
      [4344, 13032],
      [4344, 14480],
    ]);
  });
});
