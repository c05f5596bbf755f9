import { describe, expect, test } from '@jest/globals';
import { buildLab } from '../conformance/build.js';
import { Prober } from '../conformance/probe.js';
import type { RecordedProbe, RecordedTopology } from '../conformance/recorded.js';
import { LabServers } from '../conformance/servers.js';

/** A pod on a node, which listens on ports 80 of both. */
const LAB: RecordedTopology = {
  netns: [{ name: 'n1', sysctl: { 'net.ipv4.ip_forward': 1 } }, { name: 'p1' }],
  bridges: [{ ns: 'n1', if: 'cni0', addrs: ['10.244.1.1/24'] }],
  veths: [
    {
      a: { ns: 'p1', if: 'eth0', addrs: ['10.244.1.2/24'] },
      b: { ns: 'n1', if: 'vp1', master: 'cni0' },
    },
  ],
  vxlans: [],
  routes: [{ ns: 'p1', dst: 'default', via: '10.244.1.1', dev: 'eth0' }],
  neigh: [],
  fdb: [],
  iptables: [],
  listeners: [
    { ns: 'n1', proto: 'tcp', addr: '0.0.0.0', port: 80 },
    { ns: 'p1', proto: 'tcp', addr: '0.0.0.0', port: 80 },
  ],
};

const output = (target: string) => ({
  iptables: [{ ns: 'p1', table: 'filter', rules: [`-A OUTPUT -d 10.244.1.1/32 -j ${target}`] }],
});
const toNode = (proto: 'tcp' | 'udp' | 'icmp'): RecordedProbe => {
  return { src: 'p1', proto, dst: '10.244.1.1', ...(proto === 'icmp' ? {} : { dport: 80 }) };
};
const loDown = { netns: [{ name: 'n1' }, { name: 'p1', lo: false }] };
const vethDown = {
  veths: LAB.veths.map(({ a, b }) => ({ a: { ...a, up: false }, b })),
  routes: [],
};

/** Sends one probe in the lab as changed, and tells how it ended and what n1 dropped. */
function end(change: Partial<RecordedTopology>, probe: RecordedProbe): string {
  const topology = { ...LAB, ...change };
  const host = buildLab(topology);
  const prober = new Prober(host, new LabServers(host, topology));
  const { outcome, errno, stage } = prober.run(probe, 0, 'probe');
  const drops = [...(host.netns('n1')?.dropCounts.keys() ?? [])];
  return [outcome, errno, stage, ...drops].filter((word) => word !== undefined).join(' ');
}

describe('what a local sender is told', () => {
  test.each([
    ['DROP in OUTPUT, to TCP', output('DROP'), toNode('tcp'), 'timeout connect'],
    ['DROP in OUTPUT, to UDP', output('DROP'), toNode('udp'), 'error EPERM send'],
    ['DROP in OUTPUT, to ping', output('DROP'), toNode('icmp'), 'error EPERM send'],
    ['REJECT in OUTPUT, to TCP', output('REJECT'), toNode('tcp'), 'error ECONNREFUSED connect'],
    ['REJECT in OUTPUT, to UDP', output('REJECT'), toNode('udp'), 'error EPERM send'],
    [
      '127.0.0.1 with lo down: it leaves by the default route',
      loDown,
      { src: 'p1', proto: 'tcp', dst: '127.0.0.1', dport: 80 },
      'timeout connect martian-destination',
    ],
    [
      'the own address with lo down',
      loDown,
      { src: 'p1', proto: 'tcp', dst: '10.244.1.2', dport: 80 },
      'timeout connect',
    ],
    ['the own device down: no route', vethDown, toNode('tcp'), 'error ENETUNREACH connect'],
    [
      'the own address with the own device down: it still answers',
      vethDown,
      { src: 'p1', proto: 'tcp', dst: '10.244.1.2', dport: 80 },
      'ok',
    ],
    [
      'a ping without IPv6',
      {},
      { src: 'p1', proto: 'icmp', dst: 'fd00::1' },
      'error EADDRNOTAVAIL send',
    ],
    [
      'port 0',
      {},
      { src: 'p1', proto: 'tcp', dst: '10.244.1.1', dport: 0 },
      'error ECONNREFUSED connect no-socket',
    ],
  ] as const)('%s', (_name, change, probe, result) => {
    expect(end(change, probe)).toBe(result);
  });
});
