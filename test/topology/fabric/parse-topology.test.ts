import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { formatCidr, formatIp } from '../../../topology/addr/index.js';
import { parseTopology } from '../../../topology/fabric/parse-topology.js';

const presets = new URL('../../../topology/presets/', import.meta.url);

function problemsOf(spec: Record<string, unknown>): readonly string[] {
  const parsed = parseTopology({
    apiVersion: 'podnet.dev/v1',
    kind: 'Topology',
    metadata: { name: 't' },
    spec,
  });
  return parsed.ok ? [] : parsed.error.map((problem) => `${problem.path}: ${problem.message}`);
}

const node = { name: 'n1', address: '192.168.50.11/24' };

describe('a Topology document', () => {
  test.each(readdirSync(presets))('preset %s is without mistakes', (file) => {
    const parsed = parseTopology(parse(readFileSync(new URL(file, presets), 'utf8')));
    expect(parsed).toMatchObject({ ok: true });
  });

  test('gets the ranges that learners know when it names none', () => {
    const parsed = parseTopology({ spec: { nodes: [node] } });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const { network } = parsed.value;
    expect(formatCidr(network.clusterCidr)).toBe('10.244.0.0/16');
    expect(formatCidr(network.serviceCidr)).toBe('10.96.0.0/12');
    expect(formatIp(network.dnsIp)).toBe('10.96.0.10');
    expect(network.nodePorts).toEqual({ from: 30000, to: 32767 });
  });

  test('makes several nodes of one entry with a count', () => {
    const parsed = parseTopology({ spec: { nodes: [{ ...node, name: 'w', count: 3 }] } });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    expect(parsed.value.nodes.map((n) => `${n.name} ${formatIp(n.address.address)}`)).toEqual([
      'w-1 192.168.50.11',
      'w-2 192.168.50.12',
      'w-3 192.168.50.13',
    ]);
  });

  test.each([
    ['no nodes', {}, ['spec.nodes: must name at least one node']],
    [
      'host bits in a range',
      { nodes: [node], network: { clusterCIDR: '10.244.1.5/16' } },
      [
        "spec.network.clusterCIDR: must be a network address; '10.244.1.5/16' has host bits set, use '10.244.0.0/16'",
      ],
    ],
    [
      'ranges that overlap',
      { nodes: [node], network: { clusterCIDR: '10.96.0.0/16' } },
      [
        'spec.network.serviceCIDR: 10.96.0.0/12 overlaps clusterCIDR 10.96.0.0/16: pods and Services need ranges of their own',
      ],
    ],
    [
      'a node inside the pod range',
      { nodes: [{ name: 'n1', address: '10.244.3.4/24' }] },
      ['spec.network.clusterCIDR: 10.244.0.0/16 overlaps the network of n1, 10.244.3.4/24'],
    ],
    [
      'more nodes than blocks',
      { nodes: [{ ...node, count: 3 }], network: { clusterCIDR: '10.244.0.0/23' } },
      ['spec.network.clusterCIDR: 10.244.0.0/23 holds 2 blocks of /24, too few for 3 nodes'],
    ],
    [
      'a field that does not exist',
      { nodes: [{ ...node, adress: 'x' }] },
      [
        'spec.nodes[0].adress: unknown field; known here: address, capacity, count, gateway, labels, name, role',
      ],
    ],
    [
      'two nodes with one name and address',
      { nodes: [node, node] },
      [
        "spec.nodes: the name 'n1' is used twice",
        'spec.nodes: n1 and n1 have the same address 192.168.50.11',
      ],
    ],
    [
      'a cable to nowhere',
      { nodes: [node], links: [{ endpoints: ['n1:eth0', 'sw9'] }] },
      [
        "spec.links[0].endpoints: no machine is named 'sw9'",
        "spec.links[0].endpoints: must name a device: 'sw9:eth0'",
      ],
    ],
    [
      'a delay without a unit',
      {
        nodes: [node],
        switches: [{ name: 's' }],
        links: [{ endpoints: ['n1:eth0', 's'], delay: 50 }],
      },
      ['spec.links[0].delay: must be a duration such as 50us, 2ms or 1s, not 50'],
    ],
  ])('is refused for %s', (_situation, spec, expected) => {
    expect(problemsOf(spec)).toEqual(expected);
  });
});
