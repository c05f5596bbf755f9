import { expect, test } from '@jest/globals';
import { newApi, podBody } from '../helper.js';

const withContainers = (...containers: object[]) => ({
  ...podBody(),
  spec: { containers: containers.map((one, index) => ({ name: `c${index}`, image: 'x', ...one })) },
});
const withSpec = (spec: object) => ({
  ...podBody(),
  spec: { ...podBody().spec, ...spec },
});
const service = (spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's' },
  spec: { ports: [{ port: 80 }], ...spec },
});

test.each<[string, string, object, string[]]>([
  [
    'one port twice in one container',
    'pods',
    withContainers({ ports: [{ containerPort: 80 }, { containerPort: 80 }] }),
    ['spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]'],
  ],
  [
    'one port in two containers',
    'pods',
    withContainers({ ports: [{ containerPort: 80 }] }, { ports: [{ containerPort: 80 }] }),
    ['spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]'],
  ],
  [
    'one port once with a host port',
    'pods',
    withContainers(
      { ports: [{ containerPort: 80 }] },
      { ports: [{ containerPort: 80, hostPort: 8080 }] },
    ),
    ['spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]'],
  ],
  [
    'one port of two protocols',
    'pods',
    withContainers({ ports: [{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }] }),
    [],
  ],
  [
    'one port name in two containers',
    'pods',
    withContainers(
      { ports: [{ name: 'web', containerPort: 80 }] },
      { ports: [{ name: 'web', containerPort: 81 }] },
    ),
    [
      'spec.containers[1].ports[0].name: duplicate port name "web" with spec.containers[0].ports[0].name, services and probes that select ports by name will use spec.containers[0].ports[0].name',
    ],
  ],
  [
    'a variable that hides another',
    'pods',
    withContainers({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    }),
    [
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ],
  ],
  [
    'a variable that extends another',
    'pods',
    withContainers({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '$(A)2' },
      ],
    }),
    [],
  ],
  [
    'one host alias twice',
    'pods',
    withSpec({ hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }] }),
    ['spec.hostAliases[1].ip: duplicate ip "10.0.0.1"'],
  ],
  [
    'an old node label',
    'pods',
    withSpec({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
    [
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
  ],
  [
    'memory in parts of an octet',
    'pods',
    withContainers({ resources: { limits: { memory: '500m' } } }),
    [
      'spec.containers[0].resources.limits[memory]: fractional byte value "500m" is invalid, must be an integer',
      'spec.containers[0].resources.requests[memory]: fractional byte value "500m" is invalid, must be an integer',
    ],
  ],
  [
    'a pod with dots in its name',
    'pods',
    podBody('a.b'),
    [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')]",
    ],
  ],
  [
    'session affinity without an address',
    'services',
    service({ clusterIP: 'None', sessionAffinity: 'ClientIP' }),
    ['spec.SessionAffinity is ignored for headless services'],
  ],
  [
    'the class of an Ingress as an annotation',
    'networking.k8s.io/ingresses',
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'i', annotations: { 'kubernetes.io/ingress.class': 'nginx' } },
      spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    },
    [
      `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
    ],
  ],
])('warns of %s', (_, resource, body, warnings) => {
  const result = newApi().create({ resource, namespace: 'default', body });
  expect({ ok: result.ok, warnings: result.warnings }).toEqual({ ok: true, warnings });
});
