import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiServer } from '../../../../server/api/server.js';
import type { Deployment } from '../../../../server/contract/kube.js';
import { deploymentBody, newApi, podBody } from '../helper.js';
import { serve } from './serve.js';

let api: ApiServer;
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  api = newApi();
  ({ url, stop } = await serve(api, {
    subresourceHandlers: new Map([
      ['pods/log', (_req, res) => void res.type('text/plain').send('hello\n')],
    ]),
  }));
});
afterAll(() => stop());

const call = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
};
const pods = '/api/v1/namespaces/default/pods';
const configMapBody = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
});

describe('the API over HTTP', () => {
  test('creates, reads, lists and deletes', async () => {
    expect((await call('POST', pods, podBody('a'))).status).toBe(201);
    expect((await call('GET', `${pods}/a`)).json()).toMatchObject({
      kind: 'Pod',
      metadata: { name: 'a' },
    });
    expect((await call('GET', '/api/v1/pods?labelSelector=app%3Da')).json()).toMatchObject({
      kind: 'PodList',
      apiVersion: 'v1',
      items: [{ metadata: { name: 'a' } }],
    });
    expect((await call('DELETE', `${pods}/a`)).json()).toMatchObject({
      kind: 'Status',
      status: 'Success',
    });
    expect((await call('GET', `${pods}/a`)).json()).toMatchObject({
      reason: 'NotFound',
      message: 'pods "a" not found',
    });
  });

  test('says which release it behaves like in the shape of upstream', async () => {
    expect((await call('GET', '/version')).json()).toEqual({
      major: '1',
      minor: '33',
      emulationMajor: '1',
      emulationMinor: '33',
      minCompatibilityMajor: '1',
      minCompatibilityMinor: '32',
      gitVersion: 'v1.33.1',
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '2025-05-15T08:19:08Z',
      goVersion: '',
      compiler: 'podnet',
      platform: 'linux/amd64',
    });
  });

  test('answers in tables when asked', async () => {
    await call('POST', pods, podBody('t'));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const table = (
      await call('GET', `${pods}?fieldSelector=metadata.name=t`, undefined, { accept })
    ).json();
    expect(table).toMatchObject({
      kind: 'Table',
      rows: [{ cells: ['t', '0/1', 'Pending', '0', '0s', '<none>', '<none>', '<none>', '<none>'] }],
    });
  });

  test('pages lists', async () => {
    for (const name of ['x1', 'x2', 'x3']) await call('POST', pods, podBody(name));
    const first = (await call('GET', `${pods}?limit=2`)).json();
    await call('DELETE', `${pods}/x3`);
    const rest = (await call('GET', `${pods}?limit=9&continue=${first.metadata.continue}`)).json();
    expect(first.items).toHaveLength(2);
    expect(rest.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toContain(
      'x3',
    );
    expect((await call('GET', `${pods}?continue=WyI5OTkiLDFd`)).json()).toMatchObject({
      code: 410,
      reason: 'Expired',
    });
  });

  test.each([
    ['a path that nothing serves', 'GET', '/apis/nope/v1/things', undefined, 404],
    ['broken JSON', 'POST', pods, '{', 400],
    [
      'a selector on a field that is not supported',
      'GET',
      `${pods}?fieldSelector=spec.color=red`,
      undefined,
      400,
    ],
    ['an unknown dryRun', 'POST', `${pods}?dryRun=Some`, {}, 422],
    [
      'a manager whose name is too long',
      'POST',
      `${pods}?fieldManager=${'x'.repeat(129)}`,
      {},
      422,
    ],
    ['a manager that cannot be printed', 'POST', `${pods}?fieldManager=a%07`, {}, 422],
    ['a body that nests without end', 'POST', pods, `${'['.repeat(5000)}${']'.repeat(5000)}`, 400],
    ['a method that the resource lacks', 'PUT', pods, {}, 405],
    ['a patch of an unknown type', 'PATCH', `${pods}/t`, {}, 415],
    ['a body that is too large', 'POST', pods, 'x'.repeat(4 * 1024 * 1024), 413],
  ])('refuses %s with a Status', async (_, method, path, body, code) => {
    const answer = await call(method, path, body);
    expect(answer.status).toBe(code);
    expect(answer.json()).toMatchObject({ kind: 'Status', status: 'Failure', code });
  });

  test('warns of unknown fields in a header', async () => {
    const body = {
      ...podBody('w'),
      spec: { containers: [{ name: 'a', image: 'x', imagee: 'y' }] },
    };
    const answer = await call('POST', `${pods}?fieldValidation=Warn`, body);
    expect(answer.headers.get('warning')).toBe(
      '299 - "unknown field \\"spec.containers[0].imagee\\""',
    );
  });

  test('gives discovery in both forms', async () => {
    const aggregated = await call('GET', '/apis', undefined, {
      accept:
        'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
    });
    expect(aggregated.headers.get('content-type')).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList; charset=utf-8'.replace(
        '; charset=utf-8',
        '',
      ),
    );
    expect(
      aggregated.json().items.map((one: { metadata: { name: string } }) => one.metadata.name),
    ).toContain('apps');
    expect((await call('GET', '/api')).json()).toMatchObject({
      kind: 'APIVersions',
      versions: ['v1'],
    });
    expect((await call('GET', '/apis/apps/v1')).json()).toMatchObject({
      kind: 'APIResourceList',
      groupVersion: 'apps/v1',
    });
  });

  test('lets others serve subresources', async () => {
    expect((await call('GET', `${pods}/t/log`)).text).toBe('hello\n');
    expect((await call('GET', `${pods}/nope/log`)).status).toBe(404);
  });

  test('refuses other hosts and other origins', async () => {
    const status = await new Promise<number | undefined>((resolve) => {
      httpRequest(`${url}/version`, { headers: { host: 'evil.example' } }, (res) =>
        resolve(res.statusCode),
      ).end();
    });
    expect(status).toBe(403);
    expect(
      (await call('GET', '/version', undefined, { origin: 'https://evil.example' })).status,
    ).toBe(403);
    expect((await call('GET', '/version', undefined, { origin: url })).status).toBe(200);
  });
});

describe('watching over HTTP', () => {
  const events = async (path: string, count: number, act: () => void) => {
    const stopper = new AbortController();
    const response = await fetch(`${url}${path}`, { signal: stopper.signal });
    act();
    const seen: { type: string; object: { metadata: { name: string } } }[] = [];
    let text = '';
    for await (const part of response.body ?? []) {
      text += Buffer.from(part).toString();
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        seen.push(JSON.parse(text.slice(0, end)));
        text = text.slice(end + 1);
      }
      if (seen.length >= count) break;
    }
    stopper.abort();
    return seen;
  };
  const deployments = '/apis/apps/v1/namespaces/default/deployments';

  test('translates what enters and leaves a selector', async () => {
    const { revision } = api.store;
    api.create({ resource: 'apps/deployments', body: deploymentBody() });
    const label = (value: string | null) =>
      api.patch({
        resource: 'apps/deployments',
        name: 'web',
        type: 'merge',
        body: { metadata: { labels: { tier: value } } },
      });
    const seen = await events(
      `${deployments}?watch=true&resourceVersion=${revision}&labelSelector=tier%3Dfe`,
      3,
      () => {
        label('fe');
        api.patch({
          resource: 'apps/deployments',
          name: 'web',
          type: 'merge',
          body: { spec: { replicas: 5 } },
        });
        label(null);
      },
    );
    expect(seen.map((one) => one.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  test('begins with what is there, and says when that is all', async () => {
    const path = `${deployments}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`;
    const seen = await events(path, 2, () => undefined);
    expect(seen).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'web' } } },
      {
        type: 'BOOKMARK',
        object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
      },
    ]);
  });

  test('refuses a version from the future', async () => {
    expect(
      (await call('GET', `${deployments}?watch=true&resourceVersion=999999`)).json(),
    ).toMatchObject({
      code: 504,
      reason: 'Timeout',
      message: `Timeout: Too large resource version: 999999, current: ${api.store.revision}`,
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    });
  });

  test('tells only what comes when the client wants no beginning', async () => {
    const path = `${deployments}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`;
    const seen = await events(path, 1, () =>
      api.patch({
        resource: 'apps/deployments',
        name: 'web',
        type: 'merge',
        body: { spec: { replicas: 6 } },
      }),
    );
    expect(seen.map(({ type }) => type)).toEqual(['MODIFIED']);
  });

  test('begins where a version is too old with an error in the stream', async () => {
    for (let count = 0; count < 10_001; count++)
      api.store.update('apps/deployments', {
        ...(api.store.get('apps/deployments', 'default', 'web') as Deployment),
        status: { observedGeneration: count },
      });
    const { revision } = api.store;
    const [seen] = await events(`${deployments}?watch=true&resourceVersion=1`, 1, () => undefined);
    expect(seen).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: `too old resource version: 1 (${revision})`,
      },
    });
    const old = await call('GET', `${deployments}?resourceVersion=1&resourceVersionMatch=Exact`);
    expect(await old.json()).toMatchObject({
      code: 410,
      message: 'The resourceVersion for the provided list is too old.',
    });
  });

  test('lists show an older moment exactly when asked to', async () => {
    const { revision } = api.store;
    api.create({ resource: 'configmaps', body: configMapBody('later') });
    api.delete({ resource: 'apps/deployments', name: 'web' });
    const list = async (query: string) =>
      (await (await call('GET', `${deployments}?${query}`)).json()) as {
        metadata: { resourceVersion: string };
        items: { metadata: { name: string } }[];
      };
    const then = await list(`resourceVersion=${revision}&resourceVersionMatch=Exact`);
    expect(then.metadata.resourceVersion).toBe(String(revision));
    expect(then.items.map(({ metadata }) => metadata.name)).toContain('web');
    const paged = await list(`resourceVersion=${revision}&limit=5`);
    expect(paged.items.map(({ metadata }) => metadata.name)).toContain('web');
    const now = await list(`resourceVersion=${revision}`);
    expect(now.items.map(({ metadata }) => metadata.name)).not.toContain('web');
    expect(Number(now.metadata.resourceVersion)).toBe(api.store.revision);
    const future = await call('GET', `${deployments}?resourceVersion=9999999`);
    expect(future.headers.get('retry-after')).toBe('1');
    expect((await call('GET', `${deployments}/web?resourceVersion=9999999`)).status).toBe(504);
    expect((await future.json()).code).toBe(504);
  });

  test('tells a hundred watchers the same octets, and tables their columns once', async () => {
    const path = '/api/v1/namespaces/default/configmaps?watch=true';
    const from = `&resourceVersion=${api.store.revision}`;
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const stoppers: AbortController[] = [];
    const lines = async (headers: Record<string, string>): Promise<string[]> => {
      const stopper = new AbortController();
      stoppers.push(stopper);
      const response = await fetch(`${url}${path}${from}`, { headers, signal: stopper.signal });
      const seen: string[] = [];
      let text = '';
      for await (const part of response.body ?? []) {
        text += Buffer.from(part).toString();
        const whole = text.split('\n');
        text = whole.pop() ?? '';
        seen.push(...whole);
        if (seen.length >= 2) break;
      }
      return seen;
    };
    const watchers = [
      ...Array.from({ length: 20 }, () => lines({})),
      ...Array.from({ length: 3 }, () => lines(table)),
    ];
    await new Promise((resolve) => setTimeout(resolve, 300));
    api.create({ resource: 'configmaps', body: configMapBody('one') });
    api.create({ resource: 'configmaps', body: configMapBody('two') });
    const seen = await Promise.all(watchers);
    for (const stopper of stoppers) stopper.abort();
    expect(new Set(seen.slice(0, 20).map((both) => both.join())).size).toBe(1);
    expect(seen[0]?.map((line) => JSON.parse(line).object.metadata.name)).toEqual(['one', 'two']);
    for (const both of seen.slice(20)) {
      const [first, second] = both.map((line) => JSON.parse(line).object);
      expect([first.columnDefinitions.length, second.columnDefinitions]).toEqual([3, null]);
    }
  });
});
