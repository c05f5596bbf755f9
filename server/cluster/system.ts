import type { KubeObject } from '../contract/kube.js';

/** Ranges that system objects depend on. */
export interface SystemFacts {
  readonly dnsIp: string;
  readonly apiServerIp: string;
  readonly apiServerPort: number;
  /** How many CoreDNS pods: two on several nodes, one on a single node. */
  readonly dnsReplicas: number;
}

/**
 * What a fresh cluster holds besides what the API server itself ensures, in order of creation: the addresses behind
 * Service `kubernetes`, and CoreDNS.
 *
 * Fidelity: the control plane and kube-proxy are podnet's own code and not shown as pods; CoreDNS is a real pod.
 */
export function systemObjects(
  facts: SystemFacts,
): readonly { readonly resource: string; readonly object: KubeObject }[] {
  return [
    { resource: 'discovery.k8s.io/endpointslices', object: kubernetesSlice(facts) },
    { resource: 'endpoints', object: kubernetesEndpoints(facts) },
    {
      resource: 'serviceaccounts',
      object: {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'coredns', namespace: 'kube-system' },
      },
    },
    { resource: 'configmaps', object: corefile() },
    { resource: 'services', object: dnsService(facts) },
    { resource: 'apps/deployments', object: dnsDeployment(facts) },
  ];
}

function kubernetesSlice(facts: SystemFacts): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [facts.apiServerIp], conditions: { ready: true } }],
    ports: [{ name: 'https', port: facts.apiServerPort, protocol: 'TCP' }],
  };
}

function kubernetesEndpoints(facts: SystemFacts): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [
      {
        addresses: [{ ip: facts.apiServerIp }],
        ports: [{ name: 'https', port: facts.apiServerPort, protocol: 'TCP' }],
      },
    ],
  };
}

const DNS_LABELS = { 'k8s-app': 'kube-dns' };

function corefile(): KubeObject {
  const text = [
    '.:53 {',
    '    errors',
    '    health',
    '    ready',
    '    kubernetes cluster.local in-addr.arpa ip6.arpa {',
    '       pods insecure',
    '       fallthrough in-addr.arpa ip6.arpa',
    '       ttl 30',
    '    }',
    '    forward . /etc/resolv.conf',
    '    cache 30',
    '}',
    '',
  ].join('\n');
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: { Corefile: text },
  };
}

function dnsService(facts: SystemFacts): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace: 'kube-system',
      labels: {
        ...DNS_LABELS,
        'kubernetes.io/cluster-service': 'true',
        'kubernetes.io/name': 'CoreDNS',
      },
    },
    spec: {
      clusterIP: facts.dnsIp,
      clusterIPs: [facts.dnsIp],
      selector: DNS_LABELS,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  };
}

function dnsDeployment(facts: SystemFacts): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'coredns',
      namespace: 'kube-system',
      labels: { ...DNS_LABELS, 'kubernetes.io/name': 'CoreDNS' },
    },
    spec: {
      replicas: facts.dnsReplicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: DNS_LABELS },
      template: {
        metadata: { labels: DNS_LABELS },
        spec: {
          priorityClassName: 'system-cluster-critical',
          serviceAccountName: 'coredns',
          dnsPolicy: 'Default',
          tolerations: [
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
            { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
          ],
          containers: [
            {
              name: 'coredns',
              image: 'registry.k8s.io/coredns/coredns:v1.11.3',
              args: ['-conf', '/etc/coredns/Corefile'],
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
              ports: [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
                { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
              ],
              readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
              livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 60 },
              volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
            },
          ],
          volumes: [{ name: 'config-volume', configMap: { name: 'coredns' } }],
        },
      },
    },
  };
}
