/** The columns of kinds that are kept (kubernetes `pkg/printers/internalversion/printers.go`). */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, isObject, type JsonObject, objectsOf, ownField } from '../../kube/json.js';
import {
  AGE,
  type Column,
  column,
  labelsText,
  listed,
  NAME,
  NONE,
  number,
  spec,
  status,
  text,
  wide,
} from './cells.js';
import { humanDuration } from './duration.js';

const truth = (value: unknown): boolean => value === true;

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** Access modes in kubectl's short words: `RWO,ROX`. */
export function accessModes(modes: unknown): string {
  return Array.isArray(modes)
    ? modes.map((mode) => ownField(MODES, String(mode)) ?? String(mode)).join(',')
    : '';
}

const VOLUME: readonly Column[] = [
  NAME,
  column('Capacity', (object) => text(asObject(spec(object).capacity)?.storage, '')),
  column('Access Modes', (object) => accessModes(spec(object).accessModes)),
  column('Reclaim Policy', (object) => text(spec(object).persistentVolumeReclaimPolicy, '')),
  column('Status', (object) =>
    object.metadata.deletionTimestamp === undefined
      ? text(status(object).phase, '')
      : 'Terminating',
  ),
  column('Claim', (object) => {
    const claim = asObject(spec(object).claimRef);
    return claim === undefined ? '' : `${text(claim.namespace, '')}/${text(claim.name, '')}`;
  }),
  column('StorageClass', (object) => text(spec(object).storageClassName, '')),
  column('VolumeAttributesClass', (object) =>
    text(spec(object).volumeAttributesClassName, '<unset>'),
  ),
  column('Reason', (object) => text(status(object).reason, '')),
  AGE,
  wide('VolumeMode', (object) => text(spec(object).volumeMode, '<unset>')),
];

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

const STORAGE_CLASS: readonly Column[] = [
  column('Name', ({ metadata: { name, annotations } }) =>
    annotations?.[DEFAULT_CLASS] === 'true' ? `${name} (default)` : name,
  ),
  column('Provisioner', (object) => text(object.provisioner, '')),
  column('ReclaimPolicy', (object) => text(object.reclaimPolicy, 'Delete')),
  column('VolumeBindingMode', (object) => text(object.volumeBindingMode, '<unset>')),
  column('AllowVolumeExpansion', (object) => truth(object.allowVolumeExpansion)),
  AGE,
];

/** `IngressParameters.example.com/name`, as kubectl names something of another group. */
function parametersOf(object: KubeObject): string {
  const { apiGroup, kind, name } = asObject(spec(object).parameters) ?? {};
  if (kind === undefined) return NONE;
  return `${String(kind)}${text(apiGroup, '') === '' ? '' : `.${String(apiGroup)}`}/${String(name)}`;
}

const BINDING: readonly Column[] = [
  NAME,
  column('Role', (object) => {
    const { kind, name } = asObject(object.roleRef) ?? {};
    return `${text(kind, '')}/${text(name, '')}`;
  }),
  AGE,
  wide('Users', (object) => subjects(object, 'User')),
  wide('Groups', (object) => subjects(object, 'Group')),
  wide('ServiceAccounts', (object) => subjects(object, 'ServiceAccount')),
];

function subjects(object: KubeObject, kind: string): string {
  return objectsOf(object.subjects)
    .filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) =>
      kind === 'ServiceAccount' ? `${text(namespace, '')}/${String(name)}` : String(name),
    )
    .join(', ');
}

const WEBHOOKS: readonly Column[] = [
  NAME,
  column('Webhooks', (object) => objectsOf(object.webhooks).length),
  AGE,
];

const SIGNING_REQUEST: readonly Column[] = [
  NAME,
  AGE,
  column('SignerName', (object) => text(spec(object).signerName)),
  column('Requestor', (object) => text(spec(object).username, '')),
  column('RequestedDuration', (object) => {
    const { expirationSeconds } = spec(object);
    return typeof expirationSeconds === 'number' ? humanDuration(expirationSeconds) : NONE;
  }),
  column('Condition', signingCondition),
];

function signingCondition(object: KubeObject): string {
  const types = objectsOf(status(object).conditions).map(({ type }) => type);
  const verdict = ['Denied', 'Approved'].find((type) => types.includes(type)) ?? 'Pending';
  return [
    verdict,
    ...(types.includes('Failed') ? ['Failed'] : []),
    ...(text(status(object).certificate, '') === '' ? [] : ['Issued']),
  ].join(',');
}

const DRIVER: readonly Column[] = [
  NAME,
  column('AttachRequired', (object) => spec(object).attachRequired !== false),
  column('PodInfoOnMount', (object) => truth(spec(object).podInfoOnMount)),
  column('StorageCapacity', (object) => truth(spec(object).storageCapacity)),
  column('TokenRequests', (object) => {
    const audiences = objectsOf(spec(object).tokenRequests).map(({ audience }) => String(audience));
    return audiences.length === 0 ? '<unset>' : audiences.join(',');
  }),
  column('RequiresRepublish', (object) => truth(spec(object).requiresRepublish)),
  column('Modes', (object) => {
    const { volumeLifecycleModes: modes } = spec(object);
    return Array.isArray(modes) ? modes.join(',') : '<none>';
  }),
  AGE,
];

const flowLevel = (object: KubeObject): JsonObject => asObject(spec(object).limited) ?? {};
const queuing = (object: KubeObject): JsonObject =>
  asObject(asObject(flowLevel(object).limitResponse)?.queuing) ?? {};

/** Stands for the scale of any resource: nothing is stored under this name. */
export const SCALES = 'autoscaling/scales';

/** Columns by storage name. */
export const KEPT_COLUMNS: readonly (readonly [storage: string, columns: readonly Column[]])[] = [
  ['persistentvolumes', VOLUME],
  [
    SCALES,
    [
      NAME,
      column('Desired', (object) => number(spec(object).replicas)),
      column('Available', (object) => number(status(object).replicas)),
      AGE,
    ],
  ],
  [
    'podtemplates',
    [
      NAME,
      column('Containers', (object) => templateContainers(object, 'name')),
      column('Images', (object) => templateContainers(object, 'image')),
      column('Pod Labels', ({ template }) => {
        const labels = asObject(asObject(asObject(template)?.metadata)?.labels) ?? {};
        return labelsText(
          Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)])),
        );
      }),
    ],
  ],
  ['storage.k8s.io/storageclasses', STORAGE_CLASS],
  [
    'storage.k8s.io/volumeattachments',
    [
      NAME,
      column('Attacher', (object) => text(spec(object).attacher, '')),
      column('PV', (object) => text(asObject(spec(object).source)?.persistentVolumeName, '')),
      column('Node', (object) => text(spec(object).nodeName, '')),
      column('Attached', (object) => truth(status(object).attached)),
      AGE,
    ],
  ],
  [
    'storage.k8s.io/csinodes',
    [NAME, column('Drivers', (object) => objectsOf(spec(object).drivers).length), AGE],
  ],
  ['storage.k8s.io/csidrivers', DRIVER],
  [
    'storage.k8s.io/csistoragecapacities',
    [
      NAME,
      column('StorageClassName', (object) => text(object.storageClassName, '')),
      column('Capacity', (object) => text(object.capacity, '<unset>')),
    ],
  ],
  [
    'networking.k8s.io/ingressclasses',
    [
      NAME,
      column('Controller', (object) => text(spec(object).controller, '')),
      column('Parameters', parametersOf),
      AGE,
    ],
  ],
  [
    'networking.k8s.io/servicecidrs',
    [
      NAME,
      column('CIDRs', (object) => {
        const { cidrs } = spec(object);
        return Array.isArray(cidrs) ? cidrs.join(',') : '';
      }),
      AGE,
    ],
  ],
  [
    'networking.k8s.io/ipaddresses',
    [
      NAME,
      column('ParentRef', (object) => {
        const { group, resource, namespace, name } = asObject(spec(object).parentRef) ?? {};
        const parts = [group, resource, namespace, name].filter((part) => text(part, '') !== '');
        return parts.length === 0 ? NONE : parts.join('/');
      }),
      AGE,
    ],
  ],
  [
    'coordination.k8s.io/leases',
    [NAME, column('Holder', (object) => text(spec(object).holderIdentity, '')), AGE],
  ],
  [
    'scheduling.k8s.io/priorityclasses',
    [
      NAME,
      column('Value', (object) => number(object.value)),
      column('Global-Default', (object) => truth(object.globalDefault)),
      AGE,
      column('PreemptionPolicy', (object) => text(object.preemptionPolicy, '')),
    ],
  ],
  [
    'node.k8s.io/runtimeclasses',
    [NAME, column('Handler', (object) => text(object.handler, '')), AGE],
  ],
  [
    'apps/controllerrevisions',
    [
      NAME,
      column('Controller', ({ metadata: { ownerReferences = [] } }) => {
        const owner = ownerReferences.find((one) => one.controller === true);
        if (owner === undefined) return NONE;
        const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
        return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
      }),
      column('Revision', (object) => number(object.revision)),
      AGE,
    ],
  ],
  ['rbac.authorization.k8s.io/rolebindings', BINDING],
  ['rbac.authorization.k8s.io/clusterrolebindings', BINDING],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', WEBHOOKS],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', WEBHOOKS],
  [
    'admissionregistration.k8s.io/validatingadmissionpolicies',
    [
      NAME,
      column('Validations', (object) => objectsOf(spec(object).validations).length),
      column('ParamKind', (object) => {
        const kind = asObject(spec(object).paramKind);
        return kind === undefined ? '<unset>' : `${String(kind.apiVersion)}/${String(kind.kind)}`;
      }),
      AGE,
    ],
  ],
  [
    'admissionregistration.k8s.io/validatingadmissionpolicybindings',
    [
      NAME,
      column('PolicyName', (object) => text(spec(object).policyName, '')),
      column('ParamRef', (object) => {
        const ref = asObject(spec(object).paramRef);
        if (ref === undefined) return '<unset>';
        return text(ref.namespace, '') === ''
          ? `*/${String(ref.name)}`
          : `${String(ref.namespace)}/${String(ref.name)}`;
      }),
      AGE,
    ],
  ],
  ['certificates.k8s.io/certificatesigningrequests', SIGNING_REQUEST],
  [
    'flowcontrol.apiserver.k8s.io/flowschemas',
    [
      NAME,
      column('PriorityLevel', (object) =>
        text(asObject(spec(object).priorityLevelConfiguration)?.name, ''),
      ),
      column('MatchingPrecedence', (object) => number(spec(object).matchingPrecedence)),
      column('DistinguisherMethod', (object) =>
        text(asObject(spec(object).distinguisherMethod)?.type),
      ),
      AGE,
      column('MissingPL', (object) =>
        text(
          objectsOf(status(object).conditions).find(({ type }) => type === 'Dangling')?.status,
          '?',
        ),
      ),
    ],
  ],
  [
    'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
    [
      NAME,
      column('Type', (object) => text(spec(object).type, '')),
      column('NominalConcurrencyShares', (object) =>
        text(flowLevel(object).nominalConcurrencyShares),
      ),
      column('Queues', (object) => text(queuing(object).queues)),
      column('HandSize', (object) => text(queuing(object).handSize)),
      column('QueueLengthLimit', (object) => text(queuing(object).queueLengthLimit)),
      AGE,
    ],
  ],
  [
    'apiregistration.k8s.io/apiservices',
    [
      NAME,
      column('Service', (object) => {
        const service = asObject(spec(object).service);
        return service === undefined
          ? 'Local'
          : `${String(service.namespace)}/${String(service.name)}`;
      }),
      column('Available', (object) => {
        const one = objectsOf(status(object).conditions).find(({ type }) => type === 'Available');
        if (one === undefined) return 'Unknown';
        return one.status === 'True' ? 'True' : `${String(one.status)} (${text(one.reason, '')})`;
      }),
      AGE,
    ],
  ],
];

function templateContainers({ template }: KubeObject, field: 'name' | 'image'): string {
  const containers = asObject(asObject(template)?.spec)?.containers;
  return listed(
    Array.isArray(containers)
      ? containers.filter(isObject).map((container) => String(container[field] ?? ''))
      : [],
  );
}
