import { formatCidr, formatIp, type Host, tunnelEntries } from '../../topology/index.js';
import { podWords } from '../api/table/pod-status.js';
import type { Edge, Vertex } from '../contract/graph.js';
import type { Pod } from '../contract/kube.js';
import { KUBERNETES_VERSION } from '../kube/version.js';
import { GraphModel } from '../live/graph-model.js';
import { type PodRuntime, projectPod } from '../live/project-pod.js';
import { projectService } from '../live/project-service.js';
import type { Cluster } from './cluster.js';
import { SERVICE_NAME_LABEL, slicesOf } from './indexes.js';
import { policyVertex } from './policy-reach.js';

const BRIDGE = 'cni0';
const TUNNEL = 'flannel.1';
const POLICIES = 'networking.k8s.io/networkpolicies';
/** Peers of a tunnel that are told: with more a drawing does not tell them apart. */
const MOST_PEERS = 64;

/** Makes the graph of a cluster, which follows what changes in objects, kernels and cables. */
export function createGraph(cluster: Cluster): GraphModel {
  return new GraphSources(cluster).model;
}

class GraphSources {
  readonly model: GraphModel;
  private readonly cluster: Cluster;
  /** `node/device` → `namespace/pod`, for devices that ops speak of. */
  private readonly podOfDevice = new Map<string, string>();

  /** Policies that selected a pod when it was last marked, by the pod's id. */
  private readonly isolating = new Map<string, ReadonlySet<string>>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    const { options } = cluster;
    this.model = new GraphModel({
      vertex: (id) => this.vertex(id),
      edge: (id) => this.edge(id),
      clock: () => ({
        nowNs: cluster.fabric.clock.nowNs,
        now: cluster.now(),
        paused: cluster.driver.paused,
        speed: cluster.driver.speed,
      }),
      cluster: () => ({
        name: options.topology.name,
        version: KUBERNETES_VERSION,
        clusterCidr: formatCidr(options.topology.network.clusterCidr),
        serviceCidr: formatCidr(options.topology.network.serviceCidr),
        dnsIp: formatIp(options.topology.network.dnsIp),
        network: options.topology.network.mode,
      }),
    });
    this.markEverything();
    this.follow();
  }

  private markEverything(): void {
    const { fabric, store } = this.cluster;
    for (const { name, kind } of fabric.machines.values()) {
      this.model.markVertex(`${kind === 'switch' ? 'switch' : 'node'}:${name}`);
    }
    for (const id of fabric.links.keys()) this.model.markEdge(id);
    for (const name of fabric.nodes.keys()) this.markDevices(name);
    for (const pod of store.list('pods')) this.markPod(pod);
    for (const service of store.list('services')) {
      this.model.markVertex(`service:${service.metadata.namespace}/${service.metadata.name}`);
    }
    for (const { metadata } of store.list(POLICIES))
      this.model.markVertex(`policy:${metadata.namespace}/${metadata.name}`);
  }

  private follow(): void {
    const { fabric, store, model } = { ...this.cluster, model: this.model };
    store.watch('pods', ({ object }) => this.markPod(object));
    store.watch('nodes', ({ object }) => model.markVertex(`node:${object.metadata.name}`));
    store.watch('services', ({ object }) =>
      model.markVertex(`service:${object.metadata.namespace}/${object.metadata.name}`),
    );
    store.watch('discovery.k8s.io/endpointslices', ({ object }) => {
      const service = object.metadata.labels?.[SERVICE_NAME_LABEL];
      if (service !== undefined)
        model.markVertex(`service:${object.metadata.namespace}/${service}`);
    });
    store.watch(POLICIES, ({ object: { metadata } }) =>
      model.markVertex(`policy:${metadata.namespace}/${metadata.name}`),
    );
    this.cluster.policies.onIsolation = (pod) => this.markIsolation(pod);
    this.cluster.journeys.onStep = ({ namespace, name }) => {
      model.markVertex(`pod:${namespace}/${name}`);
      model.markEdge(`veth:${namespace}/${name}`);
    };
    this.cluster.onClock = () => model.markClock();
    this.cluster.linkListeners.add((edge) => {
      model.markEdge(edge);
      // A machine that loses power takes its cables with it.
      for (const { machine } of fabric.links.get(edge)?.ends ?? [])
        model.markVertex(`node:${machine}`);
    });
    for (const [name, node] of fabric.nodes) {
      node.host.onOp((ops) => {
        for (const op of ops) {
          if (op.op.startsWith('fdb.') && 'dev' in op && op.dev === TUNNEL)
            model.markVertex(`tunnel:${name}/${TUNNEL}`);
          if (!op.op.startsWith('link.') || !('name' in op)) continue;
          if (op.name === BRIDGE || op.name === TUNNEL) this.markDevices(name);
          const pod = this.podOfDevice.get(`${name}/${op.name}`);
          if (pod !== undefined) model.markEdge(`veth:${pod}`);
        }
      });
    }
  }

  private markPod(pod: Pod): void {
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    this.model.markVertex(`pod:${name}`);
    this.model.markEdge(`veth:${name}`);
  }

  /** A pod's policies are others: its own mark, and the counts of those that select it or did. */
  private markIsolation(key: string): void {
    const id = `pod:${key}`;
    this.model.markVertex(id);
    const [namespace = ''] = key.split('/');
    const now = this.cluster.policies.isolationOf(key);
    const names = new Set([...now.ingress, ...now.egress]);
    for (const name of new Set([...names, ...(this.isolating.get(id) ?? [])]))
      this.model.markVertex(`policy:${namespace}/${name}`);
    if (names.size === 0) this.isolating.delete(id);
    else this.isolating.set(id, names);
  }

  private markDevices(node: string): void {
    this.model.markVertex(`bridge:${node}/${BRIDGE}`);
    this.model.markVertex(`tunnel:${node}/${TUNNEL}`);
    this.model.markEdge(`uplink:${node}/${BRIDGE}`);
    this.model.markEdge(`uplink:${node}/${TUNNEL}`);
  }

  private vertex(id: string): Vertex | undefined {
    const [kind = '', path = ''] = splitAt(id, ':');
    const [first = '', second = ''] = splitAt(path, '/');
    switch (kind) {
      case 'node':
        return this.machineVertex(path);
      case 'switch':
        return this.cluster.fabric.machines.has(path)
          ? { id, kind: 'switch', name: path }
          : undefined;
      case 'pod':
        return this.podVertex(first, second);
      case 'service':
        return this.serviceVertex(first, second);
      case 'policy':
        return policyVertex(this.cluster, path);
      case 'bridge':
      case 'tunnel':
        return this.deviceVertex(kind, first, second);
      default:
        return undefined;
    }
  }

  private machineVertex(name: string): Vertex | undefined {
    const machine = this.cluster.fabric.machines.get(name);
    if (machine === undefined || machine.kind === 'switch') return undefined;
    const object = this.cluster.store.get('nodes', undefined, name);
    const node = this.cluster.fabric.nodes.get(name);
    const ready = object?.status?.conditions?.find((c) => c.type === 'Ready')?.status;
    return {
      id: `node:${name}`,
      kind: machine.kind,
      name,
      role: node?.spec.role ?? machine.kind,
      ready: object === undefined ? machine.kind !== 'node' : ready === 'True',
      schedulable: object?.spec.unschedulable !== true,
      powered: this.cluster.kubelets.get(name)?.running !== false,
      addresses: machine.address === undefined ? [] : [formatIp(machine.address)],
      ...(node === undefined ? {} : { podCidr: formatCidr(node.network.podCidr) }),
    };
  }

  private podVertex(namespace: string, name: string): Vertex | undefined {
    const pod = this.cluster.store.get('pods', namespace, name);
    return pod === undefined
      ? undefined
      : projectPod(pod, {
          status: podWords(pod, this.cluster.now()).status,
          runtime: this.runtimeOf(pod),
          isolation: this.cluster.policies.isolationOf(`${namespace}/${name}`),
        });
  }

  private runtimeOf(pod: Pod): PodRuntime | undefined {
    const view = this.cluster.kubeletOf(pod)?.podGlance(pod.metadata.uid ?? '');
    if (view === undefined) return undefined;
    const boundPorts = new Map<string, string[]>();
    for (const port of view.ports) {
      for (const container of new Set(port.bindings.map((binding) => binding.container))) {
        const known = boundPorts.get(container) ?? [];
        boundPorts.set(container, [...known, `${port.port}/${port.proto}`]);
      }
    }
    const conflict = view.conflicts.at(-1);
    return {
      pauseRunning: view.pauseRunning,
      boundPorts,
      conflict:
        conflict === undefined
          ? undefined
          : `${conflict.container} cannot have port ${conflict.port}/${conflict.proto}: ${conflict.holder ?? 'another process'} holds it (${conflict.errno})`,
    };
  }

  private serviceVertex(namespace: string, name: string): Vertex | undefined {
    const { store } = this.cluster;
    const service = store.get('services', namespace, name);
    return service === undefined
      ? undefined
      : projectService(service, slicesOf(store, namespace, name));
  }

  private deviceVertex(kind: 'bridge' | 'tunnel', node: string, name: string): Vertex | undefined {
    const device = this.hostOf(node)?.root.device(name);
    if (device === undefined) return undefined;
    const base = { id: `${kind}:${node}/${name}`, name, parent: `node:${node}`, up: device.up };
    if (kind === 'tunnel') {
      const spec = device.spec?.type === 'vxlan' ? device.spec : undefined;
      const remotes = tunnelEntries(device).map(({ dst }) => dst);
      return {
        ...base,
        kind,
        vni: spec?.vni ?? 0,
        ...(spec?.local === undefined ? {} : { vtep: formatIp(spec.local) }),
        ...(spec === undefined ? {} : { port: spec.dstPort }),
        peers: [...new Set(remotes.map(formatIp))].slice(0, MOST_PEERS),
      };
    }
    return {
      ...base,
      kind,
      addresses: device.addresses.map((a) => `${formatIp(a.address)}/${a.prefixLength}`),
    };
  }

  private edge(id: string): Edge | undefined {
    if (id.startsWith('cable:')) return this.cableEdge(id);
    const [kind, path = ''] = splitAt(id, ':');
    const [first = '', second = ''] = splitAt(path, '/');
    return kind === 'veth' ? this.vethEdge(id, first, second) : this.uplinkEdge(id, first, second);
  }

  private vethEdge(id: string, namespace: string, name: string): Edge | undefined {
    const pod = this.cluster.store.get('pods', namespace, name);
    const node = pod?.spec.nodeName ?? '';
    const toDevice =
      pod === undefined
        ? undefined
        : this.cluster.kubeletOf(pod)?.hostDeviceOf(pod.metadata.uid ?? '');
    const device = toDevice === undefined ? undefined : this.hostOf(node)?.root.device(toDevice);
    if (toDevice === undefined || device === undefined) return undefined;
    this.podOfDevice.set(`${node}/${toDevice}`, `${namespace}/${name}`);
    return {
      id,
      kind: 'veth',
      from: `pod:${namespace}/${name}`,
      to: `bridge:${node}/${BRIDGE}`,
      fromDevice: 'eth0',
      toDevice,
      up: device.up && device.carrier,
    };
  }

  private uplinkEdge(id: string, node: string, name: string): Edge | undefined {
    const device = this.hostOf(node)?.root.device(name);
    const uplink = this.cluster.fabric.nodes.get(node)?.network.uplink;
    if (device === undefined || uplink === undefined) return undefined;
    return {
      id,
      kind: 'uplink',
      from: `${name === BRIDGE ? 'bridge' : 'tunnel'}:${node}/${name}`,
      to: `node:${node}`,
      fromDevice: name,
      toDevice: uplink,
      up: device.up,
    };
  }

  private cableEdge(id: string): Edge | undefined {
    const { fabric } = this.cluster;
    const link = fabric.links.get(id);
    if (link === undefined) return undefined;
    const [a, b] = link.ends;
    const vertexOf = (name: string) =>
      `${fabric.machines.get(name)?.kind === 'switch' ? 'switch' : 'node'}:${name}`;
    const { delayNs, rateBitsPerSecond } = link.cable.properties;
    return {
      id,
      kind: 'cable',
      from: vertexOf(a.machine),
      to: vertexOf(b.machine),
      fromDevice: a.device,
      toDevice: b.device,
      up: link.cable.up,
      delayUs: delayNs / 1000,
      ...(rateBitsPerSecond === undefined ? {} : { rateBitsPerSecond }),
    };
  }

  private hostOf(name: string): Host | undefined {
    return this.cluster.fabric.nodes.get(name)?.host;
  }
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
