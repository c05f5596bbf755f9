/** Sockets on ports, and those that could not be, for the port map of a pod. */
import { formatIp } from '../../topology/index.js';
import type { Pod } from '../contract/kube.js';
import type { EphemeralReport, PortBindingRow, PortConflictRow } from '../contract/reports.js';
import type { PodRuntimeView, PortBinding } from '../kubelet/index.js';
import type { Cluster } from './cluster.js';

/** A socket as people read it: which addresses it takes, and of which family. */
export function bindingRow(binding: PortBinding): PortBindingRow {
  const { container, family, pid, state, v6only } = binding;
  const address = formatIp(binding.address);
  const takesBoth = address === '::' && family === 'inet6' && !v6only;
  return {
    container,
    pid,
    address,
    scope: scopeOf(address),
    family: takesBoth ? 'v4+v6' : family === 'inet' ? 'v4' : 'v6',
    state,
  };
}

function scopeOf(address: string): PortBindingRow['scope'] {
  if (address === '0.0.0.0' || address === '::') return 'wildcard';
  return address.startsWith('127.') || address === '::1' ? 'loopback' : 'address';
}

/** Binds that were refused inside the pod, and ports of a node that keep it from being scheduled. */
export function conflictRows(
  cluster: Cluster,
  pod: Pod,
  view: PodRuntimeView | undefined,
): PortConflictRow[] {
  const refused = (view?.conflicts ?? []).map((conflict): PortConflictRow => {
    const { address, atNs, container, errno, holder, holderPid, port, proto } = conflict;
    return {
      container,
      protocol: proto,
      address,
      port,
      errno,
      holder:
        holder === undefined
          ? 'a process that has ended since'
          : `${holder}${holderPid === undefined ? '' : ` (pid ${holderPid})`}`,
      at: cluster.timeOf(atNs),
    };
  });
  return [...refused, ...hostPortConflicts(cluster, pod)];
}

function hostPortConflicts({ store }: Cluster, pod: Pod): PortConflictRow[] {
  if ((pod.spec.nodeName ?? '') !== '') return [];
  const message = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
  if (message?.includes('free ports') !== true) return [];
  const wanted = hostPortsOf(pod);
  return store.list('pods').flatMap((other) =>
    (other.spec.nodeName ?? '') === ''
      ? []
      : hostPortsOf(other).flatMap(({ port, protocol }): PortConflictRow[] => {
          const mine = wanted.find((one) => one.port === port && one.protocol === protocol);
          if (mine === undefined) return [];
          const { name, namespace } = other.metadata;
          const holder = `pod ${namespace}/${name} on ${other.spec.nodeName}`;
          const { container } = mine;
          return [
            { container, protocol, address: 'hostPort', port, errno: 'Unschedulable', holder },
          ];
        }),
  );
}

interface HostPort {
  readonly container: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

function hostPortsOf({ spec }: Pod): HostPort[] {
  return spec.containers.flatMap(({ name, ports = [] }) =>
    ports.flatMap(({ hostPort = 0, protocol = 'TCP' }): HostPort[] =>
      hostPort === 0 || protocol === 'SCTP'
        ? []
        : [{ container: name, port: hostPort, protocol: protocol === 'TCP' ? 'tcp' : 'udp' }],
    ),
  );
}

/** Taken ephemeral ports that are named. */
const NAMED = 40;

/** The ports that the kernel chooses from in a pod, and those that are taken. */
export function ephemeralOf(
  cluster: Cluster,
  view: PodRuntimeView | undefined,
): EphemeralReport | undefined {
  const host = cluster.fabric.nodes.get(view?.node ?? '')?.host;
  const pause = host?.processes.get(view?.sandbox?.pausePid ?? 0);
  const netns = pause === undefined ? undefined : host?.netnsByInode(pause.namespaces.net.inode);
  if (netns === undefined) return undefined;
  const range = netns.sysctls.read('net.ipv4.ip_local_port_range') ?? '';
  const [low = 32768, high = 60999] = range.split(/\s+/).map(Number);
  const used = netns.sockets
    .holders()
    .filter(({ port, state }) => port >= low && port <= high && state !== 'LISTEN');
  return {
    low,
    high,
    used: used.slice(0, NAMED).map(({ comm, pid, port, proto, remote, state }) => ({
      port,
      protocol: proto,
      who: pid === 0 ? state : `${comm} ${pid}`,
      remote: remote === undefined ? '*' : `${formatIp(remote.address)}:${remote.port}`,
    })),
    usedCount: used.length,
    privilegedBelow: Number(netns.sysctls.read('net.ipv4.ip_unprivileged_port_start') ?? 1024),
  };
}
