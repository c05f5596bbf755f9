import { expect, test } from '@jest/globals';
import { newApi } from '../helper.js';

const RBAC = 'rbac.authorization.k8s.io';

/** What is wrong with an object of a kind that is kept; the messages follow the name of kind and object. */
test.each<[string, string, object, string[]]>([
  [
    'an autoscaler upside down',
    'autoscaling/horizontalpodautoscalers',
    { spec: { minReplicas: 5, maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'a' } } },
    ['spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`'],
  ],
  [
    'a budget of more than all',
    'policy/poddisruptionbudgets',
    { spec: { minAvailable: '150%', selector: {} } },
    [
      'spec.minAvailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"150%"}: must not be greater than 100%',
    ],
  ],
  [
    'a quota of what nobody counts',
    'resourcequotas',
    { spec: { hard: { foo: '3', pods: '-1' } } },
    [
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
      'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ],
  [
    'a limit whose least is above its most',
    'limitranges',
    { spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } },
    ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  ],
  [
    'a role without verbs',
    `${RBAC}/roles`,
    { rules: [{ apiGroups: [''], resources: ['pods'] }] },
    ['rules[0].verbs: Required value: verbs must contain at least one value'],
  ],
  [
    'a role of a namespace for paths',
    `${RBAC}/roles`,
    { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
    [
      'rules[0].nonResourceURLs: Invalid value: []string{"/x"}: namespaced rules cannot apply to non-resource URLs',
    ],
  ],
  [
    'a binding to no role',
    `${RBAC}/rolebindings`,
    { roleRef: { kind: 'Rolle', name: 'a' }, subjects: [{ kind: 'Foo', name: 'x' }] },
    [
      'roleRef.kind: Unsupported value: "Rolle": supported values: "Role", "ClusterRole"',
      'subjects[0].kind: Unsupported value: "Foo": supported values: "ServiceAccount", "User", "Group"',
    ],
  ],
  [
    'a volume of nothing',
    'persistentvolumes',
    { spec: {} },
    [
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec: Required value: must specify a volume type',
    ],
  ],
  [
    'a claim in short words',
    'persistentvolumeclaims',
    { spec: { accessModes: ['RWO'] } },
    [
      'spec.accessModes: Unsupported value: "RWO": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.resources[storage]: Required value',
    ],
  ],
  [
    'a class of storage that binds later',
    'storage.k8s.io/storageclasses',
    { provisioner: 'a', volumeBindingMode: 'Later' },
    [
      'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
  ],
  [
    'a priority above all',
    'scheduling.k8s.io/priorityclasses',
    { value: 2_000_000_000 },
    ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  ],
  [
    'a slice of loopback',
    'discovery.k8s.io/endpointslices',
    { addressType: 'IPv4', endpoints: [{ addresses: ['127.0.0.1'] }, { addresses: [] }] },
    [
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[1].addresses: Required value: must contain at least 1 address',
    ],
  ],
  [
    'a webhook with half a name',
    'admissionregistration.k8s.io/validatingwebhookconfigurations',
    {
      webhooks: [
        {
          name: 'short',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          clientConfig: { url: 'https://example.com' },
        },
      ],
    },
    [
      'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
    ],
  ],
])('refuses %s', (_, resource, body, messages) => {
  const api = newApi();
  const result = api.create({
    resource,
    namespace: 'default',
    body: { metadata: { name: 'x' }, ...body },
  });
  if (result.ok) throw new Error('it was taken');
  expect(result.error.code).toBe(422);
  expect(result.error.details?.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual(
    messages,
  );
});

test('a binding keeps its role', () => {
  const api = newApi();
  const resource = `${RBAC}/clusterrolebindings`;
  const binding = (name: string) => ({
    metadata: { name: 'x' },
    roleRef: { kind: 'ClusterRole', name, apiGroup: RBAC },
  });
  api.create({ resource, body: binding('a') });
  const result = api.update({ resource, name: 'x', body: binding('b') });
  expect(result.ok ? '' : result.error.message).toBe(
    `ClusterRoleBinding.${RBAC} "x" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"${RBAC}", Kind:"ClusterRole", Name:"b"}: cannot change roleRef`,
  );
});

test('an autoscaler without metrics watches the CPU', () => {
  const result = newApi().create({
    resource: 'autoscaling/horizontalpodautoscalers',
    namespace: 'default',
    body: {
      metadata: { name: 'x' },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'a' } },
    },
  });
  expect(result.ok && result.value.spec).toMatchObject({
    minReplicas: 1,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ],
  });
});
