import { describe, expect, test } from '@jest/globals';
import type { Service } from '../../../../server/contract/kube.js';
import { newApi } from '../helper.js';

const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

describe('Service addresses', () => {
  test('are drawn from the range, above the part that is for people', () => {
    const api = newApi();
    const made = api.create({ resource: 'services', body: service('a') });
    const ip = made.ok ? ((made.value as Service).spec.clusterIP ?? '') : '';
    expect(ip).toMatch(/^10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/);
    expect(ip.startsWith('10.96.0.')).toBe(false);
  });

  test('run out, and come back when a Service goes', () => {
    const api = newApi({ serviceCidr: '10.96.0.0/29' });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect(api.create({ resource: 'services', body: service(name) }).ok).toBe(true);
    }
    expect(api.create({ resource: 'services', body: service('g') })).toMatchObject({
      ok: false,
      error: {
        code: 500,
        message: 'Internal error occurred: failed to allocate a serviceIP: range is full',
      },
    });
    api.delete({ resource: 'services', name: 'a' });
    expect(api.create({ resource: 'services', body: service('g') }).ok).toBe(true);
  });

  test('may be asked for once', () => {
    const api = newApi();
    api.create({ resource: 'services', body: service('a', { clusterIP: '10.96.0.50' }) });
    expect(
      api.create({ resource: 'services', body: service('b', { clusterIP: '10.96.0.50' }) }),
    ).toMatchObject({
      ok: false,
      error: {
        message:
          'Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"10.96.0.50"}: failed to allocate IP 10.96.0.50: provided IP is already allocated',
      },
      hints: [{ text: 'Service default/a has it' }],
    });
  });

  test('stay as they are through an update that leaves them out', () => {
    const api = newApi();
    const made = api.create({ resource: 'services', body: service('a', { type: 'NodePort' }) });
    const before = made.ok ? (made.value as Service).spec : undefined;
    const after = api.update({
      resource: 'services',
      name: 'a',
      body: service('a', { type: 'NodePort', selector: { x: 'y' } }),
    });
    expect(after).toMatchObject({
      ok: true,
      value: { spec: { clusterIP: before?.clusterIP, ports: before?.ports } },
    });
  });

  test('are not taken by a dry run', () => {
    const api = newApi({ serviceCidr: '10.96.0.0/30' });
    for (let index = 0; index < 5; index++) {
      expect(
        api.create({ resource: 'services', body: service('a'), options: { dryRun: true } }).ok,
      ).toBe(true);
    }
  });
});

describe('node ports', () => {
  test('count across Services whatever the protocol, and within one by protocol', () => {
    const api = newApi();
    const ports = ['TCP', 'UDP'].map((protocol) => ({
      name: protocol.toLowerCase(),
      port: 53,
      protocol,
      nodePort: 30053,
    }));
    expect(
      api.create({ resource: 'services', body: service('dns', { type: 'NodePort', ports }) }).ok,
    ).toBe(true);
    const again = service('other', {
      type: 'NodePort',
      ports: [{ port: 1, protocol: 'SCTP', nodePort: 30053 }],
    });
    expect(api.create({ resource: 'services', body: again })).toMatchObject({
      ok: false,
      error: {
        message:
          'Service "other" is invalid: spec.ports[0].nodePort: Invalid value: 30053: provided port is already allocated',
      },
    });
  });
});
