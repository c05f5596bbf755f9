import { beforeEach, describe, expect, test } from '@jest/globals';
import { ToolsLab } from './harness.js';

/** What nc.openbsd 1.219 said on Linux 6.18. */
describe('nc', () => {
  let lab: ToolsLab;
  beforeEach(async () => {
    lab = await ToolsLab.recorded();
  });

  test.each([
    [
      'nc -vz 127.0.0.1 8079-8081',
      'nc: connect to 127.0.0.1 port 8079 (tcp) failed: Connection refused\n' +
        'Connection to 127.0.0.1 8080 port [tcp/http-alt] succeeded!\n' +
        'nc: connect to 127.0.0.1 port 8081 (tcp) failed: Connection refused\n',
      0,
    ],
    [
      'nc -vzn 127.0.0.1 8080-8079',
      'nc: connect to 127.0.0.1 port 8079 (tcp) failed: Connection refused\n' +
        'Connection to 127.0.0.1 8080 port [tcp/*] succeeded!\n',
      0,
    ],
    ['nc -z 127.0.0.1 8081', '', 1],
    [
      'nc -vz localhost 9090',
      'Connection to localhost (127.0.0.1) 9090 port [tcp/*] succeeded!\n',
      0,
    ],
    [
      'nc -vzn localhost 9090',
      'nc: getaddrinfo for host "localhost" port 9090: Name or service not known\n',
      1,
    ],
    ['nc -vzu 127.0.0.1 7021', '', 1],
    ['nc -vzu 127.0.0.1 5353', 'Connection to 127.0.0.1 5353 port [udp/mdns] succeeded!\n', 0],
    ['nc -v 127.0.0.1 0', 'nc: port number too small: 0\n', 1],
    ['nc -v 127.0.0.1 70000', 'nc: port number too large: 70000\n', 1],
    ['nc -v 127.0.0.1 10-abc', 'nc: port number invalid: abc\n', 1],
    ['nc -v 127.0.0.1', 'nc: missing port number\n', 1],
    ['nc -l', 'nc: missing port number\n', 1],
    ['nc -lz 7077', 'nc: cannot use -z and -l\n', 1],
    ['nc -k 127.0.0.1 1', 'nc: must use -l with -k\n', 1],
    ['nc -w x 127.0.0.1 1', 'nc: timeout invalid: x\n', 1],
    ['nc -vz -s 10.9.9.9 127.0.0.1 8080', 'nc: bind failed: Cannot assign requested address\n', 1],
    ['nc -vz -p 8080 127.0.0.1 9090', 'nc: bind failed: Address already in use\n', 1],
    ['nc -l 10.9.9.9 70', 'nc: Cannot assign requested address\n', 1],
  ])('%s', async (command, output, status) => {
    expect(await lab.run('p1', command)).toMatchObject({ output, status });
  });

  test('without -w a scan of a silent port ends with the last retransmission of its SYN', async () => {
    const { host } = lab;
    const startNs = host.clock.nowNs;
    const got = await lab.run('p1', 'nc -vzn 10.244.2.2 80-81', { seconds: 200 });
    expect(got).toMatchObject({
      output:
        'nc: connect to 10.244.2.2 port 80 (tcp) failed: Connection refused\n' +
        'nc: connect to 10.244.2.2 port 81 (tcp) failed: Connection timed out\n',
      status: 1,
    });
    // Linux took 133.6 s, of which its timer wheel rounded up more than two.
    expect((host.clock.nowNs - startNs) / 1e9).toBeCloseTo(133.6, -1);
  });

  test('a listener says where it listens and who came', async () => {
    const command =
      'nc -lvkn 7003 & sleep 0.1; echo hi | nc -p 40001 -N 127.0.0.1 7003; echo ho | nc -p 40002 127.0.0.1 7003; kill %1';
    expect((await lab.run('p1', command, { seconds: 5 })).output).toBe(
      'Listening on 0.0.0.0 7003\n' +
        'Connection received on 127.0.0.1 40001\nhi\n' +
        'Connection received on 127.0.0.1 40002\nho\n',
    );
  });

  test('a UDP listener is bound, and tells its first peer', async () => {
    const command =
      'nc -luvn 7004 & sleep 0.1; echo hi | nc -u -w 1 -p 40001 127.0.0.1 7004; kill %1';
    expect((await lab.run('p1', command, { seconds: 5 })).output).toMatch(
      /^Bound on 0\.0\.0\.0 7004\nConnection received on 127\.0\.0\.1 \d+\nhi\n$/,
    );
  });
});
