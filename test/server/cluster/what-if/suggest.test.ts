import { afterEach, describe, expect, test } from '@jest/globals';
import type { TraceRequest } from '../../../../server/contract/live.js';
import type { SuggestReport, TypedRequest } from '../../../../server/contract/what-if.js';
import { viewNetns } from '../../../../topology/index.js';
import { type Scenario, startCluster } from '../../../scenario/helper/start-cluster.js';

/** A client on one node and two web servers on another, so that every trace crosses the wire. */
const WEB = `
apiVersion: v1
kind: Pod
metadata: { name: client, labels: { app: client } }
spec:
  nodeSelector: { kubernetes.io/hostname: worker-1 }
  containers: [{ name: shell, image: "busybox:1.36", command: [sleep, "86400"] }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      nodeSelector: { kubernetes.io/hostname: worker-2 }
      containers: [{ name: nginx, image: "nginx:1.27" }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

const service = (spec: string) => `
---
apiVersion: v1
kind: Service
metadata: { name: broken }
spec: ${spec}
`;

const pod = (name: string, spec: string) => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec: ${spec}
`;

const policy = (spec: string) => `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: closed }
spec: ${spec}
`;

const fault = (spec: string) => `
---
apiVersion: podnet.dev/v1
kind: Fault
metadata: { name: broken }
spec: ${spec}
`;

let it: Scenario;
afterEach(() => it.stop());

/** Sends a trace that fails, and asks what would make it arrive. */
async function suggested(request: TraceRequest): Promise<SuggestReport> {
  const { handlers } = it.operations;
  const sent = await handlers.trace(request);
  if (sent.ok) expect(sent.value.disposition).not.toBe('delivered');
  const answer = await handlers.suggest({
    trace: request,
    run: 'test',
    ...(sent.ok ? { journey: sent.value.id } : {}),
  });
  if (!answer.ok) throw new Error(answer.error);
  return answer.value;
}

interface Row {
  readonly name: string;
  readonly manifests?: string;
  readonly typed?: readonly TypedRequest[];
  readonly to: string;
  readonly from?: string;
  readonly more?: Partial<TraceRequest>;
  readonly first: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'a selector with a slip',
    manifests: service('{ selector: { app: wbe }, ports: [{ port: 80 }] }'),
    to: 'broken:80',
    first: 'Let Service default/broken select app=web',
  },
  {
    name: 'a targetPort where nobody listens',
    manifests: service('{ selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }'),
    to: 'broken:80',
    first: 'Let Service broken send port 80 to targetPort 80',
  },
  {
    name: 'a port that the Service lacks',
    to: 'web:8080',
    first: 'Let Service default/web offer port 8080/tcp as well',
  },
  {
    name: 'a policy without a rule for the sender',
    manifests: policy('{ podSelector: { matchLabels: { app: web } }, policyTypes: [Ingress] }'),
    to: 'web:80',
    first: 'Let NetworkPolicy closed allow ingress from pods with app=client on TCP 80',
  },
  {
    name: 'a policy without a rule for the receiver',
    manifests: policy('{ podSelector: { matchLabels: { app: client } }, policyTypes: [Egress] }'),
    to: 'web:80',
    first: 'Let NetworkPolicy closed allow egress to pods with app=web on TCP 80',
  },
  {
    name: 'a program that binds 127.0.0.1',
    manifests: pod(
      'shy',
      '{ containers: [{ name: redis, image: "redis:7.4", args: [redis-server, --bind, 127.0.0.1] }] }',
    ),
    to: 'shy:6379',
    first: 'Let container redis bind 0.0.0.0 instead of 127.0.0.1 (Pod default/shy)',
  },
  {
    name: 'a readiness probe on the wrong port',
    manifests: `${pod('slow', '{ containers: [{ name: nginx, image: "nginx:1.27", readinessProbe: { tcpSocket: { port: 81 }, periodSeconds: 2 } }] }')}${service('{ selector: { app: slow }, ports: [{ port: 80 }] }')}`,
    to: 'broken:80',
    first: 'Let the readiness probe of nginx ask port 80 (Pod default/slow)',
  },
  {
    name: 'an image whose name is misspelt',
    manifests: pod('image', '{ containers: [{ name: nginx, image: "ngnix:1.27" }] }'),
    to: 'image:80',
    first: 'Let container nginx use image nginx:1.27 (Pod default/image)',
  },
  {
    name: 'a pod that no node may take',
    manifests: pod(
      'waits',
      '{ nodeSelector: { disk: ssd }, containers: [{ name: nginx, image: "nginx:1.27" }] }',
    ),
    to: 'waits:80',
    first: 'Let Pod default/waits run on any node',
  },
  {
    name: 'a fault in force',
    manifests: fault('{ type: LinkDown, pod: default/client }'),
    to: 'web:80',
    first: 'Heal fault broken (LinkDown of default/client)',
  },
  {
    name: 'a node without power',
    manifests: fault('{ type: NodeDown, node: worker-2 }'),
    to: 'web:80',
    first: 'Heal fault broken (NodeDown of worker-2)',
  },
  {
    name: 'an iptables rule that drops',
    typed: [{ machine: 'worker-1', lines: ['iptables -I FORWARD -p tcp --dport 80 -j DROP'] }],
    to: 'web:80',
    first: 'Type in worker-1: iptables -t filter -D FORWARD -p tcp -m tcp --dport 80 -j DROP',
  },
  {
    name: 'a chain whose policy drops',
    typed: [{ machine: 'worker-1', lines: ['iptables -F FORWARD', 'iptables -P FORWARD DROP'] }],
    to: 'web:80',
    first: 'Type in worker-1: iptables -t filter -P FORWARD ACCEPT',
  },
  {
    name: 'forwarding that was switched off',
    typed: [{ machine: 'worker-1', lines: ['sysctl -w net.ipv4.ip_forward=0'] }],
    to: 'web:80',
    first: 'Type in worker-1: sysctl -w net.ipv4.ip_forward=1',
  },
  {
    name: 'a route that was deleted',
    typed: [{ machine: 'worker-1', lines: ['ip route del 10.244.2.0/24'] }],
    to: 'web:80',
    first:
      'Put back in worker-1 what it was built with: ip route replace 10.244.2.0/24 via 192.168.50.12 dev eth0',
  },
  {
    name: 'an interface that was taken down',
    typed: [{ pod: 'default/client', lines: ['ip link set eth0 down'] }],
    to: 'web:80',
    first:
      'Put back in pod default/client what it was built with: ip link set dev eth0 up; ip route replace 10.244.0.0/16 via 10.244.1.1 dev eth0; ip route replace default via 10.244.1.1 dev eth0',
  },
  {
    name: 'a TTL that is too short',
    to: 'web:80',
    more: { ttl: 1 },
    first: 'Send with a TTL of 64',
  },
  {
    name: 'a packet that is too large for DF',
    to: 'kube-system/kube-dns:53',
    more: { protocol: 'udp', size: 2000, dontFragment: true },
    first: 'Send 1472 octets of payload',
  },
  {
    name: 'a name that nobody has',
    to: 'wbe:80',
    first: 'Ask web:80',
  },
  {
    name: 'a protocol that the Service does not speak',
    to: 'web',
    more: { protocol: 'icmp' },
    first: 'Ask Service default/web on TCP port 80',
  },
  {
    name: 'a ClusterIP from outside',
    from: 'outside',
    to: 'web:80',
    first: 'Make Service default/web of type NodePort, and ask port 30080 of a node',
  },
  {
    name: 'a nodePort with policy Local on a node without pods',
    manifests: service(
      '{ type: NodePort, externalTrafficPolicy: Local, selector: { app: web }, ports: [{ port: 80, nodePort: 30090 }] }',
    ),
    from: 'outside',
    to: 'node/worker-1:30090',
    first: 'Set externalTrafficPolicy of Service default/broken to Cluster',
  },
  {
    name: 'two policies, one at each end',
    manifests: policy('{ podSelector: {}, policyTypes: [Ingress, Egress] }'),
    to: 'web:80',
    first:
      'Let NetworkPolicy closed, which is about every pod of its namespace, allow egress to pods with app=web on TCP 80; then let NetworkPolicy closed, which is about every pod of its namespace, allow ingress from pods with app=client on TCP 80',
  },
];

describe('what would make a trace arrive', () => {
  test.each(ROWS)(
    'is found for $name',
    async ({ manifests = '', typed = [], from = 'client', to, more, first }) => {
      it = await startCluster({ manifests: WEB + manifests });
      for (const request of typed) {
        const done = await it.operations.handlers.typed(request);
        expect(done).toMatchObject({ ok: true });
      }
      const report = await suggested({ from, to, protocol: 'tcp', namespace: 'default', ...more });
      expect(report.why).toBeUndefined();
      expect(report.suggestions[0]?.text).toBe(first);
      expect(report.suggestions[0]?.journey.disposition).toBe('delivered');
    },
  );
});

/** Everything that a cluster is made of and that a search could touch, as text. */
function fingerprints(): string {
  const { store, fabric, api } = it.cluster;
  const objects = api.registry.all.flatMap(({ storage }) => store.list(storage));
  const spaces = [...fabric.machines.values()].flatMap(({ host }) => [
    viewNetns(host.root),
    ...host.netnsNames.map((name) => {
      const netns = host.netns(name);
      return netns === undefined ? undefined : viewNetns(netns);
    }),
  ]);
  return JSON.stringify(
    [store.revision, fabric.clock.nowNs, objects, spaces],
    (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
}

describe('a search', () => {
  test('knows what was changed in the Topology', async () => {
    it = await startCluster({ manifests: WEB });
    const [topology] = it.cluster.store.list('podnet.dev/topologies');
    if (topology === undefined) throw new Error('there is no Topology');
    const links = (topology.spec.links ?? []).map((link, index) =>
      index === 1 ? { ...link, loss: 0.999999 } : link,
    );
    it.cluster.store.update('podnet.dev/topologies', {
      ...topology,
      spec: { ...topology.spec, links },
    });
    await it.run(1);
    const report = await suggested({ from: 'client', to: 'web:80', protocol: 'tcp' });
    expect(report.suggestions[0]?.text).toBe(
      'Let the cable worker-1:eth0 -- lan:p2 lose no frames',
    );
  });

  test('leaves the live cluster as it was, to the octet', async () => {
    it = await startCluster({
      manifests: WEB + service('{ selector: { app: wbe }, ports: [{ port: 80 }] }'),
    });
    const request = { from: 'client', to: 'broken:80', protocol: 'tcp' } as const;
    const { handlers } = it.operations;
    const sent = await handlers.trace(request);
    if (!sent.ok) throw new Error(sent.error);
    const before = fingerprints();
    const answer = await handlers.suggest({ trace: request, journey: sent.value.id, run: 'x' });
    expect(answer).toMatchObject({ ok: true });
    expect(fingerprints()).toBe(before);
  });

  test('whose changes are applied as they were tried makes the trace arrive here', async () => {
    it = await startCluster({
      manifests: `${WEB}${pod('shy', '{ containers: [{ name: redis, image: "redis:7.4", args: [redis-server, --bind, 127.0.0.1] }] }')}`,
    });
    const request = { from: 'client', to: 'shy:6379', protocol: 'tcp' } as const;
    const { suggestions } = await suggested(request);
    const { handlers } = it.operations;
    for (const deed of suggestions[0]?.deeds ?? []) {
      const done =
        deed.command === 'act'
          ? await handlers.act(deed.request)
          : deed.command === 'apply'
            ? await handlers.apply(deed.request)
            : undefined;
      expect(done).toMatchObject({ ok: true });
    }
    await it.run(1);
    await it.settle();
    expect((await it.trace('client', 'shy:6379')).journey.disposition).toBe('delivered');
  });

  test('finds nothing, and says so, when the cluster has changed since', async () => {
    it = await startCluster({
      manifests: WEB + service('{ selector: { app: wbe }, ports: [{ port: 80 }] }'),
    });
    const request = { from: 'client', to: 'broken:80', protocol: 'tcp' } as const;
    const { handlers } = it.operations;
    const sent = await handlers.trace(request);
    if (!sent.ok) throw new Error(sent.error);
    it.cluster.api.delete({ resource: 'services', namespace: 'default', name: 'broken' });
    await it.run(1);
    const answer = await handlers.suggest({ trace: request, journey: sent.value.id, run: 'x' });
    expect(answer).toMatchObject({ ok: true, value: { suggestions: [] } });
    expect(answer.ok ? answer.value.why : '').toContain('there the trace fares otherwise');
  });

  test('of a trace that arrived, of one that is not kept, or of nothing, is refused in words', async () => {
    it = await startCluster({ manifests: WEB });
    const { handlers } = it.operations;
    const trace = { from: 'client', to: 'web:80', protocol: 'tcp' } as const;
    const sent = await handlers.trace(trace);
    const id = sent.ok ? sent.value.id : '';
    expect(await handlers.suggest({ trace, journey: id, run: 'x' })).toEqual({
      ok: false,
      error: 'this trace arrived: nothing is to be changed',
    });
    expect(await handlers.suggest({ trace, journey: 'gone', run: 'x' })).toEqual({
      ok: false,
      error: 'this trace is no longer kept: send it again',
    });
    const hostile = { run: {} } as unknown as Parameters<typeof handlers.suggest>[0];
    expect(await handlers.suggest(hostile)).toEqual({ ok: false, error: 'a trace must be given' });
    const lines = 'rm -rf /' as unknown as readonly string[];
    expect(await handlers.typed({ machine: 'worker-1', lines })).toEqual({
      ok: false,
      error: 'one to 20 commands are typed at a time',
    });
  });
});
