import { formatIp, parseCidr } from '../../../topology/addr/index.js';
import type { KernelOp } from '../../../topology/kernel/ops.js';
import {
  createProxy,
  type ProxyEndpoint,
  type ProxyService,
  type ServiceProxy,
} from '../../../topology/proxy/index.js';
import { type FakeNetns, fakeNetns, ip, pass, tcp, udp } from '../kernel/netfilter/fake-netns.js';

export const CLUSTER_CIDR = (() => {
  const parsed = parseCidr('10.244.0.0/16');
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
})();

/** A proxy for the pod network 10.244.0.0/16 with the given nodes. */
export function proxyWith(...nodes: readonly string[]): ServiceProxy {
  const proxy = createProxy({ clusterCidr: CLUSTER_CIDR });
  for (const node of nodes) proxy.addNode(node);
  return proxy;
}

/** A ClusterIP Service `default/web` with one port 80, unless said otherwise. */
export function service(more: Partial<ProxyService> = {}): ProxyService {
  return {
    namespace: 'default',
    name: 'web',
    type: 'ClusterIP',
    clusterIps: [ip('10.96.0.20')],
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    ...more,
  };
}

/** A ready endpoint `10.244.1.2:8080` on the node whose number is its third octet. */
export function endpoint(text: string, more: Partial<ProxyEndpoint> = {}): ProxyEndpoint {
  const [address = '', port = '8080'] = text.split(':');
  return {
    portName: 'http',
    ip: ip(address),
    port: Number(port),
    nodeName: `n${address.split('.')[2]}`,
    ready: true,
    serving: true,
    terminating: false,
    ...more,
  };
}

/** Applies ops; a refusal fails the test. */
export function apply(fake: FakeNetns, ops: readonly KernelOp[] | undefined): void {
  for (const op of ops ?? []) {
    let errno: string | undefined;
    if (op.op === 'iptables.restore') {
      errno = fake.netfilter.restore(op.family, op.tables, op.noflush);
    } else if (op.op === 'iptables.insert') {
      errno = fake.netfilter.edit(op.family, { verb: 'insert', ...op });
    } else if (op.op === 'conntrack.delete') {
      fake.netfilter.conntrack.delete(op);
    } else if (op.op !== 'sysctl.set') {
      throw new Error(`unexpected ${op.op}`);
    }
    if (errno !== undefined) throw new Error(`${op.op}: ${errno}`);
  }
}

/** A node of its own address 172.18.0.N, up to date with the proxy. */
export function node(proxy: ServiceProxy, number: number, seed = 1): FakeNetns {
  const fake = fakeNetns([`172.18.0.${number}`], seed);
  apply(fake, proxy.initialOps(`n${number}`));
  return fake;
}

/** What becomes of a first packet: `DNAT endpoint`, with `masquerade`, or `reject`, `drop`, `untouched`. */
export function flow(
  fake: FakeNetns,
  from: string,
  to: string,
  protocol: 'tcp' | 'udp' = 'tcp',
): string {
  const skb = protocol === 'tcp' ? tcp(from, to, 'S') : udp(from, to);
  const own = fake.netns.ip.addrType(ip(from.split(':')[0] ?? '')) === 'local';
  const local = (): boolean =>
    skb.packet.kind === 'ipv4' && fake.netns.ip.addrType(skb.packet.dst) === 'local';
  let verdict = pass(fake, skb, [own ? 'OUTPUT' : 'PREROUTING']);
  if (verdict === 'accept') {
    if (local()) verdict = pass(fake, skb, ['INPUT']);
    else verdict = pass(fake, skb, own ? ['POSTROUTING'] : ['FORWARD', 'POSTROUTING']);
  }
  const drop = fake.drops.pop();
  if (verdict !== 'accept') return drop?.reason === 'hook-rejected' ? 'reject' : 'drop';
  const { packet } = skb;
  if (packet.kind !== 'ipv4' || packet.body.kind === 'icmp' || packet.body.kind === 'opaque')
    return '?';
  const target = `${formatIp(packet.dst)}:${packet.body.dstPort}`;
  if (target === to) return 'untouched';
  const masqueraded = `${formatIp(packet.src)}:${packet.body.srcPort}` !== from;
  return `${target}${masqueraded ? ' masquerade' : ''}`;
}
