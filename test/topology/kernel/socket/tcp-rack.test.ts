import { describe, expect, test } from '@jest/globals';
import { establish, Lab, listen, octets, received } from './lab.js';

const LETTERS = [
  [2, 'S'],
  [1, 'F'],
  [4, 'R'],
  [8, 'P'],
  [16, 'A'],
] as const;

/** Segments on the client's device as `ms direction flags payload [ack and SACK relative to the first octet]`. */
function lines(lab: Lab): string[] {
  const first = lab.segments('out').find(({ payload }) => payload.length > 0)?.seq ?? 0;
  const start = lab.seen[0]?.atNs ?? 0;
  return lab.seen.flatMap(({ atNs, direction, body }) => {
    if (body.kind !== 'tcp') return [];
    const flags = LETTERS.flatMap(([bit, letter]) => ((body.flags & bit) === 0 ? [] : [letter]));
    const at = Math.round((atNs - start) / 1_000_000);
    if (direction === 'out') return [`${at} > ${flags.join('')} ${body.payload.length}`];
    const sack = (body.options.sack ?? []).map(
      ({ left, right }) => ` ${(left - first) >>> 0}-${(right - first) >>> 0}`,
    );
    return [`${at} < ${flags.join('')} ${(body.ack - first) >>> 0}${sack.join('')}`];
  });
}

/** The server's device takes no frame of full length any more: such segments vanish. */
function loseFullSegments(lab: Lab): void {
  lab.apply([{ op: 'link.set', netns: 'b', name: 'eth0', mtuBytes: 1200 }]);
}

/** Nothing reaches the server any more. */
function loseAll(lab: Lab): void {
  lab.apply([
    {
      op: 'iptables.policy',
      netns: 'b',
      family: 'ipv4',
      table: 'filter',
      chain: 'INPUT',
      policy: 'DROP',
    },
  ]);
}

// What Linux 6.18 sends between two namespaces on one processor, times but for the phase of its ticks.
describe('a sender', () => {
  test('gives the device a packet of several segments at once, which ends with PSH', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    lab.seen.length = 0;
    near.send(new Uint8Array(4000));
    lab.run(0.1);
    expect(lines(lab)).toEqual([
      '0 > A 1448',
      '0 > A 1448',
      '0 > PA 1104',
      '0 < A 1448',
      '0 < A 2896',
      '0 < A 4000',
    ]);
  });

  test('hands over half of its window at a time and hears the answers in between', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    lab.seen.length = 0;
    near.send(new Uint8Array(20_000));
    lab.run(0.1);
    const five = ['0 > A 1448', '0 > A 1448', '0 > A 1448', '0 > A 1448', '0 > PA 1448'];
    const acks = (from: number, ...counts: number[]) =>
      counts.map((count) => `0 < A ${Math.min((from + count) * 1448, 20_000)}`);
    expect(lines(lab)).toEqual([
      ...five,
      ...acks(0, 1, 2, 3, 4, 5),
      ...five,
      ...acks(5, 1, 2, 3, 4, 5),
      ...['0 > A 1448', '0 > A 1448', '0 > A 1448', '0 > PA 1176'],
      ...acks(10, 1, 2, 3, 4),
    ]);
  });

  test('takes what was sent before something that arrived for lost, a moment later', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    loseFullSegments(lab);
    lab.seen.length = 0;
    near.send(new Uint8Array(4000));
    lab.run(1.5);
    expect(lines(lab)).toEqual([
      '0 > A 1448',
      '0 > A 1448',
      '0 > PA 1104',
      '0 < A 0 2896-4000',
      '7 > A 1448',
      '7 > PA 1448',
      '215 > A 1448',
      '639 > A 1448',
      '1471 > A 1448',
    ]);
  });

  test('probes for the loss of a lone segment, then waits for its timeout', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    loseAll(lab);
    lab.seen.length = 0;
    near.send(new Uint8Array(1000));
    lab.run(2);
    expect(lines(lab)).toEqual([
      '0 > PA 1000',
      '207 > PA 1000',
      '415 > PA 1000',
      '831 > PA 1000',
      '1663 > PA 1000',
    ]);
  });

  test('probes with the last of several segments and joins small ones after a timeout', () => {
    const lab = new Lab();
    const { near } = establish(lab, listen(lab.server));
    loseAll(lab);
    near.setOption('TCP_NODELAY', 1);
    lab.seen.length = 0;
    for (const bytes of [1000, 100, 100]) near.send(new Uint8Array(bytes));
    lab.run(1);
    expect(lines(lab)).toEqual([
      '0 > PA 1000',
      '0 > PA 100',
      '0 > PA 100',
      '7 > PA 100',
      '215 > PA 1200',
      '639 > PA 1200',
    ]);
  });

  test('without SACK waits for three duplicates or its timeout', () => {
    const lab = new Lab();
    lab.apply([{ op: 'sysctl.set', netns: 'a', key: 'net.ipv4.tcp_sack', value: '0' }]);
    const { near } = establish(lab, listen(lab.server));
    loseFullSegments(lab);
    lab.seen.length = 0;
    near.send(new Uint8Array(4000));
    lab.run(0.5);
    expect(lines(lab)).toEqual([
      '0 > A 1448',
      '0 > A 1448',
      '0 > PA 1104',
      '0 < A 0',
      '207 > A 1448',
    ]);
  });

  test('without early retransmission sends no probe', () => {
    const lab = new Lab();
    lab.apply([{ op: 'sysctl.set', netns: 'a', key: 'net.ipv4.tcp_early_retrans', value: '0' }]);
    const { near } = establish(lab, listen(lab.server));
    loseAll(lab);
    lab.seen.length = 0;
    near.send(new Uint8Array(1000));
    lab.run(0.9);
    expect(lines(lab)).toEqual(['0 > PA 1000', '207 > PA 1000', '639 > PA 1000']);
  });
});

test('what came twice is told by the first SACK block', () => {
  const lab = new Lab();
  const { near } = establish(lab, listen(lab.server));
  lab.apply([
    {
      op: 'iptables.policy',
      netns: 'a',
      family: 'ipv4',
      table: 'filter',
      chain: 'INPUT',
      policy: 'DROP',
    },
  ]);
  lab.seen.length = 0;
  near.send(new Uint8Array(1000));
  lab.run(0.3);
  // The acknowledgement is lost, so the probe brings what the server has.
  expect(lines(lab)).toEqual(['0 > PA 1000', '0 < A 1000', '207 > PA 1000', '207 < A 1000 0-1000']);
});

test('two writes of one turn keep their order, and close comes after them', () => {
  const lab = new Lab();
  const { near, far } = establish(lab, listen(lab.server));
  near.send(new Uint8Array(30_000));
  near.send(octets('end'));
  near.close();
  lab.run(0.5);
  let text = '';
  for (let part = received(far); part !== ''; part = received(far)) text += part;
  expect(text).toHaveLength(30_003);
  expect(text.endsWith('end')).toBe(true);
});
