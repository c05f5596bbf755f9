/** The columns of every kind that kubectl shows in its own way; `wide` ones show with `-o wide` only. */

import type {
  CronJob,
  EndpointSlice,
  Endpoints,
  KubeNode,
  KubeObject,
  Pod,
  Service,
} from '../../contract/kube.js';
import { asObject, isObject, objectsOf } from '../../kube/json.js';
import { selectorText } from '../../kube/label-selector.js';
import {
  AGE,
  type Column,
  column,
  containerColumns,
  labelsText,
  listed,
  NAME,
  NONE,
  number,
  SELECTOR,
  spec,
  status,
  templateSpec,
  text,
  wide,
} from './cells.js';
import { ageOf, humanDuration } from './duration.js';
import { accessModes, KEPT_COLUMNS } from './kept-columns.js';
import { podWords } from './pod-status.js';

const POD: Column[] = [
  NAME,
  column('Ready', (object, now) => podWords(object as Pod, now).ready),
  column('Status', (object, now) => podWords(object as Pod, now).status),
  column('Restarts', (object, now) => podWords(object as Pod, now).restarts),
  AGE,
  wide('IP', (object) => text(status(object).podIP)),
  wide('Node', (object) => text(spec(object).nodeName)),
  wide('Nominated Node', (object) => text(status(object).nominatedNodeName)),
  wide('Readiness Gates', (object) => readinessGates(object as Pod)),
];

function readinessGates({ spec: { readinessGates: gates = [] }, status: state }: Pod): string {
  if (gates.length === 0) return NONE;
  const met = gates.filter(({ conditionType }) =>
    (state?.conditions ?? []).some((one) => one.type === conditionType && one.status === 'True'),
  );
  return `${met.length}/${gates.length}`;
}

const replicaColumns: Column[] = [
  NAME,
  column('Desired', (object) => number(spec(object).replicas)),
  column('Current', (object) => number(status(object).replicas)),
  column('Ready', (object) => number(status(object).readyReplicas)),
  AGE,
  ...containerColumns(templateSpec),
  SELECTOR,
];

const SERVICE: Column[] = [
  NAME,
  column('Type', (object) => text(spec(object).type)),
  column('Cluster-IP', (object) => text(spec(object).clusterIP)),
  column('External-IP', (object) => externalIp(object as Service)),
  column('Port(s)', (object) => servicePorts(object as Service)),
  AGE,
  SELECTOR,
];

function externalIp({
  spec: { type, externalIPs = [], externalName },
  status: state,
}: Service): string {
  const ingress = objectsOf(state?.loadBalancer?.ingress).map((one) =>
    String(one.ip ?? one.hostname ?? ''),
  );
  if (type === 'ExternalName') return text(externalName);
  if (type !== 'LoadBalancer') return listed(externalIPs);
  const all = [...ingress, ...externalIPs];
  return all.length === 0 ? '<pending>' : all.join(',');
}

function servicePorts({ spec: { ports = [] } }: Service): string {
  return listed(
    ports.map(
      ({ port, nodePort, protocol = 'TCP' }) =>
        `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
    ),
  );
}

const NODE: Column[] = [
  NAME,
  column('Status', (object) => nodeStatus(object as KubeNode)),
  column('Roles', (object) => nodeRoles(object)),
  AGE,
  column('Version', (object) => text((object as KubeNode).status?.nodeInfo?.kubeletVersion, '')),
  wide('Internal-IP', (object) => nodeAddress(object as KubeNode, 'InternalIP')),
  wide('External-IP', (object) => nodeAddress(object as KubeNode, 'ExternalIP')),
  wide('OS-Image', (object) => text((object as KubeNode).status?.nodeInfo?.osImage, '<unknown>')),
  wide('Kernel-Version', (object) =>
    text((object as KubeNode).status?.nodeInfo?.kernelVersion, '<unknown>'),
  ),
  wide('Container-Runtime', (object) =>
    text((object as KubeNode).status?.nodeInfo?.containerRuntimeVersion, '<unknown>'),
  ),
];

function nodeStatus({ spec: nodeSpec, status: state }: KubeNode): string {
  const ready = (state?.conditions ?? []).find((one) => one.type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (nodeSpec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

const ROLE = 'node-role.kubernetes.io/';

function nodeRoles({ metadata }: KubeObject): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE) && key.length > ROLE.length) return [key.slice(ROLE.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return listed(roles.sort());
}

function nodeAddress({ status: state }: KubeNode, type: string): string {
  return text((state?.addresses ?? []).find((one) => one.type === type)?.address);
}

const MAX_ENDPOINTS = 3;

function endpointsText({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  );
  return withMore(all);
}

function withMore(all: readonly string[]): string {
  if (all.length === 0) return NONE;
  const more = all.length > MAX_ENDPOINTS ? ` + ${all.length - MAX_ENDPOINTS} more...` : '';
  return `${all.slice(0, MAX_ENDPOINTS).join(',')}${more}`;
}

function slicePorts({ ports = [] }: EndpointSlice): string {
  if (ports.length === 0) return '<unset>';
  return withMore(
    ports.map(({ name, port }) => (port === undefined ? text(name, '*') : String(port))),
  );
}

function jobStatus(object: KubeObject): string {
  const conditions = objectsOf(status(object).conditions);
  const has = (type: string) =>
    conditions.some((one) => one.type === type && one.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions(object: KubeObject): string {
  const { completions, parallelism } = spec(object);
  const succeeded = number(status(object).succeeded);
  if (typeof completions === 'number') return `${succeeded}/${completions}`;
  return number(parallelism) > 1 ? `${succeeded}/1 of ${number(parallelism)}` : `${succeeded}/1`;
}

function jobDuration(object: KubeObject, now: string): string {
  const { startTime, completionTime } = status(object);
  if (typeof startTime !== 'string') return '';
  const end = typeof completionTime === 'string' ? completionTime : now;
  return humanDuration((Date.parse(end) - Date.parse(startTime)) / 1000);
}

function ingressHosts(object: KubeObject): string {
  const hosts = objectsOf(spec(object).rules).flatMap(({ host }) =>
    typeof host === 'string' && host !== '' ? [host] : [],
  );
  return hosts.length === 0 ? '*' : withMore(hosts);
}

const EVENT: Column[] = [
  column('Last Seen', (object, now) => lastSeen(object, now)),
  column('Type', (object) => text(object.type, '')),
  column('Reason', (object) => text(object.reason, '')),
  column('Object', (object) => {
    const involved = asObject(object.involvedObject) ?? {};
    return `${String(involved.kind ?? '').toLowerCase()}/${String(involved.name ?? '')}`;
  }),
  wide('Subobject', (object) => text(asObject(object.involvedObject)?.fieldPath, '')),
  wide('Source', (object) => {
    const { component, host } = asObject(object.source) ?? {};
    return listed(
      [component, host].filter((one) => typeof one === 'string' && one !== '').map(String),
    ).replace(',', ', ');
  }),
  column('Message', (object) => text(object.message, '').trim()),
  wide('First Seen', (object, now) =>
    ageOf((object.firstTimestamp ?? object.eventTime) as string | undefined, now),
  ),
  wide('Count', (object) => number(asObject(object.series)?.count ?? object.count ?? 1)),
  wide('Name', (object) => object.metadata.name),
];

function lastSeen(object: KubeObject, now: string): string {
  const series = asObject(object.series)?.lastObservedTime;
  return ageOf(
    (series ?? object.lastTimestamp ?? object.eventTime ?? object.firstTimestamp) as
      | string
      | undefined,
    now,
  );
}

const size = (value: unknown): number => (isObject(value) ? Object.keys(value).length : 0);

function hpaTargets(object: KubeObject): string {
  const current = objectsOf(status(object).currentMetrics).map((one) => asObject(one.resource));
  const shown = objectsOf(spec(object).metrics).map((metric) => {
    const resource = asObject(metric.resource);
    const name = String(resource?.name ?? metric.type ?? '');
    const { averageUtilization: wanted, averageValue } = asObject(resource?.target) ?? {};
    const measured = asObject(current.find((one) => one?.name === resource?.name)?.current) ?? {};
    if (wanted === undefined)
      return `${name}: ${text(measured.averageValue, '<unknown>')}/${text(averageValue)}`;
    const percent = measured.averageUtilization;
    return `${name}: ${percent === undefined ? '<unknown>' : `${String(percent)}%`}/${String(wanted)}%`;
  });
  return listed(shown);
}

/** `pods: 1/2, requests.cpu: 0/1`: what is used of what may be. */
function quotaText(object: KubeObject, side: 'requests' | 'limits'): string {
  const hard = asObject(status(object).hard) ?? {};
  const used = asObject(status(object).used) ?? {};
  return Object.keys(hard)
    .filter((name) => name.startsWith('limits') === (side === 'limits'))
    .sort()
    .map((name) => `${name}: ${String(used[name] ?? '0')}/${String(hard[name])}`)
    .join(', ');
}

/** Columns by storage name. */
export const COLUMNS: ReadonlyMap<string, readonly Column[]> = new Map<string, readonly Column[]>([
  ['pods', POD],
  ['services', SERVICE],
  ['nodes', NODE],
  ['events', EVENT],
  ['namespaces', [NAME, column('Status', (object) => text(status(object).phase, 'Active')), AGE]],
  [
    'configmaps',
    [NAME, column('Data', (object) => size(object.data) + size(object.binaryData)), AGE],
  ],
  [
    'secrets',
    [
      NAME,
      column('Type', (object) => text(object.type)),
      column('Data', (object) => size(object.data)),
      AGE,
    ],
  ],
  ['serviceaccounts', [NAME, column('Secrets', (object) => objectsOf(object.secrets).length), AGE]],
  ['endpoints', [NAME, column('Endpoints', (object) => endpointsText(object as Endpoints)), AGE]],
  ['replicationcontrollers', replicaColumns],
  ['apps/replicasets', replicaColumns],
  [
    'apps/deployments',
    [
      NAME,
      column(
        'Ready',
        (object) => `${number(status(object).readyReplicas)}/${number(spec(object).replicas)}`,
      ),
      column('Up-to-date', (object) => number(status(object).updatedReplicas)),
      column('Available', (object) => number(status(object).availableReplicas)),
      AGE,
      ...containerColumns(templateSpec),
      SELECTOR,
    ],
  ],
  [
    'apps/statefulsets',
    [
      NAME,
      column(
        'Ready',
        (object) => `${number(status(object).readyReplicas)}/${number(spec(object).replicas)}`,
      ),
      AGE,
      ...containerColumns(templateSpec),
    ],
  ],
  [
    'apps/daemonsets',
    [
      NAME,
      column('Desired', (object) => number(status(object).desiredNumberScheduled)),
      column('Current', (object) => number(status(object).currentNumberScheduled)),
      column('Ready', (object) => number(status(object).numberReady)),
      column('Up-to-date', (object) => number(status(object).updatedNumberScheduled)),
      column('Available', (object) => number(status(object).numberAvailable)),
      column('Node Selector', (object) => labelsText(templateSpec(object)?.nodeSelector)),
      AGE,
      ...containerColumns(templateSpec),
      SELECTOR,
    ],
  ],
  [
    'batch/jobs',
    [
      NAME,
      column('Status', jobStatus),
      column('Completions', jobCompletions),
      column('Duration', jobDuration),
      AGE,
      ...containerColumns(templateSpec),
      SELECTOR,
    ],
  ],
  [
    'batch/cronjobs',
    [
      NAME,
      column('Schedule', (object) => text(spec(object).schedule)),
      column('Timezone', (object) => text(spec(object).timeZone)),
      column('Suspend', (object) => (spec(object).suspend === true ? 'True' : 'False')),
      column('Active', (object) => objectsOf(status(object).active).length),
      column('Last Schedule', (object, now) => {
        const { lastScheduleTime } = status(object);
        return typeof lastScheduleTime === 'string' ? ageOf(lastScheduleTime, now) : NONE;
      }),
      AGE,
      ...containerColumns((object) => (object as CronJob).spec.jobTemplate?.spec?.template?.spec),
    ],
  ],
  [
    'discovery.k8s.io/endpointslices',
    [
      NAME,
      column('AddressType', (object) => text(object.addressType)),
      column('Ports', (object) => slicePorts(object as EndpointSlice)),
      column('Endpoints', (object) => {
        const all = objectsOf(object.endpoints).flatMap(({ addresses }) =>
          Array.isArray(addresses) ? addresses.map(String) : [],
        );
        return all.length === 0 ? '<unset>' : withMore(all);
      }),
      AGE,
    ],
  ],
  [
    'networking.k8s.io/ingresses',
    [
      NAME,
      column('Class', (object) =>
        text(
          spec(object).ingressClassName ??
            object.metadata.annotations?.['kubernetes.io/ingress.class'],
        ),
      ),
      column('Hosts', ingressHosts),
      column('Address', (object) =>
        objectsOf(asObject(status(object).loadBalancer)?.ingress)
          .map((one) => String(one.ip ?? one.hostname ?? ''))
          .join(','),
      ),
      column('Ports', (object) => (objectsOf(spec(object).tls).length > 0 ? '80, 443' : '80')),
      AGE,
    ],
  ],
  [
    'networking.k8s.io/networkpolicies',
    [NAME, column('Pod-Selector', (object) => text(selectorText(spec(object).podSelector))), AGE],
  ],
  [
    'persistentvolumeclaims',
    [
      NAME,
      column('Status', (object) =>
        object.metadata.deletionTimestamp === undefined
          ? text(status(object).phase, '')
          : 'Terminating',
      ),
      column('Volume', (object) => text(spec(object).volumeName, '')),
      column('Capacity', (object) => text(asObject(status(object).capacity)?.storage, '')),
      column('Access Modes', (object) => accessModes(status(object).accessModes)),
      column('StorageClass', (object) => text(spec(object).storageClassName, '')),
      column('VolumeAttributesClass', (object) =>
        text(spec(object).volumeAttributesClassName, '<unset>'),
      ),
      AGE,
      wide('VolumeMode', (object) => text(spec(object).volumeMode, '')),
    ],
  ],
  [
    'autoscaling/horizontalpodautoscalers',
    [
      NAME,
      column('Reference', (object) => {
        const { kind, name } = asObject(spec(object).scaleTargetRef) ?? {};
        return `${String(kind)}/${String(name)}`;
      }),
      column('Targets', hpaTargets),
      column('MinPods', (object) => text(spec(object).minReplicas, '<unset>')),
      column('MaxPods', (object) => number(spec(object).maxReplicas)),
      column('Replicas', (object) => number(status(object).currentReplicas)),
      AGE,
    ],
  ],
  [
    'resourcequotas',
    [
      NAME,
      column('Request', (object) => quotaText(object, 'requests')),
      column('Limit', (object) => quotaText(object, 'limits')),
      AGE,
    ],
  ],
  [
    'policy/poddisruptionbudgets',
    [
      NAME,
      column('Min Available', (object) => text(spec(object).minAvailable, 'N/A')),
      column('Max Unavailable', (object) => text(spec(object).maxUnavailable, 'N/A')),
      column('Allowed Disruptions', (object) => number(status(object).disruptionsAllowed)),
      AGE,
    ],
  ],
  ...KEPT_COLUMNS,
]);

/** The columns of a kind without its own. */
export const PLAIN_COLUMNS: readonly Column[] = [
  NAME,
  column('Created At', (object) => text(object.metadata.creationTimestamp, '')),
];
