import { describe, expect, test } from '@jest/globals';
import { routeLines } from '../../../../topology/kernel/netns/route-lines.js';
import { viewDevice } from '../../../../topology/kernel/view.js';
import { ip, Machine, recorder } from './machine.js';

/** Two hosts on one link, their link-local addresses past duplicate address detection. */
const PAIR = `
  ip netns add a
  ip netns add b
  a: ip link add eth0 address 02:00:00:00:00:0a type veth peer name eth0 netns b
  b: ip link set eth0 address 02:00:00:00:00:0b
  a: sysctl -w net.ipv6.conf.all.disable_ipv6=0
  b: sysctl -w net.ipv6.conf.all.disable_ipv6=0
  a: ip link set lo up
  b: ip link set lo up
  a: ip link set eth0 up
  b: ip link set eth0 up`;

function pair(more = ''): Machine {
  const machine = new Machine();
  machine.sh(PAIR + more);
  machine.waitSeconds(3);
  machine.watch();
  return machine;
}

function addressesOf(machine: Machine, netns: string): string[] {
  const device = machine.netns(netns).device('eth0');
  if (device === undefined) throw new Error('no eth0');
  return viewDevice(device).addresses.map((own) =>
    [own.address.toString(16), own.prefixLength, own.scope, ...own.flags].join(' '),
  );
}

function sentences(machine: Machine, dst: string, ms = 1): string[] {
  const trace = recorder();
  machine.send('a', dst, { trace });
  machine.wait(ms);
  return trace.steps.map((step) => `${step.component} ${step.action}`);
}

describe('duplicate address detection', () => {
  test('asks from no address after up to a second, and gives the address a second later', () => {
    const machine = new Machine();
    machine.sh(PAIR);
    machine.watch();
    expect(addressesOf(machine, 'a')).toEqual([
      'fe80000000000000000000fffe00000a 64 link tentative',
    ]);
    machine.wait(1000);
    const probes = machine.seen.filter((line) => line.startsWith('a eth0 out'));
    expect(probes).toEqual(['a eth0 out :: > ff02::1:ff00:a hlim 255 icmp6 135/0']);
    machine.wait(1000);
    expect(addressesOf(machine, 'a')).toEqual(['fe80000000000000000000fffe00000a 64 link']);
  });

  test('leaves an address unused that a neighbour has', () => {
    const machine = pair(`
      a: ip addr add fd00::5/64 dev eth0 nodad`);
    machine.sh('b: ip addr add fd00::5/64 dev eth0');
    machine.waitSeconds(3);
    expect(addressesOf(machine, 'b')).toEqual([
      'fd000000000000000000000000000005 64 global dadfailed tentative',
      'fe80000000000000000000fffe00000b 64 link',
    ]);
    expect(machine.netns('b').ip.isLocal(ip('fd00::5'))).toBe(false);
  });

  test('is not done where dad_transmits is 0, accept_dad is 0 or the address says nodad', () => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad`);
    expect(machine.netns('a').ip.isLocal(ip('fd00::1'))).toBe(true);
    machine.sh(`a: sysctl -w net.ipv6.conf.eth0.accept_dad=0
      a: ip addr add fd00::2/64 dev eth0`);
    expect(machine.netns('a').ip.isLocal(ip('fd00::2'))).toBe(true);
  });
});

describe('an IPv6 address', () => {
  test('goes when its link goes down, and the link-local one comes back with the link', () => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad`);
    machine.sh('a: ip link set eth0 down');
    expect(addressesOf(machine, 'a')).toEqual([]);
    expect(routeLines(machine.netns('a'))).toEqual([]);
    machine.sh('a: ip link set eth0 up');
    machine.waitSeconds(3);
    expect(addressesOf(machine, 'a')).toEqual(['fe80000000000000000000fffe00000a 64 link']);
  });

  test('given without detection answers though its link never was up', () => {
    const machine = new Machine();
    machine.sh(`ip netns add a
      a: sysctl -w net.ipv6.conf.all.disable_ipv6=0
      a: ip link add d0 type dummy
      a: ip addr add fd00::1/64 dev d0 nodad`);
    expect(routeLines(machine.netns('a'))).toEqual([]);
    expect(machine.netns('a').ip.route({ dst: ip('fd00::1') })?.type).toBe('local');
  });

  test('stays when keep_addr_on_down says so', () => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad
      a: sysctl -w net.ipv6.conf.eth0.keep_addr_on_down=1
      a: ip link set eth0 down`);
    expect(addressesOf(machine, 'a')).toEqual([
      'fd000000000000000000000000000001 64 global nodad tentative',
    ]);
  });

  test('comes with routes', () => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad
      a: sysctl -w net.ipv6.conf.all.forwarding=1
      a: ip -6 route add default via fd00::2
      a: ip -6 route add prohibit fd00:9::/32`);
    expect(routeLines(machine.netns('a'))).toEqual([
      'fd00::/64 dev eth0 proto kernel metric 256 pref medium',
      'prohibit fd00:9::/32 dev lo metric 1024 pref medium',
      'fe80::/64 dev eth0 proto kernel metric 256 pref medium',
      'default via fd00::2 dev eth0 metric 1024 pref medium',
    ]);
    expect(routeLines(machine.netns('a'), 255)).toEqual([
      'local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1',
      'local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1',
      'broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1',
      'local ::1 dev lo proto kernel metric 0 pref medium',
      'anycast fd00:: dev eth0 proto kernel metric 0 pref medium',
      'local fd00::1 dev eth0 proto kernel metric 0 pref medium',
      'anycast fe80:: dev eth0 proto kernel metric 0 pref medium',
      'local fe80::ff:fe00:a dev eth0 proto kernel metric 0 pref medium',
      'multicast ff00::/8 dev eth0 proto kernel metric 256 pref medium',
    ]);
  });

  test.each([
    [
      'ip addr add ff02::7/64 dev eth0',
      'Error: ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag.',
    ],
    ['ip addr add ::/64 dev eth0', 'Error: ipv6: Invalid address.'],
    ['ip addr add fd00::1/80 dev eth0', 'Error: ipv6: address already assigned.'],
    ['ip addr del fd00::9/64 dev eth0', 'Error: ipv6: address not found.'],
    ['ip -6 route add fd00:f::/64 via fd00:77::1', 'RTNETLINK answers: No route to host'],
    ['ip -6 route add fd00:f::/64 via fd00::1', 'Error: Gateway can not be a local address.'],
    ['ip -6 route add fd00:f::/64 via fe80::1', 'Error: Egress device not specified.'],
    ['ip -6 route add fd00:f::/64 dev eth0 src fd00:66::1', 'Error: Invalid source address.'],
    ['ip -6 neigh del proxy fd00::9 dev eth0', 'RTNETLINK answers: No such file or directory'],
  ])('is refused as iproute2 says it: %s', (command, message) => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad`);
    expect(machine.try(command, 'a')).toBe(message);
  });

  test('is refused where IPv6 is off or the device too small', () => {
    const machine = pair();
    machine.sh('a: sysctl -w net.ipv6.conf.eth0.disable_ipv6=1');
    expect(machine.try('ip addr add fd00::1/64 dev eth0', 'a')).toBe(
      'Error: ipv6: IPv6 is disabled on this device.',
    );
    machine.sh(`a: sysctl -w net.ipv6.conf.eth0.disable_ipv6=0
      a: ip link set eth0 mtu 1200`);
    expect(machine.try('ip addr add fd00::1/64 dev eth0', 'a')).toBe(
      'RTNETLINK answers: Invalid argument',
    );
    expect(addressesOf(machine, 'a')).toEqual([]);
  });

  test('is put back with its state when a later op of the list fails', () => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad`);
    const applied = machine.host.apply([
      { op: 'link.set', netns: 'a', name: 'eth0', up: false },
      { op: 'link.set', netns: 'a', name: 'none', up: false },
    ]);
    expect(applied.ok).toBe(false);
    expect(addressesOf(machine, 'a')).toEqual([
      'fd000000000000000000000000000001 64 global nodad',
      'fe80000000000000000000fffe00000a 64 link',
    ]);
    expect(machine.netns('a').ip.isLocal(ip('fd00::1'))).toBe(true);
  });
});

describe('sending IPv6', () => {
  test('asks the group of the address, then sends', () => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad
      b: ip addr add fd00::2/64 dev eth0 nodad`);
    expect(sentences(machine, 'fd00::2').slice(0, 4)).toEqual([
      'route lookup',
      'neighbor queue',
      'ndp solicit',
      'device transmit',
    ]);
    expect(machine.seen.filter((line) => line.startsWith('a eth0'))).toEqual([
      'a eth0 out fd00::1 > ff02::1:ff00:2 hlim 255 icmp6 135/0',
      'a eth0 in fd00::2 > fd00::1 hlim 255 icmp6 136/0',
      'a eth0 out fd00::1 > fd00::2 hlim 64 udp',
      'a eth0 in fd00::2 > fd00::1 hlim 64 icmp6 1/4',
    ]);
  });

  test('answers a link-local address on the link that asked', () => {
    const machine = pair();
    const eth0 = machine.netns('a').device('eth0');
    if (eth0 === undefined) throw new Error('no eth0');
    const errno = machine.netns('a').ip.send({
      src: undefined,
      dst: ip('fe80::ff:fe00:b'),
      proto: 58,
      body: { kind: 'icmp', type: 128, code: 0, rest: 1, payload: new Uint8Array(8) },
      oif: eth0,
    });
    expect(errno).toBeUndefined();
    machine.wait();
    expect(machine.seen.filter((line) => line.includes('icmp6 12'))).toEqual([
      'a eth0 out fe80::ff:fe00:a > fe80::ff:fe00:b hlim 64 icmp6 128/0',
      'b eth0 in fe80::ff:fe00:a > fe80::ff:fe00:b hlim 64 icmp6 128/0',
      'b eth0 out fe80::ff:fe00:b > fe80::ff:fe00:a hlim 64 icmp6 129/0',
      'a eth0 in fe80::ff:fe00:b > fe80::ff:fe00:a hlim 64 icmp6 129/0',
    ]);
  });

  test.each([
    ['fd00:7::1', '', 'ENETUNREACH'],
    ['fd00:7::1', 'a: ip -6 route add unreachable fd00:7::/64', 'EHOSTUNREACH'],
    ['fd00:7::1', 'a: ip -6 route add prohibit fd00:7::/64', 'EACCES'],
    ['fd00:7::1', 'a: ip -6 route add blackhole fd00:7::/64', 'EINVAL'],
    ['fd00:7::1', 'a: ip -6 route add throw fd00:7::/64', 'ENETUNREACH'],
  ])('to %s with "%s" fails with %s', (dst, route, errno) => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad
      ${route}`);
    expect(machine.send('a', dst)).toBe(errno);
  });

  test('fails with EADDRNOTAVAIL when no address could be the source', () => {
    const machine = new Machine();
    machine.sh('ip netns add a');
    expect(machine.send('a', 'fd00:7::1')).toBe('EADDRNOTAVAIL');
  });

  test.each([
    ['2001:db8:f::1', '2001:db8::7'],
    ['fd77::1', 'fd00:0:0:1::1'],
    ['fd00::77', 'fd00::9'],
    ['fd00:0:0:1::5', 'fd00:0:0:1::1'],
    ['::1', '::1'],
    ['fd00::1', 'fd00::1'],
  ])('to %s takes the source %s', (dst, source) => {
    const machine = pair(`
      a: ip addr add fd00::1/64 dev eth0 nodad
      a: ip addr add fd00::9/64 dev eth0 nodad
      a: ip addr add fd00:0:0:1::1/64 dev eth0 nodad
      a: ip addr add 2001:db8::7/64 dev eth0 nodad
      a: ip -6 route add default via fd00::2 dev eth0`);
    const chosen = machine.netns('a').ip.chooseSource({ dst: ip(dst) });
    expect(chosen.ok && chosen.src).toBe(ip(source));
  });
});

describe('ip -6 rule', () => {
  test('is apart from that of IPv4, and has no default table', () => {
    const machine = pair(`
      a: ip -6 rule add fwmark 1 table 100
      a: ip -6 rule add from fd00::1/64 table 100 priority 10`);
    const { fib } = machine.netns('a');
    expect(fib.rules.map((rule) => rule.table)).toEqual([255, 254, 253]);
    expect(fib.rulesOf('ipv6').map((rule) => [rule.priority, rule.table])).toEqual([
      [0, 255],
      [10, 100],
      [32765, 100],
      [32766, 254],
    ]);
  });
});
