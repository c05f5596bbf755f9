import type { Condition, KubeNode } from '../contract/kube.js';
import { uuid } from '../kube/uuid.js';
import { KUBERNETES_VERSION } from '../kube/version.js';
import type { ObjectStore } from '../store/store.js';
import type { KubeletOptions, NodeCapacity } from './contract.js';

/** Annotation of a Lease whose kubelet runs: it counts as renewed every 10 s without a write each time. */
export const LAZY_RENEWAL = 'podnet.dev/renewed';

/** Size of a node unless its owner says otherwise. */
export const DEFAULT_CAPACITY: NodeCapacity = {
  cpu: '4',
  memory: '8Gi',
  pods: 110,
  ephemeralStorage: '100Gi',
};

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;

/** The node as its kubelet reports it. Written when the kubelet starts; status stays as it is while nothing changes. */
export function registerNode(options: KubeletOptions): void {
  const { nodeName, store } = options;
  const present = store.get('nodes', undefined, nodeName);
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    ...options.labels,
  };
  const status = nodeStatus(options, present);
  if (present !== undefined) {
    const metadata = { ...present.metadata, labels: { ...labels, ...present.metadata.labels } };
    store.update('nodes', { ...present, metadata, status });
    return;
  }
  const { podCidr, taints } = options;
  store.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      uid: uuid(options.random),
      creationTimestamp: options.timestamp(),
      labels,
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
    },
    spec: {
      ...(podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] }),
      ...(taints === undefined || taints.length === 0 ? {} : { taints }),
    },
    status,
  });
}

/**
 * Says by the node's Lease that its kubelet runs.
 *
 * Fidelity: a kubelet renews every 10 s. Here the Lease is written when the kubelet starts and when it stops, with an
 * annotation between the two, so that an idle cluster has nothing to do.
 */
export function openLease(options: KubeletOptions): void {
  writeLease(options, microTime(options.timestamp()), { [LAZY_RENEWAL]: 'continuously' });
}

/** Says by the node's Lease when its kubelet renewed it for the last time. */
export function closeLease(options: KubeletOptions): void {
  writeLease(options, microTime(options.timestamp()), {});
}

function writeLease(
  options: KubeletOptions,
  renewTime: string,
  annotations: Readonly<Record<string, string>>,
): void {
  const { nodeName, store } = options;
  const present = leaseOf(store, nodeName);
  const spec = { holderIdentity: nodeName, leaseDurationSeconds: LEASE_SECONDS, renewTime };
  if (present !== undefined) {
    const metadata = { ...present.metadata, annotations };
    store.update('coordination.k8s.io/leases', { ...present, metadata, spec });
    return;
  }
  store.create('coordination.k8s.io/leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: nodeName,
      namespace: LEASE_NAMESPACE,
      uid: uuid(options.random),
      creationTimestamp: options.timestamp(),
      annotations,
    },
    spec,
  });
}

function leaseOf(store: ObjectStore, nodeName: string) {
  return store.get('coordination.k8s.io/leases', LEASE_NAMESPACE, nodeName);
}

/** RFC 3339 with microseconds, as Leases have it. */
function microTime(seconds: string): string {
  return seconds.replace(/Z$/, '.000000Z');
}

function nodeStatus(
  options: KubeletOptions,
  present: KubeNode | undefined,
): NonNullable<KubeNode['status']> {
  const { nodeIp, nodeName, capacity = DEFAULT_CAPACITY } = options;
  const room = {
    cpu: capacity.cpu,
    'ephemeral-storage': capacity.ephemeralStorage,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: capacity.memory,
    pods: String(capacity.pods),
  };
  const now = options.timestamp();
  const before = new Map((present?.status?.conditions ?? []).map((each) => [each.type, each]));
  const condition = (
    type: string,
    status: 'True' | 'False',
    reason: string,
    message: string,
  ): Condition => {
    const earlier = before.get(type);
    const since = earlier?.status === status ? earlier.lastTransitionTime : undefined;
    return {
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: since ?? now,
    };
  };
  return {
    ...present?.status,
    capacity: room,
    allocatable: room,
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition(
        'DiskPressure',
        'False',
        'KubeletHasNoDiskPressure',
        'kubelet has no disk pressure',
      ),
      condition(
        'PIDPressure',
        'False',
        'KubeletHasSufficientPID',
        'kubelet has sufficient PID available',
      ),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    addresses: [
      { type: 'InternalIP', address: nodeIp },
      { type: 'Hostname', address: nodeName },
    ],
    nodeInfo: {
      architecture: 'amd64',
      bootID: uuid(options.random),
      containerRuntimeVersion: 'containerd://2.0.4',
      kernelVersion: '6.12.0-podnet',
      kubeProxyVersion: KUBERNETES_VERSION,
      kubeletVersion: KUBERNETES_VERSION,
      machineID: uuid(options.random).replaceAll('-', ''),
      operatingSystem: 'linux',
      osImage: 'podnet (emulated Linux)',
      systemUUID: uuid(options.random),
    },
  };
}
