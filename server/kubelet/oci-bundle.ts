import type { Container, Pod } from '../contract/kube.js';
import { quantityOf } from '../kube/quantity.js';
import { DEFAULT_CAPABILITIES } from '../program/index.js';
import { cgroupPathOf } from './qos.js';

/** The parts of an OCI runtime configuration (runtime-spec 1.2, config.json) that podnet fills. */
export interface OciConfig {
  readonly ociVersion: string;
  readonly process: {
    readonly terminal: boolean;
    readonly user: { readonly uid: number; readonly gid: number };
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    readonly capabilities: { readonly bounding: readonly string[] };
    readonly noNewPrivileges: boolean;
  };
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname?: string;
  readonly mounts: readonly OciMount[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: {
    readonly cgroupsPath: string;
    /** A namespace without a path is made for the container; one with a path is joined. */
    readonly namespaces: readonly OciNamespace[];
    readonly resources: Readonly<Record<string, unknown>>;
  };
}

/** A mount of a bundle. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** A namespace of a bundle. */
export interface OciNamespace {
  readonly type: 'network' | 'ipc' | 'uts' | 'pid' | 'mount' | 'cgroup';
  readonly path?: string;
}

const ALL_CAPABILITIES = [
  ...DEFAULT_CAPABILITIES,
  'CAP_NET_ADMIN',
  'CAP_NET_BROADCAST',
  'CAP_SYS_ADMIN',
  'CAP_SYS_PTRACE',
  'CAP_SYS_TIME',
  'CAP_SYS_RESOURCE',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
];

/** What a bundle is made from. */
export interface BundleRequest {
  readonly pod: Pod;
  readonly podUid: string;
  readonly container: Container;
  readonly containerId: string;
  readonly sandboxId: string;
  readonly pausePid: number;
  readonly imageName: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly workingDir: string;
  readonly uid: number;
  readonly gid: number;
  readonly hostname: string;
  readonly mounts: readonly OciMount[];
}

/** The bundle of a container: its own mount and cgroup namespaces, the others joined by the path of the pause process. */
export function ociConfig(request: BundleRequest): OciConfig {
  const { container, containerId, pod } = request;
  const security = securityOf(container);
  return {
    ociVersion: '1.2.0',
    process: {
      terminal: container.tty === true,
      user: { uid: request.uid, gid: request.gid },
      args: request.args,
      env: [...request.env].map(([name, value]) => `${name}=${value}`),
      cwd: request.workingDir,
      capabilities: { bounding: capabilitiesOf(security) },
      noNewPrivileges: security.allowPrivilegeEscalation === false,
    },
    root: { path: 'rootfs', readonly: security.readOnlyRootFilesystem === true },
    hostname: request.hostname,
    mounts: request.mounts,
    annotations: {
      'io.kubernetes.cri.container-name': container.name,
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.image-name': request.imageName,
      'io.kubernetes.cri.sandbox-id': request.sandboxId,
      'io.kubernetes.cri.sandbox-name': pod.metadata.name,
      'io.kubernetes.cri.sandbox-namespace': pod.metadata.namespace ?? 'default',
      'io.kubernetes.cri.sandbox-uid': request.podUid,
    },
    linux: {
      cgroupsPath: cgroupPathOf(pod, request.podUid, containerId),
      namespaces: namespacesOf(pod, request.pausePid),
      resources: resourcesOf(container),
    },
  };
}

/** Namespaces of a container by the pod's settings; one that the host shares does not appear. */
function namespacesOf(pod: Pod, pausePid: number): readonly OciNamespace[] {
  const { hostIPC, hostNetwork, hostPID, shareProcessNamespace } = pod.spec;
  const path = (name: string) => `/proc/${pausePid}/ns/${name}`;
  const namespaces: OciNamespace[] = [];
  if (hostPID !== true) {
    namespaces.push(
      shareProcessNamespace === true ? { type: 'pid', path: path('pid') } : { type: 'pid' },
    );
  }
  if (hostIPC !== true) namespaces.push({ type: 'ipc', path: path('ipc') });
  if (hostNetwork !== true) {
    namespaces.push({ type: 'uts', path: path('uts') });
    namespaces.push({ type: 'network', path: path('net') });
  }
  namespaces.push({ type: 'mount' }, { type: 'cgroup' });
  return namespaces;
}

/** Settings of `securityContext` that podnet reads. */
export interface SecuritySettings {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
}

/** The `securityContext` of a container or of a pod spec. */
export function securityOf(owner: {
  readonly securityContext?: Readonly<Record<string, unknown>>;
}): SecuritySettings {
  // Checked by the API; the contract keeps it as it came.
  return (owner.securityContext ?? {}) as SecuritySettings;
}

/** Capabilities of a container's root processes: containerd's own, with what the manifest adds and drops. */
export function capabilitiesOf({
  capabilities = {},
  privileged,
}: SecuritySettings): readonly string[] {
  if (privileged === true) return ALL_CAPABILITIES;
  const { add = [], drop = [] } = capabilities;
  const full = (name: string) => (name.startsWith('CAP_') ? name : `CAP_${name}`);
  const dropped = new Set(drop.map(full));
  const kept = dropped.has('CAP_ALL')
    ? []
    : DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name));
  const added = add.includes('ALL') ? ALL_CAPABILITIES : add.map(full);
  return [...new Set([...kept, ...added])];
}

function resourcesOf(container: Container): Readonly<Record<string, unknown>> {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const cpuLimit = quantityOf(limits.cpu);
  const memoryLimit = quantityOf(limits.memory);
  const shares = Math.max(2, Math.floor(quantityOf(requests.cpu ?? limits.cpu) * 1024));
  return {
    cpu: {
      shares,
      period: 100_000,
      ...(cpuLimit > 0 ? { quota: Math.round(cpuLimit * 100_000) } : {}),
    },
    memory: memoryLimit > 0 ? { limit: memoryLimit } : {},
  };
}
