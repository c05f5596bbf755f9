import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { formatIp, parseCidr, parseIp } from '../../../topology/addr/index.js';
import { HostLocal, type HostLocalConfig, type RangeConfig } from '../../../topology/ipam/index.js';

interface ErrorJson {
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}
interface Op {
  readonly op: 'ADD' | 'DEL' | 'CHECK';
  readonly id: string;
  readonly ifname?: string;
  readonly net?: string;
  readonly args?: string;
  readonly runtimeConfig?: { readonly ips: readonly string[] };
  readonly ips?: readonly { readonly address: string; readonly gateway: string }[];
  readonly routes?: readonly { readonly dst: string }[];
  readonly error?: ErrorJson;
  readonly files?: Readonly<Record<string, string>>;
}
interface RangeJson {
  readonly subnet: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
}
interface Sequence {
  readonly name: string;
  readonly ipam: Partial<RangeJson> & {
    readonly ranges?: readonly (readonly RangeJson[])[];
    readonly routes?: readonly { readonly dst: string }[];
  };
  readonly ops?: readonly Op[];
  readonly summary?: {
    readonly allocated: number;
    readonly first: string;
    readonly last: string;
    readonly error: ErrorJson;
  };
}

/** What host-local 1.1.1 did: answers, error texts, and the files of the network after each call. */
const { sequences } = JSON.parse(
  readFileSync(new URL('../../fixture/linux/ipam.json', import.meta.url), 'utf8'),
) as { readonly sequences: readonly Sequence[] };

function must<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
}

function rangeOf({ subnet, rangeStart, rangeEnd, gateway }: RangeJson): RangeConfig {
  return {
    subnet: must(parseCidr(subnet)),
    ...(rangeStart === undefined ? {} : { rangeStart: must(parseIp(rangeStart)) }),
    ...(rangeEnd === undefined ? {} : { rangeEnd: must(parseIp(rangeEnd)) }),
    ...(gateway === undefined ? {} : { gateway: must(parseIp(gateway)) }),
  };
}

function configOf({ ranges, subnet, routes, ...rest }: Sequence['ipam']): HostLocalConfig {
  return {
    ...(ranges === undefined ? {} : { ranges: ranges.map((set) => set.map(rangeOf)) }),
    ...(subnet === undefined ? {} : { range: rangeOf({ subnet, ...rest }) }),
    ...(routes === undefined ? {} : { routes }),
  };
}

/** What a call answers, in the words of the recording. */
function answerOf(plugin: HostLocal, { op, id, ifname = 'eth0', args, runtimeConfig }: Op) {
  const request = {
    containerId: id,
    ifname,
    ...(args === undefined ? {} : { args }),
    ...(runtimeConfig === undefined ? {} : { ips: runtimeConfig.ips }),
  };
  const answer =
    op === 'ADD' ? plugin.add(request) : op === 'DEL' ? plugin.del(request) : plugin.check(request);
  if (!answer.ok) {
    const { code, msg, details } = answer.error;
    return { error: { code, msg, ...(details === '' ? {} : { details }) } };
  }
  if (answer.value === undefined) return {};
  const { ips, routes } = answer.value;
  return {
    ips: ips.map(({ address, prefixLength, gateway }) => ({
      address: `${formatIp(address)}/${prefixLength}`,
      gateway: formatIp(gateway),
    })),
    ...(routes.length === 0 ? {} : { routes }),
  };
}

describe('host-local answers as it did in Linux, and leaves the same files', () => {
  test.each(sequences.map((sequence) => [sequence.name, sequence] as const))(
    '%s',
    (_name, { ipam, ops = [], summary }) => {
      const networks = new Map<string, HostLocal>();
      const network = (name: string) => {
        const known = networks.get(name) ?? new HostLocal(configOf(ipam));
        networks.set(name, known);
        return known;
      };
      for (const op of ops) {
        const { ips, routes, error, files } = op;
        const plugin = network(op.net ?? '');
        const recorded = { ips, routes, error };
        expect(answerOf(plugin, op)).toEqual(JSON.parse(JSON.stringify(recorded)));
        if (files !== undefined) expect(Object.fromEntries(plugin.files())).toEqual(files);
      }
      if (summary !== undefined) expect(filled(network(''))).toEqual(summary);
    },
  );
});

/** Adds containers until one is refused. */
function filled(plugin: HostLocal): unknown {
  const given: string[] = [];
  for (;;) {
    const answer = answerOf(plugin, { op: 'ADD', id: `c${given.length}` });
    if (!('ips' in answer)) {
      return { allocated: given.length, first: given[0], last: given.at(-1), error: answer.error };
    }
    given.push(...answer.ips.map(({ address }) => address));
  }
}

describe('a configuration that host-local refuses', () => {
  const range = (subnet: string) => ({ subnet: must(parseCidr(subnet)) });
  test.each([
    ['an empty set', [[]], 'invalid range set 0: empty range set'],
    [
      'ranges of one set that overlap',
      [[range('10.1.0.0/24'), range('10.1.0.128/25')]],
      'invalid range set 0: subnets 10.1.0.1-10.1.0.254 and 10.1.0.129-10.1.0.254 overlap',
    ],
    [
      'sets that overlap',
      [[range('10.1.0.0/24')], [range('10.1.0.0/25')]],
      'range set 0 overlaps with 1',
    ],
  ])('%s', (_name, ranges, msg) => {
    expect(new HostLocal({ ranges }).add({ containerId: 'c1', ifname: 'eth0' })).toEqual({
      ok: false,
      error: { code: 999, msg, details: '' },
    });
  });

  test('gives back what other sets gave when one set has no address left', () => {
    const ranges = [[range('10.1.0.0/24')], [range('10.2.0.0/30')]];
    const plugin = new HostLocal({ ranges });
    expect(plugin.add({ containerId: 'c1', ifname: 'eth0' }).ok).toBe(true);
    expect(plugin.add({ containerId: 'c2', ifname: 'eth0' })).toEqual({
      ok: false,
      error: {
        code: 999,
        msg: 'failed to allocate for range 1: no IP addresses available in range set: 10.2.0.1-10.2.0.2',
        details: '',
      },
    });
    expect(Object.fromEntries(plugin.files())).toEqual({
      '10.1.0.2': 'c1\neth0',
      '10.2.0.2': 'c1\neth0',
      'last_reserved_ip.0': '10.1.0.3',
      'last_reserved_ip.1': '10.2.0.2',
    });
  });

  test.each([['a pair without value', 'IP', 'ARGS: invalid pair "IP"']])(
    '%s',
    (_name, args, msg) => {
      const plugin = new HostLocal({ ranges: [[range('10.1.0.0/24')]] });
      expect(plugin.add({ containerId: 'c1', ifname: 'eth0', args })).toMatchObject({
        error: { msg },
      });
    },
  );
});
