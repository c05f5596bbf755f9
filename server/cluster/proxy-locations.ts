/** Where `pods/NAME/proxy` and `services/NAME/proxy` lead, with the refusals of the API server. */
import { formatIp, parseIp } from '../../topology/index.js';
import { badRequest, failureStatus, notFound } from '../api/status.js';
import type { Status } from '../contract/kube.js';
import { connectStream } from '../kubelet/index.js';
import type { ProxyBackend, ProxyLocation, ProxyTarget } from '../stream/index.js';
import type { Cluster } from './cluster.js';
import { slicesOf } from './indexes.js';

/** How long the API server waits for a connection, in simulated nanoseconds. */
const DIAL_TIMEOUT_NS = 30_000_000_000;
const DEFAULT_PORTS = { http: '80', https: '443' } as const;

type Located =
  | { readonly ok: true; readonly value: ProxyLocation }
  | { readonly ok: false; readonly status: Status };

/** Reaches a cluster's pods and Services, by connections of the control plane's kube-apiserver. */
export function proxyIn(cluster: Cluster): ProxyBackend {
  return {
    locate: (target) =>
      target.resource === 'pods' ? locatePod(cluster, target) : locateService(cluster, target),
    connect: async ({ host, port }, signal) => {
      const where = `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}`;
      const address = parseIp(host);
      if (!/^\d+$/.test(port) || Number(port) > 65535)
        return { ok: false, error: `dial tcp: lookup tcp/${port}: unknown port` };
      if (cluster.apiServer?.state !== 'running' || !address.ok)
        return { ok: false, error: `${where}: connect: network is unreachable` };
      const { sys } = cluster.apiServer;
      const connected = await connectStream({
        sys,
        address: address.value,
        port: Number(port),
        signal,
        timeoutNs: DIAL_TIMEOUT_NS,
      });
      return connected.ok ? connected : { ok: false, error: `${where}: ${connected.error}` };
    },
  };
}

/** A pod's own address; its first declared port when none is asked (pod strategy, ResourceLocation). */
function locatePod(cluster: Cluster, { id, namespace }: ProxyTarget): Located {
  const asked = splitId(id);
  if (asked === undefined) return refused(badRequest(`invalid pod request "${id}"`));
  const pod = cluster.store.get('pods', namespace, asked.name);
  if (pod === undefined)
    return refused(notFound({ group: '', plural: 'pods', kind: 'Pod' }, asked.name));
  const declared = pod.spec.containers.find(({ ports = [] }) => ports.length > 0)?.ports?.[0];
  const port = asked.port || String(declared?.containerPort ?? DEFAULT_PORTS[asked.scheme]);
  const host = pod.status?.podIP ?? '';
  if (!isProxyable(host)) return refused(badRequest('address not allowed'));
  return { ok: true, value: { scheme: asked.scheme, host, port } };
}

/** A ready endpoint of the Service's port, which may be named or numbered (service REST, ResourceLocation). */
function locateService(cluster: Cluster, { id, namespace }: ProxyTarget): Located {
  const asked = splitId(id);
  if (asked === undefined) return refused(badRequest(`invalid service request "${id}"`));
  const { name, scheme } = asked;
  const service = cluster.store.get('services', namespace, name);
  if (service === undefined)
    return refused(notFound({ group: '', plural: 'services', kind: 'Service' }, name));
  let portName = asked.port;
  if (/^[+-]?\d+$/.test(portName)) {
    const found = (service.spec.ports ?? []).find(({ port }) => port === Number(portName));
    if (found === undefined)
      return unavailable(`no service port ${Number(portName)} found for service "${name}"`);
    portName = found.name ?? '';
  }
  const ready = slicesOf(cluster.store, namespace, name).flatMap(({ endpoints, ports = [] }) => {
    const port = ports.find((one) => (one.name ?? '') === portName)?.port;
    if (port === undefined) return [];
    return endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses.slice(0, 1))
      .map((host) => ({ scheme, host, port: String(port) }));
  });
  const chosen = ready[Math.floor(cluster.proxyRandom() * ready.length)];
  return chosen === undefined
    ? unavailable(`no endpoints available for service "${name}"`)
    : { ok: true, value: chosen };
}

/** Reads `name`, `name:port` or `scheme:name:port` (apimachinery, SplitSchemeNamePort). */
function splitId(
  id: string,
): { readonly scheme: 'http' | 'https'; readonly name: string; readonly port: string } | undefined {
  const parts = id.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '') return undefined;
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https') return undefined;
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

/** Whether the address is one that proxies may reach: no loopback, link-local or multicast one. */
function isProxyable(host: string): boolean {
  const address = parseIp(host);
  if (!address.ok) return false;
  return !/^(0\.|127\.|169\.254\.|2(2[4-9]|3\d)\.|255\.|::1?$|fe[89ab]|ff)/.test(
    formatIp(address.value),
  );
}

function refused(status: Status): Located {
  return { ok: false, status };
}

function unavailable(message: string): Located {
  return refused(failureStatus({ code: 503, reason: 'ServiceUnavailable', message }));
}
