import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { hostsOf, type Pki, preparePki } from '../../../server/auth/certificates/pki.js';
import { kubeconfig, kubeconfigText, memoryKeeper } from '../../../server/auth/index.js';
import { connectionOf, request, type ServerOptions } from '../../../server/cli/connection.js';

interface Seen {
  readonly path: string;
  readonly user: string;
  readonly authorization?: string;
  readonly as?: string;
}

describe('a command asks a server on TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-cli-'));
  const file = join(folder, 'config');
  const before = process.env.KUBECONFIG;
  let pki: Pki;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    pki = await preparePki(memoryKeeper(), hostsOf('127.0.0.1', '10.96.0.1'));
    const { authority } = pki;
    server = createServer(
      {
        key: pki.server.key,
        cert: pki.server.certificate,
        ca: authority.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      },
      ({ headers, socket, url: path }, response) => {
        const user = String((socket as TLSSocket).getPeerCertificate().subject?.CN ?? '');
        const { authorization, 'impersonate-user': as } = headers;
        response.end(JSON.stringify({ path, user, authorization, as }));
      },
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve());
    });
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(join(folder, 'ca.crt'), authority.certificate);
  });

  beforeEach(() => {
    process.env.KUBECONFIG = join(folder, 'none');
    writeFileSync(
      file,
      kubeconfigText(
        kubeconfig({
          cluster: 'blue',
          server: url,
          authority: pki.authority.certificate,
          user: 'kubernetes-admin',
          credentials: { kind: 'certificate', pair: pki.admin },
        }),
      ),
    );
  });

  afterEach(() => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  async function ask(options: ServerOptions): Promise<Seen | string> {
    const connection = connectionOf(options);
    if (connection === undefined) return 'no server is named';
    const reply = await request<Seen>(connection, '/version');
    return reply.ok ? reply.value : reply.error;
  }

  test('and says whom it does not trust, and by which option it could', async () => {
    expect(await ask({ server: url })).toMatch(
      /^no podnet server answers at https:.*self-signed.*--certificate-authority\)$/,
    );
  });

  test('of a kubeconfig, in the cluster of its context, by its certificate', async () => {
    expect(await ask({ kubeconfig: file })).toEqual({
      path: '/clusters/blue/version',
      user: 'kubernetes-admin',
    });
  });

  test('by the kubeconfig of KUBECONFIG when a context is of that server', async () => {
    process.env.KUBECONFIG = file;
    expect(await ask({ server: url })).toEqual({ path: '/version', user: 'kubernetes-admin' });
  });

  test('by a token, to a server of an authority that it names', async () => {
    process.env.KUBECONFIG = file;
    const certificateAuthority = join(folder, 'ca.crt');
    const seen = await ask({ server: url, token: 'a-good-token', certificateAuthority });
    expect(seen).toEqual({ path: '/version', user: '', authorization: 'Bearer a-good-token' });
  });

  test('as somebody else, by files beside the kubeconfig', async () => {
    const cluster = { server: url, 'certificate-authority': 'ca.crt' };
    const user = { token: 'a-good-token', as: 'alice' };
    writeFileSync(
      file,
      JSON.stringify({
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    expect(await ask({ kubeconfig: file, context: 'x' })).toEqual({
      path: '/version',
      user: '',
      authorization: 'Bearer a-good-token',
      as: 'alice',
    });
  });

  test('and tells no other server who it is', () => {
    process.env.KUBECONFIG = file;
    expect(connectionOf({ server: 'https://127.0.0.1:1' })?.access).toEqual({ headers: {} });
    expect(() => connectionOf({ server: 'https://127.0.0.1:1', context: 'podnet-blue' })).toThrow(
      /^context 'podnet-blue' is of https:/,
    );
  });

  test.each<[string, () => ServerOptions, string]>([
    ['a context is not there', () => ({ kubeconfig: file, context: 'x' }), "no context 'x'"],
    ['a file is not there', () => ({ kubeconfig: join(folder, 'none') }), 'cannot be read'],
    ['a URL is none', () => ({ server: 'blue' }), "such as http://127.0.0.1:8080, not 'blue'"],
  ])('and says that %s', (_, options, words) => {
    expect(() => connectionOf(options())).toThrow(words);
  });

  test('only when one is named', () => {
    process.env.KUBECONFIG = file;
    expect(connectionOf({})).toBeUndefined();
  });
});
