import {
  formatIp,
  formatMac,
  type Host,
  isIpv4,
  type NetNamespace,
  viewNetns,
} from '../../topology/index.js';
import type { InsideContainer, InsideDevice, PodInside } from '../contract/inside.js';
import type { ContainerView } from '../kubelet/index.js';
import type { Cluster } from './cluster.js';

/** Pods that one answer tells of: more are not seen from near at once. */
const MOST_PODS = 24;
/** Processes of a container, and sockets of a process, that are told. */
const MOST_EACH = 12;

/** Tells what is inside some pods, by vertex id; those without a sandbox are left out. */
export function insideOf(cluster: Cluster, ids: readonly string[]): readonly PodInside[] {
  return ids.slice(0, MOST_PODS).flatMap((id) => {
    const [namespace = '', name = ''] = id.replace(/^pod:/, '').split('/');
    const pod = cluster.store.get('pods', namespace, name);
    const node = cluster.fabric.nodes.get(pod?.spec.nodeName ?? '');
    const view =
      pod === undefined
        ? undefined
        : cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
    const sandbox = view?.sandbox;
    const pause = node?.host.processes.get(sandbox?.pausePid ?? 0);
    if (node === undefined || sandbox === undefined || pause === undefined) return [];
    const netns = node.host.netnsByInode(pause.namespaces.net.inode);
    return [
      {
        id,
        namespaces: sandbox.namespaces,
        pausePid: sandbox.pausePid,
        devices: netns === undefined || view?.netnsName === '' ? [] : devicesOf(netns, node.host),
        containers: (view?.containers ?? []).flatMap((container) =>
          containerOf(container, node.host, netns),
        ),
      },
    ];
  });
}

function devicesOf(netns: NetNamespace, host: Host): readonly InsideDevice[] {
  return viewNetns(netns).devices.map((device): InsideDevice => {
    const bridge =
      device.peer === undefined ? undefined : host.root.device(device.peer.name)?.master?.name;
    return {
      name: device.name,
      mac: formatMac(device.mac),
      mtu: device.mtuBytes,
      up: device.up && device.carrier,
      addresses: device.addresses.map((a) => `${formatIp(a.address)}/${a.prefixLength}`),
      ...(device.peer === undefined
        ? {}
        : {
            peer: { name: device.peer.name, ...(bridge === undefined ? {} : { bridge }) },
          }),
    };
  });
}

/** The processes that share a container's file systems, and what they listen on. */
function containerOf(
  { name, pid }: ContainerView,
  host: Host,
  netns: NetNamespace | undefined,
): readonly InsideContainer[] {
  const main = pid === undefined ? undefined : host.processes.get(pid);
  if (main === undefined) return [];
  const { inode } = main.namespaces.mnt;
  const members = [...host.processes.all].filter(
    (process) => process.state === 'running' && process.namespaces.mnt.inode === inode,
  );
  const holders = netns?.sockets.holders() ?? [];
  return [
    {
      name,
      processes: members.slice(0, MOST_EACH).map((process) => ({
        pid: process.pid,
        command: process.argv.join(' ').slice(0, 200) || process.comm,
        listens: holders
          .filter((h) => h.pid === process.pid && h.remote === undefined)
          .slice(0, MOST_EACH)
          .map(({ proto, address, port }) => {
            const text = formatIp(address);
            return `${proto} ${isIpv4(address) ? text : `[${text}]`}:${port}`;
          }),
      })),
    },
  ];
}
