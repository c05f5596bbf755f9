import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newApi } from '../helper.js';
import { serve } from './serve.js';

let url: string;
let stop: () => Promise<void>;
let diskFails = false;

beforeAll(async () => {
  const api = newApi();
  const durable = api.store.durable.bind(api.store);
  api.store.durable = (revision) =>
    diskFails ? Promise.reject(new Error('disk full')) : durable(revision);
  ({ url, stop } = await serve(api));
});
afterAll(() => stop());

const ask = async (path: string, accept = '*/*') => {
  const answer = await fetch(`${url}${path}`, { headers: { accept } });
  return { code: answer.status, text: await answer.text() };
};

test.each([
  ['/healthz', 'ok'],
  ['/livez', 'ok'],
  ['/readyz', 'ok'],
  ['/readyz/ping', 'ok'],
  ['/livez/etcd', 'ok'],
  ['/readyz?verbose', '[+]ping ok\n[+]etcd ok\nreadyz check passed\n'],
  ['/livez?verbose&exclude=etcd', '[+]ping ok\n[+]etcd excluded: ok\nlivez check passed\n'],
  [
    '/livez?verbose&exclude=x',
    '[+]ping ok\n[+]etcd ok\nwarn: some health checks cannot be excluded: no matches for "x"\nlivez check passed\n',
  ],
])('%s says how the server is', async (path, text) => {
  expect(await ask(path)).toEqual({ code: 200, text });
});

test('a disk that fails makes the server unwell, and the check says so', async () => {
  diskFails = true;
  const text = '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n';
  expect(await ask('/readyz')).toEqual({ code: 500, text });
  expect((await ask('/readyz/ping')).code).toBe(200);
  diskFails = false;
});

test('a check that there is not is NotFound', async () => {
  const { code, text } = await ask('/readyz/nope');
  expect([code, JSON.parse(text).reason]).toEqual([404, 'NotFound']);
});

test('the root lists the paths to who asks for JSON first, as kubectl get --raw / does', async () => {
  const { paths } = JSON.parse((await ask('/', 'application/json, */*')).text);
  expect(paths).toEqual(expect.arrayContaining(['/api/v1', '/apis/apps/v1', '/readyz/etcd']));
});
