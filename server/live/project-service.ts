import type { ServiceVertex } from '../contract/graph.js';
import type { EndpointSlice, Service } from '../contract/kube.js';

/** Draws a Service with the endpoints of its slices. */
export function projectService(service: Service, slices: readonly EndpointSlice[]): ServiceVertex {
  const { metadata, spec } = service;
  const ready = slices.flatMap((slice) =>
    slice.endpoints
      .filter((endpoint) => endpoint.conditions?.ready !== false)
      .map((endpoint) => ({ endpoint, ports: slice.ports ?? [] })),
  );
  const pods = ready.flatMap(({ endpoint }) =>
    endpoint.targetRef?.kind === 'Pod'
      ? [`pod:${endpoint.targetRef.namespace}/${endpoint.targetRef.name}`]
      : [],
  );
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
    pods: [...new Set(pods)],
  };
}
