import { beforeEach, describe, expect, test } from '@jest/globals';
import { ToolsLab, UNPRIVILEGED } from './harness.js';

describe('changes through ip, bridge and sysctl', () => {
  let lab: ToolsLab;

  beforeEach(() => {
    lab = new ToolsLab();
  });

  test('take effect in the namespace of the shell', async () => {
    await lab.run(
      'p1',
      'ip addr add 10.9.0.1/24 brd + dev eth0 && ip route add 10.8.0.0/16 via 10.9.0.2',
    );
    const shown = await lab.run('p1', 'ip -4 -o addr show eth0; ip route show 10.8.0.0/16');
    expect(shown.output).toBe(
      '2: eth0    inet 10.244.1.2/24 scope global eth0\\       valid_lft forever preferred_lft forever\n' +
        '2: eth0    inet 10.9.0.1/24 brd 10.9.0.255 scope global eth0\\       valid_lft forever preferred_lft forever\n' +
        '10.8.0.0/16 via 10.9.0.2 dev eth0 \n',
    );
  });

  test.each([
    ['ip addr add 10.244.1.2/24 dev eth0', 'Error: ipv4: Address already assigned.\n', 2],
    ['ip addr add 10.244.1.3/24 dev eth0 scope link', 'Error: ipv4: Invalid scope value.\n', 2],
    ['ip addr add 10.1.1.1/24 dev eth9', 'Cannot find device "eth9"\n', 1],
    ['ip link set eth0 mtu 20', 'Error: mtu less than device minimum.\n', 2],
    ['ip link set eth0 mtu abc', 'Error: argument "abc" is wrong: Invalid "mtu" value\n\n', 255],
    ['ip route add 10.1.0.0/16 via 172.16.0.1', 'Error: Nexthop has invalid gateway.\n', 2],
    ['ip route add default via 10.244.1.7', 'RTNETLINK answers: File exists\n', 2],
    ['ip route del 10.77.0.0/16', 'RTNETLINK answers: No such process\n', 2],
    [
      'ip route change 10.77.0.0/16 via 10.244.1.1',
      'RTNETLINK answers: No such file or directory\n',
      2,
    ],
    ['ip route add 10.1.0.0/16 via foo', 'Error: inet address is expected rather than "foo".\n', 1],
    ['ip neigh del 10.244.1.77 dev eth0', 'RTNETLINK answers: No such file or directory\n', 2],
    ['ip rule del priority 5', 'RTNETLINK answers: No such file or directory\n', 2],
    ['bridge link set dev eth9 hairpin on', 'Cannot find bridge device "eth9"\n', 255],
    [
      'sysctl -w net.ipv4.ip_forward=abc',
      'sysctl: setting key "net.ipv4.ip_forward": Invalid argument\n',
      1,
    ],
    [
      'sysctl -w net.ipv4.nope=1',
      'sysctl: cannot stat /proc/sys/net/ipv4/nope: No such file or directory\n',
      1,
    ],
    ['busybox ip addr add 10.244.1.2/24 dev eth0', 'ip: RTNETLINK answers: File exists\n', 2],
    ['busybox ip link set eth9 up', 'ip: SIOCGIFFLAGS: No such device\n', 2],
  ])('%s is refused in the words of the tool', async (command, output, status) => {
    expect(await lab.run('p1', command)).toMatchObject({ output, status });
  });

  test.each([
    ['ip addr add 10.9.0.1/24 dev eth0', 'RTNETLINK answers: Operation not permitted\n', 2],
    ['ip link set eth0 down', 'RTNETLINK answers: Operation not permitted\n', 2],
    ['ip link set eth9 down', 'Cannot find device "eth9"\n', 1],
    [
      'sysctl -w net.ipv4.ip_forward=1',
      'sysctl: permission denied on key "net.ipv4.ip_forward"\n',
      1,
    ],
    [
      'busybox sysctl -w net.ipv4.ip_forward=1',
      "sysctl: error setting key 'net.ipv4.ip_forward': Read-only file system\n",
      1,
    ],
  ])(
    '%s is not permitted in a container that asks for nothing',
    async (command, output, status) => {
      const ran = await lab.run('p1', command, { security: UNPRIVILEGED });
      expect(ran).toMatchObject({ output, status });
    },
  );

  test('a file of /proc/sys is written where it is writable, and read-only elsewhere', async () => {
    const command = 'echo 1 > /proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward';
    const refused = await lab.run('p1', command, { security: UNPRIVILEGED });
    expect(refused.output).toMatch(/Read-only file system\n0\n$/);
    expect((await lab.run('p1', command)).output).toBe('1\n');
  });
});
