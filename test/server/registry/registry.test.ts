import { describe, expect, test } from '@jest/globals';
import {
  CATALOGUE,
  hasExecutable,
  type ImageReference,
  imageRegistry,
  parseImageReference,
} from '../../../server/registry/index.js';

function reference(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function pull(text: string) {
  return imageRegistry.pull(reference(text), () => false).result;
}

describe('the registries', () => {
  test.each([
    ['nginx', 'nginx', [80]],
    ['nginx:1.14.2', 'nginx', [80]],
    ['httpd:2.4-alpine', 'httpd', [80]],
    ['redis:alpine', 'redis', [6379]],
    ['postgres:15-alpine', 'postgres', [5432]],
    ['mysql:8.0', 'mysql', [3306, 33060]],
    ['rabbitmq:3-management', 'rabbitmq', [5672, 25672, 4369, 15672]],
    ['k8s.gcr.io/nginx-slim:0.8', 'nginx', [80]],
    ['gcr.io/google_samples/gb-frontend:v3', 'gb-frontend', [80]],
    ['registry.k8s.io/e2e-test-images/agnhost:2.43', 'agnhost', []],
    ['registry.istio.io/release/examples-bookinfo-reviews-v2:1.20.3', 'bookinfo', [9080]],
    ['dockersamples/examplevotingapp_vote', 'vote', [80]],
    ['busybox:1.28', 'busybox', []],
    ['ubuntu:jammy-20240530', 'ubuntu', []],
    ['registry.k8s.io/pause:3.1', 'pause', []],
  ])('have %s, which runs %s on %j', (text, program, ports) => {
    const result = pull(text);
    expect(result.ok && result.value.entry.program).toBe(program);
    expect(result.ok && result.value.entry.listens.map(({ port }) => port)).toEqual(ports);
    expect(result.ok && result.value.entry.assumed).toBeUndefined();
  });

  test.each(['quay.io/shfa/hello-world:latest', 'foo/bar:123', 'netpol/example1'])(
    'are assumed to have %s',
    (text) => {
      const result = pull(text);
      expect(result.ok && result.value.entry.assumed).toBe(true);
    },
  );

  test.each(['ngnix', 'reddis', 'my-image:latest', 'fake', 'postgresql'])(
    'refuse %s, which is no official image',
    (text) => {
      expect(pull(text)).toMatchObject({ ok: false, error: { code: 'registry/denied' } });
    },
  );

  test.each([
    'nginx:lates',
    'nginx:9.99-nope',
    'nginx:2',
    'redis:99',
    'alpine:4.1',
    'hello-world:v3',
    'python:4',
  ])('do not have the tag of %s', (text) => {
    expect(pull(text)).toMatchObject({ ok: false, error: { code: 'registry/not-found' } });
  });

  test('are not reached by a name that does not resolve, nor on a port where none listens', () => {
    expect(pull('registry.invalid/app')).toMatchObject({
      error: { code: 'registry/no-such-host' },
    });
    expect(pull('localhost:5000/app')).toMatchObject({
      error: {
        message:
          'failed to pull and unpack image "localhost:5000/app:latest": failed to resolve reference "localhost:5000/app:latest": failed to do request: Head "http://localhost:5000/v2/app/manifests/latest": dial tcp 127.0.0.1:5000: connect: connection refused',
      },
    });
  });

  test('take longer for a larger image, and little for one whose layers are there', () => {
    const duration = (text: string, cached = false) =>
      imageRegistry.pull(reference(text), () => cached).durationNs;
    expect(duration('busybox')).toBeLessThan(1e9);
    expect(duration('elasticsearch:8.17.0')).toBeGreaterThan(10e9);
    expect(duration('elasticsearch:8.17.0', true)).toBeLessThan(1e9);
  });

  test('give the same digest for the same name', () => {
    const [a, b] = [pull('nginx'), pull('docker.io/library/nginx:latest')];
    expect(a.ok && a.value.imageId).toMatch(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/);
    expect(a.ok && a.value.imageId).toBe(b.ok && b.value.imageId);
  });
});

describe('the file systems of images', () => {
  test.each([
    ['busybox', 'nslookup', true],
    ['busybox', 'bash', false],
    ['debian', '/bin/bash', true],
    ['nginx', 'ping', false],
    ['nginx:alpine', 'ping', true],
    ['nginx', '/usr/sbin/nginx', true],
    ['traefik/whoami', 'sh', false],
    ['registry.k8s.io/e2e-test-images/agnhost:2.43', '/bin/bash', true],
    ['foo/bar', 'anything', true],
  ])('%s and %s: %s', (text, command, there) => {
    const result = pull(text);
    expect(result.ok && hasExecutable(result.value.entry, command)).toBe(there);
  });
});

describe('the catalogue', () => {
  test('says what every image of it runs, in names without tag', () => {
    expect(CATALOGUE.size).toBeGreaterThan(300);
    for (const [name, entry] of CATALOGUE) {
      expect(entry.repository).toBe(name);
      expect(parseImageReference(name).ok).toBe(true);
      expect([...entry.entrypoint, ...entry.cmd].length).toBeGreaterThan(0);
      for (const { port } of entry.listens) expect(port).toBeGreaterThan(0);
    }
  });
});
