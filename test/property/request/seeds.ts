/** A request as it would be right. */
export interface SeedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** The code of the answer, where it is no 2xx. */
  readonly code?: number;
}

const META = { name: 'x', labels: { app: 'x' } };
const SPEC = { containers: [{ name: 'c', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] };
const TEMPLATE = { metadata: { labels: { app: 'x' } }, spec: SPEC };
const SELECTOR = { matchLabels: { app: 'x' } };
const DEFAULT = '/api/v1/namespaces/default';
const APPS = '/apis/apps/v1/namespaces/default';

const kind = (apiVersion: string, name: string, more: object = {}) => ({
  apiVersion,
  kind: name,
  metadata: META,
  ...more,
});
const post = (path: string, body: object): SeedRequest => ({ method: 'POST', path, body });
const get = (path: string, accept?: string): SeedRequest => ({
  method: 'GET',
  path,
  ...(accept === undefined ? {} : { headers: { Accept: accept } }),
});
const patch = (path: string, type: string, body: unknown): SeedRequest => ({
  method: 'PATCH',
  path,
  headers: { 'Content-Type': type },
  body,
});
const upgrade = (path: string, headers: Readonly<Record<string, string>>): SeedRequest => ({
  method: 'GET',
  path,
  headers: { Connection: 'Upgrade', ...headers },
});

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const WEB_SOCKET = {
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const STRATEGIC = 'application/strategic-merge-patch+json';

/** Every kind of thing that clients ask, each answered with 2xx when sent as it stands to a cluster with pod `web`. */
export const SEEDS: readonly SeedRequest[] = [
  get('/version'),
  get('/readyz?verbose'),
  get('/api'),
  get('/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'),
  get('/apis/apps'),
  get('/apis/apps/v1'),
  get('/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'),
  get('/openapi/v3'),
  get('/openapi/v3/apis/apps/v1'),
  get('/api/v1/pods?limit=1&labelSelector=app%3Dx&fieldSelector=status.phase%3DRunning'),
  get(`${DEFAULT}/pods?limit=2&continue=`, TABLE),
  get(`${DEFAULT}/pods?includeObject=Object`, TABLE),
  get(`${DEFAULT}/pods/web`, TABLE),
  get(`${DEFAULT}/pods?resourceVersion=0&resourceVersionMatch=NotOlderThan`),
  get(`${DEFAULT}/pods?watch=true&resourceVersion=0&timeoutSeconds=1&allowWatchBookmarks=true`),
  get(
    `${DEFAULT}/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  ),
  get(`${DEFAULT}/pods/web/log?tailLines=1&timestamps=true&container=web&limitBytes=10`),
  get(`${DEFAULT}/pods/web/log?follow=true&sinceSeconds=1`),
  get('/apis/metrics.k8s.io/v1beta1/nodes'),
  get('/apis/metrics.k8s.io/v1beta1/namespaces/default/pods'),
  get(`${DEFAULT}/events?fieldSelector=involvedObject.name%3Dweb`),
  get(`${DEFAULT}/services/web:80/proxy/`),
  get(`${DEFAULT}/pods/web/proxy/index.html`),
  post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n1' } }),
  post(
    `${DEFAULT}/pods?fieldManager=kubectl-create&fieldValidation=Strict&dryRun=All`,
    kind('v1', 'Pod', { spec: SPEC }),
  ),
  post(`${DEFAULT}/pods`, {
    ...kind('v1', 'Pod', { spec: SPEC }),
    metadata: { generateName: 'g-' },
  }),
  post(
    `${DEFAULT}/services`,
    kind('v1', 'Service', { spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }),
  ),
  post(`${DEFAULT}/configmaps`, kind('v1', 'ConfigMap', { data: { a: 'b' } })),
  post(`${DEFAULT}/secrets`, kind('v1', 'Secret', { stringData: { a: 'b' }, type: 'Opaque' })),
  post(`${DEFAULT}/serviceaccounts`, kind('v1', 'ServiceAccount')),
  post(`${DEFAULT}/serviceaccounts/default/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 600 },
  }),
  post(
    `${DEFAULT}/resourcequotas`,
    kind('v1', 'ResourceQuota', { spec: { hard: { pods: '40', 'requests.cpu': '8' } } }),
  ),
  post(
    `${DEFAULT}/limitranges`,
    kind('v1', 'LimitRange', {
      spec: { limits: [{ type: 'Container', default: { cpu: '1' }, min: { cpu: '10m' } }] },
    }),
  ),
  post(
    `${DEFAULT}/persistentvolumeclaims`,
    kind('v1', 'PersistentVolumeClaim', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
  ),
  post(
    `${DEFAULT}/replicationcontrollers`,
    kind('v1', 'ReplicationController', {
      spec: { replicas: 0, selector: { app: 'x' }, template: TEMPLATE },
    }),
  ),
  post(
    `${APPS}/deployments`,
    kind('apps/v1', 'Deployment', {
      spec: { replicas: 1, selector: SELECTOR, template: TEMPLATE },
    }),
  ),
  post(
    `${APPS}/statefulsets`,
    kind('apps/v1', 'StatefulSet', {
      spec: { serviceName: 'x', selector: SELECTOR, template: TEMPLATE },
    }),
  ),
  post(
    `${APPS}/daemonsets`,
    kind('apps/v1', 'DaemonSet', { spec: { selector: SELECTOR, template: TEMPLATE } }),
  ),
  post(
    '/apis/batch/v1/namespaces/default/jobs',
    kind('batch/v1', 'Job', { spec: { template: { spec: { ...SPEC, restartPolicy: 'Never' } } } }),
  ),
  post(
    '/apis/batch/v1/namespaces/default/cronjobs',
    kind('batch/v1', 'CronJob', {
      spec: {
        schedule: '*/5 * * * *',
        timeZone: 'Etc/UTC',
        jobTemplate: { spec: { template: { spec: { ...SPEC, restartPolicy: 'OnFailure' } } } },
      },
    }),
  ),
  post(
    '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
    kind('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: {
        podSelector: { matchLabels: { app: 'x' } },
        ingress: [
          {
            from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
            ports: [{ port: 80, endPort: 90, protocol: 'TCP' }],
          },
        ],
      },
    }),
  ),
  post(
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    kind('networking.k8s.io/v1', 'Ingress', {
      spec: {
        rules: [
          {
            host: 'a.example',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    }),
  ),
  post(
    '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
    kind('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: '50%', selector: SELECTOR } }),
  ),
  post(
    '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    kind('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
        maxReplicas: 3,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
          },
        ],
      },
    }),
  ),
  post(
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    kind('rbac.authorization.k8s.io/v1', 'ClusterRole', {
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    }),
  ),
  post(
    '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
    kind('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'alice', apiGroup: 'rbac.authorization.k8s.io' }],
    }),
  ),
  post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace: 'default', verb: 'create', resource: 'pods' } },
  }),
  post('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: 'eyJhbGciOiJub25lIn0.e30.' },
  }),
  post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    ...kind('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4' }),
    endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  }),
  post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'bars.foo.example' },
    spec: {
      group: 'foo.example',
      scope: 'Namespaced',
      names: { plural: 'bars', kind: 'Bar' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } },
              },
            },
          },
        },
      ],
    },
  }),
  post(
    '/apis/foo.example/v1/namespaces/default/bars',
    kind('foo.example/v1', 'Bar', { spec: { size: 3 } }),
  ),
  post('/apis/podnet.dev/v1/namespaces/default/traces', {
    apiVersion: 'podnet.dev/v1',
    kind: 'Trace',
    metadata: { generateName: 't-' },
    spec: { from: 'pod/web', to: 'svc/web', protocol: 'tcp', port: 80 },
  }),
  post('/apis/podnet.dev/v1/faults', {
    apiVersion: 'podnet.dev/v1',
    kind: 'Fault',
    metadata: { generateName: 'f-' },
    spec: { type: 'LinkDown', node: 'worker-1', device: 'eth0' },
  }),
  post(`${DEFAULT}/pods/web/eviction?dryRun=All`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'web', namespace: 'default' },
  }),
  {
    ...post(`${DEFAULT}/pods/web/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'web' },
      target: { apiVersion: 'v1', kind: 'Node', name: 'worker-1' },
    }),
    code: 409,
  },
  {
    method: 'PUT',
    path: `${APPS}/deployments/front/scale`,
    body: {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'front' },
      spec: { replicas: 1 },
    },
  },
  {
    method: 'PUT',
    path: `${DEFAULT}/configmaps/kept`,
    body: { ...kind('v1', 'ConfigMap', { data: { a: 'c' } }), metadata: { name: 'kept' } },
  },
  patch(`${DEFAULT}/pods/web/status`, 'application/merge-patch+json', {
    status: { message: 'x' },
  }),
  patch(`${DEFAULT}/pods/web/ephemeralcontainers`, STRATEGIC, {
    spec: { ephemeralContainers: [{ name: 'd', image: 'busybox', targetContainerName: 'web' }] },
  }),
  patch(`${APPS}/deployments/front?fieldManager=kubectl`, STRATEGIC, {
    spec: {
      template: {
        spec: {
          '$setElementOrder/containers': [{ name: 'web' }],
          containers: [{ name: 'web', image: 'nginx:1.28' }],
        },
      },
    },
  }),
  patch(`${APPS}/deployments/front`, 'application/json-patch+json', [
    { op: 'test', path: '/spec/replicas', value: 1 },
    { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'nginx:1.26' },
    { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
    { op: 'move', from: '/metadata/labels/a', path: '/metadata/labels/c' },
  ]),
  patch(`${APPS}/deployments/front`, 'application/merge-patch+json', { spec: { replicas: 1 } }),
  patch(
    `${APPS}/deployments/applied?fieldManager=me&force=true`,
    'application/apply-patch+yaml',
    kind('apps/v1', 'Deployment', {
      metadata: { name: 'applied' },
      spec: { replicas: 0, selector: SELECTOR, template: TEMPLATE },
    }),
  ),
  patch(`${DEFAULT}/configmaps/kept?fieldManager=me`, 'application/apply-patch+yaml', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kept' },
    data: { z: '1' },
  }),
  {
    method: 'DELETE',
    path: `${DEFAULT}/configmaps/none?propagationPolicy=Background`,
    body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, dryRun: ['All'] },
    code: 404,
  },
  { method: 'DELETE', path: `${DEFAULT}/secrets?labelSelector=none%3Dhere` },
  upgrade(`${DEFAULT}/pods/web/exec?command=true&stdout=true&container=web`, {
    ...WEB_SOCKET,
    'Sec-WebSocket-Protocol': 'v5.channel.k8s.io',
  }),
  upgrade(`${DEFAULT}/pods/web/attach?stdout=true`, {
    ...WEB_SOCKET,
    'Sec-WebSocket-Protocol': 'v4.channel.k8s.io',
  }),
  upgrade(`${DEFAULT}/pods/web/portforward?ports=80`, {
    ...WEB_SOCKET,
    'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io',
  }),
  {
    ...upgrade(`${DEFAULT}/pods/web/exec?command=true&stdout=true`, {
      Upgrade: 'SPDY/3.1',
      'X-Stream-Protocol-Version': 'v4.channel.k8s.io',
    }),
    method: 'POST',
  },
];
