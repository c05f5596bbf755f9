import { type Ip, type PolicyEngine, type PolicyRecord, parseIp } from '../../topology/index.js';
import type { KubeObject, Namespace, Pod } from '../contract/kube.js';
import type { Change, ObjectStore } from '../store/index.js';

/** Tells the policy engine of NetworkPolicies and of the pods and namespaces that they select; `changed` after each. */
export function followPolicies(
  store: ObjectStore,
  engine: PolicyEngine,
  changed: () => void,
): void {
  const namespaceChanged = (type: Change['type'], namespace: Namespace): void => {
    if (type === 'DELETED') engine.deleteNamespace(namespace.metadata.name);
    else engine.setNamespace(namespace.metadata.name, namespace.metadata.labels ?? {});
    changed();
  };
  const policyChanged = (type: Change['type'], policy: KubeObject): void => {
    const { namespace = '', name } = policy.metadata;
    if (type === 'DELETED') engine.deletePolicy(`${namespace}/${name}`);
    else engine.setPolicy({ namespace, name, spec: policy.spec as PolicyRecord['spec'] });
    changed();
  };
  const podChanged = (type: Change['type'], pod: Pod): void => {
    const { namespace = '', name } = pod.metadata;
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (type === 'DELETED' || ended) engine.deletePod(`${namespace}/${name}`);
    else if (pod.status?.podIP === undefined) return;
    else engine.setPod(podOf(pod));
    changed();
  };
  for (const namespace of store.list('namespaces')) namespaceChanged('ADDED', namespace);
  for (const pod of store.list('pods')) podChanged('ADDED', pod);
  for (const policy of store.list('networking.k8s.io/networkpolicies'))
    policyChanged('ADDED', policy);
  store.watch('namespaces', ({ type, object }) => namespaceChanged(type, object));
  store.watch('networking.k8s.io/networkpolicies', ({ type, object }) =>
    policyChanged(type, object),
  );
  store.watch('pods', ({ type, object, previous }) => {
    if (type === 'MODIFIED' && previous !== undefined && !mattersToPolicies(previous, object))
      return;
    podChanged(type, object);
  });
}

function mattersToPolicies(before: Pod, after: Pod): boolean {
  return (
    before.status?.podIP !== after.status?.podIP ||
    before.status?.phase !== after.status?.phase ||
    before.metadata.labels !== after.metadata.labels
  );
}

function podOf(pod: Pod) {
  return {
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    ips: (pod.status?.podIPs ?? []).flatMap(({ ip }): Ip[] => {
      const parsed = parseIp(ip);
      return parsed.ok ? [parsed.value] : [];
    }),
    nodeName: pod.spec.nodeName ?? '',
    labels: pod.metadata.labels ?? {},
    hostNetwork: pod.spec.hostNetwork === true,
    ports: pod.spec.containers.flatMap((container) =>
      (container.ports ?? []).flatMap((port) =>
        port.name === undefined
          ? []
          : [{ name: port.name, port: port.containerPort, protocol: port.protocol ?? 'TCP' }],
      ),
    ),
  };
}
