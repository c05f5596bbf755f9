import { describe, expect, test } from '@jest/globals';
import { ipv4 } from '../../../../topology/addr/index.js';
import { Machine } from './machine.js';

/** a (10.1.0.2) – r – b (10.2.0.2). */
const ROUTER = `
  ip netns add a
  ip netns add r
  ip netns add b
  r: sysctl -w net.ipv4.ip_forward=1
  r: ip link set lo up
  a: ip link add eth0 type veth peer name ra netns r
  b: ip link add eth0 type veth peer name rb netns r
  a: ip addr add 10.1.0.2/24 dev eth0
  b: ip addr add 10.2.0.2/24 dev eth0
  r: ip addr add 10.1.0.1/24 dev ra
  r: ip addr add 10.2.0.1/24 dev rb
  a: ip link set lo up
  b: ip link set lo up
  a: ip link set eth0 up
  b: ip link set eth0 up
  r: ip link set ra up
  r: ip link set rb up
  a: ip route add default via 10.1.0.1
  b: ip route add default via 10.2.0.1
`;

function router(more = ''): Machine {
  const machine = new Machine();
  machine.sh(ROUTER);
  machine.sh(more);
  machine.watch();
  return machine;
}

function reaches(machine: Machine): boolean {
  return machine.seen.some((line) => line.startsWith('b eth0 in 10.1.0.2 > 10.2.0.2'));
}

function answer(machine: Machine): string | undefined {
  return machine.seen.find((line) => /^a eth0 in .* icmp/.test(line));
}

describe('forwarding', () => {
  test('lowers the time to live by one', () => {
    const machine = router();
    machine.send('a', '10.2.0.2');
    machine.wait();
    expect(machine.seen).toContain('b eth0 in 10.1.0.2 > 10.2.0.2 ttl 63 udp');
  });

  test.each([
    ['the time to live ends', '', { ttl: 1 }, 'icmp 11/0', 'ttl-expired'],
    ['no route', 'r: ip route del 10.2.0.0/24', {}, 'icmp 3/0', 'no-route'],
    [
      'an unreachable route',
      'r: ip route add unreachable 10.2.0.2',
      {},
      'icmp 3/1',
      'route-unreachable',
    ],
    ['a prohibit route', 'r: ip route add prohibit 10.2.0.2', {}, 'icmp 3/13', 'route-prohibit'],
    ['a blackhole route', 'r: ip route add blackhole 10.2.0.2', {}, undefined, 'route-blackhole'],
    ['forwarding off', 'r: sysctl -w net.ipv4.ip_forward=0', {}, undefined, 'forwarding-disabled'],
    [
      'a small MTU',
      'r: ip link set rb mtu 1000',
      { bytes: 1200, df: true },
      'icmp 3/4',
      'mtu-exceeded',
    ],
  ] as const)('stops a packet: %s', (_, commands, options, icmp, reason) => {
    const machine = router(commands);
    machine.send('a', '10.2.0.2', options);
    machine.wait();
    expect(reaches(machine)).toBe(false);
    expect(answer(machine)).toBe(
      icmp === undefined ? undefined : `a eth0 in 10.1.0.1 > 10.1.0.2 ttl 64 ${icmp}`,
    );
    expect(machine.netns('r').dropCounts.get(reason)).toBe(1);
  });

  test('learns the path MTU and then refuses itself', () => {
    const machine = router('r: ip link set rb mtu 1000');
    machine.send('a', '10.2.0.2', { bytes: 1200, df: true });
    machine.wait();
    expect(machine.send('a', '10.2.0.2', { bytes: 1200, df: true })).toBe('EMSGSIZE');
    expect(machine.netns('a').ip.pathMtu(ipv4(0x0a020002))).toBe(1000);
  });

  test('fragments what may be fragmented', () => {
    const machine = router('r: ip link set rb mtu 1000');
    machine.send('a', '10.2.0.2', { bytes: 1200, df: false });
    machine.wait();
    expect(machine.seen.filter((line) => line.startsWith('b eth0 in 10.1.0.2'))).toHaveLength(2);
    expect(machine.netns('b').dropCounts.get('no-socket')).toBe(1);
  });

  test('sends six errors at once and then one per second', () => {
    const machine = router();
    const errors = (): number =>
      machine.seen.filter((line) => /^a eth0 in .* icmp 11/.test(line)).length;
    for (let sent = 0; sent < 10; sent++) machine.send('a', '10.2.0.2', { ttl: 1 });
    machine.wait();
    expect(errors()).toBe(6);
    machine.waitSeconds(1);
    for (let sent = 0; sent < 3; sent++) machine.send('a', '10.2.0.2', { ttl: 1 });
    machine.wait();
    expect(errors()).toBe(7);
  });

  test.each([
    [0, true],
    [1, false],
    [2, true],
  ])('lets a packet in by another way than back with rp_filter %d: %s', (mode, allowed) => {
    const machine = router(`
      a: ip addr add 172.16.0.1/32 dev eth0
      r: ip route add 172.16.0.0/24 via 10.2.0.2
      a: ip neigh replace 10.1.0.1 lladdr 02:aa:00:00:00:01 dev eth0 nud permanent
      r: ip link set ra address 02:aa:00:00:00:01
      r: sysctl -w net.ipv4.conf.all.rp_filter=${mode}
      a: ip route replace 10.2.0.2 via 10.1.0.1 src 172.16.0.1
    `);
    machine.send('a', '10.2.0.2');
    machine.wait();
    expect(machine.netns('r').dropCounts.get('rp-filter') ?? 0).toBe(allowed ? 0 : 1);
  });

  test.each([
    ['no route', 'a: ip route del default', 'ENETUNREACH'],
    ['unreachable', 'a: ip route add unreachable 10.2.0.2', 'EHOSTUNREACH'],
    ['prohibit', 'a: ip route add prohibit 10.2.0.2', 'EACCES'],
    ['blackhole', 'a: ip route add blackhole 10.2.0.2', 'EINVAL'],
  ])('fails a local send: %s', (_, command, errno) => {
    const machine = router(command);
    expect(machine.send('a', '10.2.0.2')).toBe(errno);
  });

  test('prefers the longer prefix, then the smaller metric', () => {
    const machine = router(`
      a: ip route add 10.2.0.0/16 via 10.1.0.9 metric 5
      a: ip route add 10.2.0.0/24 via 10.1.0.8 metric 20
      a: ip route add 10.2.0.0/24 via 10.1.0.7 metric 10
    `);
    const route = machine.netns('a').fib.lookup(ipv4(0x0a020002));
    expect(route?.text()).toBe('10.2.0.0/24 via 10.1.0.7 dev eth0 metric 10 in table main');
  });
});
