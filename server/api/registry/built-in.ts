/**
 * The stable built-in resources of Kubernetes 1.33, in the order of upstream's discovery.
 *
 * Fidelity: alpha and beta versions are not served. IPAddress and ServiceCIDR, stable from 1.33 on, are.
 */

import { PODNET_RESOURCES } from '../podnet/kinds.js';
import type { ResourceInfo, Subresource, Verb } from './resource-info.js';

const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

interface Row {
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  readonly sub?: readonly Subresource[];
  readonly verbs?: readonly Verb[];
  readonly schema?: string;
  readonly storage?: string;
  readonly cluster?: true;
  readonly acts?: true;
}

type RowEntry = readonly [plural: string, kind: string, row?: Row];

const all = ['all'] as const;
const status = ['status'] as const;
const scaled = ['status', 'scale'] as const;
const createOnly: readonly Verb[] = ['create'];

const CORE: readonly RowEntry[] = [
  ['bindings', 'Binding', { verbs: createOnly }],
  [
    'componentstatuses',
    'ComponentStatus',
    { short: ['cs'], verbs: ['get', 'list'], cluster: true },
  ],
  ['configmaps', 'ConfigMap', { short: ['cm'], acts: true }],
  ['endpoints', 'Endpoints', { short: ['ep'], acts: true }],
  ['events', 'Event', { short: ['ev'], schema: 'CoreV1Event', acts: true }],
  ['limitranges', 'LimitRange', { short: ['limits'], acts: true }],
  [
    'namespaces',
    'Namespace',
    {
      short: ['ns'],
      cluster: true,
      acts: true,
      sub: ['status', 'finalize'],
      verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
    },
  ],
  ['nodes', 'Node', { short: ['no'], cluster: true, acts: true, sub: ['status', 'proxy'] }],
  ['persistentvolumeclaims', 'PersistentVolumeClaim', { short: ['pvc'], sub: status }],
  ['persistentvolumes', 'PersistentVolume', { short: ['pv'], cluster: true, sub: status }],
  [
    'pods',
    'Pod',
    {
      short: ['po'],
      categories: all,
      acts: true,
      sub: [
        'attach',
        'binding',
        'ephemeralcontainers',
        'eviction',
        'exec',
        'log',
        'portforward',
        'proxy',
        'resize',
        'status',
      ],
    },
  ],
  ['podtemplates', 'PodTemplate'],
  [
    'replicationcontrollers',
    'ReplicationController',
    { short: ['rc'], categories: all, acts: true, sub: scaled },
  ],
  ['resourcequotas', 'ResourceQuota', { short: ['quota'], acts: true, sub: status }],
  ['secrets', 'Secret', { acts: true }],
  ['serviceaccounts', 'ServiceAccount', { short: ['sa'], acts: true, sub: ['token'] }],
  [
    'services',
    'Service',
    { short: ['svc'], categories: all, acts: true, sub: ['status', 'proxy'] },
  ],
];

const GROUPS: readonly (readonly [groupVersion: string, rows: readonly RowEntry[]])[] = [
  [
    'apiregistration.k8s.io/v1',
    [['apiservices', 'APIService', { cluster: true, sub: status, categories: ['api-extensions'] }]],
  ],
  [
    'apps/v1',
    [
      ['controllerrevisions', 'ControllerRevision', { acts: true }],
      ['daemonsets', 'DaemonSet', { short: ['ds'], categories: all, acts: true, sub: status }],
      [
        'deployments',
        'Deployment',
        { short: ['deploy'], categories: all, acts: true, sub: scaled },
      ],
      ['replicasets', 'ReplicaSet', { short: ['rs'], categories: all, acts: true, sub: scaled }],
      ['statefulsets', 'StatefulSet', { short: ['sts'], categories: all, acts: true, sub: scaled }],
    ],
  ],
  [
    'events.k8s.io/v1',
    [['events', 'Event', { schema: 'EventsV1Event', storage: 'events', acts: true }]],
  ],
  [
    'authentication.k8s.io/v1',
    [
      ['selfsubjectreviews', 'SelfSubjectReview', { cluster: true, verbs: createOnly }],
      ['tokenreviews', 'TokenReview', { cluster: true, verbs: createOnly }],
    ],
  ],
  [
    'authorization.k8s.io/v1',
    [
      ['localsubjectaccessreviews', 'LocalSubjectAccessReview', { verbs: createOnly }],
      ['selfsubjectaccessreviews', 'SelfSubjectAccessReview', { cluster: true, verbs: createOnly }],
      ['selfsubjectrulesreviews', 'SelfSubjectRulesReview', { cluster: true, verbs: createOnly }],
      ['subjectaccessreviews', 'SubjectAccessReview', { cluster: true, verbs: createOnly }],
    ],
  ],
  [
    'autoscaling/v2',
    [
      [
        'horizontalpodautoscalers',
        'HorizontalPodAutoscaler',
        {
          short: ['hpa'],
          categories: all,
          acts: true,
          sub: status,
          schema: 'V2HorizontalPodAutoscaler',
        },
      ],
    ],
  ],
  [
    'autoscaling/v1',
    [
      [
        'horizontalpodautoscalers',
        'HorizontalPodAutoscaler',
        { short: ['hpa'], categories: all, acts: true, sub: status },
      ],
    ],
  ],
  [
    'batch/v1',
    [
      ['cronjobs', 'CronJob', { short: ['cj'], categories: all, acts: true, sub: status }],
      ['jobs', 'Job', { categories: all, acts: true, sub: status }],
    ],
  ],
  [
    'certificates.k8s.io/v1',
    [
      [
        'certificatesigningrequests',
        'CertificateSigningRequest',
        { short: ['csr'], cluster: true, sub: ['status', 'approval'] },
      ],
    ],
  ],
  [
    'networking.k8s.io/v1',
    [
      ['ingressclasses', 'IngressClass', { cluster: true }],
      ['ingresses', 'Ingress', { short: ['ing'], sub: status }],
      ['ipaddresses', 'IPAddress', { short: ['ip'], cluster: true }],
      ['networkpolicies', 'NetworkPolicy', { short: ['netpol'], acts: true }],
      ['servicecidrs', 'ServiceCIDR', { cluster: true, sub: status }],
    ],
  ],
  [
    'policy/v1',
    [['poddisruptionbudgets', 'PodDisruptionBudget', { short: ['pdb'], acts: true, sub: status }]],
  ],
  [
    'rbac.authorization.k8s.io/v1',
    [
      ['clusterrolebindings', 'ClusterRoleBinding', { cluster: true }],
      ['clusterroles', 'ClusterRole', { cluster: true }],
      ['rolebindings', 'RoleBinding'],
      ['roles', 'Role'],
    ],
  ],
  [
    'storage.k8s.io/v1',
    [
      ['csidrivers', 'CSIDriver', { cluster: true }],
      ['csinodes', 'CSINode', { cluster: true }],
      ['csistoragecapacities', 'CSIStorageCapacity'],
      ['storageclasses', 'StorageClass', { short: ['sc'], cluster: true }],
      ['volumeattachments', 'VolumeAttachment', { cluster: true, sub: status }],
    ],
  ],
  [
    'admissionregistration.k8s.io/v1',
    [
      [
        'mutatingwebhookconfigurations',
        'MutatingWebhookConfiguration',
        { cluster: true, categories: ['api-extensions'] },
      ],
      [
        'validatingadmissionpolicies',
        'ValidatingAdmissionPolicy',
        { cluster: true, sub: status, categories: ['api-extensions'] },
      ],
      [
        'validatingadmissionpolicybindings',
        'ValidatingAdmissionPolicyBinding',
        { cluster: true, categories: ['api-extensions'] },
      ],
      [
        'validatingwebhookconfigurations',
        'ValidatingWebhookConfiguration',
        { cluster: true, categories: ['api-extensions'] },
      ],
    ],
  ],
  [
    'apiextensions.k8s.io/v1',
    [
      [
        'customresourcedefinitions',
        'CustomResourceDefinition',
        { short: ['crd', 'crds'], cluster: true, sub: status, categories: ['api-extensions'] },
      ],
    ],
  ],
  [
    'scheduling.k8s.io/v1',
    [['priorityclasses', 'PriorityClass', { short: ['pc'], acts: true, cluster: true }]],
  ],
  ['coordination.k8s.io/v1', [['leases', 'Lease', { acts: true }]]],
  ['node.k8s.io/v1', [['runtimeclasses', 'RuntimeClass', { cluster: true }]]],
  ['discovery.k8s.io/v1', [['endpointslices', 'EndpointSlice', { acts: true }]]],
  [
    'flowcontrol.apiserver.k8s.io/v1',
    [
      ['flowschemas', 'FlowSchema', { cluster: true, sub: status }],
      ['prioritylevelconfigurations', 'PriorityLevelConfiguration', { cluster: true, sub: status }],
    ],
  ],
];

function toInfo(apiVersion: string, [plural, kind, row = {}]: RowEntry): ResourceInfo {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return {
    group,
    version: slash < 0 ? apiVersion : apiVersion.slice(slash + 1),
    plural,
    singular: kind.toLowerCase(),
    kind,
    namespaced: row.cluster !== true,
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    verbs: row.verbs ?? ALL_VERBS,
    subresources: row.sub ?? [],
    storage: row.storage ?? (group === '' ? plural : `${group}/${plural}`),
    effect: row.acts === true ? 'acts' : 'kept',
    schema: row.schema ?? `V1${kind}`,
    custom: false,
  };
}

/** Every built-in resource; of two versions of one resource, the preferred one comes first. */
export const BUILT_IN_RESOURCES: readonly ResourceInfo[] = [
  ...CORE.map((row) => toInfo('v1', row)),
  ...GROUPS.flatMap(([apiVersion, rows]) => rows.map((row) => toInfo(apiVersion, row))),
  ...PODNET_RESOURCES,
];

/** What a CustomResourceDefinition's kinds can do. */
export const CUSTOM_VERBS: readonly Verb[] = ALL_VERBS;
