/** EndpointSlices and Endpoints of Services (upstream `pkg/controller/endpointslice`, `endpoint`, `endpointslicemirroring`). */

import type {
  EndpointSlice,
  Endpoints,
  KubeObject,
  Pod,
  Service,
  ServicePort,
} from '../contract/kube.js';
import { deepEqual } from '../kube/json.js';
import { labelMapMatcher } from '../kube/label-selector.js';
import type { Change } from '../store/index.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from './context.js';
import { startController } from './controller.js';
import { canonicalJson, generatedName } from './naming.js';
import { controllerReference, isFinished, isReady } from './pod/pod-state.js';
import type { SyncOutcome } from './work-queue.js';

const MAX_ENDPOINTS = 100;
const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const CONTROLLER = 'endpointslice-controller.k8s.io';
const MIRROR = 'endpointslicemirroring-controller.k8s.io';
const BY_SERVICE = 'service-name';
const BY_NAMESPACED_LABEL = 'selected-by';

type Endpoint = EndpointSlice['endpoints'][number];
type Port = NonNullable<EndpointSlice['ports']>[number];

/** Endpoints that listen on the same ports. */
interface PortGroup {
  readonly ports: readonly Port[];
  readonly endpoints: readonly Endpoint[];
}

/** Starts the controllers of EndpointSlices and Endpoints. */
export function startEndpointsController(context: ControlContext): Controller {
  const { store } = context.client;
  store.addIndex('discovery.k8s.io/endpointslices', BY_SERVICE, (slice) => {
    const service = slice.metadata.labels?.[SERVICE_NAME];
    return service === undefined ? [] : [`${slice.metadata.namespace ?? ''}/${service}`];
  });
  // One label decides which pods can match at all; the rest of the selector is checked on those.
  store.addIndex('pods', BY_NAMESPACED_LABEL, (pod) =>
    Object.entries(pod.metadata.labels ?? {}).map(
      ([key, value]) => `${pod.metadata.namespace ?? ''}/${key}=${value}`,
    ),
  );
  store.addIndex('services', BY_NAMESPACED_LABEL, (service) => {
    const key = selectorIndexKey(service);
    return key === undefined ? [] : [key];
  });
  return startController({
    context,
    sync: (key) => sync(context, key),
    wakes: {
      services: ({ object }) => [queueKey(object)],
      pods: (change) => servicesOf(context, change),
      endpoints: ({ object }) => [queueKey(object)],
    },
    initial: () => store.list('services').map(queueKey),
  });
}

function selectorIndexKey(service: Service): string | undefined {
  const [first] = Object.entries(service.spec.selector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return first && `${service.metadata.namespace ?? ''}/${first[0]}=${first[1]}`;
}

function* servicesOf(context: ControlContext, change: Change<Pod>): Iterable<string> {
  const { object, previous } = change;
  if (previous !== undefined && change.type === 'MODIFIED' && sameForEndpoints(previous, object)) {
    return;
  }
  for (const pod of previous === undefined ? [object] : [object, previous]) {
    for (const [key, value] of Object.entries(pod.metadata.labels ?? {})) {
      const indexKey = `${pod.metadata.namespace ?? ''}/${key}=${value}`;
      for (const service of context.client.store.byIndex(
        'services',
        BY_NAMESPACED_LABEL,
        indexKey,
      )) {
        if (labelMapMatcher(service.spec.selector ?? {})(pod.metadata.labels))
          yield queueKey(service);
      }
    }
  }
}

function sameForEndpoints(a: Pod, b: Pod): boolean {
  return (
    a.metadata.labels === b.metadata.labels &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    a.spec.nodeName === b.spec.nodeName &&
    a.status?.podIP === b.status?.podIP &&
    a.status?.phase === b.status?.phase &&
    isReady(a) === isReady(b)
  );
}

function sync(context: ControlContext, key: string): SyncOutcome {
  const [namespace, name] = splitQueueKey(key);
  const { store } = context.client;
  const service = store.get('services', namespace, name);
  const slices = store.byIndex('discovery.k8s.io/endpointslices', BY_SERVICE, key);
  const isMirrored = (slice: EndpointSlice) => slice.metadata.labels?.[MANAGED_BY] === MIRROR;
  const own = slices.filter((slice) => slice.metadata.labels?.[MANAGED_BY] === CONTROLLER);
  if (service === undefined) {
    for (const slice of [...own, ...slices.filter(isMirrored)]) remove(context, slice);
    const endpoints = store.get('endpoints', namespace, name);
    if (endpoints?.metadata.annotations?.[TRIGGER] !== undefined) {
      context.client.delete('endpoints', namespace, name);
    }
    return 'done';
  }
  if (service.spec.type === 'ExternalName') {
    for (const slice of own) remove(context, slice);
    return 'done';
  }
  const { selector = {} } = service.spec;
  if (Object.keys(selector).length === 0) {
    // Only what people wrote into Endpoints by hand is mirrored.
    const endpoints = store.get('endpoints', namespace, name);
    const groups = endpoints === undefined ? [] : mirrored(endpoints);
    for (const slice of own) remove(context, slice);
    if (groups.length === 0) {
      for (const slice of slices.filter(isMirrored)) remove(context, slice);
      return 'done';
    }
    return write(
      context,
      { owner: endpoints ?? service, service, groups, manager: MIRROR },
      slices.filter(isMirrored),
    );
  }
  for (const slice of slices.filter(isMirrored)) remove(context, slice);
  const pods = podsOf(context, service);
  const groups = groupByPorts(service, pods);
  const outcome = write(context, { owner: service, service, groups, manager: CONTROLLER }, own);
  return writeEndpoints(context, service, groups) === 'retry' ? 'retry' : outcome;
}

const TRIGGER = 'endpoints.kubernetes.io/managed-by';

function remove(context: ControlContext, slice: EndpointSlice): void {
  const { namespace, name } = slice.metadata;
  context.client.delete('discovery.k8s.io/endpointslices', namespace, name);
}

/** The pods that a Service can send to, in order of name. */
function podsOf(context: ControlContext, service: Service): readonly Pod[] {
  const key = selectorIndexKey(service);
  if (key === undefined) return [];
  const matches = labelMapMatcher(service.spec.selector ?? {});
  return context.client.store
    .byIndex('pods', BY_NAMESPACED_LABEL, key)
    .filter(
      (pod) =>
        matches(pod.metadata.labels) &&
        !isFinished(pod) &&
        (pod.status?.podIP ?? '') !== '' &&
        pod.spec.nodeName !== undefined,
    );
}

function groupByPorts(service: Service, pods: readonly Pod[]): readonly PortGroup[] {
  const groups = new Map<string, { ports: readonly Port[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const ports = portsOn(service, pod);
    const key = canonicalJson(ports);
    let group = groups.get(key);
    if (group === undefined) {
      group = { ports, endpoints: [] };
      groups.set(key, group);
    }
    group.endpoints.push(endpointOf(service, pod));
  }
  return [...groups.values()];
}

/** A Service's ports as one pod has them; a name that the pod does not have is left out. */
function portsOn(service: Service, pod: Pod): readonly Port[] {
  const ports: Port[] = [];
  for (const one of service.spec.ports ?? []) {
    const port = targetPort(one, pod);
    if (port === undefined) continue;
    ports.push({
      name: one.name ?? '',
      port,
      protocol: one.protocol ?? 'TCP',
      ...(one.appProtocol === undefined ? {} : { appProtocol: one.appProtocol }),
    });
  }
  return ports;
}

/** The number that a service port's target has in a pod (`podutil.FindPort`). */
export function targetPort(one: ServicePort, pod: Pod): number | undefined {
  const target = one.targetPort ?? one.port;
  if (typeof target === 'number') return target === 0 ? one.port : target;
  const sidecars = (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === (one.protocol ?? 'TCP')) {
        return port.containerPort;
      }
    }
  }
  return /^\d+$/.test(target) ? Number(target) : undefined;
}

function endpointOf(service: Service, pod: Pod): Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const published = service.spec.publishNotReadyAddresses === true;
  const { hostname, subdomain } = pod.spec;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready: published || (serving && !terminating), serving, terminating },
    ...(hostname !== undefined && subdomain === service.metadata.name ? { hostname } : {}),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function mirrored(endpoints: Endpoints): readonly PortGroup[] {
  if (endpoints.metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true') return [];
  return (endpoints.subsets ?? []).map((subset) => ({
    ports: (subset.ports ?? []).map(({ name, port, protocol }) => ({
      name: name ?? '',
      port,
      protocol: protocol ?? 'TCP',
    })),
    endpoints: [
      ...(subset.addresses ?? []).map((address) => ({ address, ready: true })),
      ...(subset.notReadyAddresses ?? []).map((address) => ({ address, ready: false })),
    ].map(({ address, ready }) => ({
      addresses: [address.ip],
      conditions: { ready },
      ...(address.hostname === undefined ? {} : { hostname: address.hostname }),
      ...(address.nodeName === undefined ? {} : { nodeName: address.nodeName }),
      ...(address.targetRef === undefined ? {} : { targetRef: address.targetRef }),
    })),
  }));
}

interface Wanted {
  readonly owner: KubeObject;
  readonly service: Service;
  readonly groups: readonly PortGroup[];
  readonly manager: string;
}

/** Keeps endpoints in the slice they are in, fills gaps, and makes or removes slices as needed. */
function write(
  context: ControlContext,
  wanted: Wanted,
  existing: readonly EndpointSlice[],
): SyncOutcome {
  const { client } = context;
  const unused = new Set(existing);
  let failed = false;
  // A Service without endpoints still has one empty slice.
  const groups = wanted.groups.length > 0 ? wanted.groups : [{ ports: [], endpoints: [] }];
  for (const { ports, endpoints } of groups) {
    const mine = existing.filter(
      (slice) => unused.has(slice) && deepEqual(slice.ports ?? [], ports),
    );
    const left = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
    const kept = mine.map((slice) => ({
      slice,
      endpoints: slice.endpoints.flatMap((endpoint) => {
        const now = left.get(identity(endpoint));
        left.delete(identity(endpoint));
        return now === undefined ? [] : [now];
      }),
    }));
    const rest = [...left.values()];
    for (const one of kept) {
      one.endpoints.push(...rest.splice(0, Math.max(0, MAX_ENDPOINTS - one.endpoints.length)));
    }
    for (const { slice, endpoints: next } of kept) {
      if (next.length === 0 && (endpoints.length > 0 || kept.length > 1)) continue;
      unused.delete(slice);
      const labels = labelsOf(wanted);
      if (deepEqual(slice.endpoints, next) && deepEqual(slice.metadata.labels, labels)) continue;
      const { resourceVersion: _, ...metadata } = slice.metadata;
      const updated = client.update('discovery.k8s.io/endpointslices', {
        ...slice,
        metadata: { ...metadata, labels },
        endpoints: next,
      });
      failed ||= !updated.ok;
    }
    if (endpoints.length === 0 && kept.length === 0) {
      failed = !createSlice(context, wanted, ports, []) || failed;
    }
    while (rest.length > 0) {
      failed = !createSlice(context, wanted, ports, rest.splice(0, MAX_ENDPOINTS)) || failed;
    }
  }
  for (const slice of unused) remove(context, slice);
  return failed ? 'retry' : 'done';
}

function identity({ addresses, targetRef }: Endpoint): string {
  return `${targetRef?.uid ?? ''} ${addresses.join(' ')}`;
}

function labelsOf({ service, manager }: Wanted): Record<string, string> {
  return {
    ...service.metadata.labels,
    ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY]: manager,
  };
}

function createSlice(
  context: ControlContext,
  wanted: Wanted,
  ports: readonly Port[],
  endpoints: readonly Endpoint[],
): boolean {
  const { namespace, name } = wanted.service.metadata;
  const base = `${name}-`;
  return context.client.create('discovery.k8s.io/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: generatedName(base, context.suffix()),
      generateName: base,
      ...(namespace === undefined ? {} : { namespace }),
      labels: labelsOf(wanted),
      ownerReferences: [controllerReference(wanted.owner)],
    },
    addressType: wanted.service.spec.ipFamilies?.[0] === 'IPv6' ? 'IPv6' : 'IPv4',
    endpoints,
    ports,
  }).ok;
}

/** The older form of the same, which `kubectl get endpoints` shows. */
function writeEndpoints(
  context: ControlContext,
  service: Service,
  groups: readonly PortGroup[],
): SyncOutcome {
  const { client } = context;
  const { namespace, name } = service.metadata;
  const address = (endpoint: Endpoint) => ({
    ip: endpoint.addresses[0] ?? '',
    ...(endpoint.hostname === undefined ? {} : { hostname: endpoint.hostname }),
    ...(endpoint.nodeName === undefined ? {} : { nodeName: endpoint.nodeName }),
    ...(endpoint.targetRef === undefined ? {} : { targetRef: endpoint.targetRef }),
  });
  const subsets = groups
    .map(({ ports, endpoints }) => {
      const alive = endpoints.filter(
        (one) => one.conditions?.terminating !== true || one.conditions.ready === true,
      );
      const ready = alive.filter((one) => one.conditions?.ready === true).map(address);
      const notReady = alive.filter((one) => one.conditions?.ready !== true).map(address);
      return {
        ...(ready.length === 0 ? {} : { addresses: ready }),
        ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
        ports: ports.map(({ name: portName, port = 0, protocol = 'TCP' as const }) => ({
          ...(portName === '' || portName === undefined ? {} : { name: portName }),
          port,
          protocol,
        })),
      };
    })
    .filter((subset) => 'addresses' in subset || 'notReadyAddresses' in subset);
  const wanted = subsets.length === 0 ? {} : { subsets };
  const labels = {
    ...service.metadata.labels,
    ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
  };
  const current = client.store.get('endpoints', namespace, name);
  if (current === undefined) {
    const made = client.create('endpoints', {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        labels,
        annotations: { [TRIGGER]: 'endpoint-controller' },
      },
      ...wanted,
    });
    return made.ok ? 'done' : 'retry';
  }
  if (
    deepEqual(current.subsets ?? [], subsets) &&
    deepEqual(current.metadata.labels ?? {}, labels)
  ) {
    return 'done';
  }
  const { subsets: _, ...bare } = current;
  const { resourceVersion: __, ...metadata } = bare.metadata;
  const updated = client.update('endpoints', {
    ...bare,
    metadata: { ...metadata, labels },
    ...wanted,
  } as Endpoints);
  return updated.ok ? 'done' : 'retry';
}
