import type { ServiceVertex } from '../contract/graph.js';
import type { EndpointSlice, Service } from '../contract/kube.js';

type Endpoint = EndpointSlice['endpoints'][number];

/** Draws a Service with the endpoints of its slices. */
export function projectService(service: Service, slices: readonly EndpointSlice[]): ServiceVertex {
  const { metadata, spec } = service;
  const all = slices.flatMap((slice) =>
    slice.endpoints.map((endpoint) => ({ endpoint, ports: slice.ports ?? [] })),
  );
  const ready = all.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  const others = all.filter(({ endpoint }) => endpoint.conditions?.ready === false);
  const open = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  return {
    id: `service:${metadata.namespace}/${metadata.name}`,
    kind: 'service',
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    type: spec.type ?? 'ClusterIP',
    clusterIp: spec.type === 'ExternalName' ? (spec.externalName ?? '') : (spec.clusterIP ?? ''),
    ports: (spec.ports ?? []).map((port) => {
      const node = port.nodePort === undefined ? '' : `:${port.nodePort}`;
      const target =
        port.targetPort === undefined || port.targetPort === port.port ? '' : `→${port.targetPort}`;
      return `${port.port}${node}/${port.protocol ?? 'TCP'}${target}`;
    }),
    endpoints: ready.flatMap(({ endpoint, ports }) =>
      endpoint.addresses.flatMap((address) =>
        ports.map((port) => `${address}:${port.port ?? 'any'}`),
      ),
    ),
    pods: podsOf(ready),
    unready: podsOf(others),
    mappings: mappingsOf(service, slices),
    nodePorts: (spec.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []),
    ...(open
      ? { externalTrafficPolicy: spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster' }
      : {}),
  };
}

function podsOf(list: readonly { readonly endpoint: Endpoint }[]): readonly string[] {
  const ids = list.flatMap(({ endpoint: { targetRef } }) =>
    targetRef?.kind === 'Pod' ? [`pod:${targetRef.namespace}/${targetRef.name}`] : [],
  );
  return [...new Set(ids)];
}

/** Ports of a Service and of its endpoints go together by name; pods may number a named one differently. */
function mappingsOf({ spec }: Service, slices: readonly EndpointSlice[]): readonly string[] {
  const numbers = new Map<string, Set<number>>();
  for (const slice of slices) {
    for (const { name = '', port } of slice.ports ?? []) {
      if (port === undefined) continue;
      numbers.set(name, (numbers.get(name) ?? new Set<number>()).add(port));
    }
  }
  return (spec.ports ?? []).map(({ name = '', port, protocol = 'TCP' }) => {
    const targets = [...(numbers.get(name) ?? [])].join(' or ');
    return `${port} → ${targets || 'no endpoint'}/${protocol}`;
  });
}
