import { describe, expect, test } from '@jest/globals';
import { isIpv4 } from '../../../../topology/addr/index.js';
import { ip, Machine } from './machine.js';

function host(commands: string): Machine {
  const machine = new Machine();
  machine.sh(`
    ip link add d0 type dummy
    ip link add d1 type dummy
    ip addr add 10.1.0.1/24 dev d0
    ip addr add 10.1.0.2/24 dev d0
    ip addr add 10.2.0.1/24 dev d1
    ip link set d0 up
    ip link set d1 up
  `);
  machine.sh(commands);
  return machine;
}

function source(machine: Machine, dst: string, src?: string): string {
  const query = src === undefined ? { dst: ip(dst) } : { dst: ip(dst), src: ip(src) };
  const chosen = machine.host.root.ip.chooseSource(query);
  if (!chosen.ok) return chosen.errno;
  const number = Number(chosen.src);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

/** What becomes of a packet from 8.8.8.8 to 10.1.0.1 that comes in by d0 with mark 7. */
function decision7(machine: Machine): string {
  const { root } = machine.host;
  const d0 = root.device('d0');
  const [dst, src] = [ip('10.1.0.1'), ip('8.8.8.8')];
  if (d0 === undefined || !isIpv4(dst) || !isIpv4(src)) throw new Error('no d0');
  return root.router.decideInput(dst, src, d0, 7);
}

describe('source selection', () => {
  test.each([
    ['of the device on the prefix', '', '10.2.0.9', undefined, '10.2.0.1'],
    ['the primary of two', '', '10.1.0.9', undefined, '10.1.0.1'],
    ['the one asked for', '', '10.1.0.9', '10.1.0.2', '10.1.0.2'],
    ['none that is not local', '', '10.1.0.9', '10.9.9.9', 'EINVAL'],
    [
      'src of the route',
      'ip route add 10.5.0.0/16 via 10.1.0.9 src 10.2.0.1',
      '10.5.0.1',
      undefined,
      '10.2.0.1',
    ],
    ['itself for an own address', '', '10.1.0.1', undefined, '10.1.0.1'],
    ['127.0.0.1 for all of 127/8', '', '127.9.9.9', undefined, '127.0.0.1'],
    ['127.0.0.1 for 0.0.0.0', '', '0.0.0.0', undefined, '127.0.0.1'],
    ['none without a route', '', '10.7.0.1', undefined, 'ENETUNREACH'],
    [
      'none when a rule refuses the source that was found',
      'ip rule add from 10.1.0.1 prohibit pref 10',
      '10.1.0.9',
      undefined,
      'EACCES',
    ],
    [
      'the rule of a mark is not asked',
      'ip rule add fwmark 1 lookup 100',
      '10.1.0.9',
      undefined,
      '10.1.0.1',
    ],
  ])('chooses %s', (_, commands, dst, src, expected) => {
    expect(source(host(commands), dst, src)).toBe(expected);
  });
});

describe('address types', () => {
  test.each([
    ['10.1.0.1', 'local'],
    ['127.0.0.53', 'local'],
    ['10.1.0.255', 'broadcast'],
    ['255.255.255.255', 'broadcast'],
    ['224.0.0.1', 'multicast'],
    ['10.1.0.7', 'unicast'],
    ['10.66.0.1', 'blackhole'],
    ['8.8.8.8', 'unicast'],
  ])('%s is %s', (address, type) => {
    const machine = host('ip route add blackhole 10.66.0.0/16');
    expect(machine.host.root.ip.addrType(ip(address))).toBe(type);
  });
});

describe('rules', () => {
  test('send marked packets to another table', () => {
    const machine = host(`
      ip route add default via 10.1.0.9
      ip route add default via 10.2.0.9 table 100
      ip rule add fwmark 7 lookup 100
    `);
    const { ip: layer } = machine.host.root;
    expect(layer.route({ dst: ip('8.8.8.8') })?.text()).toBe(
      'default via 10.1.0.9 dev d0 in table main',
    );
    expect(layer.route({ dst: ip('8.8.8.8'), mark: 7 })?.text()).toBe(
      'default via 10.2.0.9 dev d1 in table 100',
    );
  });

  test.each([
    ['unreachable', 'ENETUNREACH'],
    ['prohibit', 'EACCES'],
    ['blackhole', 'EINVAL'],
    ['table main suppress_prefixlength 0', 'ENETUNREACH'],
  ])('"%s" refuses what the default route would carry with %s', (action, errno) => {
    const machine = host(`
      ip route add default via 10.1.0.9
      ip rule add ${action} pref 10
      ip rule add unreachable pref 20
    `);
    expect(source(machine, '8.8.8.8', undefined)).toBe(errno);
  });

  test('"not" turns the words of a rule around', () => {
    const machine = host('ip rule add not to 10.1.0.0/24 prohibit pref 10');
    expect(source(machine, '10.1.0.9', undefined)).toBe('10.1.0.1');
    expect(source(machine, '10.2.0.9', undefined)).toBe('EACCES');
  });

  test.each([
    ['from the address that is asked for', 'from 10.1.0.1', 'local'],
    ['as sent by this host', 'iif lo', 'local'],
    ['not as coming in', 'iif d0', 'drop'],
    ['without the mark of the packet', 'fwmark 7', 'drop'],
  ])('choose the way back of rp_filter %s', (_, words, decision) => {
    const machine = host(`
      sysctl -w net.ipv4.conf.all.rp_filter=1
      ip route add default via 10.2.0.9
      ip route add default via 10.1.0.9 table 100
      ip rule add ${words} table 100 pref 10
    `);
    expect(decision7(machine)).toBe(decision);
  });

  test('src_valid_mark lets the mark choose the way back', () => {
    const machine = host(`
      sysctl -w net.ipv4.conf.all.rp_filter=1
      sysctl -w net.ipv4.conf.all.src_valid_mark=1
      ip route add default via 10.2.0.9
      ip route add default via 10.1.0.9 table 100
      ip rule add fwmark 7 table 100 pref 10
    `);
    expect(decision7(machine)).toBe('local');
  });
});

describe('sysctl', () => {
  test.each([
    [
      'rp_filter takes the larger',
      'net.ipv4.conf.all.rp_filter=1\nnet.ipv4.conf.d0.rp_filter=2',
      'net.ipv4.conf.d0.rp_filter',
      2,
    ],
    ['proxy_arp takes either', 'net.ipv4.conf.all.proxy_arp=1', 'net.ipv4.conf.d0.proxy_arp', 1],
    ['ip_forward reaches every device', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.d1.forwarding', 1],
    [
      'forwarding of a device is its own',
      'net.ipv4.conf.d0.forwarding=1',
      'net.ipv4.ip_forward',
      0,
    ],
    [
      'a default does not reach what exists',
      'net.ipv4.conf.default.rp_filter=1',
      'net.ipv4.conf.d0.rp_filter',
      0,
    ],
    ['what was not set has Linux’s default', '', 'net.ipv4.ip_unprivileged_port_start', 1024],
  ])('%s', (_, settings, key, value) => {
    const commands = settings.split('\n').filter((line) => line !== '');
    const machine = host(commands.map((line) => `sysctl -w ${line}`).join('\n'));
    expect(machine.host.root.sysctl(key)).toBe(value);
  });

  test.each([
    ['net.ipv4.ip_local_port_range', undefined, [32768, 60999]],
    ['net.ipv4.ip_local_port_range', '40000   40009', [40000, 40009]],
    ['net.ipv4.ping_group_range', undefined, [1, 0]],
    ['net.ipv4.ping_group_range', '0 2147483647', [0, 2147483647]],
    ['net.ipv4.ping_group_range', '10 5', [1, 0]],
    ['net.ipv4.ip_forward', undefined, undefined],
  ])('%s set to %s reads as two numbers', (key, value, pair) => {
    const machine = host(value === undefined ? '' : `sysctl -w '${key}=${value}'`);
    expect(machine.host.root.sysctlPair(key)).toEqual(pair);
  });

  test.each(['40000', '40009 40000', '0 100', '1 65536', '1 2 3', 'a b'])(
    'ip_local_port_range refuses %s',
    (value) => {
      expect(host('').try(`sysctl -w 'net.ipv4.ip_local_port_range=${value}'`)).toBe(
        'sysctl: setting key "net.ipv4.ip_local_port_range": Invalid argument',
      );
    },
  );
});
