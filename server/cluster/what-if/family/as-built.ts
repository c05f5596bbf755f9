/** What the network plugin and the node's set-up made, and is not so any more: made again. */

import {
  BRIDGE,
  cidr4,
  type FabricNode,
  formatCidr,
  formatIp,
  ipv4,
  type KernelOp,
  nodeOps,
  peerOps,
  printOp,
  routeLines,
} from '../../../../topology/index.js';
import type { Candidate, Family } from '../candidate.js';
import type { Case } from '../case.js';
import { passedSpaces, type Space, typedChange } from '../places.js';

const EVERYWHERE = cidr4(ipv4(0), 0);

/** Puts back devices, addresses, routes and settings that a passed namespace was built with and lacks. */
export const asBuilt: Family = (failed) =>
  passedSpaces(failed).flatMap((space): readonly Candidate[] => {
    const missing = builtWith(failed, space).filter((op) => !holds(space, op));
    const lines = missing.flatMap((op) => printOp(withoutNetns(op)));
    if (lines.length === 0) return [];
    return [
      {
        ...typedChange(space, lines),
        text: `Put back in ${space.label} what it was built with: ${lines.join('; ')}`,
        because: `${space.place.pod === undefined ? 'the node' : 'the network plugin'} had set that up, and it is not there any more`,
        size: lines.length === 1 ? 'field' : 'object',
      },
    ];
  });

function builtWith({ cluster }: Case, space: Space): readonly KernelOp[] {
  const { pod, machine = '' } = space.place;
  if (pod !== undefined) {
    const [namespace = '', name = ''] = pod.split('/');
    const object = cluster.store.get('pods', namespace, name);
    const kubelet = object === undefined ? undefined : cluster.kubeletOf(object);
    const view = kubelet?.podRuntimeView(object?.metadata.uid ?? '');
    return (view?.sandbox?.ops ?? []).filter((op) => 'netns' in op && op.netns === view?.netnsName);
  }
  const node = cluster.fabric.nodes.get(machine);
  return node === undefined ? [] : nodeBuiltWith(cluster, node);
}

function nodeBuiltWith({ fabric }: Case['cluster'], node: FabricNode): readonly KernelOp[] {
  const { gateway, address } = node.spec;
  const dev = node.network.uplink;
  const peers = [...fabric.nodes.values()].filter((peer) => peer !== node);
  return [
    { op: 'link.set', name: dev, up: true },
    { op: 'link.set', name: BRIDGE, up: true },
    { op: 'addr.add', dev, addr: address },
    ...(gateway === undefined
      ? []
      : [{ op: 'route.add', dst: EVERYWHERE, via: gateway, dev } satisfies KernelOp]),
    ...(node.host.root.device(BRIDGE) === undefined ? [] : [connected(node)]),
    ...nodeOps(fabric.network, node.network),
    ...peers.flatMap((peer) => peerOps(fabric.network, node.network, peer.network)),
    ...hostEnds(node),
  ];
}

/** The route to the node's own pods, which comes with the address of the bridge. */
function connected({ network }: FabricNode): KernelOp {
  const { podCidr } = network;
  const src = ipv4(podCidr.network + 1);
  return { op: 'route.add', dst: podCidr, dev: BRIDGE, src, scope: 'link', proto: 'kernel' };
}

/** The node's ends of the veth pairs of its pods. */
function hostEnds({ host }: FabricNode): readonly KernelOp[] {
  return host.root.deviceList.flatMap(({ kind, name, master }): readonly KernelOp[] =>
    kind === 'veth' && name.startsWith('veth')
      ? [
          { op: 'link.set', name, up: true },
          ...(master === undefined
            ? [{ op: 'link.set', name, master: BRIDGE } satisfies KernelOp]
            : []),
        ]
      : [],
  );
}

/** Whether a namespace is as an op would make it. Kinds that are not looked at count as so. */
function holds({ netns }: Space, op: KernelOp): boolean {
  switch (op.op) {
    case 'link.set': {
      const device = netns.device(op.name);
      if (device === undefined) return true;
      return (
        (op.up === undefined || device.up === op.up) &&
        (typeof op.master !== 'string' || device.master?.name === op.master)
      );
    }
    case 'addr.add': {
      const device = netns.device(op.dev);
      const { address, prefixLength } = op.addr;
      return (
        device === undefined ||
        device.addresses.some((one) => one.address === address && one.prefixLength === prefixLength)
      );
    }
    case 'sysctl.set':
      return words(netns.sysctls.read(op.key)) === words(op.value);
    case 'route.add':
    case 'route.replace':
      return hasRoute(netns, op);
    case 'neigh.replace': {
      const entry = netns.device(op.dev)?.neighbors.get(op.dst);
      return entry !== undefined && entry.mac === op.mac;
    }
    default:
      return true;
  }
}

/** The kernel writes tabs between the numbers of a setting. */
function words(value: string | undefined): string {
  return (value ?? '').split(/\s+/).join(' ');
}

function hasRoute(
  netns: Space['netns'],
  op: Extract<KernelOp, { readonly op: 'route.add' | 'route.replace' | 'route.del' }>,
): boolean {
  const prefix = formatCidr(op.dst);
  const dst = prefix === '0.0.0.0/0' ? 'default' : prefix;
  const via = op.via === undefined ? '' : ` via ${formatIp(op.via)}`;
  const dev = op.dev === undefined ? '' : ` dev ${op.dev}`;
  return routeLines(netns).some((line) => line.startsWith(`${dst}${via}${dev}`));
}

function withoutNetns(op: KernelOp): KernelOp {
  if (op.op === 'route.add') return withoutNetns({ ...op, op: 'route.replace' });
  if (!('netns' in op)) return op;
  const { netns: _, ...rest } = op;
  return rest as KernelOp;
}
