import { describe, expect, test } from '@jest/globals';
import {
  createPolicyEngine,
  type PolicyEngine,
  type PolicyPod,
  type PolicySpec,
} from '../../../topology/policy/index.js';
import {
  type FakeNetns,
  fakeNetns,
  ip,
  pass,
  TRACE,
  tcp,
  udp,
} from '../kernel/netfilter/fake-netns.js';
import { apply } from '../proxy/cluster.js';

const ADDRESS: Readonly<Record<string, string>> = {
  'shop/web': '10.244.1.2',
  'shop/api': '10.244.1.3',
  'shop/db': '10.244.2.4',
  'ops/prom': '10.244.2.5',
};

function pod(key: string, more: Partial<PolicyPod> = {}): PolicyPod {
  const [namespace = '', name = ''] = key.split('/');
  const address = ADDRESS[key] ?? '10.244.1.9';
  return {
    namespace,
    name,
    ips: [ip(address)],
    nodeName: `n${address.split('.')[2]}`,
    labels: { app: name },
    ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }],
    ...more,
  };
}

/** Two nodes, four pods, and the policies given under names a, b, c … in namespace shop. */
function cluster(...specs: readonly PolicySpec[]) {
  const engine = createPolicyEngine();
  const nodes = new Map<string, FakeNetns>([
    ['n1', fakeNetns()],
    ['n2', fakeNetns()],
  ]);
  engine.setNamespace('shop', { team: 'shop' });
  engine.setNamespace('ops', { team: 'ops' });
  for (const key of Object.keys(ADDRESS)) engine.setPod(pod(key));
  specs.forEach((spec, index) => {
    engine.setPolicy({ namespace: 'shop', name: 'abc'[index] ?? 'z', spec });
  });
  settle(engine, nodes);
  return { engine, nodes };
}

function settle(engine: PolicyEngine, nodes: ReadonlyMap<string, FakeNetns>): string[] {
  const ops = engine.sync();
  for (const [name, fake] of nodes) apply(fake, ops.get(name));
  return [...ops.keys()];
}

/** Whether a first packet gets from pod to pod through the nodes of both. */
function reaches(
  nodes: ReadonlyMap<string, FakeNetns>,
  from: string,
  to: string,
  port = 80,
): boolean {
  const address = (key: string): string => ADDRESS[key] ?? key;
  return [...nodes].every(([name, fake]) => {
    const onPath = [from, to].some((key) => `n${ADDRESS[key]?.split('.')[2]}` === name);
    const skb = tcp(`${address(from)}:40001`, `${address(to)}:${port}`, 'S');
    return !onPath || pass(fake, skb, ['PREROUTING', 'FORWARD', 'POSTROUTING']) === 'accept';
  });
}

const DB = { podSelector: { matchLabels: { app: 'db' } } };

describe('a NetworkPolicy', () => {
  test.each<[string, PolicySpec, string, string, number, boolean]>([
    ['leaves pods alone that it does not select', DB, 'shop/web', 'shop/api', 80, true],
    ['lets nothing in without rules', DB, 'shop/web', 'shop/db', 80, false],
    ['leaves the other direction open', DB, 'shop/db', 'shop/web', 80, true],
    [
      'lets everyone in with an empty rule',
      { ...DB, ingress: [{}] },
      'ops/prom',
      'shop/db',
      80,
      true,
    ],
    [
      'lets in the pods that are named',
      { ...DB, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }] },
      'shop/api',
      'shop/db',
      80,
      true,
    ],
    [
      'keeps out those that are not',
      { ...DB, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }] },
      'shop/web',
      'shop/db',
      80,
      false,
    ],
    [
      'names pods of its own namespace alone without a namespaceSelector',
      { ...DB, ingress: [{ from: [{ podSelector: {} }] }] },
      'ops/prom',
      'shop/db',
      80,
      false,
    ],
    [
      'names other namespaces by their labels',
      { ...DB, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'ops' } } }] }] },
      'ops/prom',
      'shop/db',
      80,
      true,
    ],
    [
      'opens the port that is given',
      { ...DB, ingress: [{ ports: [{ port: 80 }] }] },
      'shop/web',
      'shop/db',
      80,
      true,
    ],
    [
      'opens no other port',
      { ...DB, ingress: [{ ports: [{ port: 80 }] }] },
      'shop/web',
      'shop/db',
      81,
      false,
    ],
    [
      'opens a range of ports',
      { ...DB, ingress: [{ ports: [{ port: 80, endPort: 90 }] }] },
      'shop/web',
      'shop/db',
      85,
      true,
    ],
    [
      'opens no port of another protocol',
      { ...DB, ingress: [{ ports: [{ port: 80, protocol: 'UDP' }] }] },
      'shop/web',
      'shop/db',
      80,
      false,
    ],
    [
      'looks up named ports',
      { ...DB, ingress: [{ ports: [{ port: 'sql' }] }] },
      'shop/web',
      'shop/db',
      5432,
      true,
    ],
    [
      'lets in a block of addresses',
      {
        ...DB,
        ingress: [{ from: [{ ipBlock: { cidr: '10.244.1.0/24', except: ['10.244.1.2/32'] } }] }],
      },
      'shop/api',
      'shop/db',
      80,
      true,
    ],
    [
      'but not those it excepts',
      {
        ...DB,
        ingress: [{ from: [{ ipBlock: { cidr: '10.244.1.0/24', except: ['10.244.1.2/32'] } }] }],
      },
      'shop/web',
      'shop/db',
      80,
      false,
    ],
    [
      'stops egress when it says so',
      { ...DB, policyTypes: ['Egress'] },
      'shop/db',
      'shop/web',
      80,
      false,
    ],
    [
      'lets out to the pods that are named',
      {
        ...DB,
        egress: [{ to: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 80 }] }],
      },
      'shop/db',
      'shop/web',
      80,
      true,
    ],
    [
      'selects by expressions',
      { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['db'] }] } },
      'shop/web',
      'shop/db',
      80,
      false,
    ],
  ])('%s', (_name, spec, from, to, port, expected) => {
    expect(reaches(cluster(spec).nodes, from, to, port)).toBe(expected);
  });

  test('adds to others: what any of them allows is allowed', () => {
    const { nodes } = cluster(DB, { ...DB, ingress: [{ ports: [{ port: 80 }] }] });
    expect(reaches(nodes, 'shop/web', 'shop/db')).toBe(true);
    expect(reaches(nodes, 'shop/web', 'shop/db', 81)).toBe(false);
  });

  test('lets answers through', () => {
    const { nodes } = cluster({ ...DB, policyTypes: ['Ingress', 'Egress'], ingress: [{}] });
    const n2 = nodes.get('n2');
    if (n2 === undefined) throw new Error('no node');
    const hooks = ['PREROUTING', 'FORWARD', 'POSTROUTING'] as const;
    expect(pass(n2, udp('10.244.1.2:40001', '10.244.2.4:53'), hooks)).toBe('accept');
    expect(pass(n2, udp('10.244.2.4:53', '10.244.1.2:40001'), hooks)).toBe('accept');
    const stopped = udp('10.244.2.4:54', '10.244.1.2:40001');
    stopped.trace = TRACE;
    expect(pass(n2, stopped, hooks)).toBe('drop at FORWARD');
    expect(n2.drops.at(-1)?.sentence).toContain('shop/db: no policy allows this egress');
  });
});

describe('changes', () => {
  const onlyApi: PolicySpec = {
    ...DB,
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }],
  };

  test('of a peer pod reach only the nodes whose pods the policy selects', () => {
    const { engine, nodes } = cluster(onlyApi);
    engine.setPod(pod('shop/web', { labels: { app: 'api' } }));
    expect(settle(engine, nodes)).toEqual(['n2']);
    expect(reaches(nodes, 'shop/web', 'shop/db')).toBe(true);
    engine.deletePod('shop/web');
    settle(engine, nodes);
    expect(reaches(nodes, 'shop/web', 'shop/db')).toBe(false);
  });

  test('that change nothing send nothing', () => {
    const { engine } = cluster(onlyApi);
    engine.setPod(pod('shop/db'));
    engine.setPod(pod('ops/prom', { labels: { app: 'prom', more: 'labels' } }));
    expect(engine.sync().size).toBe(0);
  });

  test('take away the rules of a policy that is deleted', () => {
    const { engine, nodes } = cluster(onlyApi);
    engine.deletePolicy('shop/a');
    settle(engine, nodes);
    expect(reaches(nodes, 'shop/web', 'shop/db')).toBe(true);
    const chains = nodes
      .get('n2')
      ?.netfilter.tables('ipv4')[0]
      ?.chains.map(({ name }) => name);
    expect(chains?.filter((name) => name.startsWith('PODNET-')).sort()).toEqual([
      'PODNET-EGRESS',
      'PODNET-INGRESS',
      'PODNET-POLICY',
    ]);
  });

  test('of a pod that moves go to both nodes', () => {
    const { engine, nodes } = cluster(onlyApi);
    engine.setPod(pod('shop/db', { nodeName: 'n1', ips: [ip('10.244.1.44')] }));
    expect(settle(engine, nodes).sort()).toEqual(['n1', 'n2']);
  });

  test('of namespace labels are followed', () => {
    const { engine, nodes } = cluster({
      ...DB,
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { trusted: 'yes' } } }] }],
    });
    expect(reaches(nodes, 'ops/prom', 'shop/db')).toBe(false);
    engine.setNamespace('ops', { trusted: 'yes' });
    settle(engine, nodes);
    expect(reaches(nodes, 'ops/prom', 'shop/db')).toBe(true);
  });

  test('are all sent again to a node that starts anew', () => {
    const { engine, nodes } = cluster(onlyApi);
    nodes.set('n2', fakeNetns());
    engine.resetNode('n2');
    settle(engine, nodes);
    expect(reaches(nodes, 'shop/web', 'shop/db')).toBe(false);
    expect(reaches(nodes, 'shop/api', 'shop/db')).toBe(true);
  });
});
