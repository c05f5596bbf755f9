import { describe, expect, test } from '@jest/globals';
import { type ServiceRecord, VirtualFileSystem } from '../../../server/program/index.js';
import { ANY, address, SERVICES, withDns } from './dns-lab.js';
import { Lab } from './lab.js';

describe('names', () => {
  test.each([
    ['the cluster IP of a Service by its short name', 'dig +short +search web', '10.96.0.7\n'],
    [
      'all endpoints of a headless Service',
      'dig +short db.default.svc.cluster.local',
      '10.244.1.5\n10.244.2.5\n',
    ],
    ['one pod of a StatefulSet', 'dig +short db-1.db.default.svc.cluster.local', '10.244.2.5\n'],
    [
      'SRV records of a named port',
      'dig +short SRV _http._tcp.web.default.svc.cluster.local',
      '0 100 80 web.default.svc.cluster.local.\n',
    ],
    [
      'an ExternalName with what it leads to',
      'dig +short out.default.svc.cluster.local',
      'web.default.svc.cluster.local.\n10.96.0.7\n',
    ],
    ['a pod by its address', 'dig +short 10-244-1-9.default.pod.cluster.local', '10.244.1.9\n'],
    ['a reverse name', 'dig +short -x 10.96.0.7', 'web.default.svc.cluster.local.\n'],
    ['a name over TCP', 'dig +short +tcp web.default.svc.cluster.local', '10.96.0.7\n'],
  ])('CoreDNS gives %s', async (_name, command, out) => {
    expect((await withDns().script(command, ANY)).out).toBe(out);
  });

  test('CoreDNS says NXDOMAIN with its SOA for what is not there', async () => {
    const got = await withDns().script(
      'dig nope.default.svc.cluster.local; dig +short web.default.svc.cluster.local AAAA',
      ANY,
    );
    expect(got.out).toContain('status: NXDOMAIN');
    expect(got.out).toContain(
      'cluster.local.\t\t5\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local.',
    );
  });

  const SERVER = 'Server:\t\t127.0.0.1\nAddress:\t127.0.0.1:53\n\n';
  const FOUND = 'Name:\tweb.default.svc.cluster.local\nAddress: 10.96.0.7\n\n';
  const missing = (name: string) => `** server can't find ${name}: NXDOMAIN\n\n`;

  test('busybox nslookup asks for a name with dots as it is', async () => {
    const lab = withDns();
    const full = await lab.script('nslookup web.default.svc.cluster.local');
    expect(full.out).toBe(`${SERVER}${FOUND}\n`);
    const short = await lab.script('nslookup web.default');
    expect(short.out).toContain("** server can't find web.default:");
    expect(short.code).toBe(1);
  });

  test('busybox nslookup asks for a name without dots in every search domain', async () => {
    const got = await withDns().script('nslookup web');
    const other = missing('web.svc.cluster.local');
    expect(got.out).toBe(`${SERVER}${FOUND}${other}\n${other}`);
    expect(got.code).toBe(0);
  });

  test('nslookup of busybox 1.28 goes through libc', async () => {
    const lab = withDns();
    const image = { reference: 'busybox:1.28' };
    const got = await lab.script('nslookup web.default', { image });
    expect(got.out).toBe(
      'Server:    127.0.0.1\nAddress 1: 127.0.0.1\n\nName:      web.default\nAddress 1: 10.96.0.7 web.default.svc.cluster.local\n',
    );
    const none = await lab.script('nslookup nope', { image });
    expect([none.err, none.code]).toEqual(["nslookup: can't resolve 'nope'\n", 1]);
  });

  test('a loop that waits for a Service by its short name ends once it exists', async () => {
    const lab = withDns();
    const services: Record<string, ServiceRecord> = SERVICES;
    const waiter = lab.start({
      argv: ['sh', '-c', 'until nslookup late > /dev/null; do sleep 2; done; echo there'],
    });
    await lab.run(10);
    expect(waiter.output.stdout).toBe('');
    services.late = { clusterIps: [address('10.96.0.8')], ports: [], endpoints: [] };
    await lab.run(5);
    delete services.late;
    expect(waiter.output.stdout).toBe('there\n');
    expect(waiter.process.exitCode).toBe(0);
  });

  test('an unanswered question costs attempts times timeout', async () => {
    const lab = new Lab();
    lab.start({ argv: ['sh', '-c', 'nc -u -l -p 53 > /dev/null'] });
    const files = new VirtualFileSystem();
    files.makeDirectory('/etc');
    files.writeFile('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
    const got = await lab.script('date +%s; curl -s http://db.example/; echo $?; date +%s', {
      ...ANY,
      files,
    });
    const [before, code, after] = got.out.trim().split('\n').map(Number);
    expect(code).toBe(6);
    expect((after ?? 0) - (before ?? 0)).toBe(10);
  });
});

describe('client tools', () => {
  test.each([
    [
      'curl refused',
      'curl -sS http://localhost:7777/',
      "curl: (7) Failed to connect to localhost port 7777 after 0 ms: Couldn't connect to server\n",
      7,
    ],
    [
      'curl of an unknown host',
      'curl -sS http://nope.invalid/',
      'curl: (6) Could not resolve host: nope.invalid\n',
      6,
    ],
    [
      'curl without an answer in time',
      'nc -lk -p 81 & sleep 1; curl -sS -m 2 http://127.0.0.1:81/',
      'curl: (28) Operation timed out after 2000 milliseconds with 0 bytes received\n',
      28,
    ],
    [
      'curl without a route',
      'curl -sS http://192.0.2.1/',
      "curl: (7) Failed to connect to 192.0.2.1 port 80 after 0 ms: Couldn't connect to server\n",
      7,
    ],
    [
      'nc refused',
      'nc -vz -w 2 127.0.0.1 8888',
      'nc: connect to 127.0.0.1 port 8888 (tcp) failed: Connection refused\n',
      1,
    ],
    ['nc on a taken port', 'nc -l -p 82 & sleep 1; nc -l 82', 'nc: Address already in use\n', 1],
    ['ping without a route', 'ping -c 1 192.0.2.1', 'ping: connect: Network is unreachable\n', 2],
  ])('%s has the words and status of the real one', async (_name, command, err, code) => {
    const lab = withDns();
    expect(await lab.script(command, ANY)).toMatchObject({ err, code });
  });

  test.each([
    [
      'wget refused',
      'wget -O- http://127.0.0.1:8888/',
      "Connecting to 127.0.0.1:8888 (127.0.0.1:8888)\nwget: can't connect to remote host (127.0.0.1): Connection refused\n",
    ],
    [
      'wget of an unknown host',
      'wget -qO- http://nope.invalid/',
      "wget: bad address 'nope.invalid'\n",
    ],
    [
      'nc refused',
      'nc -w 1 127.0.0.1 8888',
      "nc: can't connect to remote host (127.0.0.1): Connection refused\n",
    ],
  ])('busybox %s has its own words', async (_name, command, err) => {
    expect(await withDns().script(command)).toMatchObject({ err, code: 1 });
  });

  test('ping prints each answer and the sums', async () => {
    const got = await new Lab().script('ping -c 2 127.0.0.1', ANY);
    expect(got.out).toMatch(
      /^PING 127\.0\.0\.1 \(127\.0\.0\.1\) 56\(84\) bytes of data\.\n64 bytes from 127\.0\.0\.1: icmp_seq=1 ttl=64 time=\d\.\d{3} ms\n64 bytes/,
    );
    expect(got.out).toContain(
      '\n--- 127.0.0.1 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time 1000ms\n',
    );
  });

  test('two shells talk through nc', async () => {
    const got = await new Lab().script(
      '(echo hello | nc -l -p 9000 > /tmp/got) & sleep 1; echo question | nc 127.0.0.1 9000; wait; cat /tmp/got',
    );
    expect(got.out).toBe('hello\nquestion\n');
  });

  test('a queue carries messages between processes, by priority', async () => {
    const got = await new Lab().script(
      'mq send /jobs low -p 1; mq send /jobs high -p 5; mq stat /jobs; mq recv /jobs; mq recv /jobs; mq recv /jobs -n; (mq recv /jobs; echo woken) & sleep 1; mq send /jobs late; wait',
      ANY,
    );
    expect(got.out).toBe('maxmsg=10 msgsize=8192 curmsgs=2\nhigh\nlow\nlate\nwoken\n');
    expect(got.err).toBe('mq: mq_receive /jobs: Resource temporarily unavailable\n');
  });
});
