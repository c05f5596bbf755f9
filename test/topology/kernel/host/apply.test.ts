import { describe, expect, test } from '@jest/globals';
import { routeLines } from '../../../../topology/kernel/netns/route-lines.js';
import type { KernelOp } from '../../../../topology/kernel/ops.js';
import { ip, Machine, ONE_NODE } from '../netns/machine.js';

function oneNode(): Machine {
  const machine = new Machine();
  machine.sh(ONE_NODE);
  return machine;
}

/** Everything about a machine that ops can change, as text. */
function state(machine: Machine): string {
  const lines: string[] = [];
  for (const netns of machine.host.namespaces) {
    lines.push(`netns ${netns.inode} ${[...netns.names].join()} ${netns.references}`);
    for (const device of netns.deviceList) {
      const { port, peer } = device;
      const addresses = device.addresses.map((own) => `${own.address}/${own.prefixLength}`);
      const neighbors = [...device.neighbors.values()].map(
        (entry) => `${entry.address} ${entry.state}`,
      );
      lines.push(
        `${device.ifindex} ${device.name} ${device.kind} ${device.mac} ${device.mtuBytes} ${device.up} ${device.carrier} ${port?.bridge.device.name} ${port?.state} ${port?.hairpin} ${peer?.name} ${addresses} ${neighbors}`,
      );
    }
    lines.push(...[...netns.fib.all()].map((route) => route.text()).sort());
    lines.push(...netns.fib.rules.map((rule) => `${rule.priority} ${rule.table}`));
    lines.push(...netns.sysctls.differing().map((pair) => pair.join('=')));
  }
  return lines.join('\n');
}

const FAILS: KernelOp = { op: 'link.del', name: 'eth7' };

describe('apply', () => {
  test.each<[string, string, string | undefined, string]>([
    ['an unknown device', 'ip link set eth7 up', undefined, 'Cannot find device "eth7"'],
    [
      'an unknown namespace',
      'ip link set lo up',
      'x',
      'Cannot open network namespace "x": No such file or directory',
    ],
    ['a name that is taken', 'ip link add eth0 type dummy', 'p1', 'RTNETLINK answers: File exists'],
    [
      'a route that exists',
      'ip route add default via 10.244.1.1',
      'p1',
      'RTNETLINK answers: File exists',
    ],
    [
      'a gateway off link',
      'ip route add 10.9.0.0/16 via 172.16.0.1 dev eth0',
      'p1',
      'Error: Nexthop has invalid gateway.',
    ],
    [
      'a route that is not there',
      'ip route del 10.9.0.0/16',
      'p1',
      'RTNETLINK answers: No such process',
    ],
    [
      'an address twice',
      'ip addr add 10.244.1.2/24 dev eth0',
      'p1',
      'Error: ipv4: Address already assigned.',
    ],
    [
      'an address not there',
      'ip addr del 10.9.9.9/24 dev eth0',
      'p1',
      'Error: ipv4: Address not found.',
    ],
    [
      'an unknown setting',
      'sysctl -w net.ipv4.no_such=1',
      undefined,
      'sysctl: cannot stat /proc/sys/net/ipv4/no_such: No such file or directory',
    ],
    [
      'a namespace twice',
      'ip netns add p1',
      undefined,
      'Cannot create namespace file "/run/netns/p1": File exists',
    ],
    [
      'a route by an unknown device',
      'ip route add 10.9.0.0/16 dev d0',
      'p1',
      'Cannot find device "d0"',
    ],
  ])('refuses %s as iproute2 does', (_, command, netns, message) => {
    expect(oneNode().try(command, netns)).toBe(message);
  });

  test.each<[string, readonly KernelOp[]]>([
    ['a new device', [{ op: 'link.add', netns: 'p1', name: 'd0', spec: { type: 'dummy' } }]],
    [
      'a new veth pair',
      [
        {
          op: 'link.add',
          netns: 'p1',
          name: 'x',
          spec: { type: 'veth', peer: { name: 'y', netns: 'n' } },
        },
      ],
    ],
    ['a new namespace', [{ op: 'netns.add', name: 'p9' }]],
    ['a deleted namespace', [{ op: 'netns.del', name: 'p1' }]],
    ['a deleted veth', [{ op: 'link.del', netns: 'p1', name: 'eth0' }]],
    ['a deleted bridge', [{ op: 'link.del', netns: 'n', name: 'cni0' }]],
    ['a device set down', [{ op: 'link.set', netns: 'p1', name: 'eth0', up: false }]],
    [
      'a device moved and renamed',
      [{ op: 'link.set', netns: 'n', name: 'v1', toNetns: 'p2', rename: 'eth9' }],
    ],
    ['a port taken out', [{ op: 'link.set', netns: 'n', name: 'v1', master: null }]],
    [
      'an address',
      [
        {
          op: 'addr.add',
          netns: 'p1',
          dev: 'eth0',
          addr: { address: ip('10.9.0.1'), prefixLength: 16 },
        },
      ],
    ],
    [
      'an address taken away',
      [
        {
          op: 'addr.del',
          netns: 'p1',
          dev: 'eth0',
          addr: { address: ip('10.244.1.2'), prefixLength: 24 },
        },
      ],
    ],
    ['forwarding', [{ op: 'sysctl.set', netns: 'p1', key: 'net.ipv4.ip_forward', value: '1' }]],
  ])('takes everything back when a later op fails: %s', (_, ops) => {
    const machine = oneNode();
    const before = state(machine);
    const applied = machine.host.apply([...ops, FAILS]);
    expect(applied).toMatchObject({ ok: false, error: { index: ops.length, errno: 'ENODEV' } });
    expect(state(machine)).toBe(before);
    machine.send('p1', '10.244.1.3');
    machine.wait();
    expect(machine.netns('p2').dropCounts.get('no-socket')).toBe(1);
  });

  test('tells listeners of what was applied, not of what was refused', () => {
    const machine = oneNode();
    const heard: KernelOp['op'][] = [];
    machine.host.onOp((ops) => heard.push(...ops.map((op) => op.op)));
    machine.sh('p1: ip link add d0 type dummy');
    machine.try('ip link set eth7 up');
    expect(heard).toEqual(['link.add']);
  });

  test('puts chains back as they were, each in its place, when a later op is refused', () => {
    const { host } = oneNode();
    const chain = (name: string, target?: string) => ({
      name,
      rules:
        target === undefined ? [] : [{ matches: [], target: { target: 'jump', chain: target } }],
    });
    const restore = (
      chains: readonly ReturnType<typeof chain>[],
      removeChains: readonly string[],
    ) =>
      ({
        op: 'iptables.restore',
        family: 'ipv4',
        noflush: true,
        tables: [{ table: 'nat', chains, removeChains }],
      }) as KernelOp;
    host.apply([restore([chain('A'), chain('B'), chain('C', 'B')], [])]);
    const before = JSON.stringify(host.root.netfilter.tables('ipv4'));
    const refused = host.apply([
      restore([chain('D'), chain('C', 'D')], ['A']),
      { op: 'iptables.policy', family: 'ipv4', table: 'nat', chain: 'OUTPUT', policy: 'DROP' },
      { op: 'iptables.new-chain', family: 'ipv4', table: 'mangle', chain: 'E' },
      restore([chain('C')], ['B', 'D']),
      FAILS,
    ]);
    expect(refused.ok).toBe(false);
    expect(JSON.stringify(host.root.netfilter.tables('ipv4'))).toBe(before);
    expect(host.apply([restore([chain('C')], ['B'])]).ok).toBe(true);
  });

  test('deletes the other end of a veth with a namespace and frees its port', () => {
    const machine = oneNode();
    machine.sh('ip netns del p1');
    expect(machine.netns('n').device('v1')).toBeUndefined();
    expect(machine.host.netns('p1')).toBeUndefined();
    expect(machine.clock.pending).toBe(0);
  });

  test('loses routes but not the own address when a device goes down', () => {
    const machine = oneNode();
    machine.sh('p1: ip link set eth0 down');
    expect(routeLines(machine.netns('p1'))).toEqual([]);
    expect(machine.send('p1', '10.244.1.3')).toBe('ENETUNREACH');
    expect(machine.send('p1', '10.244.1.2')).toBe('ok');
    machine.sh('p1: ip link set eth0 up');
    expect(routeLines(machine.netns('p1'))).toEqual([
      '10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.2',
    ]);
  });

  test('gives a new namespace the IPv4 defaults of the host', () => {
    const machine = new Machine();
    machine.sh('sysctl -w net.ipv4.conf.all.rp_filter=2');
    machine.sh('ip netns add late');
    expect(machine.netns('late').sysctl('net.ipv4.conf.lo.rp_filter')).toBe(2);
  });

  test('makes the same MAC addresses in every run', () => {
    const macs = [new Machine(), new Machine()].map((machine) => {
      machine.sh('ip link add d0 type dummy');
      return machine.host.root.device('d0')?.mac;
    });
    expect(macs[0]).toBe(macs[1]);
  });
});

describe('softirq', () => {
  test('slows a loop of bridges down instead of hanging', () => {
    const machine = new Machine();
    machine.sh(`
      ip link add b1 type bridge
      ip link add b2 type bridge
      ip link add x1 type veth peer name x2
      ip link add y1 type veth peer name y2
      ip link set x1 master b1
      ip link set y1 master b1
      ip link set x2 master b2
      ip link set y2 master b2
      ip link set x1 up
      ip link set x2 up
      ip link set y1 up
      ip link set y2 up
      ip link set b2 up
      ip link set b1 up
      ip addr add 10.0.0.1/24 dev b1
    `);
    machine.send('', '10.0.0.2');
    machine.clock.advance(3000);
    expect(machine.host.softirq.yields).toBeGreaterThan(0);
    expect(machine.clock.nowNs).toBe(3000);
  });
});
