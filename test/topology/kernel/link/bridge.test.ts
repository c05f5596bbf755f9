import { describe, expect, test } from '@jest/globals';
import { Machine, ONE_NODE, recorder } from '../netns/machine.js';

function oneNode(): Machine {
  const machine = new Machine();
  machine.sh(ONE_NODE);
  machine.watch();
  return machine;
}

describe('bridge', () => {
  test('floods the question and sends the answer to one port', () => {
    const machine = oneNode();
    machine.send('p1', '10.244.1.3');
    machine.wait();
    expect(machine.seen.slice(0, 13)).toEqual([
      'p1 eth0 out who-has 10.244.1.3 tell 10.244.1.2',
      'n v1 in who-has 10.244.1.3 tell 10.244.1.2',
      'n cni0 in who-has 10.244.1.3 tell 10.244.1.2',
      'n v2 out who-has 10.244.1.3 tell 10.244.1.2',
      'p2 eth0 in who-has 10.244.1.3 tell 10.244.1.2',
      'p2 eth0 out 10.244.1.3 is-at 02:00:00:00:00:04',
      'n v2 in 10.244.1.3 is-at 02:00:00:00:00:04',
      'n v1 out 10.244.1.3 is-at 02:00:00:00:00:04',
      'p1 eth0 in 10.244.1.3 is-at 02:00:00:00:00:04',
      'p1 eth0 out 10.244.1.2 > 10.244.1.3 ttl 64 udp',
      'n v1 in 10.244.1.2 > 10.244.1.3 ttl 64 udp',
      'n v2 out 10.244.1.2 > 10.244.1.3 ttl 64 udp',
      'p2 eth0 in 10.244.1.2 > 10.244.1.3 ttl 64 udp',
    ]);
  });

  test('forgets an address after 300 s and floods again', () => {
    const machine = oneNode();
    machine.sh(`
      p1: ip neigh replace 10.244.1.3 lladdr 02:00:00:00:00:04 dev eth0 nud permanent
      ip netns add p3
      p3: ip link add eth0 type veth peer name v3 netns n
      n: ip link set v3 master cni0
      n: ip link set v3 up
      p3: ip link set eth0 up
    `);
    const flooded = (): number => machine.netns('n').device('v3')?.stats.txPackets ?? 0;
    machine.send('p2', '10.244.1.2');
    machine.wait();
    const before = flooded();
    machine.send('p1', '10.244.1.3');
    machine.wait();
    expect(flooded()).toBe(before);
    machine.waitSeconds(301);
    machine.send('p1', '10.244.1.3');
    machine.wait();
    expect(flooded()).toBe(before + 1);
  });

  test.each([
    ['isolated ports', 'bridge link set dev v1 isolated on\nbridge link set dev v2 isolated on'],
    ['a disabled port', 'bridge link set dev v2 state 0'],
    ['a port taken out', 'ip link set v2 nomaster'],
  ])('delivers nothing between pods: %s', (_, commands) => {
    const machine = oneNode();
    for (const command of commands.split('\n')) expect(machine.try(command, 'n')).toBeUndefined();
    machine.send('p1', '10.244.1.3');
    machine.wait();
    expect(machine.seen.filter((line) => line.startsWith('p2 eth0 in'))).toEqual([]);
  });

  test('keeps forwarding when told to block, as spanning tree is off', () => {
    const machine = oneNode();
    expect(machine.try('bridge link set dev v2 state 4', 'n')).toBeUndefined();
    machine.send('p1', '10.244.1.3');
    machine.wait();
    expect(machine.seen).toContain('p2 eth0 in 10.244.1.2 > 10.244.1.3 ttl 64 udp');
  });

  test('says which port it knows and since when', () => {
    const machine = oneNode();
    machine.send('p1', '10.244.1.3');
    machine.waitSeconds(3);
    const trace = recorder();
    machine.send('p1', '10.244.1.3', { trace });
    machine.wait();
    expect(trace.steps.map((step) => step.reason)).toContain(
      'cni0 knows 02:00:00:00:00:04 on port v2 (learned 3 s ago), so the frame goes out there only',
    );
  });

  test('drops a DF packet that is too large for a port without telling anyone', () => {
    const machine = oneNode();
    machine.sh(`
      n: ip link set v2 mtu 1400
      p2: ip link set eth0 mtu 1400
      n: ip link set cni0 mtu 1500
    `);
    machine.send('p1', '10.244.1.3');
    machine.wait();
    machine.seen.length = 0;
    expect(machine.send('p1', '10.244.1.3', { bytes: 1400, df: true })).toBe('ok');
    machine.wait();
    expect(machine.seen).toEqual([
      'p1 eth0 out 10.244.1.2 > 10.244.1.3 ttl 64 udp',
      'n v1 in 10.244.1.2 > 10.244.1.3 ttl 64 udp',
    ]);
    expect(machine.netns('n').dropCounts.get('mtu-exceeded')).toBe(1);
  });
});
