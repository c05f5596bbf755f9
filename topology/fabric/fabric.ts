import { cidr4, type Ip, type Ipv4, ipv4, isIpv4, type Mac } from '../addr/index.js';
import { hash32, invariant, Rng, SimClock } from '../base/index.js';
import {
  BridgePlugin,
  type NetworkConfig,
  type NetworkNode,
  nodeOps,
  peerOps,
} from '../cni/index.js';
import { PodCidrAllocator } from '../ipam/index.js';
import { Host, Softirq } from '../kernel/index.js';
import type { KernelOp } from '../kernel/ops.js';
import { Cable } from './cable.js';
import type { LinkEnd, LinkSpecification, NodeSpec, TopologySpec } from './spec.js';

/** Name of the bridge inside a switch. */
const SWITCH_BRIDGE = 'br0';
/** flannel's default VXLAN network identifier. */
const VNI = 1;
/** First MAC of physical network cards: locally administered, counted up. */
const FIRST_MAC = 0x020000000001;

/** What every machine does when it boots; systemd lets every group use ping sockets. */
const BOOT_OPS: readonly KernelOp[] = [
  { op: 'link.set', name: 'lo', up: true },
  { op: 'sysctl.set', key: 'net.ipv4.ping_group_range', value: '0 2147483647' },
];

/** What a machine of the underlay is. */
export type MachineKind = 'node' | 'router' | 'outside' | 'switch';

/** A machine with its emulated kernel. */
export interface Machine {
  readonly name: string;
  readonly kind: MachineKind;
  readonly host: Host;
  /** Its first address; switches have none. */
  readonly address: Ipv4 | undefined;
}

/** A Kubernetes node: its kernel, its part of the pod network, its network plugin. */
export interface FabricNode extends Machine {
  readonly kind: 'node';
  readonly spec: NodeSpec;
  readonly network: NetworkNode;
  readonly cni: BridgePlugin;
}

/** A cable between two machines, as the graph draws it. */
export interface FabricLink {
  readonly id: string;
  readonly cable: Cable;
  readonly ends: readonly [LinkEnd, LinkEnd];
}

/** The machines of a topology, cabled and configured; it owns the clock that all of them live by. */
export class Fabric {
  readonly spec: TopologySpec;
  readonly clock = new SimClock();
  readonly rng: Rng;
  readonly machines = new Map<string, Machine>();
  readonly nodes = new Map<string, FabricNode>();
  readonly links = new Map<string, FabricLink>();
  readonly network: NetworkConfig;
  private readonly softirq: Softirq;
  private readonly podCidrs: PodCidrAllocator;
  private readonly switchPorts = new Map<string, number>();
  private nextMac = FIRST_MAC;

  constructor(spec: TopologySpec, seed: number) {
    this.spec = spec;
    this.rng = new Rng(seed);
    this.softirq = new Softirq(this.clock);
    this.podCidrs = new PodCidrAllocator(spec.network.clusterCidr, spec.network.nodePrefixLength);
    this.network = {
      mode: spec.network.mode,
      clusterCidr: spec.network.clusterCidr,
      mtuBytes: spec.network.mtuBytes,
      vni: VNI,
    };
    this.makeMachines();
    for (const link of spec.links) this.makeCable(link);
    this.configure();
    this.joinNodes();
  }

  /** A machine's first address, for naming it as the end of a trace. */
  addressOf(name: string): Ip | undefined {
    return this.machines.get(name)?.address;
  }

  private makeMachines(): void {
    const { spec } = this;
    for (const node of spec.nodes) this.makeNode(node);
    for (const name of spec.switches) {
      const host = this.makeHost(name);
      this.machines.set(name, { name, kind: 'switch', host, address: undefined });
      must(host, [
        { op: 'sysctl.set', key: 'net.bridge.bridge-nf-call-iptables', value: '0' },
        { op: 'link.add', name: SWITCH_BRIDGE, spec: { type: 'bridge' }, mac: this.takeMac() },
        { op: 'link.set', name: SWITCH_BRIDGE, up: true },
      ]);
    }
    for (const router of spec.routers) {
      const [first] = router.interfaces;
      this.addMachine(router.name, 'router', first?.address.address);
    }
    for (const machine of spec.outside)
      this.addMachine(machine.name, 'outside', machine.address.address);
  }

  private makeNode(spec: NodeSpec): void {
    const host = this.makeHost(spec.name);
    const podCidr = this.podCidrs.ensure(spec.name);
    invariant(podCidr.ok, 'the topology was checked to have a block for every node');
    invariant(isIpv4(spec.address.address), 'the topology was checked to have IPv4 addresses');
    const network: NetworkNode = {
      name: spec.name,
      address: spec.address.address,
      podCidr: podCidr.value,
      uplink: this.uplinkOf(spec.name),
      vtepMac: (0x0e0000000000 + hash32(`vtep ${spec.name}`)) as Mac,
    };
    const cni = new BridgePlugin(this.network, network, host);
    const node: FabricNode = {
      name: spec.name,
      kind: 'node',
      host,
      address: network.address,
      spec,
      network,
      cni,
    };
    this.machines.set(spec.name, node);
    this.nodes.set(spec.name, node);
  }

  private addMachine(name: string, kind: 'router' | 'outside', address: Ip | undefined): void {
    const host = this.makeHost(name);
    const known = address !== undefined && isIpv4(address) ? address : undefined;
    this.machines.set(name, { name, kind, host, address: known });
  }

  private makeHost(name: string): Host {
    return new Host({
      name,
      clock: this.clock,
      rng: this.rng.fork(`host ${name}`),
      softirq: this.softirq,
      ipv6Disabled: true,
    });
  }

  private uplinkOf(name: string): string {
    const ends = this.spec.links.flatMap((link) => link.ends);
    return ends.find((end) => end.machine === name)?.device ?? 'eth0';
  }

  private makeCable(link: LinkSpecification): void {
    const ends = link.ends.map((end) => this.nameEnd(end));
    const [a, b] = ends;
    if (a === undefined || b === undefined) return;
    const id = `cable:${a.machine}/${a.device}--${b.machine}/${b.device}`;
    const cable = new Cable({
      id,
      ends: [`${a.device} of ${a.machine}`, `${b.device} of ${b.machine}`],
      clock: this.clock,
      rng: this.rng.fork(id),
      properties: link,
    });
    cable.attach(this.plug(a, cable, 0), this.plug(b, cable, 1));
    this.links.set(id, { id, cable, ends: [a, b] });
  }

  /** Ports of a switch need no name in the document: p1, p2, … */
  private nameEnd(end: LinkEnd): LinkEnd {
    if (end.device !== '') return end;
    const port = (this.switchPorts.get(end.machine) ?? 0) + 1;
    this.switchPorts.set(end.machine, port);
    return { machine: end.machine, device: `p${port}` };
  }

  private plug(end: LinkEnd, cable: Cable, index: 0 | 1) {
    const machine = this.machines.get(end.machine);
    invariant(machine !== undefined, 'the topology was checked to name machines only');
    const device = machine.host.addCable({
      name: end.device,
      mac: this.takeMac(),
      mtuBytes: this.network.mtuBytes,
      end: cable.end(index),
    });
    device.setCarrier(true);
    const ops: KernelOp[] = [{ op: 'link.set', name: end.device, up: true }];
    if (machine.kind === 'switch')
      ops.push({ op: 'link.set', name: end.device, master: SWITCH_BRIDGE });
    must(machine.host, ops);
    return device;
  }

  private configure(): void {
    const { spec } = this;
    const anywhere = cidr4(ipv4(0), 0);
    for (const machine of this.machines.values()) {
      must(machine.host, BOOT_OPS);
    }
    for (const { host, spec: node, network } of this.nodes.values()) {
      const dev = network.uplink;
      must(host, [
        { op: 'addr.add', dev, addr: node.address },
        ...(node.gateway === undefined
          ? []
          : [{ op: 'route.add', dst: anywhere, via: node.gateway, dev } as const]),
        ...nodeOps(this.network, network),
      ]);
    }
    for (const router of spec.routers) {
      must(this.hostOf(router.name), [
        { op: 'sysctl.set', key: 'net.ipv4.ip_forward', value: '1' },
        ...router.interfaces.map(
          ({ name, address }) => ({ op: 'addr.add', dev: name, addr: address }) as const,
        ),
        ...router.routes.map((route) => ({ op: 'route.add', ...route }) as const),
      ]);
    }
    for (const machine of spec.outside) {
      const dev = this.uplinkOf(machine.name);
      must(this.hostOf(machine.name), [
        { op: 'addr.add', dev, addr: machine.address },
        ...machine.also.map(
          (address) => ({ op: 'addr.add', dev, addr: { address, prefixLength: 32 } }) as const,
        ),
        { op: 'route.add', dst: anywhere, via: machine.gateway, dev },
      ]);
    }
  }

  private joinNodes(): void {
    const nodes = [...this.nodes.values()];
    for (const node of nodes) {
      const ops = nodes
        .filter((peer) => peer !== node)
        .flatMap((peer) => peerOps(this.network, node.network, peer.network));
      must(node.host, ops);
    }
  }

  private hostOf(name: string): Host {
    const machine = this.machines.get(name);
    invariant(machine !== undefined, `machine '${name}' was made before it is configured`);
    return machine.host;
  }

  private takeMac(): Mac {
    return this.nextMac++ as Mac;
  }
}

/** The topology was checked, so its own operations must succeed. */
function must(host: Host, ops: readonly KernelOp[]): void {
  const applied = host.apply(ops);
  invariant(
    applied.ok,
    applied.ok ? '' : `${host.name}: ${applied.error.message} (${applied.error.op.op})`,
  );
}
