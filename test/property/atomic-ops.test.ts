import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Rng, SimClock } from '../../topology/base/index.js';
import { parseCommand } from '../../topology/kernel/command/index.js';
import {
  Host,
  type KernelOp,
  type NetNamespace,
  Softirq,
  viewNetns,
} from '../../topology/kernel/index.js';

/** What every run starts from: two namespaces with a bridge, veths, a tunnel, rules and routes. */
const SETUP = [
  'ip netns add a',
  'ip netns add b',
  'ip -n a link set lo up',
  'ip -n a link add br0 type bridge',
  'ip -n a link set br0 up',
  'ip -n a link add v0 type veth peer name e0 netns b',
  'ip -n a link set v0 master br0',
  'ip -n a link set v0 up',
  'ip -n b link set e0 up',
  'ip -n a link add d0 type dummy',
  'ip -n a link set d0 up',
  'ip -n a addr add 10.0.0.1/24 dev br0',
  'ip -n a addr add fd00::1/64 dev br0 nodad',
  'ip -n b addr add 10.0.0.2/24 dev e0',
  'ip -n a addr add 192.168.0.1/24 dev d0',
  'ip -n a link add x0 type vxlan id 1 local 192.168.0.1 dev d0 dstport 8472 nolearning',
  'ip -n a link set x0 up',
  'ip -n a route add default via 192.168.0.254',
  'ip -n b route add default via 10.0.0.1',
  'ip netns exec a iptables -t nat -N SVC',
  'ip netns exec a iptables -t nat -A PREROUTING -j SVC',
  'ip -n a neigh replace 192.168.0.254 lladdr 02:00:00:00:00:99 dev d0 nud permanent',
];

const netns = fc.constantFrom('a', 'b', 'c', 'zz');
const device = fc.constantFrom('lo', 'br0', 'v0', 'e0', 'd0', 'x0', 'n0', 'n1', 'missing');
const address = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.7',
  '192.168.0.1',
  '172.16.0.1',
  'fd00::1',
  'fd00::5',
);
const prefix = fc.constantFrom(
  '10.0.0.1/24',
  '10.0.0.7/24',
  '192.168.0.1/24',
  '172.16.0.1/16',
  'fd00::1/64',
  'fd00::5/64',
);
const block = fc.constantFrom(
  'default',
  '10.9.0.0/16',
  '10.9.1.0/24',
  '172.16.0.0/16',
  'fd09::/64',
);
const mac = fc.constantFrom('02:00:00:00:00:11', '02:00:00:00:00:12', '02:00:00:00:00:99');
const table = fc.constantFrom('filter', 'nat', 'mangle', 'raw');
const chain = fc.constantFrom('INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'SVC', 'X');
const iptables = fc.constantFrom('iptables', 'ip6tables');

/** A command whose words are drawn; most can be carried out in some state, none in every. */
function command(...words: readonly (string | fc.Arbitrary<string | number>)[]) {
  return fc
    .tuple(...words.map((word) => (typeof word === 'string' ? fc.constant(word) : word)))
    .map((drawn) => drawn.join(' '));
}

const anyCommand = fc.oneof(
  command('ip netns', fc.constantFrom('add', 'del'), netns),
  command('ip -n', netns, 'link add', device, 'type', fc.constantFrom('dummy', 'bridge')),
  command('ip -n', netns, 'link add', device, 'type veth peer name', device, 'netns', netns),
  command(
    'ip -n',
    netns,
    'link add',
    device,
    'type vxlan id',
    fc.constantFrom(1, 2),
    'dev',
    device,
    'dstport 8472',
  ),
  command('ip -n', netns, 'link add', device, 'link', device, 'type macvlan mode bridge'),
  command(
    'ip -n',
    netns,
    'link set',
    device,
    fc.constantFrom(
      'up',
      'down',
      'promisc on',
      'promisc off',
      'nomaster',
      'master br0',
      'mtu 1400',
      'mtu 9000',
      'mtu 20',
    ),
  ),
  command('ip -n', netns, 'link set', device, 'address', mac),
  command('ip -n', netns, 'link set', device, 'name', device),
  command('ip -n', netns, 'link set', device, 'netns', netns),
  command('ip -n', netns, 'link del', device),
  command(
    'bridge -n',
    netns,
    'link set dev',
    device,
    fc.constantFrom('hairpin on', 'isolated on', 'learning off', 'state 0', 'state 3'),
  ),
  command('ip -n', netns, 'addr', fc.constantFrom('add', 'del'), prefix, 'dev', device),
  command('ip -n', netns, 'route', fc.constantFrom('add', 'replace', 'del'), block, 'via', address),
  command(
    'ip -n',
    netns,
    'route',
    fc.constantFrom('add', 'replace', 'del'),
    block,
    'dev',
    device,
    'metric',
    fc.constantFrom(1, 100),
  ),
  command(
    'ip -n',
    netns,
    'route add',
    fc.constantFrom('blackhole', 'unreachable', 'prohibit', 'throw'),
    block,
  ),
  command('ip -n', netns, 'route add', block, 'via', address, 'table', fc.constantFrom(100, 254)),
  command(
    'ip -n',
    netns,
    'rule',
    fc.constantFrom('add', 'del'),
    'from',
    fc.constantFrom('10.0.0.0/24', 'fd00::/64'),
    'priority',
    fc.constantFrom(100, 200),
    'table 100',
  ),
  command(
    'ip -n',
    netns,
    'neigh replace',
    address,
    'lladdr',
    mac,
    'dev',
    device,
    'nud',
    fc.constantFrom('permanent', 'stale', 'reachable'),
  ),
  command('ip -n', netns, 'neigh del', address, 'dev', device),
  command(
    'bridge -n',
    netns,
    'fdb',
    fc.constantFrom('append', 'replace', 'del'),
    mac,
    'dev',
    device,
  ),
  command(
    'bridge -n',
    netns,
    'fdb',
    fc.constantFrom('append', 'replace', 'del'),
    mac,
    'dev',
    device,
    'dst',
    fc.constantFrom('192.168.0.8', '192.168.0.9'),
  ),
  command(
    'ip netns exec',
    netns,
    'sysctl -w',
    fc.constantFrom(
      'net.ipv4.ip_forward=1',
      'net.ipv4.conf.br0.rp_filter=1',
      'net.ipv4.conf.all.rp_filter=2',
      'net.ipv6.conf.all.forwarding=1',
      'net.ipv6.conf.all.disable_ipv6=1',
      'net.ipv6.conf.br0.disable_ipv6=1',
      'net.ipv4.ip_local_port_range="40000 41000"',
      'net.bridge.bridge-nf-call-iptables=0',
      'fs.mqueue.msg_max=20',
      'net.none=1',
    ),
  ),
  command(
    'ip netns exec',
    netns,
    iptables,
    '-t',
    table,
    fc.constantFrom('-A', '-I', '-D'),
    chain,
    '-p tcp --dport',
    fc.constantFrom(80, 81),
    '-j',
    fc.constantFrom('ACCEPT', 'DROP', 'SVC', 'MARK --set-mark 1'),
  ),
  command('ip netns exec', netns, iptables, '-t', table, fc.constantFrom('-N', '-F', '-X'), chain),
  command(
    'ip netns exec',
    netns,
    iptables,
    '-t',
    table,
    '-P',
    chain,
    fc.constantFrom('ACCEPT', 'DROP'),
  ),
  command('ip netns exec', netns, 'conntrack -F'),
);

function boot(): Host {
  const clock = new SimClock();
  const host = new Host({ name: 'n1', clock, rng: new Rng(1), softirq: new Softirq(clock) });
  for (const text of SETUP) {
    const ops = opsOf(text);
    const applied = host.apply(ops);
    if (ops.length === 0 || !applied.ok)
      throw new Error(`${text}: ${applied.ok ? 'not read' : applied.error.message}`);
  }
  clock.advance(5_000_000_000);
  return host;
}

/** The ops of a command; none when its words are refused, which is not what is looked at here. */
function opsOf(text: string): readonly KernelOp[] {
  const ops = parseCommand(text);
  return ops.ok ? ops.value : [];
}

/** All that can be seen of a host. */
function look(host: Host): unknown {
  return [...host.namespaces].map((space) => ({
    name: space.name,
    references: space.references,
    ...viewNetns(space),
    iptables6: space.netfilter.tables('ipv6'),
    ports: portsOf(space),
    queues: host.processes.ipcIn(space).sysctl('fs.mqueue.msg_max'),
  }));
}

function portsOf(space: NetNamespace): unknown {
  return space.deviceList.map(({ name, port }) => {
    return [name, port?.state, port?.hairpin, port?.isolated, port?.learning, port?.heldDown];
  });
}

describe('a list of ops', () => {
  test('of which one fails leaves the host exactly as it was, and the error names the one', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.array(anyCommand, { minLength: 1, maxLength: 8 }), {
          minLength: 1,
          maxLength: 6,
        }),
        (lists) => {
          const host = boot();
          for (const list of lists) {
            const ops = list.flatMap(opsOf);
            const before = look(host);
            const applied = host.apply(ops);
            if (applied.ok) continue;
            refused++;
            const { index, op, message, errno } = applied.error;
            expect(op).toBe(ops[index]);
            expect(message).not.toBe('');
            expect(errno).toMatch(/^E[A-Z0-9]+$/);
            expect(look(host)).toEqual(before);
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
