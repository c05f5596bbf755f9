import {
  type FabricNode,
  formatIpv4,
  formatMac,
  ipv4,
  ok,
  type PortMapping,
  parseIpv4,
} from '../../topology/index.js';
import type {
  CniPlugin,
  NodeHost,
  PortMapping as RuntimePortMapping,
} from '../kubelet/contract.js';
import { viewerOf } from './kernel-viewer.js';

/** The kernel of a node as a container runtime sees it. */
export function nodeHost(node: FabricNode): NodeHost {
  const { host } = node;
  return {
    name: node.name,
    processes: host.processes,
    apply: (ops) => host.apply(ops),
    labelNetns: (process, label) => {
      const netns = host.netnsByInode(process.namespaces.net.inode);
      if (netns !== undefined) netns.label = label;
    },
    viewerOf: (process) => viewerOf(host, process),
    ports: (process) => host.netnsByInode(process.namespaces.net.inode)?.sockets.holders() ?? [],
  };
}

/**
 * The network plugin of a node, called as a runtime calls it: the namespace has a name already. `wanted` says which
 * address a pod must get, by `namespace/name`; each is asked for once, and left to the plugin when it is taken.
 */
export function cniOf(node: FabricNode, wanted: Map<string, string> = new Map()): CniPlugin {
  const { host, cni } = node;
  return {
    add: (request) => {
      const asked = {
        containerId: request.containerId,
        netns: request.netnsName,
        ifname: request.ifname,
        portMappings: request.portMappings.flatMap(portMappingOf),
      };
      const pod = `${request.podNamespace}/${request.podName}`;
      const ip = wanted.get(pod);
      wanted.delete(pod);
      const given = ip === undefined ? undefined : cni.add({ ...asked, ips: [ip] });
      const added = given?.ok === true ? given : cni.add(asked);
      if (!added.ok) return added;
      const { address, gateway, hostDevice, ops } = added.value;
      const mac = host.netns(request.netnsName)?.device(request.ifname)?.mac;
      return ok({
        ip: formatIpv4(address),
        gateway: formatIpv4(gateway),
        mac: mac === undefined ? '' : formatMac(mac),
        hostDevice,
        ops,
      });
    },
    del: (request) => {
      cni.del({
        containerId: request.containerId,
        netns: request.netnsName,
        ifname: request.ifname,
        portMappings: request.portMappings.flatMap(portMappingOf),
      });
    },
  };
}

/**
 * A published port as the plugin takes it.
 *
 * Fidelity: SCTP mappings are left out; podnet carries no SCTP.
 */
export function portMappingOf(port: RuntimePortMapping): PortMapping[] {
  if (port.protocol === 'sctp') return [];
  const hostIp = port.hostIp === undefined ? undefined : parseIpv4(port.hostIp);
  return [
    {
      hostPort: port.hostPort,
      containerPort: port.containerPort,
      protocol: port.protocol,
      hostIp: hostIp?.ok === true ? hostIp.value : ipv4(0),
    },
  ];
}
