import { type Cidr, cidr4, type Ip, ipv4, isIpv4 } from '../addr/index.js';
import { fail, hash32, ok, type Result } from '../base/index.js';
import { HostLocal } from '../ipam/index.js';
import type { KernelOp, OpError } from '../kernel/ops.js';
import { BRIDGE, type NetworkConfig, type NetworkNode, podMtu } from './network.js';
import type { CniError, CniPlugin, CniRequest, CniResult } from './plugin.js';
import { portmapAddOps, portmapDelOps, portmapNodeOps } from './portmap.js';

/** The one thing a plugin asks of the host: to carry out a list of operations, all or nothing. */
export interface OpSink {
  apply(ops: readonly KernelOp[]): Result<void, OpError>;
}

/** CNI error code of the plugins' own failures (`types.ErrInternal`). */
const ERR_INTERNAL = 999;

/**
 * The chain that flannel configures on a node: loopback, bridge with host-local IPAM, portmap.
 *
 * Source: containernetworking/plugins `main/bridge`, `ipam/host-local`, `meta/portmap`.
 * Fidelity: one range per node and IPv4 only; names of host ends derive from the container's id, upstream draws them.
 */
export class BridgePlugin implements CniPlugin {
  private readonly config: NetworkConfig;
  private readonly node: NetworkNode;
  private readonly host: OpSink;
  private readonly ipam: HostLocal;
  private readonly gateway;
  private bridgeMade = false;

  constructor(config: NetworkConfig, node: NetworkNode, host: OpSink) {
    this.config = config;
    this.node = node;
    this.host = host;
    this.ipam = new HostLocal({ ranges: [[{ subnet: node.podCidr }]] });
    this.gateway = ipv4(node.podCidr.network + 1);
  }

  add(request: CniRequest): Result<CniResult, CniError> {
    const reserved = this.ipam.add(request);
    if (!reserved.ok) return reserved;
    const [first] = reserved.value.ips;
    if (first === undefined || !isIpv4(first.address)) return fail(internal('no IPv4 address'));
    const { address, prefixLength } = first;
    const hostDevice = hostDeviceName(request);
    const ops = [
      ...(this.bridgeMade ? [] : this.bridgeOps()),
      ...this.interfaceOps(request, hostDevice, { address, prefixLength }),
      ...portmapAddOps(request, address),
    ];
    const applied = this.host.apply(ops);
    if (!applied.ok) {
      this.ipam.del(request);
      return fail(internal(applied.error.message));
    }
    this.bridgeMade = true;
    return ok({ address, prefixLength, gateway: this.gateway, hostDevice, ops });
  }

  del(request: CniRequest): void {
    this.ipam.del(request);
    for (const op of [
      ...portmapDelOps(request),
      { op: 'link.del', name: hostDeviceName(request) } as const,
    ]) {
      // What is gone already needs no deleting.
      this.host.apply([op]);
    }
  }

  /** The address that was given last; undefined before the first. */
  get lastAddress(): Ip | undefined {
    return this.ipam.lastAddress;
  }

  /** Lets the next address be the one after this, if that is free. */
  continueAfter(address: Ip): void {
    this.ipam.continueAfter(address);
  }

  /** Addresses given out on this node. */
  reservations() {
    return this.ipam.reservations();
  }

  private bridgeOps(): KernelOp[] {
    return [
      { op: 'link.add', name: BRIDGE, spec: { type: 'bridge' }, mtuBytes: podMtu(this.config) },
      { op: 'link.set', name: BRIDGE, up: true },
      {
        op: 'addr.add',
        dev: BRIDGE,
        addr: { address: this.gateway, prefixLength: this.node.podCidr.prefixLength },
      },
      ...portmapNodeOps(),
    ];
  }

  private interfaceOps(
    request: CniRequest,
    hostDevice: string,
    addr: { readonly address: CniResult['address']; readonly prefixLength: number },
  ): KernelOp[] {
    const { netns, ifname } = request;
    const mtuBytes = podMtu(this.config);
    const everywhere: Cidr = cidr4(ipv4(0), 0);
    return [
      { op: 'link.set', netns, name: 'lo', up: true },
      {
        op: 'link.add',
        netns,
        name: ifname,
        spec: { type: 'veth', peer: { name: hostDevice, netns: '', mtuBytes } },
        mtuBytes,
      },
      { op: 'link.set', name: hostDevice, up: true },
      { op: 'link.set', name: hostDevice, master: BRIDGE },
      { op: 'bridge.port', name: hostDevice, hairpin: true },
      { op: 'addr.add', netns, dev: ifname, addr },
      { op: 'link.set', netns, name: ifname, up: true },
      { op: 'route.add', netns, dst: this.config.clusterCidr, via: this.gateway, dev: ifname },
      { op: 'route.add', netns, dst: everywhere, via: this.gateway, dev: ifname },
    ];
  }
}

function hostDeviceName(request: CniRequest): string {
  return `veth${hash32(`${request.containerId} ${request.ifname}`).toString(16).padStart(8, '0')}`;
}

function internal(msg: string): CniError {
  return { code: ERR_INTERNAL, msg, details: '' };
}
