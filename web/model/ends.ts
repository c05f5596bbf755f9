import type { Vertex } from '../../server/contract/graph.js';
import type { TraceRequest } from '../../server/contract/live.js';
import { compareNames } from './names.js';

type Protocol = TraceRequest['protocol'];

/** Where probes may start: pods, then machines. */
export function sourcesOf(vertices: Iterable<Vertex>): readonly string[] {
  const pods: string[] = [];
  const machines: string[] = [];
  for (const vertex of vertices) {
    if (vertex.kind === 'pod') pods.push(`${vertex.namespace}/${vertex.name}`);
    else if (vertex.kind === 'node') machines.push(`node/${vertex.name}`);
    else if (vertex.kind === 'outside') machines.push(vertex.name);
  }
  return [...pods.sort(compareNames), ...machines.sort(compareNames)];
}

/** Where probes may go: Services on ports of the protocol, then whatever they may start from. */
export function targetsOf(vertices: readonly Vertex[], protocol: Protocol): readonly string[] {
  const services = vertices.flatMap((vertex) =>
    vertex.kind === 'service'
      ? serviceEnds(vertex.name, vertex.namespace, portsFor(vertex.ports, protocol))
      : [],
  );
  return [...services.sort(compareNames), ...sourcesOf(vertices)];
}

function serviceEnds(name: string, namespace: string, ports: readonly number[]): string[] {
  return ports.map((port) => `svc/${namespace}/${name}:${port}`);
}

function portsFor(ports: readonly string[], protocol: Protocol): readonly number[] {
  return ports
    .filter((port) => protocol === 'icmp' || port.includes(`/${protocol.toUpperCase()}`))
    .map((port) => Number.parseInt(port, 10));
}

/** What to write for a vertex that was picked in the graph as an end; undefined when it cannot be one. */
export function endFor(vertex: Vertex, end: 'from' | 'to', protocol: Protocol): string | undefined {
  switch (vertex.kind) {
    case 'pod': {
      const name = `${vertex.namespace}/${vertex.name}`;
      const port = vertex.containers
        .flatMap((c) => c.ports)
        .find((p) => p.endsWith(`/${protocol}`));
      return end === 'from' || port === undefined
        ? name
        : `${name}${suffixFor(Number.parseInt(port, 10))}`;
    }
    case 'service':
      return end === 'to'
        ? `svc/${vertex.namespace}/${vertex.name}${suffixFor(portsFor(vertex.ports, protocol)[0])}`
        : undefined;
    case 'node':
      return `node/${vertex.name}`;
    case 'outside':
      return vertex.name;
    default:
      return undefined;
  }
}

function suffixFor(port: number | undefined): string {
  return port === undefined ? '' : `:${port}`;
}
