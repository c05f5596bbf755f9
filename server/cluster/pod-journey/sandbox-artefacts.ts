/** What can be read about a pod's sandbox: the calls that made it, its namespaces, its network. */
import {
  addResult,
  bridgeInput,
  errorResult,
  formatMac,
  type NamespaceKind,
  NETWORK_NAME,
  parseIpv4,
  portmapInput,
  printOp,
} from '../../../topology/index.js';
import type { DetailSection } from '../../contract/live.js';
import type { CniAddRequest, CniError, Sandbox, StartedProcess } from '../../kubelet/index.js';
import type { Cluster } from '../cluster.js';
import { portMappingOf } from '../node-adapter.js';

/** Flags of clone(2) and setns(2), in the order in which the kernel makes namespaces (copy_namespaces). */
const FLAGS: Readonly<Record<NamespaceKind, string>> = {
  user: 'CLONE_NEWUSER',
  mnt: 'CLONE_NEWNS',
  uts: 'CLONE_NEWUTS',
  ipc: 'CLONE_NEWIPC',
  pid: 'CLONE_NEWPID',
  cgroup: 'CLONE_NEWCGROUP',
  net: 'CLONE_NEWNET',
  time: 'CLONE_NEWTIME',
};
const KINDS = Object.keys(FLAGS) as readonly NamespaceKind[];

/** The clone() of pause, and whose each of its namespaces is. */
export function sandboxArtefacts(
  cluster: Cluster,
  node: string,
  { pause }: Sandbox,
): DetailSection[] {
  const own = inodesOfNode(cluster, node);
  const inodes = KINDS.map((kind) => ({ kind, inode: pause.namespaces[kind].inode }));
  const made = inodes.filter(({ kind, inode }) => inode !== own[kind]).map(({ kind }) => kind);
  return [
    {
      kind: 'text',
      title: 'The call',
      text: `${cloneCall(made)} = ${pause.pid}\n${execCall(pause.argv)}`,
    },
    {
      kind: 'table',
      title: 'Namespaces of pause',
      columns: ['kind', 'flag', 'inode', 'whose'],
      rows: inodes.map(({ kind, inode }) => [
        kind,
        inode === own[kind] ? '-' : FLAGS[kind],
        String(inode),
        inode === own[kind] ? `shared with ${node}` : 'made for this pod',
      ]),
      note: 'podnet makes them in one call. containerd makes the network namespace first and keeps it by a mount under /var/run/netns; runc then makes the others.',
    },
  ];
}

/** What was asked of the kernel between clone() and CNI. */
export function netnsArtefacts({ netnsName, network, ops }: Sandbox): DetailSection[] {
  const before = ops.slice(0, ops.length - (network?.ops.length ?? 0));
  return [
    { kind: 'facts', title: 'Network namespace', rows: [['path', `/var/run/netns/${netnsName}`]] },
    commandsOf('Commands', before),
  ];
}

/** CNI ADD: what the plugins were given, what they ran, what they answered, and the lease. */
export function networkArtefacts(
  cluster: Cluster,
  node: string,
  sandbox: Sandbox,
): DetailSection[] {
  const { cniRequest: request, network } = sandbox;
  const machine = cluster.fabric.nodes.get(node);
  if (machine === undefined || request === undefined || network === undefined) return [];
  const config = cluster.fabric.network;
  const address = parseIpv4(network.ip);
  const gateway = parseIpv4(network.gateway);
  if (!address.ok || !gateway.ok) return [];
  const { host } = machine;
  const mac = (name: string) => {
    const device = host.root.device(name);
    return device === undefined ? undefined : formatMac(device.mac);
  };
  const result = addResult(
    config,
    {
      address: address.value,
      prefixLength: machine.network.podCidr.prefixLength,
      gateway: gateway.value,
      hostDevice: network.hostDevice,
    },
    {
      ifname: request.ifname,
      sandbox: `/var/run/netns/${request.netnsName}`,
      macs: {
        cni0: mac('cni0'),
        [network.hostDevice]: mac(network.hostDevice),
        [request.ifname]: network.mac,
      },
    },
  );
  const mappings = request.portMappings.flatMap(portMappingOf);
  return [
    environmentOf(request),
    json('Standard input of bridge', bridgeInput(config, machine.network)),
    commandsOf('Commands the plugins ran', network.ops),
    ...(mappings.length === 0
      ? []
      : [json('Standard input of portmap', portmapInput(mappings, result))]),
    json('Result', result),
    leaseOf(machine.cni.reservations(), request, network.ip),
  ];
}

/** CNI ADD that failed. */
export function refusedNetworkArtefacts(
  cluster: Cluster,
  node: string,
  { error, request }: { readonly request: CniAddRequest; readonly error: CniError },
): DetailSection[] {
  const machine = cluster.fabric.nodes.get(node);
  if (machine === undefined) return [];
  return [
    json('Result: an error', errorResult(error)),
    environmentOf(request),
    json('Standard input of bridge', bridgeInput(cluster.fabric.network, machine.network)),
    {
      kind: 'facts',
      title: 'IPAM (host-local)',
      rows: [['addresses given out', String(machine.cni.reservations().length)]],
    },
  ];
}

/** setns(), clone() and execve() of a container's first process, and where it is now. */
export function processArtefacts(
  cluster: Cluster,
  node: string,
  { argv, joined, joinedPid, made, namespaces, pid, uid }: StartedProcess,
): DetailSection[] {
  const own = inodesOfNode(cluster, node);
  const entered = new Set(joined);
  const calls = [
    ...KINDS.filter((kind) => entered.has(kind)).map(
      (kind) => `setns("/proc/${joinedPid}/ns/${kind}", ${FLAGS[kind]})`,
    ),
    `${cloneCall(made)} = ${pid}`,
    ...(uid === 0 ? [] : [`setuid(${uid})`]),
    execCall(argv),
  ];
  return [
    { kind: 'text', title: 'The calls', text: calls.join('\n') },
    {
      kind: 'table',
      title: 'Namespaces of the process',
      columns: ['kind', 'inode', 'whose'],
      rows: KINDS.map((kind) => {
        const inode = namespaces[kind] ?? 0;
        const whose =
          inode === own[kind]
            ? `shared with ${node}`
            : entered.has(kind)
              ? `held by pid ${joinedPid}, shared in the pod`
              : 'its own';
        return [kind, String(inode), whose];
      }),
    },
  ];
}

function inodesOfNode(cluster: Cluster, node: string): Readonly<Partial<Record<string, number>>> {
  const init = cluster.fabric.nodes.get(node)?.host.processes.get(1);
  return Object.fromEntries(
    Object.entries(init?.namespaces ?? {}).map(([kind, { inode }]) => [kind, inode]),
  );
}

function cloneCall(kinds: readonly NamespaceKind[]): string {
  const flags = KINDS.filter((kind) => kinds.includes(kind)).map((kind) => FLAGS[kind]);
  return `clone(${[...flags, 'SIGCHLD'].join(' | ')})`;
}

function execCall(argv: readonly string[]): string {
  return `execve(${JSON.stringify(argv[0] ?? '')}, [${argv.map((word) => JSON.stringify(word)).join(', ')}])`;
}

function environmentOf(request: CniAddRequest): DetailSection {
  const { containerId, ifname, netnsName, podName, podNamespace } = request;
  const args = `IgnoreUnknown=1;K8S_POD_NAMESPACE=${podNamespace};K8S_POD_NAME=${podName};K8S_POD_INFRA_CONTAINER_ID=${containerId}`;
  const lines = [
    'CNI_COMMAND=ADD',
    `CNI_CONTAINERID=${containerId}`,
    `CNI_NETNS=/var/run/netns/${netnsName}`,
    `CNI_IFNAME=${ifname}`,
    `CNI_ARGS=${args}`,
    'CNI_PATH=/opt/cni/bin',
  ];
  return { kind: 'text', title: 'Environment', text: lines.join('\n') };
}

function leaseOf(
  reservations: readonly { readonly containerId: string }[],
  { containerId, ifname }: CniAddRequest,
  ip: string,
): DetailSection {
  const held = reservations.some((one) => one.containerId === containerId);
  return {
    kind: 'facts',
    title: 'IPAM lease (host-local)',
    rows: [
      ['file', `/var/lib/cni/networks/${NETWORK_NAME}/${ip}`],
      ['content', `${containerId} ${ifname}`],
      ['now', held ? 'held' : 'given back'],
      ['addresses given out on the node', String(reservations.length)],
    ],
  };
}

function commandsOf(title: string, ops: Sandbox['ops']): DetailSection {
  return { kind: 'text', title, text: ops.flatMap((op) => printOp(op)).join('\n') };
}

/** A document as text. */
export function json(title: string, value: unknown): DetailSection {
  return { kind: 'text', title, text: JSON.stringify(value, undefined, 2) };
}
