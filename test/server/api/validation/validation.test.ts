import { describe, expect, test } from '@jest/globals';
import { deploymentBody, newApi, podBody } from '../helper.js';

const messageOf = (resource: string, body: object): string => {
  const result = newApi().create({ resource, body });
  return result.ok ? 'accepted' : (result.error.message ?? '');
};
const service = (spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's' },
  spec,
});
const pod = (container: object, spec: object = {}) => ({
  ...podBody(),
  spec: { containers: [{ name: 'a', image: 'nginx', ...container }], ...spec },
});

describe('validation speaks as upstream does', () => {
  test.each([
    [
      'no containers',
      'pods',
      { ...podBody(), spec: { containers: [] } },
      'Pod "p" is invalid: spec.containers: Required value',
    ],
    [
      'a port out of range',
      'pods',
      pod({ ports: [{ containerPort: 70000 }] }),
      'Pod "p" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'a protocol in small letters',
      'pods',
      pod({ ports: [{ containerPort: 80, protocol: 'udp' }] }),
      'Pod "p" is invalid: spec.containers[0].ports[0].protocol: Unsupported value: "udp": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'a mount without its volume',
      'pods',
      pod({ volumeMounts: [{ name: 'data', mountPath: '/d' }] }),
      'Pod "p" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ],
    [
      'a host network port that differs',
      'pods',
      pod({ ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
      'Pod "p" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 80: must match `hostPort` when `hostNetwork` is true',
    ],
    [
      'a probe without handler',
      'pods',
      pod({ livenessProbe: { periodSeconds: 3 } }),
      'Pod "p" is invalid: spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      'two containers of one name',
      'pods',
      {
        ...podBody(),
        spec: {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'a', image: 'y' },
          ],
        },
      },
      'Pod "p" is invalid: spec.containers[1].name: Duplicate value: "a"',
    ],
    [
      'one host port twice',
      'pods',
      {
        ...podBody(),
        spec: {
          containers: ['a', 'b'].map((name) => ({
            name,
            image: 'x',
            ports: [{ containerPort: 80, hostPort: 8080 }],
          })),
        },
      },
      'Pod "p" is invalid: spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//8080"',
    ],
    [
      'a Deployment without selector',
      'apps/deployments',
      deploymentBody({ selector: undefined }),
      'Deployment.apps "web" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: `selector` does not match template `labels`]',
    ],
    [
      'a template without labels',
      'apps/deployments',
      deploymentBody({ template: { spec: { containers: [{ name: 'a', image: 'x' }] } } }),
      'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: map[string]string(nil): `selector` does not match template `labels`',
    ],
    [
      'a selector that finds nothing',
      'apps/deployments',
      deploymentBody({ selector: { matchLabels: { app: 'x' } } }),
      'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'a Job that always restarts',
      'batch/jobs',
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'j' },
        spec: { template: { spec: { containers: [{ name: 'a', image: 'x' }] } } },
      },
      'Job.batch "j" is invalid: spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "OnFailure", "Never"',
    ],
    [
      'a schedule of four fields',
      'batch/cronjobs',
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'c' },
        spec: {
          schedule: '* * * *',
          jobTemplate: {
            spec: {
              template: {
                spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] },
              },
            },
          },
        },
      },
      'CronJob.batch "c" is invalid: spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]',
    ],
    [
      'a Service without ports',
      'services',
      service({ selector: { a: 'b' } }),
      'Service "s" is invalid: spec.ports: Required value',
    ],
    ['a headless Service without ports', 'services', service({ clusterIP: 'None' }), 'accepted'],
    [
      'two unnamed ports',
      'services',
      service({ ports: [{ port: 80 }, { port: 81 }] }),
      'Service "s" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
    ],
    [
      'a node port on a ClusterIP Service',
      'services',
      service({ ports: [{ port: 80, nodePort: 30080 }] }),
      'Service "s" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is \'ClusterIP\'',
    ],
    [
      'an ExternalName without a name',
      'services',
      service({ type: 'ExternalName' }),
      'Service "s" is invalid: spec.externalName: Required value',
    ],
  ])('about %s', (_, resource, body, message) => {
    expect(messageOf(resource, body)).toBe(message);
  });

  test('gives one cause per field', () => {
    const refused = newApi().create({
      resource: 'services',
      body: service({ selector: { a: 'b' } }),
    });
    expect(refused).toMatchObject({
      ok: false,
      error: {
        code: 422,
        reason: 'Invalid',
        details: {
          name: 's',
          kind: 'Service',
          causes: [
            { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.ports' },
          ],
        },
      },
    });
  });

  test('refuses changes of what may not change', () => {
    const api = newApi();
    api.create({ resource: 'pods', body: podBody() });
    const changed = api.patch({
      resource: 'pods',
      name: 'p',
      type: 'merge',
      body: { spec: { hostname: 'x' } },
    });
    expect(changed).toMatchObject({
      ok: false,
      error: { code: 422 },
      hints: [{ text: expect.stringContaining('changed: spec.hostname') }],
    });
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    const selector = api.patch({
      resource: 'apps/deployments',
      name: 'web',
      type: 'json',
      body: [
        { op: 'add', path: '/spec/selector/matchLabels/x', value: 'y' },
        { op: 'add', path: '/spec/template/metadata/labels/x', value: 'y' },
      ],
    });
    expect(selector).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('field is immutable') },
    });
    api.create({ resource: 'services', body: service({ ports: [{ port: 80 }] }) });
    const ip = api.patch({
      resource: 'services',
      name: 's',
      type: 'merge',
      body: { spec: { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] } },
    });
    expect(ip).toMatchObject({
      ok: false,
      error: {
        message: expect.stringContaining(
          'spec.clusterIPs[0]: Invalid value: []string{"10.96.7.7"}: may not change once set',
        ),
      },
    });
  });
});
