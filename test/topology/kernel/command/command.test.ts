import { describe, expect, test } from '@jest/globals';
import { parseCommand, printOp } from '../../../../topology/kernel/command/index.js';

describe('commands', () => {
  test.each([
    ['ip netns add web'],
    ['ip netns attach web 4242'],
    [
      'ip -n web link add eth0 address 02:00:00:00:00:01 mtu 1450 type veth peer name veth1 address 02:00:00:00:00:02 netns 1',
    ],
    ['ip link add cni0 type bridge'],
    ['ip link add flannel.1 type vxlan id 1 local 192.168.0.2 dev eth0 dstport 8472 nolearning'],
    ['ip link add link eth0 mac0 type macvlan mode bridge'],
    ['ip link set dev veth1 master cni0 up'],
    ['ip link set dev veth1 nomaster'],
    ['ip link set dev eth0 netns web name eth1 down'],
    ['ip link del veth1'],
    ['bridge link set dev veth1 hairpin on isolated off state 3'],
    ['ip -n web addr add 10.244.1.2/24 dev eth0'],
    ['ip addr add fd00::1/64 dev cni0 scope link nodad'],
    ['ip -n web route add default via 10.244.1.1 dev eth0'],
    ['ip -6 route add default via fd00::1 dev eth0'],
    ['ip route add 10.244.2.0/24 via 192.168.0.3 dev eth0 onlink'],
    ['ip route replace blackhole 10.9.0.0/16'],
    ['ip route del 10.244.2.0/24 table 100'],
    ['ip rule add priority 100 from 10.0.0.0/8 fwmark 0x1/0xff iif eth0 table main'],
    ['ip rule add not priority 100 from 10.0.0.0/8 oif eth0 prohibit'],
    ['ip rule add priority 100 table main suppress_prefixlength 0'],
    ['ip -n web neigh replace 10.244.1.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent'],
    ['ip neigh del 10.244.1.1 dev eth0'],
    ['bridge fdb append 02:00:00:00:00:01 dev flannel.1 dst 192.168.0.3 self permanent'],
    ['bridge fdb del 02:00:00:00:00:01 dev flannel.1 self permanent'],
    ['bridge fdb replace 02:00:00:00:00:01 dev veth1 master static'],
    ['sysctl -w net.ipv4.ip_forward=1'],
    ["ip netns exec web sysctl -w 'net.ipv4.ping_group_range=0 1'"],
    ['conntrack -D -p udp --orig-dst 10.96.0.10 --orig-port-dst 53'],
    ['conntrack -F'],
  ])('reads and prints %s', (line) => {
    const read = parseCommand(line);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    expect(read.value.flatMap(printOp)).toEqual([line]);
  });

  test.each([
    ['ip l s eth0 up', 'ip link set dev eth0 up'],
    ['ip a a 10.0.0.1/24 dev eth0', 'ip addr add 10.0.0.1/24 dev eth0'],
    ['ip a add 10.0.0.1 dev eth0', 'ip addr add 10.0.0.1/32 dev eth0'],
    ['ip r a default via 10.0.0.254', 'ip route add default via 10.0.0.254'],
    ['ip r a 10.1.0.1 dev eth0', 'ip route add 10.1.0.1/32 dev eth0'],
    ['ip netns exec web ip link set lo up', 'ip -n web link set dev lo up'],
    ['sysctl net/ipv4/conf/eth0.100/rp_filter=0', 'sysctl -w net.ipv4.conf.eth0/100.rp_filter=0'],
    ['ip link set veth1 type bridge_slave hairpin on', 'bridge link set dev veth1 hairpin on'],
    ['ip link add a type veth peer b', 'ip link add a type veth peer name b'],
  ])('understands %s', (line, full) => {
    const read = parseCommand(line);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    expect(read.value.flatMap(printOp)).toEqual([full]);
  });

  test.each([
    ['ip lnik set eth0 up', 'lnik', 'Object "lnik" is unknown, try "ip help".'],
    ['ip link foo', 'foo', 'Command "foo" is unknown, try "ip link help".'],
    [
      'ip addr add 10.0.0.1/33 dev eth0',
      '10.0.0.1/33',
      'Error: any valid prefix is expected rather than "10.0.0.1/33".',
    ],
    ['ip addr add 10.0.0.1/24', '', 'Not enough information: "dev" argument is required.'],
    [
      'ip route add 10.0.0.1/24 dev eth0',
      '10.0.0.1/24',
      'Error: Invalid prefix for given prefix length.',
    ],
    [
      'ip route add default via 10.0.0.300',
      '10.0.0.300',
      'Error: inet address is expected rather than "10.0.0.300".',
    ],
    ['ip link set eth0 mtu big', 'big', 'Error: argument "big" is wrong: Invalid "mtu" value'],
    ['ip link set eth0 upp', 'upp', 'Error: either "dev" is duplicate, or "upp" is a garbage.'],
    ['ip link add x type vlna', 'vlna', 'Error: Unknown device type.'],
    ['ip link', '', 'ip link list shows and changes nothing'],
    ['ifconfig eth0 up', 'ifconfig', 'ifconfig: command not found'],
  ])('says what is wrong with %s', (line, near, message) => {
    expect(parseCommand(line)).toMatchObject({ ok: false, error: { near, message } });
  });
});
