import { expect, test } from '@jest/globals';
import { formatIp } from '../../../topology/addr/index.js';
import { viewNetns } from '../../../topology/kernel/view.js';
import { Machine, ONE_NODE } from './netns/machine.js';

function node(commands = ''): Machine {
  const machine = new Machine();
  machine.sh(ONE_NODE);
  machine.sh(commands);
  return machine;
}

test('routes come as ip route show prints them, the main table first', () => {
  const machine = node(`
    n: ip link add d0 type dummy
    n: ip link set d0 up
    n: ip addr add 192.168.50.1/24 dev d0
    n: ip route add 10.244.2.0/24 via 192.168.50.2 dev d0
    n: ip route add default via 192.168.50.254
    n: ip route add 10.9.0.0/16 dev d0 table 100
    n: ip route add blackhole 10.244.3.0/24
  `);
  const { routes } = viewNetns(machine.netns('n'));
  expect(routes.map(({ table, line }) => `${table} ${line}`)).toEqual([
    '254 default via 192.168.50.254 dev d0',
    '254 10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1',
    '254 10.244.2.0/24 via 192.168.50.2 dev d0',
    '254 blackhole 10.244.3.0/24',
    '254 192.168.50.0/24 dev d0 proto kernel scope link src 192.168.50.1',
    '100 10.9.0.0/16 dev d0 scope link',
    '255 local 10.244.1.1 dev cni0 proto kernel scope host src 10.244.1.1',
    '255 broadcast 10.244.1.255 dev cni0 proto kernel scope link src 10.244.1.1',
    '255 local 192.168.50.1 dev d0 proto kernel scope host src 192.168.50.1',
    '255 broadcast 192.168.50.255 dev d0 proto kernel scope link src 192.168.50.1',
  ]);
});

test('rules read as ip rule prints them', () => {
  const machine = node(`
    n: ip rule add from 10.244.1.2 lookup 100 pref 10
    n: ip rule add to 10.0.0.0/8 fwmark 0x4000/0x4000 iif cni0 lookup main pref 20
    n: ip rule add not from 10.0.0.1 oif cni0 prohibit pref 30
    n: ip rule add lookup main suppress_prefixlength 0 pref 40
  `);
  expect(viewNetns(machine.netns('n')).rules).toEqual([
    '0:\tfrom all lookup local',
    '10:\tfrom 10.244.1.2 lookup 100',
    '20:\tfrom all to 10.0.0.0/8 fwmark 0x4000/0x4000 iif cni0 lookup main',
    '30:\tnot from 10.0.0.1 oif cni0 prohibit',
    '40:\tfrom all lookup main suppress_prefixlength 0',
    '32766:\tfrom all lookup main',
    '32767:\tfrom all lookup default',
  ]);
});

test('the forwarding database shows bridge ports and tunnel ends', () => {
  const machine = node(`
    n: ip link add eth0 type dummy
    n: ip addr add 192.168.50.1/24 dev eth0
    n: ip link set eth0 up
    n: ip link add flannel.1 type vxlan id 1 dev eth0 local 192.168.50.1 dstport 8472 nolearning
    n: ip link set flannel.1 up
    n: bridge fdb append 02:00:00:00:00:aa dev flannel.1 dst 192.168.50.2
  `);
  machine.send('p1', '10.244.1.3');
  machine.waitSeconds(3);
  const { fdb } = viewNetns(machine.netns('n'));
  expect(fdb.filter((row) => !row.local).map((row) => [row.line, row.ageSeconds])).toEqual([
    ['02:00:00:00:00:02 dev v1 master cni0', 3],
    ['02:00:00:00:00:04 dev v2 master cni0', 3],
    ['02:00:00:00:00:aa dev flannel.1 dst 192.168.50.2 self permanent', 0],
  ]);
  const tunnel = fdb.find((row) => row.bridge === 'flannel.1')?.dst;
  expect(tunnel === undefined ? undefined : formatIp(tunnel)).toBe('192.168.50.2');
});

test('neighbours, connections, addresses and drops are shown', () => {
  const machine = node(`
    p1: ip addr add 10.244.1.9/24 dev eth0
    p2: iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
  `);
  machine.send('p1', '10.244.1.3');
  machine.wait();
  const [one, two] = [viewNetns(machine.netns('p1')), viewNetns(machine.netns('p2'))];
  expect(one.neighbors.map((n) => `${formatIp(n.address)} ${n.device} ${n.state}`)).toEqual([
    '10.244.1.3 eth0 reachable',
  ]);
  expect(
    one.devices.map((device) => [
      device.name,
      ...device.addresses.map((own) => `${formatIp(own.address)} ${own.scope} ${own.secondary}`),
    ]),
  ).toEqual([
    ['lo', '127.0.0.1 host false'],
    ['eth0', '10.244.1.2 global false', '10.244.1.9 global true'],
  ]);
  expect(two.conntrack).toEqual([
    'udp      17 29 src=10.244.1.2 dst=10.244.1.3 sport=40000 dport=9 [UNREPLIED] src=10.244.1.3 dst=10.244.1.2 sport=9 dport=40000 mark=0 use=1',
  ]);
  expect(two.drops).toEqual([['no-socket', 1]]);
});
