/**
 * The ClusterRoles and bindings that every cluster has (upstream: `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`).
 *
 * Fidelity: the roles of single controllers (`system:controller:*`) are left out, since podnet's controllers are no users.
 */

import { type PolicyRule, ruleJson } from './policy-rule.js';

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const EVERY = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const RECORD = ['create', 'patch', 'update'];

type RuleText = readonly [verbs: readonly string[], groups: string, resources: string];

/** A ClusterRole of the bootstrap policy. */
export interface BootstrapRole {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly rules: readonly PolicyRule[];
  /** The role collects the rules of roles with this label. */
  readonly collects?: string;
}

const NONE = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };

/** Groups and resources stand in one text with blanks between; the core group is written `core`. */
function resources([verbs, groups, names]: RuleText): PolicyRule {
  const apiGroups = groups.split(' ').map((group) => (group === 'core' ? '' : group));
  return { ...NONE, verbs, apiGroups, resources: names.split(' ') };
}

function paths(urls: string): PolicyRule {
  return { ...NONE, verbs: ['get'], nonResourceURLs: urls.split(' ') };
}

function only(name: string, text: RuleText): PolicyRule {
  return { ...resources(text), resourceNames: [name] };
}

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';
const to = (role: string) => ({ [`${AGGREGATE}${role}`]: 'true' });

const TOKEN_REVIEWS: RuleText = [['create'], 'authentication.k8s.io', 'tokenreviews'];
const ACCESS_REVIEWS: RuleText = [['create'], 'authorization.k8s.io', 'subjectaccessreviews'];
const EVENTS: RuleText = [RECORD, 'core events.k8s.io', 'events'];

const WORKLOAD_WRITES =
  'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale';
const WORKLOAD_READS =
  'daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status';

const FOR_PEOPLE: readonly BootstrapRole[] = [
  {
    name: 'cluster-admin',
    rules: [resources([['*'], '*', '*']), { ...NONE, verbs: ['*'], nonResourceURLs: ['*'] }],
  },
  { name: 'admin', rules: [], collects: `${AGGREGATE}admin` },
  { name: 'edit', labels: to('admin'), rules: [], collects: `${AGGREGATE}edit` },
  { name: 'view', labels: to('edit'), rules: [], collects: `${AGGREGATE}view` },
  {
    name: 'system:aggregate-to-admin',
    labels: to('admin'),
    rules: [
      resources([['create'], 'authorization.k8s.io', 'localsubjectaccessreviews']),
      resources([EVERY, 'rbac.authorization.k8s.io', 'rolebindings roles']),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: to('edit'),
    rules: (
      [
        [READ, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'],
        [['impersonate'], 'core', 'serviceaccounts'],
        [WRITE, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'],
        [['create'], 'core', 'pods/eviction'],
        [
          WRITE,
          'core',
          'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
        ],
        [['create'], 'core', 'serviceaccounts/token'],
        [WRITE, 'apps', `${WORKLOAD_WRITES} statefulsets statefulsets/scale`],
        [WRITE, 'autoscaling', 'horizontalpodautoscalers'],
        [WRITE, 'batch', 'cronjobs jobs'],
        [
          WRITE,
          'extensions',
          `${WORKLOAD_WRITES} ingresses networkpolicies replicationcontrollers/scale`,
        ],
        [WRITE, 'policy', 'poddisruptionbudgets'],
        [WRITE, 'networking.k8s.io', 'ingresses networkpolicies'],
        [EVERY, 'coordination.k8s.io', 'leases'],
      ] as const
    ).map(resources),
  },
  {
    name: 'system:aggregate-to-view',
    labels: to('view'),
    rules: (
      [
        [
          READ,
          'core',
          'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
        ],
        [
          READ,
          'core',
          'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
        ],
        [READ, 'core', 'namespaces'],
        [READ, 'discovery.k8s.io', 'endpointslices'],
        [
          READ,
          'apps',
          `controllerrevisions ${WORKLOAD_READS} statefulsets statefulsets/scale statefulsets/status`,
        ],
        [READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'],
        [READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'],
        [
          READ,
          'extensions',
          `${WORKLOAD_READS} ingresses ingresses/status networkpolicies replicationcontrollers/scale`,
        ],
        [READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'],
        [READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'],
      ] as const
    ).map(resources),
  },
  // podnet's own kinds: who may look at a namespace may also trace in it, which changes nothing there.
  {
    name: 'podnet:aggregate-to-view',
    labels: to('view'),
    rules: [
      resources([[...READ, 'create'], 'podnet.dev', 'traces']),
      resources([READ, 'podnet.dev', '*']),
      { ...NONE, verbs: ['get', 'post'], nonResourceURLs: ['/podnet/v1/*'] },
    ],
  },
  {
    name: 'podnet:aggregate-to-edit',
    labels: to('edit'),
    rules: [resources([WRITE, 'podnet.dev', '*'])],
  },
];

const ANYBODY: readonly BootstrapRole[] = [
  {
    name: 'system:basic-user',
    rules: [
      resources([
        ['create'],
        'authorization.k8s.io',
        'selfsubjectaccessreviews selfsubjectrulesreviews',
      ]),
      resources([['create'], 'authentication.k8s.io', 'selfsubjectreviews']),
    ],
  },
  {
    name: 'system:discovery',
    rules: [
      paths(
        '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
      ),
    ],
  },
  {
    name: 'system:public-info-viewer',
    rules: [paths('/healthz /livez /readyz /version /version/')],
  },
  {
    name: 'system:monitoring',
    rules: [paths('/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [paths('/.well-known/openid-configuration /openid/v1/jwks')],
  },
  {
    name: 'system:auth-delegator',
    rules: [resources(TOKEN_REVIEWS), resources(ACCESS_REVIEWS)],
  },
];

const approver = (role: string, signer: string): BootstrapRole => ({
  name: `system:certificates.k8s.io:${role}-approver`,
  rules: [only(`kubernetes.io/${signer}`, [['approve'], 'certificates.k8s.io', 'signers'])],
});

const CERTIFICATES: readonly BootstrapRole[] = [
  approver('kube-apiserver-client', 'kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet', 'kube-apiserver-client-kubelet'),
  approver('kubelet-serving', 'kubelet-serving'),
  approver('legacy-unknown', 'legacy-unknown'),
  ...['nodeclient', 'selfnodeclient'].map((name) => ({
    name: `system:certificates.k8s.io:certificatesigningrequests:${name}`,
    rules: [resources([['create'], 'certificates.k8s.io', `certificatesigningrequests/${name}`])],
  })),
];

const NODE: readonly RuleText[] = [
  TOKEN_REVIEWS,
  [['create'], 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'],
  [READ, 'core', 'services'],
  [['create', ...READ], 'core', 'nodes'],
  [['patch', 'update'], 'core', 'nodes/status'],
  [['patch', 'update'], 'core', 'nodes'],
  [RECORD, 'core', 'events'],
  [READ, 'core', 'pods'],
  [['create', 'delete'], 'core', 'pods'],
  [['patch', 'update'], 'core', 'pods/status'],
  [['create'], 'core', 'pods/eviction'],
  [READ, 'core', 'configmaps secrets'],
  [['get'], 'core', 'persistentvolumeclaims persistentvolumes'],
  [['get'], 'core', 'endpoints'],
  [['create', ...READ], 'certificates.k8s.io', 'certificatesigningrequests'],
  [['create', 'delete', 'get', 'patch', 'update'], 'coordination.k8s.io', 'leases'],
  [['get'], 'storage.k8s.io', 'volumeattachments'],
  [['create'], 'core', 'serviceaccounts/token'],
  [['get', 'patch', 'update'], 'core', 'persistentvolumeclaims/status'],
  [READ, 'storage.k8s.io', 'csidrivers'],
  [['create', 'delete', 'get', 'patch', 'update'], 'storage.k8s.io', 'csinodes'],
  [READ, 'node.k8s.io', 'runtimeclasses'],
];

const COMPONENTS: readonly BootstrapRole[] = [
  { name: 'system:node', rules: NODE.map(resources) },
  {
    name: 'system:node-bootstrapper',
    rules: [resources([['create', ...READ], 'certificates.k8s.io', 'certificatesigningrequests'])],
  },
  {
    name: 'system:node-proxier',
    rules: [
      resources([['list', 'watch'], 'core', 'endpoints services']),
      resources([READ, 'core', 'nodes']),
      resources(EVENTS),
      resources([['list', 'watch'], 'discovery.k8s.io', 'endpointslices']),
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      resources([READ, 'core', 'nodes']),
      resources([['proxy'], 'core', 'nodes']),
      resources([['*'], 'core', 'nodes/log nodes/metrics nodes/proxy nodes/stats']),
    ],
  },
  {
    name: 'system:kube-dns',
    rules: [resources([['list', 'watch'], 'core', 'endpoints services'])],
  },
  {
    name: 'system:coredns',
    rules: [
      resources([['list', 'watch'], 'core', 'endpoints services pods namespaces']),
      resources([['list', 'watch'], 'discovery.k8s.io', 'endpointslices']),
    ],
  },
  {
    name: 'system:kube-controller-manager',
    rules: [
      resources(EVENTS),
      resources([['create'], 'coordination.k8s.io', 'leases']),
      only('kube-controller-manager', [['get', 'update'], 'coordination.k8s.io', 'leases']),
      resources([['create'], 'core', 'secrets serviceaccounts']),
      resources([['delete'], 'core', 'secrets']),
      resources([['get'], 'core', 'configmaps namespaces secrets serviceaccounts']),
      resources([['update'], 'core', 'secrets serviceaccounts']),
      resources(TOKEN_REVIEWS),
      resources(ACCESS_REVIEWS),
      resources([['list', 'watch'], '*', '*']),
      resources([['create'], 'core', 'serviceaccounts/token']),
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      resources(EVENTS),
      resources([['create'], 'coordination.k8s.io', 'leases']),
      only('kube-scheduler', [['get', 'update'], 'coordination.k8s.io', 'leases']),
      resources([READ, 'core', 'nodes']),
      resources([['delete', ...READ], 'core', 'pods']),
      resources([['create'], 'core', 'bindings pods/binding']),
      resources([['patch', 'update'], 'core', 'pods/status']),
      resources([READ, 'core', 'replicationcontrollers services']),
      resources([READ, 'apps extensions', 'replicasets']),
      resources([READ, 'apps', 'statefulsets']),
      resources([READ, 'policy', 'poddisruptionbudgets']),
      resources([READ, 'core', 'persistentvolumeclaims persistentvolumes']),
      resources(TOKEN_REVIEWS),
      resources(ACCESS_REVIEWS),
      resources([READ, 'storage.k8s.io', 'csinodes']),
      resources([READ, 'core', 'namespaces']),
      resources([READ, 'storage.k8s.io', 'csidrivers']),
      resources([READ, 'storage.k8s.io', 'csistoragecapacities']),
    ],
  },
];

/** Every ClusterRole of the bootstrap policy. */
export const BOOTSTRAP_ROLES: readonly BootstrapRole[] = [
  ...FOR_PEOPLE,
  ...ANYBODY,
  ...CERTIFICATES,
  ...COMPONENTS,
];

/** A subject as bindings name it. */
export type Subject =
  | { readonly kind: 'User' | 'Group'; readonly name: string }
  | { readonly kind: 'ServiceAccount'; readonly namespace: string; readonly name: string };

const group = (name: string): Subject => ({ kind: 'Group', name: `system:${name}` });
const user = (name: string): Subject => ({ kind: 'User', name: `system:${name}` });

/** The ClusterRoleBindings of the bootstrap policy; each is called as its role. */
export const BOOTSTRAP_BINDINGS: readonly (readonly [
  role: string,
  subjects: readonly Subject[],
])[] = [
  ['cluster-admin', [group('masters')]],
  ['system:basic-user', [group('authenticated')]],
  ['system:discovery', [group('authenticated')]],
  ['system:public-info-viewer', [group('authenticated'), group('unauthenticated')]],
  ['system:monitoring', [group('monitoring')]],
  ['system:service-account-issuer-discovery', [group('serviceaccounts')]],
  ['system:node', []],
  ['system:node-proxier', [user('kube-proxy')]],
  ['system:kube-controller-manager', [user('kube-controller-manager')]],
  ['system:kube-scheduler', [user('kube-scheduler')]],
  ['system:kube-dns', [{ kind: 'ServiceAccount', namespace: 'kube-system', name: 'kube-dns' }]],
  ['system:coredns', [{ kind: 'ServiceAccount', namespace: 'kube-system', name: 'coredns' }]],
];

/** A role's rules as they stand in its object. */
export function rulesJson(rules: readonly PolicyRule[]): readonly object[] {
  return rules.map(ruleJson);
}
