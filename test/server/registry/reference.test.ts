import { describe, expect, test } from '@jest/globals';
import { parseImageReference } from '../../../server/registry/index.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an image reference', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27-alpine', 'docker.io/library/nginx:1.27-alpine'],
    ['user/app', 'docker.io/user/app:latest'],
    ['docker.io/httpd', 'docker.io/library/httpd:latest'],
    ['index.docker.io/library/redis:7', 'docker.io/library/redis:7'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:dev', 'localhost:5000/app:dev'],
    ['foo:5000/a/b__c.d-e', 'foo:5000/a/b__c.d-e:latest'],
    [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`],
    [`quay.io/a/b:v1@${DIGEST}`, `quay.io/a/b:v1@${DIGEST}`],
  ])('%s is %s', (text, canonical) => {
    const parsed = parseImageReference(text);
    expect(parsed.ok && parsed.value.canonical).toBe(canonical);
  });

  test.each([
    ['', 'invalid reference format'],
    ['nginx:', 'invalid reference format'],
    ['nginx:latest:2', 'invalid reference format'],
    ['nginx latest', 'invalid reference format'],
    ['-nginx', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    [
      '<YOUR-CONTAINER>',
      'invalid reference format: repository name (library/<YOUR-CONTAINER>) must be lowercase',
    ],
    ['Nginx', 'invalid reference format: repository name (library/Nginx) must be lowercase'],
    ['user/App:1', 'invalid reference format: repository name (user/App) must be lowercase'],
    [`nginx:${'a'.repeat(129)}`, 'invalid reference format'],
    ['nginx@sha256:abc', 'invalid reference format'],
    [`nginx@sha256:${'a'.repeat(63)}`, 'invalid checksum digest length'],
    [
      'a'.repeat(64),
      `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`,
    ],
    [`quay.io/${'a'.repeat(256)}`, 'repository name must not be more than 255 characters'],
  ])('%j is refused: %s', (text, words) => {
    expect(parseImageReference(text)).toEqual({ ok: false, error: words });
  });

  test('a first part in upper case is a registry', () => {
    const parsed = parseImageReference('Registry/app');
    expect(parsed.ok && parsed.value.domain).toBe('Registry');
  });
});
