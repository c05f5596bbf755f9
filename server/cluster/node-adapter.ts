import {
  type FabricNode,
  fail,
  formatIpv4,
  formatMac,
  ipv4,
  type KernelOp,
  ok,
  type PortMapping,
  parseIpv4,
} from '../../topology/index.js';
import type {
  CniPlugin,
  NodeHost,
  PortMapping as RuntimePortMapping,
} from '../kubelet/contract.js';

/** The kernel of a node as a container runtime sees it. */
export function nodeHost(node: FabricNode): NodeHost {
  const { host } = node;
  return {
    name: node.name,
    processes: host.processes,
    apply: (ops) => host.apply(ops),
    ports: (process) => host.netnsByInode(process.namespaces.net.inode)?.sockets.holders() ?? [],
  };
}

/** The network plugin of a node, called as a runtime calls it: with the pause process that holds the namespace. */
export function cniOf(node: FabricNode): CniPlugin {
  const { host, cni } = node;
  return {
    add: (request) => {
      const attach: KernelOp = {
        op: 'netns.attach',
        name: request.netnsName,
        pid: request.pause.pid,
      };
      const attached = host.apply([attach]);
      if (!attached.ok) return fail({ code: 999, msg: attached.error.message, details: '' });
      const added = cni.add({
        containerId: request.containerId,
        netns: request.netnsName,
        ifname: request.ifname,
        portMappings: request.portMappings.flatMap(mapping),
      });
      if (!added.ok) {
        host.apply([{ op: 'netns.del', name: request.netnsName }]);
        return added;
      }
      const { address, gateway, hostDevice, ops } = added.value;
      const netns = host.netns(request.netnsName);
      if (netns !== undefined) netns.label = `${request.podNamespace}/${request.podName}`;
      const mac = netns?.device(request.ifname)?.mac;
      return ok({
        ip: formatIpv4(address),
        gateway: formatIpv4(gateway),
        mac: mac === undefined ? '' : formatMac(mac),
        hostDevice,
        ops: [attach, ...ops],
      });
    },
    del: (request) => {
      cni.del({
        containerId: request.containerId,
        netns: request.netnsName,
        ifname: request.ifname,
        portMappings: request.portMappings.flatMap(mapping),
      });
      host.apply([{ op: 'netns.del', name: request.netnsName }]);
    },
  };
}

/** Fidelity: SCTP mappings are left out; podnet carries no SCTP. */
function mapping(port: RuntimePortMapping): PortMapping[] {
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
