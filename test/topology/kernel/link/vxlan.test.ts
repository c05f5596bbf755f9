import { describe, expect, test } from '@jest/globals';
import { formatIp } from '../../../../topology/addr/index.js';
import { Machine, recorder } from '../netns/machine.js';

/** Two nodes with an underlay between them and flannel's tunnel on top. */
function tunnel(more = ''): Machine {
  const machine = new Machine();
  machine.sh(`
    ip netns add a
    ip netns add b
    a: ip link add eth0 type veth peer name eth0 netns b
    a: ip addr add 192.168.50.1/24 dev eth0
    b: ip addr add 192.168.50.2/24 dev eth0
    a: ip link set lo up
    b: ip link set lo up
    a: ip link set eth0 up
    b: ip link set eth0 up
    a: ip link add flannel.1 address 02:00:00:00:01:01 type vxlan id 1 local 192.168.50.1 dev eth0 dstport 8472 nolearning
    b: ip link add flannel.1 address 02:00:00:00:01:02 type vxlan id 1 local 192.168.50.2 dev eth0 dstport 8472 nolearning
    a: ip addr add 10.244.1.0/32 dev flannel.1
    b: ip addr add 10.244.2.0/32 dev flannel.1
    a: ip link set flannel.1 up
    b: ip link set flannel.1 up
    a: ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
    b: ip route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
    a: ip neigh replace 10.244.2.0 lladdr 02:00:00:00:01:02 dev flannel.1 nud permanent
    b: ip neigh replace 10.244.1.0 lladdr 02:00:00:00:01:01 dev flannel.1 nud permanent
    a: bridge fdb append 02:00:00:00:01:02 dev flannel.1 dst 192.168.50.2
    b: bridge fdb append 02:00:00:00:01:01 dev flannel.1 dst 192.168.50.1
  `);
  machine.sh(more);
  machine.watch();
  return machine;
}

describe('vxlan', () => {
  test('carries a packet inside UDP between the nodes', () => {
    const machine = tunnel();
    machine.send('a', '10.244.2.0');
    machine.wait();
    const line = (text: string) => machine.seen.indexOf(text);
    const sent = line('a flannel.1 out 10.244.1.0 > 10.244.2.0 ttl 64 udp');
    const carried = line('a eth0 out 192.168.50.1 > 192.168.50.2 ttl 64 udp');
    const received = line('b flannel.1 in 10.244.1.0 > 10.244.2.0 ttl 64 udp');
    expect(sent).toBeGreaterThanOrEqual(0);
    expect(carried).toBeGreaterThan(sent);
    expect(received).toBeGreaterThan(carried);
  });

  test('takes 50 octets off the MTU below', () => {
    expect(tunnel().netns('a').device('flannel.1')?.mtuBytes).toBe(1450);
  });

  test('says what it wraps and unwraps', () => {
    const machine = tunnel();
    const trace = recorder();
    machine.send('a', '10.244.2.0', { trace });
    machine.wait();
    const steps = trace.steps.filter((step) => step.component === 'vxlan');
    const texts = steps.map((step) => step.reason);
    expect(texts.slice(0, 2)).toEqual([
      'flannel.1 knows that 02:00:00:00:01:02 belongs to 192.168.50.2, and wraps the frame in UDP to port 8472 there with VNI 1',
      'the UDP packet from 192.168.50.1 carries a frame of VNI 1: flannel.1 takes it out',
    ]);
    // The step that wraps shows the packet wrapped, without an Ethernet header yet; the one that unwraps shows it bare.
    const [wraps, unwraps] = steps.map(({ view: { packet, dstMac } }) =>
      packet.kind === 'ipv4' ? [formatIp(packet.dst), packet.body.kind, dstMac] : [],
    );
    expect(wraps).toEqual(['192.168.50.2', 'udp', undefined]);
    expect(unwraps?.slice(0, 2)).toEqual(['10.244.2.0', 'udp']);
  });

  test.each([
    [
      'no forwarding entry',
      'a: bridge fdb del 02:00:00:00:01:02 dev flannel.1 dst 192.168.50.2',
      'a',
      'vxlan-no-fdb',
    ],
    [
      'another VNI there',
      'b: ip link del flannel.1\nb: ip link add f2 type vxlan id 2 dev eth0 dstport 8472 nolearning\nb: ip link set f2 up',
      'b',
      'vxlan-unknown-vni',
    ],
    ['no tunnel there', 'b: ip link del flannel.1', 'b', 'no-socket'],
  ] as const)('loses the packet silently: %s', (_, commands, netns, reason) => {
    const machine = tunnel(commands);
    machine.send('a', '10.244.2.0');
    machine.wait();
    expect(machine.netns(netns).dropCounts.get(reason)).toBe(1);
    expect(machine.seen.some((line) => line.startsWith('b flannel.1 in'))).toBe(false);
  });
});
