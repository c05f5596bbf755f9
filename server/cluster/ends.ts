import { fail, formatIp, type Ip, ok, parseIp, type Result } from '../../topology/index.js';
import type { Pod, Service } from '../contract/kube.js';
import type { ZoneSource } from '../program/index.js';
import type { ObjectStore } from '../store/index.js';
import { slicesOf } from './indexes.js';
import { listed, unknownName } from './unknown-name.js';

/** Where packets are sent from. */
export type Source =
  | { readonly kind: 'pod'; readonly pod: Pod }
  | { readonly kind: 'machine'; readonly name: string };

/** Where packets are sent to. */
export interface Target {
  readonly address: Ip;
  /** The port that was asked for, or the only one there is. */
  readonly port: number | undefined;
  /** For titles: `svc default/api (10.96.7.1)`. */
  readonly label: string;
}

/** What ends are looked up in. */
export interface EndContext {
  readonly store: ObjectStore;
  readonly zone: ZoneSource;
  /** Default namespace. */
  readonly namespace: string;
  /** Address of a machine of the topology: nodes, routers, `outside`. */
  readonly machineAddress: (name: string) => Ip | undefined;
  readonly machines: () => readonly string[];
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** Ports that a pod has bound, for a default. */
  readonly boundPorts: (pod: Pod, protocol: 'tcp' | 'udp') => readonly number[];
  /** What the resolver of the world outside says to a name. */
  readonly outsideAddress: (name: string) => Ip | undefined;
}

/**
 * Finds the sender: `web-0`, `pod/web-0`, `ns/web-0`, `deploy/web`, `node/worker-1`, `outside`, or a pod's IP.
 *
 * Failures: a sentence that says what was looked for and what there is.
 */
export function resolveSource(text: string, context: EndContext): Result<Source, string> {
  if (
    context.machines().includes(text) &&
    context.store.get('pods', context.namespace, text) === undefined
  ) {
    return ok({ kind: 'machine', name: text });
  }
  const [head = '', ...rest] = text.split('/');
  if (head === 'node' && rest.length === 1) {
    const [name = ''] = rest;
    return context.machines().includes(name)
      ? ok({ kind: 'machine', name })
      : fail(`no node is named '${name}'; there are ${context.machines().join(', ')}`);
  }
  const address = parseIp(text);
  if (address.ok) {
    const [pod] = context.store.byIndex('pods', 'ip', formatIp(address.value));
    return pod === undefined ? fail(`no pod has the address ${text}`) : ok({ kind: 'pod', pod });
  }
  const pod = findPod(text, context);
  if (pod.ok) return ok({ kind: 'pod', pod: pod.value });
  const service = findService(text, context);
  return service === undefined ? pod : fail(notASender(service, context));
}

function notASender({ metadata }: Service, { store }: EndContext): string {
  const { name, namespace = '' } = metadata;
  const pods = slicesOf(store, namespace, name)
    .flatMap((slice) => slice.endpoints)
    .flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' ? [targetRef.name ?? ''] : []));
  return `${namespace}/${name} is a Service, and has no ports or processes of its own; its pods: ${listed(pods)}`;
}

/**
 * Finds the receiver: the forms of `resolveSource`, `svc`, `svc/api`, `ns/svc`, a DNS name or an IP, each with `:port`
 * behind it if need be.
 */
export function resolveTarget(text: string, context: EndContext): Result<Target, string> {
  const { name, port } = splitPort(text);
  if (port !== undefined && !(port >= 0 && port <= 65535)) {
    return fail(`'${text}': a port must be a whole number from 0 to 65535`);
  }
  const address = parseIp(name === 'localhost' ? '127.0.0.1' : name);
  if (address.ok) return withPort({ address: address.value, label: name }, port, context);
  const [head = '', tail] = name.split('/');
  if ((head === 'node' && tail !== undefined) || context.machines().includes(name)) {
    const machine = tail ?? name;
    const found = context.machineAddress(machine);
    if (found === undefined)
      return fail(`no node is named '${machine}'; there are ${context.machines().join(', ')}`);
    return withPort({ address: found, label: `${machine} (${formatIp(found)})` }, port, context);
  }
  const service = findService(name, context);
  const pod = service === undefined || head === 'pod' ? findPod(name, context) : undefined;
  if (pod?.ok === true) return podTarget(pod.value, port, context);
  if (service !== undefined) return serviceTarget(service, port, context);
  if (head === 'svc' || head === 'service' || head === 'services') {
    const [, middle = '', last] = name.split('/');
    const { store, namespace } = context;
    return fail(
      last === undefined
        ? unknownName({ store, namespace, name: middle })
        : unknownName({ store, namespace: middle, name: last }),
    );
  }
  if (name.includes('.')) return dnsTarget(name, port, context);
  return pod ?? fail(`nothing is named '${name}'`);
}

function splitPort(text: string): { readonly name: string; readonly port: number | undefined } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) {
    return {
      name: bracketed[1] ?? '',
      port: bracketed[2] === undefined ? undefined : Number(bracketed[2]),
    };
  }
  if (text.split(':').length !== 2) return { name: text, port: undefined };
  const [name = '', port = ''] = text.split(':');
  return { name, port: /^\d+$/.test(port) ? Number(port) : Number.NaN };
}

function findPod(text: string, context: EndContext): Result<Pod, string> {
  const parts = text.split('/');
  const kind = parts[0] ?? '';
  const { store, namespace } = context;
  if (parts.length === 3 && kind === 'pod') return getPod(parts[1] ?? '', parts[2] ?? '', context);
  if (parts.length === 2 && (kind === 'pod' || kind === 'pods' || kind === 'po')) {
    return getPod(namespace, parts[1] ?? '', context);
  }
  const workload = WORKLOADS[kind];
  if (parts.length === 2 && workload !== undefined) {
    const owner = store.get(workload, namespace, parts[1] ?? '');
    if (owner === undefined)
      return fail(`no ${kind} is named '${parts[1]}' in namespace ${namespace}`);
    return firstPodOf(owner.metadata.uid ?? '', `${kind}/${parts[1]}`, context);
  }
  if (parts.length === 2) return getPod(kind, parts[1] ?? '', context);
  if (parts.length > 2)
    return fail(`'${text}' must be a pod such as web-0, pod/web-0 or default/web-0`);
  const pod = store.get('pods', namespace, text);
  if (pod !== undefined) return ok(pod);
  for (const resource of Object.values(WORKLOADS)) {
    const owner = store.get(resource, namespace, text);
    if (owner !== undefined) return firstPodOf(owner.metadata.uid ?? '', text, context);
  }
  return getPod(namespace, text, context);
}

const WORKLOADS: Readonly<
  Record<
    string,
    'apps/deployments' | 'apps/statefulsets' | 'apps/daemonsets' | 'apps/replicasets' | 'batch/jobs'
  >
> = {
  deploy: 'apps/deployments',
  deployment: 'apps/deployments',
  sts: 'apps/statefulsets',
  statefulset: 'apps/statefulsets',
  ds: 'apps/daemonsets',
  daemonset: 'apps/daemonsets',
  rs: 'apps/replicasets',
  replicaset: 'apps/replicasets',
  job: 'batch/jobs',
};

function firstPodOf(uid: string, label: string, context: EndContext): Result<Pod, string> {
  const { store } = context;
  const sets = store.byIndex('apps/replicasets', 'owner', uid).map((set) => set.metadata.uid ?? '');
  const pods = [uid, ...sets].flatMap((owner) => store.byIndex('pods', 'owner', owner));
  const running = pods.find((pod) => pod.status?.phase === 'Running') ?? pods[0];
  return running === undefined ? fail(`${label} has no pods`) : ok(running);
}

function getPod(namespace: string, name: string, context: EndContext): Result<Pod, string> {
  const pod = context.store.get('pods', namespace, name);
  if (pod !== undefined) return ok(pod);
  return fail(unknownName({ store: context.store, namespace, name }));
}

function findService(text: string, context: EndContext): Service | undefined {
  const parts = text.split('/');
  const { store, namespace } = context;
  if (parts.length === 1) {
    return store.get('pods', namespace, text) === undefined
      ? store.get('services', namespace, text)
      : undefined;
  }
  const [head = '', middle = '', last] = parts;
  const named = head === 'svc' || head === 'service' || head === 'services';
  if (named)
    return last === undefined
      ? store.get('services', namespace, middle)
      : store.get('services', middle, last);
  return store.get('pods', head, middle) === undefined
    ? store.get('services', head, middle)
    : undefined;
}

function podTarget(
  pod: Pod,
  port: number | undefined,
  context: EndContext,
): Result<Target, string> {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const ip = parseIp(pod.status?.podIP ?? '');
  if (!ip.ok) return fail(`pod ${name} has no IP yet (${pod.status?.phase ?? 'Pending'})`);
  const target = { address: ip.value, label: `pod ${name} (${formatIp(ip.value)})` };
  if (port !== undefined || context.protocol === 'icmp') return ok({ ...target, port });
  const { protocol } = context;
  const bound = context.boundPorts(pod, protocol);
  const declared = pod.spec.containers.flatMap((container) =>
    (container.ports ?? [])
      .filter((p) => (p.protocol ?? 'TCP').toLowerCase() === protocol)
      .map((p) => p.containerPort),
  );
  const [candidate] = bound.length > 0 ? bound : declared;
  if (candidate !== undefined) return ok({ ...target, port: candidate });
  return fail(`pod ${name} has no ${protocol} port: write ${pod.metadata.name}:PORT`);
}

function serviceTarget(
  service: Service,
  port: number | undefined,
  context: EndContext,
): Result<Target, string> {
  const name = `${service.metadata.namespace}/${service.metadata.name}`;
  if (service.spec.type === 'ExternalName')
    return dnsTarget(service.spec.externalName ?? '', port, context);
  const ports = (service.spec.ports ?? []).filter(
    (p) => (p.protocol ?? 'TCP').toLowerCase() === context.protocol,
  );
  const chosen = port ?? ports[0]?.port;
  if (chosen === undefined && context.protocol !== 'icmp') {
    return fail(`Service ${name} has no ${context.protocol} port`);
  }
  const ip = parseIp(service.spec.clusterIP ?? '');
  if (ip.ok)
    return ok({ address: ip.value, port: chosen, label: `svc ${name} (${formatIp(ip.value)})` });
  return headlessTarget(service, chosen, context);
}

/** A headless Service is a list of pods: DNS gives their addresses, and clients take the first. */
function headlessTarget(
  service: Service,
  port: number | undefined,
  context: EndContext,
): Result<Target, string> {
  const { namespace = '', name } = service.metadata;
  const slices = slicesOf(context.store, namespace, name);
  for (const slice of slices) {
    const address = parseIp(
      slice.endpoints.find((e) => e.conditions?.ready !== false)?.addresses[0] ?? '',
    );
    if (!address.ok) continue;
    const label = `headless svc ${namespace}/${name} (${formatIp(address.value)})`;
    return ok({ address: address.value, port: slice.ports?.[0]?.port ?? port, label });
  }
  return fail(
    `Service ${namespace}/${name} is headless and has no ready endpoint, so its name has no address`,
  );
}

function dnsTarget(
  name: string,
  port: number | undefined,
  context: EndContext,
): Result<Target, string> {
  const suffix = `.${context.zone.domain}`;
  const absolute = name.endsWith('.') ? name.slice(0, -1) : name;
  const inside = absolute.endsWith(suffix) ? absolute.slice(0, -suffix.length) : absolute;
  const labels = inside.split('.');
  const kind = labels.indexOf('svc');
  if (kind === 2 || (kind === -1 && labels.length === 2)) {
    const [service = '', namespace = ''] = labels;
    const found = context.store.get('services', namespace, service);
    if (found !== undefined) return serviceTarget(found, port, context);
  }
  if (kind === 3) {
    const [hostname = '', service = '', namespace = ''] = labels;
    const endpoint = context.zone
      .lookupService(namespace, service)
      ?.endpoints.find((e) => e.hostname === hostname);
    if (endpoint !== undefined) {
      return withPort(
        { address: endpoint.address, label: `${name} (${formatIp(endpoint.address)})` },
        port ?? endpoint.ports[0]?.port,
        context,
      );
    }
  }
  const outside = context.outsideAddress(absolute);
  if (outside !== undefined)
    return withPort({ address: outside, label: `${name} (${formatIp(outside)})` }, port, context);
  return fail(
    `the name '${name}' has no address (NXDOMAIN): no Service is called that, and no host outside the cluster that podnet knows, such as example.com`,
  );
}

function withPort(
  target: { readonly address: Ip; readonly label: string },
  port: number | undefined,
  context: EndContext,
): Result<Target, string> {
  if (port === undefined && context.protocol !== 'icmp') {
    return fail(`'${target.label}' needs a port: write it after a colon, or use --protocol icmp`);
  }
  return ok({ ...target, port });
}
