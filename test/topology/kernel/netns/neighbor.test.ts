import { describe, expect, test } from '@jest/globals';
import { ip, Machine, ONE_NODE, recorder } from './machine.js';

function oneNode(): Machine {
  const machine = new Machine();
  machine.sh(ONE_NODE);
  machine.watch();
  return machine;
}

function stateOf(machine: Machine, address: string): string | undefined {
  const netns = machine.netns('p1');
  const entry = netns.device('eth0')?.neighbors.get(ip(address));
  return entry === undefined ? undefined : netns.neighbors.stateOf(entry);
}

describe('neighbour', () => {
  test('asks three times 1.024 s apart, then tells the sender host unreachable', () => {
    const machine = oneNode();
    machine.send('p1', '10.244.1.99');
    machine.wait(3071);
    const asked = machine.seen.filter((line) => line.startsWith('p1 eth0 out who-has 10.244.1.99'));
    expect(asked).toHaveLength(3);
    expect(stateOf(machine, '10.244.1.99')).toBe('incomplete');
    machine.wait(2);
    expect(stateOf(machine, '10.244.1.99')).toBe('failed');
    expect(machine.seen.slice(-2)).toEqual([
      'p1 lo out 10.244.1.2 > 10.244.1.2 ttl 64 icmp 3/1',
      'p1 lo in 10.244.1.2 > 10.244.1.2 ttl 64 icmp 3/1',
    ]);
  });

  test('starts a new round for a packet sent after it failed', () => {
    const machine = oneNode();
    machine.send('p1', '10.244.1.99');
    machine.waitSeconds(4);
    machine.send('p1', '10.244.1.99');
    expect(stateOf(machine, '10.244.1.99')).toBe('incomplete');
  });

  test('keeps 101 packets for one answer and drops the oldest', () => {
    const machine = oneNode();
    for (let sent = 0; sent < 103; sent++) machine.send('p1', '10.244.1.99');
    expect(machine.netns('p1').dropCounts.get('neighbor-queue-full')).toBe(2);
  });

  test('goes stale, waits 5 s, then asks the known owner alone', () => {
    const machine = oneNode();
    machine.send('p1', '10.244.1.3');
    machine.wait();
    expect(stateOf(machine, '10.244.1.3')).toBe('reachable');
    machine.waitSeconds(46);
    expect(stateOf(machine, '10.244.1.3')).toBe('stale');
    machine.seen.length = 0;
    machine.send('p1', '10.244.1.3');
    expect(stateOf(machine, '10.244.1.3')).toBe('delay');
    machine.wait(5200);
    expect(machine.seen).toContain('p1 eth0 out who-has 10.244.1.3 tell 10.244.1.2');
    expect(machine.seen.filter((line) => line.startsWith('n cni0 in who-has 10.244.1.3'))).toEqual(
      [],
    );
    expect(stateOf(machine, '10.244.1.3')).toBe('reachable');
  });

  test('says what it asks the segment', () => {
    const machine = oneNode();
    const trace = recorder();
    machine.send('p1', '10.244.1.3', { trace });
    machine.wait();
    expect(trace.steps.slice(0, 3).map((step) => step.reason)).toEqual([
      '10.244.1.3 matches route 10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.2 in table main; the source address is 10.244.1.2',
      'the MAC address of 10.244.1.3 on eth0 is not known yet: the packet waits for an answer',
      'eth0 asks the whole segment: who has 10.244.1.3? tell 10.244.1.2',
    ]);
  });

  test('sends no frame at all without carrier, and still fails after 3 s', () => {
    const machine = oneNode();
    machine.sh('n: ip link set v1 down');
    machine.seen.length = 0;
    expect(machine.send('p1', '10.244.1.3')).toBe('ok');
    machine.waitSeconds(4);
    expect(machine.seen.filter((line) => line.includes('eth0'))).toEqual([]);
    expect(stateOf(machine, '10.244.1.3')).toBe('failed');
  });

  test.each([
    [0, true],
    [1, false],
  ])('answers for an address of another device with arp_ignore %d: %s', (level, answers) => {
    const machine = oneNode();
    machine.sh(`
      p2: ip link add d0 type dummy
      p2: ip addr add 10.244.1.77/32 dev d0
      p2: sysctl -w net.ipv4.conf.all.arp_ignore=${level}
    `);
    machine.send('p1', '10.244.1.77');
    machine.wait();
    expect(machine.seen.some((line) => line.startsWith('p1 eth0 in 10.244.1.77 is-at'))).toBe(
      answers,
    );
  });
});
