import { describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { type Credentials, createGate, keySet, OPEN } from '../../../server/auth/index.js';
import { type Guarded, newGuarded, newRequest } from './helper.js';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const CLOSED: Credentials = { token: 'a-good-token', isOpen: false };

function tokenOf({ api }: Guarded, spec: object = {}): string {
  api.create({ resource: 'serviceaccounts', body: { metadata: { name: 'bot' } } });
  const made = api.create({
    resource: 'serviceaccounts',
    subresource: 'token',
    name: 'bot',
    body: { spec },
  });
  if (!made.ok) throw new Error(made.error.message);
  return String((made.value.status as { readonly token?: unknown }).token);
}

/** Who a request comes from, or the code of the refusal. `/version` is open to everybody. */
function sender(
  { access }: Guarded,
  credentials: Credentials,
  headers: Readonly<Record<string, string | readonly string[]>>,
): unknown {
  const admitted = createGate(access, credentials)(newRequest('GET', '/version', headers));
  return admitted.ok ? admitted.user.username : admitted.status.code;
}

describe('who sends a request', () => {
  test.each([
    ['nothing, where nobody is asked', OPEN, {}, 'kubernetes-admin'],
    ['nothing, where somebody is', CLOSED, {}, 'system:anonymous'],
    ['the token', CLOSED, { authorization: 'Bearer a-good-token' }, 'kubernetes-admin'],
    [
      'the token, scheme in lower case',
      CLOSED,
      { authorization: 'bearer a-good-token' },
      'kubernetes-admin',
    ],
    ['another token', CLOSED, { authorization: 'Bearer another' }, 401],
    ['another token, where nobody is asked', OPEN, { authorization: 'Bearer another' }, 401],
    ['another scheme', CLOSED, { authorization: 'Basic YTpi' }, 401],
    ['no token after the scheme', CLOSED, { authorization: 'Bearer' }, 401],
    ['an unsigned token', OPEN, { authorization: `Bearer ${unsigned()}` }, 401],
    ['a cookie that is wrong', CLOSED, { cookie: 'podnet-0=x' }, 'system:anonymous'],
    [
      'the token as a subprotocol',
      CLOSED,
      {
        'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('a-good-token').toString('base64url')}`,
      },
      'kubernetes-admin',
    ],
  ])('%s', (_title, credentials, headers, expected) => {
    expect(sender(newGuarded(), credentials, headers)).toBe(expected);
  });

  function unsigned(): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: ISSUER, sub: 'system:serviceaccount:default:bot', exp: 9e9 };
    return `${part({ alg: 'none' })}.${part(claims)}.`;
  }
});

describe('a token of a ServiceAccount', () => {
  const asked = (token: string) => ({ authorization: `Bearer ${token}` });

  test('makes its bearer the account', () => {
    const guarded = newGuarded();
    const token = tokenOf(guarded);
    expect(sender(guarded, CLOSED, asked(token))).toBe('system:serviceaccount:default:bot');
  });

  test('is what others can verify with the published keys', async () => {
    const guarded = newGuarded();
    const keys = createLocalJWKSet(keySet(guarded.access.tokens) as never);
    const currentDate = new Date(guarded.nowMs);
    const { payload } = await jwtVerify(tokenOf(guarded), keys, {
      issuer: ISSUER,
      audience: ISSUER,
      currentDate,
    });
    expect(payload).toMatchObject({
      sub: 'system:serviceaccount:default:bot',
      iat: 1735689600,
      exp: 1735693200,
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'bot' } },
    });
  });

  test('runs out by the clock of the cluster', () => {
    const guarded = newGuarded();
    const token = tokenOf(guarded, { expirationSeconds: 600 });
    guarded.nowMs += 599_000;
    expect(sender(guarded, CLOSED, asked(token))).toBe('system:serviceaccount:default:bot');
    guarded.nowMs += 1000;
    expect(sender(guarded, CLOSED, asked(token))).toBe(401);
  });

  test('is worth nothing when the account is another one of the same name', () => {
    const guarded = newGuarded();
    const token = tokenOf(guarded);
    guarded.api.delete({ resource: 'serviceaccounts', name: 'bot' });
    expect(sender(guarded, CLOSED, asked(token))).toBe(401);
    guarded.api.create({ resource: 'serviceaccounts', body: { metadata: { name: 'bot' } } });
    expect(sender(guarded, CLOSED, asked(token))).toBe(401);
  });

  test('for others is not accepted here, but a TokenReview that names them tells whose it is', () => {
    const guarded = newGuarded();
    const token = tokenOf(guarded, { audiences: ['vault'] });
    expect(decodeJwt(token).aud).toEqual(['vault']);
    expect(sender(guarded, CLOSED, asked(token))).toBe(401);
    const review = guarded.api.create({
      resource: 'authentication.k8s.io/tokenreviews',
      body: { spec: { token, audiences: ['vault', 'other'] } },
    });
    expect(review.ok && review.value.status).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:bot' },
      audiences: ['vault'],
    });
  });

  test.each([
    ['a letter less', (token: string) => token.slice(0, -1)],
    ['other claims', (token: string) => token.replace(/\.[^.]+\./, '.e30.')],
    ['another algorithm', (token: string) => token.replace(/^[^.]+/, 'eyJhbGciOiJIUzI1NiJ9')],
    ['no signature', (token: string) => token.replace(/[^.]+$/, '')],
    ['four parts', (token: string) => `${token}.x`],
  ])('with %s is refused', (_title, change) => {
    const guarded = newGuarded();
    expect(sender(guarded, CLOSED, asked(change(tokenOf(guarded))))).toBe(401);
  });
});

describe('acting as somebody else', () => {
  const admit = (guarded: Guarded, headers: Readonly<Record<string, string | readonly string[]>>) =>
    createGate(guarded.access, OPEN)(newRequest('GET', '/version', headers));

  test('takes name, groups, uid and extra from the headers', () => {
    const admitted = admit(newGuarded(), {
      'impersonate-user': 'alice',
      'impersonate-group': ['dev', 'ops, night'],
      'impersonate-uid': '7',
      'impersonate-extra-acme.com%2fproject': 'x',
    });
    expect(admitted.ok && admitted.user).toEqual({
      username: 'alice',
      groups: ['dev', 'ops, night', 'system:authenticated'],
      uid: '7',
      extra: { 'acme.com/project': ['x'] },
    });
  });

  test('gives a ServiceAccount its groups', () => {
    const admitted = admit(newGuarded(), { 'impersonate-user': 'system:serviceaccount:a:b' });
    expect(admitted.ok && admitted.user.groups).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:a',
      'system:authenticated',
    ]);
  });

  test('needs the verb impersonate', () => {
    const guarded = newGuarded();
    const headers = { authorization: `Bearer ${tokenOf(guarded)}`, 'impersonate-user': 'alice' };
    const admitted = admit(guarded, headers);
    expect(admitted.ok ? '' : admitted.status.message).toBe(
      'users "alice" is forbidden: User "system:serviceaccount:default:bot" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  test('needs a user', () => {
    const admitted = admit(newGuarded(), { 'impersonate-group': ['dev'] });
    expect(admitted.ok ? 0 : admitted.status.code).toBe(400);
  });
});
