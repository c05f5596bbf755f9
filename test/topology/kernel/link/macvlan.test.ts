import { describe, expect, test } from '@jest/globals';
import { buildLab } from '../../../conformance/build.js';
import { Prober } from '../../../conformance/probe.js';
import type { RecordedTopology } from '../../../conformance/recorded.js';
import { LabServers } from '../../../conformance/servers.js';

/** Two pods with macvlans of a mode on one card, whose switch sends frames back or not. */
function lab(mode: string, hairpin: boolean): RecordedTopology {
  const pod = (ns: string, address: string) => ({
    ns,
    if: 'eth0',
    parent_ns: 'n1',
    parent: 'eth0',
    mode,
    addrs: [address],
  });
  return {
    netns: ['n1', 'sw', 'p1', 'p2'].map((name) => ({ name })),
    bridges: [{ ns: 'sw', if: 'br0' }],
    veths: [
      {
        a: { ns: 'n1', if: 'eth0', addrs: ['192.168.50.1/24'] },
        b: { ns: 'sw', if: 'sn1', master: 'br0', hairpin },
      },
    ],
    vxlans: [],
    macvlans: [pod('p1', '192.168.50.11/24'), pod('p2', '192.168.50.12/24')],
    routes: [],
    neigh: [],
    fdb: [],
    iptables: [],
    listeners: [],
  };
}

function ping(topology: RecordedTopology, dst: string): string {
  const host = buildLab(topology);
  const prober = new Prober(host, new LabServers(host, topology));
  return prober.run({ src: 'p1', proto: 'icmp', dst, timeout_ms: 4000 }, 0, 'probe').outcome;
}

describe('a macvlan', () => {
  test.each([
    ['bridge', false, 'ok'],
    ['private', false, 'icmp-error'],
    ['vepa', false, 'icmp-error'],
    ['private', true, 'icmp-error'],
    ['vepa', true, 'ok'],
  ])('in mode %s, its switch sending back: %s, reaches its sibling: %s', (mode, hairpin, end) => {
    expect(ping(lab(mode, hairpin), '192.168.50.12')).toBe(end);
  });

  test.each([
    ['bridge', false, 'icmp-error'],
    ['private', false, 'icmp-error'],
    ['vepa', false, 'icmp-error'],
    ['bridge', true, 'ok'],
    ['private', true, 'icmp-error'],
    ['vepa', true, 'ok'],
  ])('in mode %s, its switch sending back: %s, reaches its parent: %s', (mode, hairpin, end) => {
    expect(ping(lab(mode, hairpin), '192.168.50.1')).toBe(end);
  });
});
