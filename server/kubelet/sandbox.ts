import {
  fail,
  isIpcSysctl,
  type KernelOp,
  type NamespaceKind,
  ok,
  type Process,
  type Result,
} from '../../topology/index.js';
import type { Pod } from '../contract/kube.js';
import type {
  CniAddRequest,
  CniError,
  CniPlugin,
  CniResult,
  NodeHost,
  PortMapping,
} from './contract.js';
import { hostnameOf } from './etc-files.js';
import { namespaceOf, runtimeId, uidOf } from './names.js';
import { securityOf } from './oci-bundle.js';

/** A pod sandbox: the pause process and the namespaces it holds. */
export interface Sandbox {
  readonly id: string;
  readonly attempt: number;
  readonly pause: Process;
  /** Name of its network namespace on the host; '' when it shares the host's. */
  readonly netnsName: string;
  readonly createdNs: number;
  readonly ip: string;
  readonly network: CniResult | undefined;
  /** Everything that was asked of the kernel to build it, in order. */
  readonly ops: readonly KernelOp[];
  readonly cniRequest: CniAddRequest | undefined;
}

/** Why a sandbox could not be made: in `cni` the plugin refused, in `kernel` the kernel did. */
export interface SandboxError {
  readonly stage: 'cni' | 'kernel';
  /** As in `Failed to create pod sandbox: …`. */
  readonly message: string;
  /** Machine-readable: `cni/11`, or an errno. */
  readonly code: string;
  /** What the plugin was asked, and its answer. */
  readonly refused?: { readonly request: CniAddRequest; readonly error: CniError };
}

/** What a sandbox is made from. */
export interface SandboxRequest {
  readonly pod: Pod;
  readonly attempt: number;
  readonly host: NodeHost;
  readonly cni: CniPlugin;
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly nowNs: number;
}

const SIGKILL = 9;
const RPC = 'rpc error: code = Unknown desc = ';

/**
 * CRI RunPodSandbox: clones pause into namespaces of its own, names its network namespace, brings `lo` up, sets what containerd
 * sets, and calls CNI ADD. Leaves nothing behind when it fails.
 *
 * Fidelity: one call of clone() makes the namespaces; containerd makes the network namespace first and runc the others.
 */
export function runPodSandbox(request: SandboxRequest): Result<Sandbox, SandboxError> {
  const { attempt, cni, host, nodeIp, nodeName, nowNs, pod } = request;
  const id = runtimeId('sandbox', nodeName, uidOf(pod), attempt, nowNs);
  const hostNetwork = pod.spec.hostNetwork === true;
  const cloned = host.processes.clone({
    comm: 'pause',
    argv: ['/pause'],
    uid: 65535,
    unshare: namespacesOf(pod),
    hostname: hostnameOf(pod, nodeName),
  });
  if (!cloned.ok) {
    return fail({
      stage: 'kernel',
      code: cloned.error,
      message: `${RPC}failed to start sandbox "${id}": failed to create containerd task: ${cloned.error}`,
    });
  }
  const pause = cloned.value;
  if (hostNetwork) {
    return ok({
      id,
      attempt,
      pause,
      netnsName: '',
      createdNs: nowNs,
      ip: nodeIp,
      network: undefined,
      ops: [],
      cniRequest: undefined,
    });
  }
  const netnsName = netnsNameOf(id);
  host.labelNetns(pause, `${namespaceOf(pod)}/${pod.metadata.name}`);
  const ops = preparation(pod, netnsName, pause.pid);
  const prepared = host.apply(ops);
  if (!prepared.ok) {
    host.processes.kill(pause.pid, SIGKILL);
    return fail({
      stage: 'kernel',
      code: prepared.error.errno,
      message: `${RPC}failed to create network namespace for sandbox "${id}": ${prepared.error.message}`,
    });
  }
  const cniRequest: CniAddRequest = {
    containerId: id,
    netnsName,
    pause,
    ifname: 'eth0',
    podNamespace: namespaceOf(pod),
    podName: pod.metadata.name,
    portMappings: portMappingsOf(pod),
  };
  const added = cni.add(cniRequest);
  if (!added.ok) {
    tearDown(host, netnsName, pause);
    return fail({
      stage: 'cni',
      code: `cni/${added.error.code}`,
      message: `${RPC}failed to setup network for sandbox "${id}": ${cniText(added.error)}`,
      refused: { request: cniRequest, error: added.error },
    });
  }
  return ok({
    id,
    attempt,
    pause,
    netnsName,
    createdNs: nowNs,
    ip: added.value.ip,
    network: added.value,
    ops: [...ops, ...added.value.ops],
    cniRequest,
  });
}

/** CRI StopPodSandbox: CNI DEL, then pause and the namespaces it held go. Idempotent. */
export function stopPodSandbox(sandbox: Sandbox, host: NodeHost, cni: CniPlugin): void {
  if (sandbox.cniRequest !== undefined) cni.del(sandbox.cniRequest);
  tearDown(host, sandbox.netnsName, sandbox.pause);
}

/** Namespaces that pause makes for the pod; what is not made is the host's. */
export function namespacesOf(pod: Pod): readonly NamespaceKind[] {
  const { hostIPC, hostNetwork, hostPID, shareProcessNamespace } = pod.spec;
  const kinds: NamespaceKind[] = ['mnt'];
  if (hostNetwork !== true) kinds.push('net', 'uts');
  if (hostIPC !== true) kinds.push('ipc');
  // Without sharing, pause still has a PID namespace of its own, which nobody joins.
  if (hostPID !== true || shareProcessNamespace === true) kinds.push('pid');
  return kinds;
}

/** Ports that the portmap plugin publishes on the node. */
function portMappingsOf(pod: Pod): readonly PortMapping[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap((container) =>
    (container.ports ?? []).flatMap(({ containerPort, hostIP, hostPort = 0, protocol = 'TCP' }) =>
      hostPort === 0
        ? []
        : [
            {
              hostPort,
              containerPort,
              protocol: protocolOf(protocol),
              ...(hostIP === undefined || hostIP === '' ? {} : { hostIp: hostIP }),
            },
          ],
    ),
  );
}

/** A protocol as the kernel's parts write it. */
export function protocolOf(protocol: 'TCP' | 'UDP' | 'SCTP'): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp';
}

/** go-cni names a namespace `cni-<uuid>`. */
function netnsNameOf(id: string): string {
  return `cni-${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}`;
}

/** containerd: enable_unprivileged_ports and enable_unprivileged_icmp, the loopback plugin, and the pod's own sysctls. */
function preparation(pod: Pod, netns: string, pid: number): readonly KernelOp[] {
  const set = (key: string, value: string): KernelOp => ({ op: 'sysctl.set', netns, key, value });
  const own = (securityOf(pod.spec).sysctls ?? []).filter(
    ({ name }) => name.startsWith('net.') || isIpcSysctl(name),
  );
  return [
    { op: 'netns.attach', name: netns, pid },
    { op: 'link.set', netns, name: 'lo', up: true },
    set('net.ipv4.ip_unprivileged_port_start', '0'),
    set('net.ipv4.ping_group_range', '0 2147483647'),
    ...own.map(({ name, value }) => set(name, value)),
  ];
}

function tearDown(host: NodeHost, netnsName: string, pause: Process): void {
  if (pause.state === 'running') host.processes.kill(pause.pid, SIGKILL);
  if (netnsName !== '') host.apply([{ op: 'netns.del', name: netnsName }]);
}

function cniText({ details, msg }: CniError): string {
  const text = details === '' ? msg : `${msg}; ${details}`;
  return text.startsWith('plugin type=') ? text : `plugin type="bridge" failed (add): ${text}`;
}
