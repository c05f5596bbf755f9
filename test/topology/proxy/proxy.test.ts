import { describe, expect, test } from '@jest/globals';
import { printIptablesSave } from '../../../topology/kernel/command/print-rule.js';
import { ip } from '../kernel/netfilter/fake-netns.js';
import { apply, CLUSTER_CIDR, endpoint, flow, node, proxyWith, service } from './cluster.js';

const POD = '10.244.1.9:40001';
const OUTSIDE = '192.0.2.7:40001';
const NODE = '172.18.0.1:40001';

describe('packets to Services', () => {
  test.each([
    ['a pod to a cluster IP', POD, '10.96.0.20:80', '10.244.2.7:8080'],
    ['a node to a cluster IP', NODE, '10.96.0.20:80', '10.244.2.7:8080 masquerade'],
    [
      'the endpoint itself to its cluster IP',
      '10.244.2.7:40001',
      '10.96.0.20:80',
      '10.244.2.7:8080 masquerade',
    ],
    ['a pod to a port the Service does not have', POD, '10.96.0.20:81', 'untouched'],
    ['outside to a node port', OUTSIDE, '172.18.0.1:30080', '10.244.2.7:8080 masquerade'],
    ['a pod to a node port', POD, '172.18.0.1:30080', '10.244.2.7:8080 masquerade'],
    [
      'a node to its node port on 127.0.0.1',
      '127.0.0.1:40001',
      '127.0.0.1:30080',
      '10.244.2.7:8080 masquerade',
    ],
    ['outside to an external IP', OUTSIDE, '203.0.113.5:80', '10.244.2.7:8080 masquerade'],
    ['a pod to a cluster IP without endpoints', POD, '10.96.0.30:80', 'reject'],
    ['outside to a node port without endpoints', OUTSIDE, '172.18.0.1:30090', 'reject'],
    ['a pod to a headless Service', POD, '10.244.2.7:8080', 'untouched'],
  ])('lead from %s where kube-proxy leads them', (_name, from, to, expected) => {
    const proxy = proxyWith('n1');
    proxy.setService(
      service({
        type: 'NodePort',
        ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
        externalIps: [ip('203.0.113.5')],
      }),
    );
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7:8080')]);
    proxy.setService(
      service({
        name: 'empty',
        type: 'NodePort',
        clusterIps: [ip('10.96.0.30')],
        ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 30090 }],
      }),
    );
    proxy.setService(service({ name: 'headless', clusterIps: [] }));
    proxy.setEndpoints('default/headless', [endpoint('10.244.2.7:8080')]);
    expect(flow(node(proxy, 1), from, to)).toBe(expected);
  });

  test.each([
    ['outside, to a node with an endpoint', 2, OUTSIDE, '172.18.0.2:30080', '10.244.2.7:8080'],
    ['outside, to a node without one', 1, OUTSIDE, '172.18.0.1:30080', 'drop'],
    ['a pod, to a node without one', 1, POD, '172.18.0.1:30080', '10.244.2.7:8080'],
    ['the node itself, without one', 1, NODE, '172.18.0.1:30080', '10.244.2.7:8080 masquerade'],
    ['a pod, to the cluster IP', 1, POD, '10.96.0.20:80', '10.244.2.7:8080'],
    ['outside, to the load balancer address', 2, OUTSIDE, '203.0.113.9:80', '10.244.2.7:8080'],
  ])('with externalTrafficPolicy Local go from %s', (_name, number, from, to, expected) => {
    const proxy = proxyWith('n1', 'n2');
    proxy.setService(
      service({
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
        loadBalancerIps: [ip('203.0.113.9')],
        healthCheckNodePort: 30999,
      }),
    );
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7:8080')]);
    expect(flow(node(proxy, number), from, to)).toBe(expected);
  });

  test.each([
    ['with an endpoint of its own', 2, '10.244.2.7:8080'],
    ['without one', 1, 'drop'],
  ])('with internalTrafficPolicy Local stay on a node %s', (_name, number, expected) => {
    const proxy = proxyWith('n1', 'n2');
    proxy.setService(service({ internalTrafficPolicy: 'Local' }));
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7:8080')]);
    expect(flow(node(proxy, number), `10.244.${number}.9:40001`, '10.96.0.20:80')).toBe(expected);
  });

  test.each([
    ['ready before terminating', { ready: true }, '10.244.1.5:8080'],
    ['terminating ones when none is ready', { ready: false, serving: false }, '10.244.1.6:8080'],
  ])('prefer %s', (_name, first, expected) => {
    const proxy = proxyWith('n1');
    proxy.setService(service());
    proxy.setEndpoints('default/web', [
      endpoint('10.244.1.5', first),
      endpoint('10.244.1.6', { ready: false, terminating: true }),
    ]);
    expect(flow(node(proxy, 1), POD, '10.96.0.20:80')).toBe(expected);
  });

  test('let only the source ranges through to a load balancer', () => {
    const proxy = proxyWith('n1');
    proxy.setService(
      service({
        type: 'LoadBalancer',
        loadBalancerIps: [ip('203.0.113.9')],
        loadBalancerSourceRanges: [CLUSTER_CIDR],
      }),
    );
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7:8080')]);
    const fake = node(proxy, 1);
    expect(flow(fake, POD, '203.0.113.9:80')).toBe('10.244.2.7:8080 masquerade');
    expect(flow(fake, OUTSIDE, '203.0.113.9:80')).toBe('drop');
  });

  test('spread evenly over endpoints, and stay with ClientIP affinity', () => {
    const spread = (affinity: 'None' | 'ClientIP'): Map<string, number> => {
      const proxy = proxyWith('n1');
      proxy.setService(service({ sessionAffinity: affinity }));
      proxy.setEndpoints(
        'default/web',
        ['10.244.2.5', '10.244.2.6', '10.244.2.7'].map((text) => endpoint(text)),
      );
      const fake = node(proxy, 1);
      const counts = new Map<string, number>();
      for (let port = 0; port < 600; port++) {
        const target = flow(fake, `10.244.1.9:${20000 + port}`, '10.96.0.20:80');
        counts.set(target, (counts.get(target) ?? 0) + 1);
      }
      return counts;
    };
    const even = [...spread('None').values()];
    expect(even).toHaveLength(3);
    for (const count of even) expect(count).toBeGreaterThan(150);
    expect([...spread('ClientIP').values()]).toEqual([600]);
  });
});

describe('syncing nodes', () => {
  test('gives all nodes the same op object', () => {
    const proxy = proxyWith('n1', 'n2', 'n3');
    proxy.sync();
    proxy.setService(service());
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7:8080')]);
    const ops = proxy.sync();
    expect([...ops.keys()]).toEqual(['n1', 'n2', 'n3']);
    expect(ops.get('n1')).toBe(ops.get('n3'));
    expect(proxy.sync().size).toBe(0);
  });

  test('writes only the chains of the Service that changed', () => {
    const proxy = proxyWith('n1');
    for (const name of ['a', 'b', 'c']) {
      proxy.setService(service({ name, clusterIps: [ip(`10.96.1.${name.charCodeAt(0)}`)] }));
      proxy.setEndpoints(`default/${name}`, [endpoint('10.244.2.7:8080')]);
    }
    proxy.sync();
    proxy.setEndpoints('default/b', [endpoint('10.244.2.7:8080'), endpoint('10.244.2.8:8080')]);
    const [op, ...rest] = proxy.sync().get('n1') ?? [];
    expect(rest).toEqual([]);
    if (op?.op !== 'iptables.restore') throw new Error('not a restore');
    expect(op.tables.map(({ table }) => table)).toEqual(['nat']);
    const names = op.tables[0]?.chains.map(({ name }) => name.slice(0, 9));
    expect(names).toEqual(['KUBE-SVC-', 'KUBE-SEP-']);
  });

  test('differs by node only where policy Local finds endpoints', () => {
    const proxy = proxyWith('n1', 'n2', 'n3');
    proxy.sync();
    proxy.setService(
      service({
        externalTrafficPolicy: 'Local',
        ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
      }),
    );
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7:8080')]);
    const ops = proxy.sync();
    expect(ops.get('n1')).toBe(ops.get('n3'));
    expect(ops.get('n1')).not.toBe(ops.get('n2'));
  });

  test('reaches the same rules step by step as at once', () => {
    const proxy = proxyWith('n1', 'n2');
    const old = [1, 2].map((number) => node(proxy, number));
    const step = (): void => {
      const ops = proxy.sync();
      old.forEach((fake, index) => {
        apply(fake, ops.get(`n${index + 1}`));
      });
    };
    const nodePort = { name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 } as const;
    proxy.setService(service({ ports: [nodePort] }));
    step();
    proxy.setEndpoints('default/web', [endpoint('10.244.1.7'), endpoint('10.244.2.7')]);
    proxy.setService(service({ name: 'db', clusterIps: [ip('10.96.0.21')] }));
    step();
    proxy.setService(service({ ports: [nodePort], externalTrafficPolicy: 'Local' }));
    proxy.setEndpoints('default/db', [endpoint('10.244.1.8')]);
    step();
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7'), endpoint('10.244.2.8')]);
    proxy.setService(
      service({ name: 'db', clusterIps: [ip('10.96.0.21')], internalTrafficPolicy: 'Local' }),
    );
    step();
    proxy.setService(service({ name: 'tmp', clusterIps: [ip('10.96.0.22')] }));
    step();
    proxy.deleteService('default/tmp');
    step();
    const chains = (fake: (typeof old)[number]): string[] =>
      fake.netfilter
        .tables('ipv4')
        .flatMap((table) =>
          table.chains.map((chain) => printIptablesSave([{ table: table.table, chains: [chain] }])),
        )
        .sort();
    expect(chains(node(proxy, 1))).toEqual(old[0] && chains(old[0]));
    expect(chains(node(proxy, 2))).toEqual(old[1] && chains(old[1]));
  });

  test('sets up a node in the midst of changes without losing or doubling any', () => {
    const proxy = proxyWith('n1');
    proxy.sync();
    proxy.setService(service());
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7')]);
    const fake = node(proxy, 2);
    proxy.setEndpoints('default/web', [endpoint('10.244.2.8')]);
    apply(fake, proxy.sync().get('n2'));
    expect(flow(fake, POD, '10.96.0.20:80')).toBe('10.244.2.8:8080');
    const names = fake.netfilter
      .tables('ipv4')
      .flatMap(({ chains }) => chains.map(({ name }) => name));
    expect(names.filter((name) => name.startsWith('KUBE-SEP-'))).toHaveLength(1);
  });

  test('forgets UDP connections to an endpoint that is gone', () => {
    const proxy = proxyWith('n1');
    const dns = { name: 'dns', protocol: 'UDP', port: 53 } as const;
    proxy.setService(service({ ports: [dns] }));
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7:53', { portName: 'dns' })]);
    const fake = node(proxy, 1);
    proxy.sync();
    expect(flow(fake, POD, '10.96.0.20:53', 'udp')).toBe('10.244.2.7:53');
    proxy.setEndpoints('default/web', [endpoint('10.244.2.8:53', { portName: 'dns' })]);
    apply(fake, proxy.sync().get('n1'));
    expect(flow(fake, POD, '10.96.0.20:53', 'udp')).toBe('10.244.2.8:53');
  });

  test('shares one form of the rules among a thousand nodes', () => {
    const proxy = proxyWith(...Array.from({ length: 1000 }, (_, index) => `n${index}`));
    proxy.sync();
    proxy.setService(service());
    proxy.setEndpoints('default/web', [endpoint('10.244.2.7')]);
    expect(new Set(proxy.sync().values()).size).toBe(1);
  });
});

test('writes the rules of a small cluster as iptables-save shows them on a node', () => {
  const proxy = proxyWith('n1');
  proxy.setService(
    service({
      type: 'NodePort',
      sessionAffinity: 'ClientIP',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
    }),
  );
  proxy.setEndpoints('default/web', [endpoint('10.244.1.7'), endpoint('10.244.2.7')]);
  proxy.setService(service({ name: 'empty', clusterIps: [ip('10.96.0.30')] }));
  expect(printIptablesSave(node(proxy, 1).netfilter.tables('ipv4'))).toMatchSnapshot();
});
