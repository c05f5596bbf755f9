import { describe, expect, test } from '@jest/globals';
import { formatDuration } from '../../../server/kubelet/back-off.js';
import { resolveEnvironment } from '../../../server/kubelet/environment.js';
import { hostsFile, resolvConf } from '../../../server/kubelet/etc-files.js';
import { expand } from '../../../server/kubelet/expansion.js';
import { resourceValue } from '../../../server/kubelet/field-ref.js';
import { qosClassOf } from '../../../server/kubelet/qos.js';
import { ServiceEnvironment } from '../../../server/kubelet/service-env.js';
import { mountVolumes } from '../../../server/kubelet/volumes.js';
import { createMemoryStore } from '../../../server/store/index.js';
import { podOf } from './harness.js';

const facts = {
  podIp: '10.244.1.2',
  hostIp: '192.168.0.11',
  nodeName: 'node1',
  allocatable: { cpu: 4, memory: 8 * 2 ** 30 },
};
const dns = { clusterDns: '10.96.0.10', clusterDomain: 'cluster.local', nodeDns: ['192.168.0.1'] };

function storeWithNames() {
  const store = createMemoryStore();
  store.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cm', namespace: 'default' },
    data: { MODE: 'fast', 'app.conf': 'a=1\n' },
  });
  store.create('secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'default' },
    data: { password: 'aHVudGVyMg==' },
  });
  store.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'redis-leader', namespace: 'default' },
    spec: {
      clusterIP: '10.96.0.20',
      ports: [
        { port: 6379, name: 'main' },
        { port: 53, protocol: 'UDP' },
      ],
    },
  });
  store.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'headless', namespace: 'default' },
    spec: { clusterIP: 'None', ports: [{ port: 80 }] },
  });
  return store;
}

describe('$(NAME)', () => {
  const known = (name: string) => ({ A: 'x', B: '$(A)' })[name];
  test.each([
    ['$(A)', 'x'],
    ['a$(A)b$(A)', 'axbx'],
    ['$(B)', '$(A)'],
    ['$$(A)', '$(A)'],
    ['$(C)', '$(C)'],
    ['$A {A} $', '$A {A} $'],
    ['$(A', '$(A'],
  ])('%s is %s', (text, expanded) => {
    expect(expand(text, known)).toBe(expanded);
  });
});

describe('the environment', () => {
  test('is made of the image, Services, envFrom and env, the later over the earlier', () => {
    const store = storeWithNames();
    const pod = podOf('a');
    const env = resolveEnvironment({
      pod,
      container: {
        name: 'web',
        envFrom: [
          { prefix: 'CM_', configMapRef: { name: 'cm' } },
          { secretRef: { name: 'none', optional: true } },
        ],
        env: [
          { name: 'PW', valueFrom: { secretKeyRef: { name: 's', key: 'password' } } },
          {
            name: 'URL',
            value:
              'redis://$(REDIS_LEADER_SERVICE_HOST):$(REDIS_LEADER_SERVICE_PORT)/$(PW)/$(NONE)',
          },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'MODE', value: 'own' },
        ],
      },
      store,
      imageEnv: { MODE: 'image', PATH: '/opt/bin' },
      services: new ServiceEnvironment(store).of('default', 'all'),
      hostname: 'a',
      facts,
    });
    if (!env.ok) throw new Error(env.error);
    const get = (name: string) => env.value.get(name);
    expect(get('URL')).toBe('redis://10.96.0.20:6379/hunter2/$(NONE)');
    expect(get('CM_MODE')).toBe('fast');
    expect(get('MODE')).toBe('own');
    expect(get('PATH')).toBe('/opt/bin');
    expect(get('IP')).toBe('10.244.1.2');
    expect(get('NODE')).toBe('node1');
    expect(get('HOSTNAME')).toBe('a');
    expect(get('REDIS_LEADER_PORT')).toBe('tcp://10.96.0.20:6379');
    expect(get('REDIS_LEADER_SERVICE_PORT_MAIN')).toBe('6379');
    expect(get('REDIS_LEADER_PORT_53_UDP_PROTO')).toBe('udp');
    expect(get('HEADLESS_SERVICE_HOST')).toBeUndefined();
  });

  test('forgets the variables of a Service that changed', () => {
    const store = storeWithNames();
    const services = new ServiceEnvironment(store);
    expect(services.of('default', 'all').get('REDIS_LEADER_SERVICE_PORT')).toBe('6379');
    store.delete('services', 'default', 'redis-leader');
    expect(services.of('default', 'all').get('REDIS_LEADER_SERVICE_PORT')).toBeUndefined();
  });

  test.each([
    ['limits.cpu', '1', '2'],
    ['limits.cpu', '1m', '1500'],
    ['limits.memory', '1Mi', '8192'],
    ['requests.memory', '1', '0'],
  ])('%s by %s is %s', (resource, divisor, value) => {
    const container = { name: 'web', resources: { limits: { cpu: '1500m' } } };
    expect(resourceValue(container, { resource, divisor }, facts)).toEqual({ ok: true, value });
  });
});

describe('/etc', () => {
  test('hosts has the pod, its full name with a subdomain, and the aliases', () => {
    const pod = podOf('web-0', {
      hostname: 'web-0',
      subdomain: 'web',
      hostAliases: [{ ip: '10.1.2.3', hostnames: ['foo.local', 'bar.local'] }],
    });
    expect(
      hostsFile(pod, { ip: '10.244.1.2', nodeName: 'node1', clusterDomain: 'cluster.local' }),
    ).toBe(
      [
        '# Kubernetes-managed hosts file.',
        '127.0.0.1\tlocalhost',
        '::1\tlocalhost ip6-localhost ip6-loopback',
        'fe00::0\tip6-localnet',
        'fe00::0\tip6-mcastprefix',
        'fe00::1\tip6-allnodes',
        'fe00::2\tip6-allrouters',
        '10.244.1.2\tweb-0.web.default.svc.cluster.local\tweb-0',
        '',
        '# Entries added by HostAliases.',
        '10.1.2.3\tfoo.local\tbar.local',
        '',
      ].join('\n'),
    );
  });

  const cluster =
    'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n';
  test.each([
    [{}, cluster],
    [{ hostNetwork: true }, 'nameserver 192.168.0.1\n'],
    [{ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' as const }, cluster],
    [{ dnsPolicy: 'Default' as const }, 'nameserver 192.168.0.1\n'],
    [
      {
        dnsPolicy: 'None' as const,
        dnsConfig: {
          nameservers: ['1.1.1.1'],
          searches: ['my.dns'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      'search my.dns\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    ],
  ])('resolv.conf of %j', (spec, text) => {
    expect(resolvConf(podOf('a', spec), dns)).toBe(text);
  });
});

describe('volumes', () => {
  test('hold the keys of ConfigMaps and Secrets under their paths', () => {
    const pod = podOf('a', {
      volumes: [
        {
          name: 'conf',
          configMap: { name: 'cm', items: [{ key: 'app.conf', path: 'etc/app.conf' }] },
        },
        { name: 'keys', secret: { secretName: 's' } },
        { name: 'gone', configMap: { name: 'none', optional: true } },
        { name: 'tmp', emptyDir: {} },
      ],
    });
    const made = mountVolumes({
      pod,
      store: storeWithNames(),
      durable: { claims: new Map(), hostPaths: new Map() },
      facts,
    });
    if (!made.ok) throw new Error(made.error.message);
    expect([...made.value.keys()]).toEqual(['conf', 'keys', 'gone', 'tmp']);
    const etc = made.value.get('conf')?.root.children.get('etc');
    expect(etc?.kind === 'directory' && [...etc.children.keys()]).toEqual(['app.conf']);
  });

  test.each([
    [
      { name: 'x', configMap: { name: 'cm', items: [{ key: 'k', path: 'p' }] } },
      'MountVolume.SetUp failed for volume "x" : references non-existent config key: k',
    ],
    [
      { name: 'x', secret: { secretName: 'none' } },
      'MountVolume.SetUp failed for volume "x" : secret "none" not found',
    ],
  ])('%j fails: %s', (volume, message) => {
    const pod = podOf('a', { volumes: [volume] });
    const made = mountVolumes({
      pod,
      store: storeWithNames(),
      durable: { claims: new Map(), hostPaths: new Map() },
      facts,
    });
    expect(made).toEqual({ ok: false, error: { volume: 'x', message } });
  });
});

describe('quality of service', () => {
  test.each([
    [{}, 'BestEffort'],
    [{ requests: { cpu: '100m' } }, 'Burstable'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
  ])('%j is %s', (resources, qos) => {
    expect(qosClassOf(podOf('a', { containers: [{ name: 'web', resources }] }))).toBe(qos);
  });
});

test.each([
  [10e9, '10s'],
  [80e9, '1m20s'],
  [300e9, '5m0s'],
  [1234e6, '1.234s'],
  [812e6, '812ms'],
  [0, '0s'],
])('%d ns is %s in Go', (ns, text) => {
  expect(formatDuration(ns)).toBe(text);
});
