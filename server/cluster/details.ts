import { formatCidr, formatIp, viewNetns } from '../../topology/index.js';
import type { VertexDetails } from '../contract/live.js';
import type { Cluster } from './cluster.js';
import { slicesOf } from './indexes.js';
import { kernelSections, podDetails } from './pod-details.js';
import { policyDetails } from './policy-reach.js';

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
      return {
        id,
        title: path,
        subtitle: id.startsWith('veth') ? 'veth pair' : 'uplink',
        sections: [],
      };
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
      ...kernelSections(viewNetns(machine.host.root)),
    ],
  };
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
    ],
  };
}
