import { describe, expect, test } from '@jest/globals';
import { readArguments } from './arguments.js';
import { problemText, readLabText } from './read-labs.js';
import { closingLines, reportLab, scenarioLines, summarize } from './report.js';

const SERVED = [{ ns: 'p2', local: '10.244.1.3:80', peer: '10.244.1.2:40001' }];

/** Two pods on a bridge, of which nothing was recorded but that a ping is answered. */
const LAB = {
  id: 'two-pods',
  title: 'two pods on a bridge',
  topology: {
    netns: [{ name: 'n1', sysctl: { 'net.ipv4.ip_forward': 1 } }, { name: 'p1' }, { name: 'p2' }],
    bridges: [{ ns: 'n1', if: 'cni0', addrs: ['10.244.1.1/24'], mac: '02:00:00:00:00:01' }],
    veths: [
      {
        a: { ns: 'p1', if: 'eth0', addrs: ['10.244.1.2/24'], mac: '02:00:00:00:00:02' },
        b: { ns: 'n1', if: 'vp1', master: 'cni0', mac: '02:00:00:00:00:03' },
      },
      {
        a: { ns: 'p2', if: 'eth0', addrs: ['10.244.1.3/24'], mac: '02:00:00:00:00:04' },
        b: { ns: 'n1', if: 'vp2', master: 'cni0', mac: '02:00:00:00:00:05' },
      },
    ],
    vxlans: [],
    routes: [{ ns: 'p1', dst: 'default', via: '10.244.1.1', dev: 'eth0' }],
    neigh: [],
    fdb: [],
    iptables: [],
    listeners: [{ ns: 'p2', proto: 'tcp', addr: '0.0.0.0', port: 80 }],
  },
  macs: {},
  steps: [{ change: { op: 'sleep', ms: 5 } }],
};

/** The lab with a value put at a path. */
function labWith(path: string, value: unknown): unknown {
  const copy: unknown = structuredClone(LAB);
  const keys = path.split('.');
  let at = copy as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1) ?? ''] = value;
  return copy;
}

function firstLine(lab: unknown): string {
  const report = reportLab(readLabText('bad.json', JSON.stringify(lab)));
  return scenarioLines(report, false)[0] ?? '';
}

function stepWith(change: unknown): unknown {
  return labWith('steps.0', { change });
}

function probeOf(probe: object, result: object): unknown {
  return labWith('steps.0', {
    probe: { src: 'p1', proto: 'tcp', dst: '10.244.1.3', dport: 80, ...probe },
    result: { outcome: 'ok', server: [], ...result },
    hops: [],
  });
}

describe('a scenario that is not of the format is told with its path, the value and what would be right', () => {
  test('a file that is not JSON', () => {
    const [problem] = readLabText('bad.json', '{"id": ').problems;
    expect(problem === undefined ? '' : problemText(problem)).toMatch(/^must be JSON: /);
  });

  test.each([
    [
      'an unknown key',
      labWith('topology.routes.0.gw', '10.244.1.1'),
      'FAIL  two-pods: bad.json: topology.routes[0].gw must not be there; keys here are ns, dst, via, dev, type, onlink, src, metric, mtu, scope, table, family',
    ],
    [
      'a wrong type',
      labWith('topology.veths.0.a.mtu', '1500'),
      'FAIL  two-pods: bad.json: topology.veths[0].a.mtu must be a whole number from 0 to 65535, not "1500"',
    ],
    [
      'an address without prefix length',
      labWith('topology.bridges.0.addrs', ['10.244.1.300/24']),
      "FAIL  two-pods: bad.json: topology.bridges[0].addrs[0] must be an address with a prefix length such as 10.244.0.0/16, not '10.244.1.300/24'",
    ],
    [
      'something missing',
      labWith('topology.listeners.0.port', undefined),
      'FAIL  two-pods: bad.json: topology.listeners[0].port is required',
    ],
    [
      'an unknown change',
      stepWith({ op: 'reboot', ns: 'n1' }),
      'FAIL  two-pods: bad.json: steps[0].change.op must be one of sysctl, sleep, ip, bridge, iptables, ip6tables, conntrack, ipset, nft, cmd, listen, close, not "reboot"',
    ],
    [
      'a step that is neither',
      labWith('steps.0', { wait: 5 }),
      'FAIL  two-pods: bad.json: steps[0] must be a mapping with change or probe, not {"wait":5}',
    ],
    [
      'a route in a namespace that is not there',
      labWith('topology.routes.0.ns', 'p9'),
      'FAIL  two-pods: bad.json: topology.routes[0] there is no namespace p9; this lab has n1, p1, p2',
    ],
    [
      'a route through a device that is not there',
      labWith('topology.routes.0.dev', 'eth7'),
      'FAIL  two-pods: bad.json: topology.routes[0] ip route add default via 10.244.1.1 dev eth7: Cannot find device "eth7"; devices of p1 are lo, eth0',
    ],
    [
      'a change of a device that is not there',
      stepWith({ op: 'ip', ns: 'n1', args: 'link set vp9 down' }),
      'FAIL  two-pods: bad.json: steps[0].change ip link set vp9 down: Cannot find device "vp9"; devices of n1 are lo, cni0, vp1, vp2',
    ],
    [
      'a probe from a namespace that is not there',
      probeOf({ src: 'p9' }, {}),
      'FAIL  two-pods: bad.json: steps[0].probe.src there is no namespace p9; this lab has n1, p1, p2',
    ],
    [
      'a sysctl that is not there',
      labWith('topology.netns.0.sysctl', { 'net.ipv4.ip_forwarding': 1 }),
      'FAIL  two-pods: bad.json: topology.netns[0].sysctl["net.ipv4.ip_forwarding"] sysctl -w \'net.ipv4.ip_forwarding=1\': sysctl: cannot stat /proc/sys/net/ipv4/ip_forwarding: No such file or directory',
    ],
  ])('%s', (_name, lab, line) => {
    expect(firstLine(lab)).toBe(line);
  });

  test('a rule that iptables refuses is told with its place and text', () => {
    const rules = ['-A FORWARD -j ACCEPT', '-A FORWARD -p tcp --dport http-ish -j DROP'];
    const lab = labWith('topology.iptables', [
      { ns: 'n1', table: 'filter', chains: [], policy: {}, rules },
    ]);
    expect(firstLine(lab)).toBe(
      "FAIL  two-pods: bad.json: topology.iptables[0].rules[1] -A FORWARD -p tcp --dport http-ish -j DROP: iptables-restore: invalid port/service `http-ish' specified (right would be: a port from 0 to 65535, a service, or FIRST:LAST)",
    );
  });

  test('a rule of a change that iptables refuses is told with its place', () => {
    const rules = ['-A FORWARD -j NOWHERE'];
    expect(firstLine(stepWith({ op: 'iptables', ns: 'n1', table: 'filter', rules }))).toMatch(
      /^FAIL {2}two-pods: bad\.json: steps\[0\]\.change(\.rules\[0\])? .*iptables-restore: /,
    );
  });

  test.each([
    [
      'rules as a topology has them',
      { op: 'iptables', ns: 'n1', table: 'filter', rules: ['-A FORWARD -j DROP'] },
    ],
    ['words of a command', { op: 'iptables', ns: 'n1', args: '-A FORWARD -j DROP' }],
    ['a whole command', { op: 'cmd', ns: 'n1', cmd: ['ip', 'link', 'set', 'vp1', 'down'] }],
    ['neighbours forgotten', { op: 'ip', ns: 'n1', args: 'neigh flush dev cni0' }],
    ['connections forgotten', { op: 'conntrack', ns: 'n1', args: '-D -p udp' }],
    ['a server started', { op: 'listen', ns: 'p1', proto: 'udp', addr: '0.0.0.0', port: 53 }],
    ['a server stopped', { op: 'close', ns: 'p2', port: 80 }],
    ['rules of nft', { op: 'nft', ns: 'n1', ruleset: 'table ip t { }\n' }],
  ])('%s is a change', (_name, change) => {
    expect(firstLine(stepWith(change))).toBe('ok    two-pods');
  });

  test('a change that Linux refused must be refused', () => {
    const lab = labWith('steps.0', {
      change: { op: 'ip', ns: 'n1', args: 'link set vp1 down' },
      rc: 2,
      stderr: 'RTNETLINK answers: Operation not permitted\n',
    });
    expect(firstLine(lab)).toBe(
      'FAIL  two-pods: bad.json: steps[0].change ip link set vp1 down: Linux refused it with exit code 2',
    );
  });
});

describe('a probe', () => {
  test('passes when everything that was recorded of it agrees', () => {
    const lab = labWith('steps.0', {
      probe: { src: 'p1', proto: 'udp', dst: '127.0.0.1', dport: 9, size: 8 },
      result: { outcome: 'error', errno: 'ECONNREFUSED', stage: 'recv', elapsed_ms: 0 },
      hops: ['out', 'in', 'out', 'in'].map((dir, index) => ({
        ns: 'p1',
        if: 'lo',
        dir,
        ...(dir === 'in' ? { cast: 'host' } : {}),
        smac: '00:00:00:00:00:00',
        dmac: '00:00:00:00:00:00',
        l3: 'ip',
        src: '127.0.0.1',
        dst: '127.0.0.1',
        ttl: 64,
        ...(index < 2
          ? { proto: 'udp', len: 36, df: true, sport: 40001, dport: 9 }
          : {
              proto: 'icmp',
              len: 64,
              df: false,
              icmp: {
                type: 3,
                code: 3,
                orig: {
                  proto: 'udp',
                  src: '127.0.0.1',
                  dst: '127.0.0.1',
                  ttl: 64,
                  sport: 40001,
                  dport: 9,
                },
              },
            }),
      })),
    });
    expect(scenarioLines(reportLab(readLabText('good.json', JSON.stringify(lab))), true)).toEqual([
      'ok    two-pods',
    ]);
  });

  test.each([
    ['the stage', { dport: 81 }, { outcome: 'error', errno: 'ECONNREFUSED', stage: 'send' }],
    [
      'the time of a timer',
      { dst: '10.244.1.9', timeout_ms: 5000 },
      { outcome: 'error', errno: 'EHOSTUNREACH', elapsed_ms: 1020 },
    ],
    ['who was reached', {}, { server: SERVED.map((arrival) => ({ ...arrival, ns: 'p1' })) }],
    ['its own address', {}, { local: '10.244.1.2:40009', server: SERVED }],
    [
      'an ICMP error',
      { proto: 'udp', dport: 9 },
      {
        outcome: 'error',
        errno: 'ECONNREFUSED',
        icmp_seen_by_src: [{ type: 3, code: 3, from: '10.244.1.1' }],
      },
    ],
  ])('fails when %s differs', (_name, probe, result) => {
    const report = reportLab(readLabText('x.json', JSON.stringify(probeOf(probe, result))));
    expect(report.difference?.summary).toBe('another result');
  });

  test('is compared without what its recording does not say', () => {
    const report = reportLab(
      readLabText('x.json', JSON.stringify(probeOf({}, { weather: 'fine', server: SERVED }))),
    );
    expect(report.difference?.summary).toMatch(/^frame 1 on/);
    expect(closingLines(summarize('labs', [report]))).toEqual([
      'recorded but not compared: steps[].result.weather',
      'order: 0 of 1 probes agree in total order',
      "counters: 0 of 0 agree with podnet's drops (0 count what podnet does not)",
      '0 passed, 1 failed',
    ]);
  });
});

describe('what is not a file of the folder, or no option, is refused', () => {
  test.each([
    [
      [],
      'the folder of recordings must be named, as in: npm run conformance -- ../shared/linux/reach',
    ],
    [['labs', '--fast'], 'an option must be one of --json, --verbose, --help, -h, not --fast'],
  ])('%j', (args, error) => {
    expect(readArguments(args)).toEqual({ ok: false, error });
  });

  test('options and ids are read in any order', () => {
    expect(readArguments(['labs', '--json', 'one', '--verbose', 'two'])).toEqual({
      ok: true,
      value: { folder: 'labs', ids: ['one', 'two'], json: true, verbose: true, help: false },
    });
  });
});
