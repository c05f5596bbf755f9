import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { formatIpv4, parseCidr4, parseIpv4 } from '../../../topology/addr/index.js';
import { Allocator, canonicalRange, type Range } from '../../../topology/ipam/index.js';

interface Op {
  readonly op: string;
  readonly id: string;
  readonly if?: string;
  readonly ifname?: string;
  readonly net?: string;
  readonly args?: string;
  readonly runtimeConfig?: unknown;
  readonly ips?: readonly { readonly address: string }[];
  readonly error?: { readonly msg: string };
}
interface RangeJson {
  readonly subnet: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
}
interface Sequence {
  readonly name: string;
  readonly ipam: { readonly ranges?: readonly (readonly RangeJson[])[] };
  readonly ops?: readonly Op[];
}

const fixture = new URL('../../fixture/linux/ipam.json', import.meta.url);
const { sequences } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  readonly sequences: readonly Sequence[];
};

/**
 * Of one IPv4 range set, driven by ADD and DEL alone: what the allocator is for. Left out: requested addresses, IPv6,
 * CHECK, and what the plugin refuses before it asks the allocator (a bad container id, a second network's own state).
 */
const plain = sequences.filter(
  ({ ipam, ops }) =>
    ipam.ranges?.length === 1 &&
    ipam.ranges[0]?.every((range) => !range.subnet.includes(':')) &&
    ops?.every(
      (op) =>
        ['ADD', 'DEL'].includes(op.op) && op.args === undefined && op.runtimeConfig === undefined,
    ) &&
    ops.every((op) => /^[a-z0-9-]+$/.test(op.id) && op.net === undefined),
);

function must<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
}

function ifnameOf(op: Op): string {
  return `${op.net ?? ''}${op.ifname ?? op.if ?? 'eth0'}`;
}

function rangesOf(sequence: Sequence): Range[] | string {
  const ranges: Range[] = [];
  for (const { subnet, rangeStart, rangeEnd, gateway } of sequence.ipam.ranges?.[0] ?? []) {
    const range = canonicalRange({
      subnet: must(parseCidr4(subnet)),
      ...(rangeStart === undefined ? {} : { rangeStart: must(parseIpv4(rangeStart)) }),
      ...(rangeEnd === undefined ? {} : { rangeEnd: must(parseIpv4(rangeEnd)) }),
      ...(gateway === undefined ? {} : { gateway: must(parseIpv4(gateway)) }),
    });
    if (!range.ok) return `invalid range set 0: ${range.error}`;
    ranges.push(range.value);
  }
  return ranges;
}

describe('addresses are given as the recorded host-local gave them', () => {
  test('there are recorded sequences to compare with', () => {
    expect(plain.length).toBeGreaterThanOrEqual(10);
  });

  test.each(plain.map((sequence) => [sequence.name, sequence] as const))(
    '%s',
    (_name, sequence) => {
      const ranges = rangesOf(sequence);
      const allocator = typeof ranges === 'string' ? undefined : new Allocator(ranges);
      for (const op of sequence.ops ?? []) {
        if (allocator === undefined) {
          expect(ranges).toBe(op.error?.msg);
        } else if (op.op === 'DEL') {
          allocator.release(op.id, ifnameOf(op));
        } else {
          const given = allocator.reserve(op.id, ifnameOf(op));
          const answer = given.ok
            ? formatIpv4(given.value.address)
            : `failed to allocate for range 0: ${given.error.message}`;
          expect(answer).toBe(op.error?.msg ?? op.ips?.[0]?.address.split('/')[0]);
        }
      }
    },
  );
});
