import { type Cidr, cidr4, ipv4 } from '../addr/index.js';
import { fail, hash32, ok, type Result } from '../base/index.js';
import { Allocator, canonicalRange } from '../ipam/index.js';
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
  private readonly allocator: Allocator;
  private readonly gateway;
  private bridgeMade = false;

  constructor(config: NetworkConfig, node: NetworkNode, host: OpSink) {
    this.config = config;
    this.node = node;
    this.host = host;
    const range = canonicalRange({ subnet: node.podCidr });
    this.allocator = new Allocator(range.ok ? [range.value] : []);
    this.gateway = ipv4(node.podCidr.network + 1);
  }

  add(request: CniRequest): Result<CniResult, CniError> {
    const reserved = this.allocator.reserve(request.containerId, request.ifname);
    if (!reserved.ok)
      return fail(internal(`failed to allocate for range 0: ${reserved.error.message}`));
    const { address } = reserved.value;
    const prefixLength = this.node.podCidr.prefixLength;
    const hostDevice = hostDeviceName(request);
    const ops = [
      ...(this.bridgeMade ? [] : this.bridgeOps()),
      ...this.interfaceOps(request, hostDevice, { address, prefixLength }),
      ...portmapAddOps(request, address),
    ];
    const applied = this.host.apply(ops);
    if (!applied.ok) {
      this.allocator.release(request.containerId, request.ifname);
      return fail(internal(applied.error.message));
    }
    this.bridgeMade = true;
    return ok({ address, prefixLength, gateway: this.gateway, hostDevice, ops });
  }

  del(request: CniRequest): void {
    this.allocator.release(request.containerId, request.ifname);
    for (const op of [
      ...portmapDelOps(request),
      { op: 'link.del', name: hostDeviceName(request) } as const,
    ]) {
      // What is gone already needs no deleting.
      this.host.apply([op]);
    }
  }

  /** Addresses given out on this node. */
  reservations() {
    return this.allocator.reservations();
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
