import { describe, expect, test } from '@jest/globals';
import { newApi, podBody } from '../../api/helper.js';

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('what a body of 3 MiB has room for', () => {
  test('hundreds of thousands of errors are told in part', () => {
    const labels = Object.fromEntries(times(150_000, (index) => [`!${index}`, '!']));
    const refused = newApi().create({
      resource: 'configmaps',
      body: { metadata: { name: 'a', labels } },
    });
    expect(refused.ok).toBe(false);
    if (!refused.ok) expect(refused.error.details?.causes).toHaveLength(1000);
  });

  test('thousands of equal ports are warned of in part', () => {
    const ports = times(20_000, () => ({ containerPort: 80 }));
    const made = newApi().create({
      resource: 'pods',
      body: { ...podBody(), spec: { containers: [{ name: 'c', image: 'nginx', ports }] } },
    });
    expect(made).toMatchObject({ ok: true });
    expect(made.warnings).toHaveLength(190);
  });

  test('long lists merge by their keys', () => {
    const api = newApi();
    const env = (prefix: string) => times(3_000, (index) => ({ name: `${prefix}${index}` }));
    const template = (list: object[]) => ({
      template: { spec: { containers: [{ name: 'c', image: 'nginx', env: list }] } },
    });
    api.create({
      resource: 'podtemplates',
      body: { metadata: { name: 'a' }, ...template(env('A')) },
    });
    const patched = api.patch({
      resource: 'podtemplates',
      name: 'a',
      type: 'strategic',
      body: template([...env('B'), { name: 'A7', $patch: 'delete' }, { name: 'A8', value: 'x' }]),
    });
    expect(patched).toMatchObject({ ok: true });
    const { containers } = Object(patched.ok && patched.value.template).spec;
    expect(containers[0].env).toHaveLength(5_999);
    expect(containers[0].env).toContainEqual({ name: 'A8', value: 'x' });
  });

  test('copies of a copy nest too deep to be walked', () => {
    const api = newApi();
    api.create({ resource: 'configmaps', body: { metadata: { name: 'a' } } });
    const copies = times(18, (index) => ({
      op: 'copy',
      from: '/x',
      path: `/x${'/a'.repeat(2 ** index)}`,
    }));
    const patched = api.patch({
      resource: 'configmaps',
      name: 'a',
      type: 'json',
      body: [{ op: 'add', path: '/x', value: { a: {} } }, ...copies],
    });
    expect(patched).toMatchObject({ ok: false, error: { code: 422 } });
    expect(patched.ok ? [] : patched.hints).toEqual([{ text: 'exceeded max depth' }]);
  });
});
