import { expect, test } from '@jest/globals';
import { withEarlyIcmpTold } from './early-icmp.js';
import type { RecordedStep } from './recorded.js';

const STEP: Extract<RecordedStep, { readonly probe: unknown }> = {
  probe: { src: 'p1', proto: 'tcp', dst: 'fd00::9', dport: 80 },
  result: { outcome: 'error', errno: 'ENETUNREACH', elapsed_ms: 1012 },
  hops: [
    { n: 1, t_us: 0, ns: 'p1', if: 'eth0' },
    { n: 2, t_us: 1_010_000, ns: 'p1', if: 'eth0' },
  ],
  counters: { p1: { 'TcpExt.LockDroppedIcmps': 1 } },
};

test('an ICMPv6 error that Linux set aside counts as told at once', () => {
  const { result, hops } = withEarlyIcmpTold(STEP);
  expect(result).toEqual({ outcome: 'error', errno: 'ENETUNREACH' });
  expect(hops).toEqual([{ n: 1, t_us: 0, ns: 'p1', if: 'eth0' }]);
});

test.each([
  ['nothing was set aside', { counters: {} }],
  ['it is IPv4', { probe: { ...STEP.probe, dst: '10.0.0.9' } }],
  ['the program was told at once', { result: { ...STEP.result, elapsed_ms: 0 } }],
])('a step is compared whole where %s', (_case, change) => {
  const step = { ...STEP, ...change };
  expect(withEarlyIcmpTold(step)).toBe(step);
});
