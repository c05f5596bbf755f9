import {
  type Device,
  formatCidr,
  formatIp,
  type NetNamespace,
  viewNetns,
} from '../../topology/index.js';
import { podWords } from '../api/table/pod-status.js';
import type { DetailSection, VertexDetails } from '../contract/live.js';
import { BY_NODE } from '../control/index.js';
import type { Cluster } from './cluster.js';
import { slicesOf } from './indexes.js';
import { kernelSections, podDetails } from './pod-details.js';
import { policyDetails } from './policy-reach.js';
import { allRules, connections } from './rule-sections.js';

type Rows = readonly (readonly [string, string])[];

/** What the side panel says of a vertex or edge; undefined when it is gone. */
export function describeVertex(cluster: Cluster, id: string): VertexDetails | undefined {
  const at = id.indexOf(':');
  const path = id.slice(at + 1);
  const [first = '', second = ''] = path.split('/');
  switch (id.slice(0, at)) {
    case 'pod': {
      const pod = cluster.store.get('pods', first, second);
      return pod === undefined ? undefined : podDetails(cluster, id, pod);
    }
    case 'node':
    case 'switch':
      return machineDetails(cluster, id, path);
    case 'bridge':
    case 'tunnel':
      return deviceDetails(cluster, id, { node: first, device: second });
    case 'service':
      return serviceDetails(cluster, id, { namespace: first, name: second });
    case 'policy':
      return policyDetails(cluster, id, path);
    case 'cable':
      return cableDetails(cluster, id);
    case 'veth':
    case 'uplink':
      return pairDetails(cluster, id, { first, second });
    default:
      return undefined;
  }
}

function machineDetails(cluster: Cluster, id: string, name: string): VertexDetails | undefined {
  const machine = cluster.fabric.machines.get(name);
  if (machine === undefined) return undefined;
  const node = cluster.fabric.nodes.get(name);
  const object = cluster.store.get('nodes', undefined, name);
  const facts: Rows =
    node === undefined
      ? [['kind', machine.kind]]
      : [
          ['InternalIP', formatIp(node.network.address)],
          ['pod CIDR', formatCidr(node.network.podCidr)],
          ['capacity', `${node.spec.cpu} CPU, ${node.spec.memory} memory, ${node.spec.pods} pods`],
          ['pods', String(cluster.kubelets.get(name)?.podUids().length ?? 0)],
          ['addresses given out', String(node.cni.reservations().length)],
          [
            'taints',
            (object?.spec.taints ?? []).map((t) => `${t.key}:${t.effect}`).join(', ') || 'none',
          ],
          ...(object?.status?.conditions ?? []).map(
            (c) => [c.type, `${c.status} ${c.reason ?? ''}`] as const,
          ),
        ];
  return {
    id,
    title: name,
    subtitle: node === undefined ? machine.kind : `${node.spec.role} node`,
    sections: [
      { kind: 'facts', title: 'Machine', rows: facts },
      ...(node === undefined ? [] : podsOfNode(cluster, name)),
      ...machineSections(machine.host.root),
    ],
  };
}

/** Devices, routes, rules and connections of a machine, then what kube-proxy made of the rules. */
function machineSections(root: NetNamespace): DetailSection[] {
  const proxied = root.netfilter
    .tables('ipv4')
    .flatMap(({ chains, table }) =>
      chains
        .filter(({ name }) => name.startsWith('KUBE-'))
        .map(({ name, rules }) => ({ table, name, rules: rules.length })),
    );
  const countOf = (prefix: string) =>
    String(proxied.filter(({ name }) => name.startsWith(prefix)).length);
  const proxy: DetailSection = {
    kind: 'facts',
    title: 'kube-proxy',
    rows: [
      ['chains of Services', countOf('KUBE-SVC-')],
      ['chains of endpoints', countOf('KUBE-SEP-')],
      ['rules in its chains', String(proxied.reduce((sum, { rules }) => sum + rules, 0))],
    ],
  };
  return [
    ...kernelSections(viewNetns(root)),
    ...allRules(root),
    ...connections(root, ''),
    ...(proxied.length === 0 ? [] : [proxy]),
  ];
}

/** Pods of a node that are listed at most. */
const LISTED_PODS = 120;

function podsOfNode(cluster: Cluster, name: string): DetailSection[] {
  const pods = cluster.store.byIndex('pods', BY_NODE, name);
  return [
    {
      kind: 'table',
      title: 'Pods',
      columns: ['pod', 'status', 'IP'],
      rows: pods
        .slice(0, LISTED_PODS)
        .map((pod) => [
          `${pod.metadata.namespace}/${pod.metadata.name}`,
          podWords(pod, cluster.now()).status,
          pod.status?.podIP ?? '-',
        ]),
      ...(pods.length > LISTED_PODS ? { note: `and ${pods.length - LISTED_PODS} more` } : {}),
    },
  ];
}

function deviceDetails(
  cluster: Cluster,
  id: string,
  names: { readonly node: string; readonly device: string },
): VertexDetails | undefined {
  const host = cluster.fabric.nodes.get(names.node)?.host;
  if (host === undefined) return undefined;
  const view = viewNetns(host.root);
  const device = view.devices.find((d) => d.name === names.device);
  if (device === undefined) return undefined;
  return {
    id,
    title: device.name,
    subtitle: `${device.kind} of ${names.node}`,
    sections: kernelSections({
      ...view,
      devices: view.devices.filter((d) => d.name === names.device || d.master === names.device),
      routes: view.routes.filter((r) => r.line.includes(` dev ${names.device}`)),
      neighbors: view.neighbors.filter((n) => n.device === names.device),
      fdb: view.fdb.filter((e) => e.bridge === names.device),
      iptables: [],
      conntrack: [],
      drops: [],
      sysctls: view.sysctls.filter(
        ([key]) => key.includes(names.device) || key.includes('.bridge.'),
      ),
    }),
  };
}

function serviceDetails(
  cluster: Cluster,
  id: string,
  names: { readonly namespace: string; readonly name: string },
): VertexDetails | undefined {
  const service = cluster.store.get('services', names.namespace, names.name);
  if (service === undefined) return undefined;
  const { spec } = service;
  const slices = slicesOf(cluster.store, names.namespace, names.name);
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    id,
    title: names.name,
    subtitle: `Service in ${names.namespace}`,
    sections: [
      {
        kind: 'facts',
        title: 'Service',
        rows: [
          ['type', spec.type ?? 'ClusterIP'],
          ['cluster IP', spec.clusterIP ?? '-'],
          ['DNS name', `${names.name}.${names.namespace}.svc.cluster.local`],
          ['selector', selector.join(', ') || 'none'],
          ['session affinity', spec.sessionAffinity ?? 'None'],
        ],
      },
      {
        kind: 'table',
        title: 'Ports',
        columns: ['name', 'port', 'target', 'node port'],
        rows: (spec.ports ?? []).map((p) => [
          p.name ?? '-',
          `${p.port}/${p.protocol ?? 'TCP'}`,
          String(p.targetPort ?? p.port),
          p.nodePort === undefined ? '-' : String(p.nodePort),
        ]),
      },
      {
        kind: 'table',
        title: 'Endpoints',
        columns: ['address', 'ports', 'ready', 'node', 'pod'],
        rows: slices.flatMap((slice) =>
          slice.endpoints.map((endpoint) => [
            endpoint.addresses.join(' '),
            (slice.ports ?? []).map((p) => `${p.port}/${p.protocol ?? 'TCP'}`).join(' '),
            endpoint.conditions?.ready === false ? 'no' : 'yes',
            endpoint.nodeName ?? '-',
            endpoint.targetRef?.name ?? '-',
          ]),
        ),
        note: 'Packets to the cluster IP are sent to one of these by DNAT rules that the proxy wrote on every node.',
      },
    ],
  };
}

/** A veth of a pod with both its ends, or the way from a bridge to its node. */
function pairDetails(
  cluster: Cluster,
  id: string,
  { first, second }: { readonly first: string; readonly second: string },
): VertexDetails | undefined {
  if (id.startsWith('uplink:')) {
    const details = deviceDetails(cluster, id, { node: first, device: second });
    return details === undefined ? undefined : { ...details, subtitle: `uplink of ${first}` };
  }
  const pod = cluster.store.get('pods', first, second);
  if (pod === undefined) return undefined;
  const view = cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
  const host = cluster.fabric.nodes.get(view?.node ?? '')?.host;
  const pause = host?.processes.get(view?.sandbox?.pausePid ?? 0);
  const netns = pause === undefined ? undefined : host?.netnsByInode(pause.namespaces.net.inode);
  const outside = host?.root.device(view?.sandbox?.hostDevice ?? '');
  return {
    id,
    title: `${first}/${second}`,
    subtitle: 'veth pair',
    sections: [
      {
        kind: 'facts',
        title: 'Pair',
        rows: [
          ['in the pod', 'eth0'],
          ['on the node', `${outside?.name ?? 'gone'}, a port of ${outside?.master?.name ?? '-'}`],
        ],
      },
      countersOf([
        { where: `pod ${first}/${second}`, device: netns?.device('eth0') },
        { where: view?.node ?? '-', device: outside },
      ]),
    ],
  };
}

interface End {
  readonly where: string;
  readonly device: Device | undefined;
}

/** Counters of both ends, as `ip -s link` has them. */
function countersOf(ends: readonly End[]): DetailSection {
  return {
    kind: 'table',
    title: 'Counters (ip -s link)',
    columns: ['end', 'device', 'MTU', 'in', 'octets in', 'out', 'octets out', 'dropped'],
    rows: ends.map(({ device, where }) =>
      device === undefined
        ? [where, 'gone']
        : [
            where,
            device.name,
            String(device.mtuBytes),
            String(device.stats.rxPackets),
            String(device.stats.rxBytes),
            String(device.stats.txPackets),
            String(device.stats.txBytes),
            String(device.stats.rxDropped + device.stats.txDropped),
          ],
    ),
  };
}

function cableDetails(cluster: Cluster, id: string): VertexDetails | undefined {
  const link = cluster.fabric.links.get(id);
  if (link === undefined) return undefined;
  const [a, b] = link.ends;
  const { delayNs, rateBitsPerSecond, loss } = link.cable.properties;
  return {
    id,
    title: `${a.machine} – ${b.machine}`,
    subtitle: 'cable',
    sections: [
      {
        kind: 'facts',
        title: 'Cable',
        rows: [
          ['ends', `${a.machine} ${a.device}, ${b.machine} ${b.device}`],
          ['state', link.cable.up ? 'plugged in' : 'unplugged'],
          ['delay', `${delayNs / 1000} µs one way`],
          [
            'rate',
            rateBitsPerSecond === undefined ? 'unlimited' : `${rateBitsPerSecond / 1e6} Mbit/s`,
          ],
          ['loss', `${loss * 100} %`],
        ],
      },
      countersOf(
        link.ends.map(({ device, machine }) => ({
          where: machine,
          device: cluster.fabric.machines.get(machine)?.host.root.device(device),
        })),
      ),
    ],
  };
}
