import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  issueClientCertificate,
  type KeyPair,
  signClientRequest,
} from '../../../server/auth/certificates/authority.js';
import { folderKeeper, memoryKeeper } from '../../../server/auth/certificates/keeper.js';
import { hostsOf, type Pki, preparePki } from '../../../server/auth/certificates/pki.js';
import { kubeconfig, mergeKubeconfig } from '../../../server/auth/index.js';
import { Cluster } from '../../../server/cluster/cluster.js';
import { loadTopology } from '../../../server/cluster/load-topology.js';
import { createZone } from '../../../server/cluster/zone.js';
import { ClusterHost } from '../../../server/host/cluster-host.js';
import { type RunningServer, startServer } from '../../../server/main.js';
import { createMemoryStore } from '../../../server/store/index.js';

const HOSTS = hostsOf('127.0.0.1', '10.96.0.1');

describe('certificates', () => {
  test('are kept over restarts, readable by their owner alone, and made anew for another name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podnet-pki-'));
    try {
      const first = await preparePki(folderKeeper(folder), HOSTS);
      const again = await preparePki(folderKeeper(folder), HOSTS);
      expect(again).toEqual(first);
      expect(statSync(join(folder, 'ca.key')).mode & 0o777).toBe(0o600);
      const moved = await preparePki(folderKeeper(folder), [...HOSTS, 'lab.example']);
      expect(moved.server).not.toEqual(first.server);
      expect([moved.authority, moved.admin]).toEqual([first.authority, first.admin]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('name the server by every name that it is reached by', async () => {
    const { server, authority } = await preparePki(memoryKeeper(), HOSTS);
    const certificate = new X509Certificate(server.certificate);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(certificate.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
    expect(certificate.checkIP('10.96.0.1')).toBe('10.96.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.checkHost('lab.example')).toBeUndefined();
  });

  test('are not signed for what is no request', async () => {
    const { authority } = await preparePki(memoryKeeper(), HOSTS);
    expect(await signClientRequest(authority, 'x', undefined)).toEqual({
      failure: 'the request is no certificate request in PEM',
    });
  });
});

describe('a server on TLS', () => {
  const token = 'a-good-token';
  let pki: Pki;
  let alice: KeyPair;
  let stranger: KeyPair;
  let cluster: Cluster;
  let server: RunningServer;
  const errors: unknown[] = [];

  beforeAll(async () => {
    pki = await preparePki(memoryKeeper(), HOSTS);
    alice = await issueClientCertificate(pki.authority, { username: 'alice', groups: ['dev'] });
    const other = await preparePki(memoryKeeper(), HOSTS);
    stranger = other.admin;
    const topology = loadTopology('single-node');
    if (!topology.ok) throw new Error(topology.error.join());
    const store = createMemoryStore();
    cluster = new Cluster({ topology: topology.value, store, seed: 1, epochMs: 0 }, createZone);
    server = await startServer({
      clusters: new ClusterHost(cluster),
      host: '127.0.0.1',
      port: 0,
      credentials: { token, isOpen: false },
      pki,
      onError: (error) => errors.push(error),
    });
  });

  afterAll(async () => {
    await server.close();
    await cluster.stop();
    expect(errors).toEqual([]);
  });

  function ask(
    path: string,
    options: {
      readonly pair?: KeyPair;
      readonly headers?: Record<string, string>;
      readonly form?: string;
    } = {},
  ): Promise<{
    code: number;
    text: string;
    cookie: string;
    location: string;
    referrerPolicy: string;
  }> {
    const { pair, headers = {}, form } = options;
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        new URL(`${server.url}${path}`),
        {
          ca: pki.authority.certificate,
          agent: false,
          method: form === undefined ? 'GET' : 'POST',
          headers,
          ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
        },
        (response) => {
          let text = '';
          response.on('data', (part) => {
            text += String(part);
          });
          response.on('end', () =>
            resolve({
              code: response.statusCode ?? 0,
              text,
              cookie: response.headers['set-cookie']?.[0] ?? '',
              location: response.headers.location ?? '',
              referrerPolicy: String(response.headers['referrer-policy'] ?? ''),
            }),
          );
        },
      );
      request.on('error', reject);
      request.end(form);
    });
  }

  test('knows the holder of a certificate of its own authority', async () => {
    expect(await ask('/api/v1/pods', { pair: pki.admin })).toMatchObject({ code: 200 });
    const refused = await ask('/api/v1/pods', { pair: alice });
    expect(refused.code).toBe(403);
    expect(JSON.parse(refused.text).message).toContain('User "alice" cannot list');
  });

  test('refuses a certificate of another authority', async () => {
    const { code, text } = await ask('/version', { pair: stranger });
    expect([code, JSON.parse(text).reason]).toEqual([401, 'Unauthorized']);
  });

  test('answers headers that are too long with a Status', async () => {
    const { code, text } = await ask('/version', { headers: { x: 'a'.repeat(20_000) } });
    expect([code, JSON.parse(text).kind]).toEqual([431, 'Status']);
  });

  const html = { accept: 'text/html' };

  test('asks a browser for the token, and lets it in by a cookie that scripts cannot read', async () => {
    // With no-referrer a browser would send the form with an origin of null, which is refused.
    expect(await ask('/', { headers: html })).toMatchObject({
      code: 401,
      cookie: '',
      referrerPolicy: 'same-origin',
    });
    expect(await ask('/?token=wrong', { headers: html })).toMatchObject({ code: 401, cookie: '' });
    const entered = await ask('/', {
      headers: { ...html, 'content-type': 'application/x-www-form-urlencoded' },
      form: `token=${token}`,
    });
    expect(entered).toMatchObject({ code: 303, location: '/' });
    expect(entered.cookie).toMatch(
      /^podnet-\d+=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    expect(entered.cookie).not.toContain(token);
    const [cookie = ''] = entered.cookie.split(';');
    expect(await ask('/api/v1/pods', { headers: { cookie } })).toMatchObject({ code: 200 });
    const socket = '/socket.io/?EIO=4&transport=polling';
    expect(await ask(socket, { headers: { cookie } })).toMatchObject({ code: 200 });
    expect((await ask(socket)).code).toBe(403);
  });

  test('sends nobody to another host after the login', async () => {
    const entered = await ask(`//evil.example/?token=${token}`, { headers: html });
    expect([entered.code, entered.location]).toEqual([303, '/evil.example/']);
  });
});

describe('a kubeconfig', () => {
  const made = kubeconfig({
    cluster: 'blue',
    server: 'http://127.0.0.1:8080/',
    authority: undefined,
    user: 'bob',
    credentials: { kind: 'impersonate', username: 'bob', groups: ['dev'] },
  });

  test('names cluster, user and context', () => {
    expect(made).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'podnet-blue', cluster: { server: 'http://127.0.0.1:8080/clusters/blue' } },
      ],
      users: [{ name: 'podnet-blue-bob', user: { as: 'bob', 'as-groups': ['dev'] } }],
      contexts: [
        { name: 'bob@podnet-blue', context: { cluster: 'podnet-blue', user: 'podnet-blue-bob' } },
      ],
      'current-context': 'bob@podnet-blue',
    });
  });

  test('replaces what has its names in another, and leaves the rest', () => {
    const merged = mergeKubeconfig(
      'clusters: [{name: podnet-blue, cluster: {server: old}}, {name: work}]\nextensions: [x]\n',
      made,
    );
    expect(merged).toMatchObject({
      clusters: [{ name: 'work' }, Array.isArray(made.clusters) ? made.clusters[0] : undefined],
      extensions: ['x'],
      'current-context': 'bob@podnet-blue',
    });
  });

  test.each(['- a list', 'kind: Pod', '{'])('leaves %j alone, which is none', (text) => {
    expect(mergeKubeconfig(text, made)).toBeUndefined();
  });
});
