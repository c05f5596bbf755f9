import type { Pod, Service } from '../contract/kube.js';
import type { PortRow, PortsReport } from '../contract/reports.js';
import type { PodRuntimeView, PortView } from '../kubelet/index.js';
import type { Cluster } from './cluster.js';
import { SERVICE_NAME_LABEL } from './indexes.js';
import { bindingRow, conflictRows, ephemeralOf } from './port-bindings.js';

/** Who holds which port of a pod. */
export function portsReport(cluster: Cluster, pod: Pod): PortsReport {
  const view = cluster.kubeletOf(pod)?.podRuntimeView(pod.metadata.uid ?? '');
  const published = servicesOf(cluster, pod);
  const ephemeral = ephemeralOf(cluster, view);
  return {
    pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
    node: pod.spec.nodeName ?? '',
    ip: view?.ip ?? pod.status?.podIP ?? '',
    rows: (view?.ports ?? declaredPorts(pod)).map((port) => rowOf(port, pod, published)),
    conflicts: conflictRows(cluster, pod, view),
    ...(ephemeral === undefined ? {} : { ephemeral }),
    notes:
      view === undefined
        ? ['the pod runs on no node yet, so nothing is bound']
        : notesOf(view, published),
  };
}

/** Ports of a pod that no kubelet has taken yet: its manifest's. */
function declaredPorts({ spec }: Pod): PortView[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return containers.flatMap(({ name, ports = [] }) =>
    ports.map(
      ({ containerPort, hostPort, name: portName, protocol = 'TCP' }): PortView => ({
        proto: protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp',
        port: containerPort,
        portName,
        declaredBy: [name],
        bindings: [],
        boundBy: undefined,
        boundPid: undefined,
        boundAddress: undefined,
        hostPort: hostPort === 0 ? undefined : hostPort,
      }),
    ),
  );
}

interface Publication {
  readonly service: Service;
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly protocol: string;
  readonly targetPort: number;
}

function rowOf(port: PortView, pod: Pod, published: readonly Publication[]): PortRow {
  const bound =
    port.boundBy === undefined
      ? ''
      : `${port.boundBy}${port.boundPid === undefined ? '' : ` (pid ${port.boundPid})`} on ${port.boundAddress ?? '*'}`;
  const services = published.filter((p) => p.targetPort === port.port && p.protocol === port.proto);
  return {
    port: port.port,
    protocol: port.proto,
    declaredBy: port.declaredBy,
    boundBy: bound,
    bindings: port.bindings.map(bindingRow),
    published: [
      ...(port.hostPort === undefined
        ? []
        : [`hostPort ${port.hostPort} on ${pod.spec.nodeName ?? 'no node yet'}`]),
      ...services.map(
        (p) => `svc ${p.service.metadata.namespace}/${p.service.metadata.name} ${p.port}`,
      ),
      ...services.flatMap((p) => (p.nodePort === undefined ? [] : [`nodePort ${p.nodePort}`])),
    ],
  };
}

/** Services that send packets to this pod, found by its address in their slices. */
function servicesOf(cluster: Cluster, pod: Pod): Publication[] {
  const { store } = cluster;
  const slices = store.byIndex(
    'discovery.k8s.io/endpointslices',
    'address',
    pod.status?.podIP ?? '',
  );
  return slices.flatMap((slice) => {
    const service = store.get(
      'services',
      slice.metadata.namespace,
      slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? '',
    );
    const mine = slice.endpoints.some((e) => e.targetRef?.uid === pod.metadata.uid);
    if (service === undefined || !mine) return [];
    return (slice.ports ?? []).flatMap((port): Publication[] => {
      const front = service.spec.ports?.find((p) => (p.name ?? '') === (port.name ?? ''));
      if (front === undefined || port.port === undefined) return [];
      return [
        {
          service,
          port: front.port,
          nodePort: front.nodePort,
          protocol: (port.protocol ?? 'TCP').toLowerCase(),
          targetPort: port.port,
        },
      ];
    });
  });
}

function notesOf(view: PodRuntimeView, published: readonly Publication[]): string[] {
  const notes: string[] = [];
  for (const port of view.ports) {
    const name = `${port.port}/${port.proto}`;
    const bound = port.boundBy !== undefined;
    if (!bound && port.declaredBy.length > 0) {
      notes.push(
        `${name} is declared but nothing is bound to it: containerPort is information only, connections are refused`,
      );
    }
    const rows = port.bindings.map(bindingRow);
    if (bound && rows.every(({ scope }) => scope === 'loopback')) {
      notes.push(`${name} is bound on ${port.boundAddress}: only containers of this pod reach it`);
    }
    if (bound && rows.every(({ family }) => family === 'v6')) {
      notes.push(`${name} is bound for IPv6 alone: IPv4 connections are refused`);
    }
    if (rows.length > new Set(rows.map(({ address }) => address)).size) {
      notes.push(
        `${name} is shared by sockets with SO_REUSEPORT: the kernel spreads connections over them`,
      );
    }
  }
  const bound = new Set(
    view.ports.filter((p) => p.boundBy !== undefined).map((p) => `${p.port}/${p.proto}`),
  );
  for (const { service, targetPort, protocol } of published) {
    if (bound.has(`${targetPort}/${protocol}`)) continue;
    notes.push(
      `svc ${service.metadata.namespace}/${service.metadata.name} sends to port ${targetPort}/${protocol}, where nothing listens: connections are refused`,
    );
  }
  for (const container of view.containers) {
    if (container.image.assumed) {
      notes.push(
        `image ${container.image.requested} of ${container.name} is not known to podnet: it is assumed to listen on its declared ports`,
      );
    }
  }
  return notes;
}
