import type { Container, Probe } from '../contract/kube.js';
import type { DeclaredPort } from '../program/index.js';

/**
 * Ports that a manifest leads one to expect of a container: those it declares or, when it declares none, those it
 * probes. A program that podnet does not know is assumed to serve them.
 */
export function expectedPorts(spec: Container): readonly DeclaredPort[] {
  const declared = (spec.ports ?? []).map(({ containerPort, name, protocol = 'TCP' }) => ({
    port: containerPort,
    protocol,
    ...(name === undefined ? {} : { name }),
  }));
  if (declared.length > 0) return declared;
  const probes = [spec.startupProbe, spec.readinessProbe, spec.livenessProbe].map(portOf);
  return [...new Set(probes)]
    .filter((port) => port !== undefined)
    .map((port) => ({ port, protocol: 'TCP' }));
}

function portOf(probe: Probe | undefined): number | undefined {
  const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
  return typeof port === 'number' ? port : undefined;
}
