/** Acting as somebody else, by the headers `Impersonate-*` (upstream: apiserver `filters/impersonation`). */

import type { IncomingMessage } from 'node:http';
import type { Attributes, Decision, UserInfo } from '../api/access.js';
import type { Admitted } from '../api/http/user.js';
import { badRequest } from '../api/status.js';
import { forbiddenStatus } from './forbidden.js';
import {
  ANONYMOUS,
  AUTHENTICATED,
  accountGroups,
  splitAccountName,
  UNAUTHENTICATED,
} from './users.js';

const EXTRA_PREFIX = 'impersonate-extra-';
const REVIEW_GROUP = 'authentication.k8s.io';

/** What the headers wish for. */
interface Wish {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Decides whether somebody may do something. */
export type Authorize = (user: UserInfo, asked: Attributes) => Decision;

/**
 * The user that a request is carried out as: the one who sent it, or another whom they may impersonate.
 *
 * Fidelity: headers without `Impersonate-User` are answered with 400; upstream answers 500.
 */
export function impersonated(
  { headersDistinct }: IncomingMessage,
  sender: UserInfo,
  authorize: Authorize,
): Admitted {
  const wish = readWish(headersDistinct);
  if (wish === undefined) return { ok: true, user: sender };
  if (wish.username === '') {
    return {
      ok: false,
      status: badRequest('requested groups, a uid or extra fields without impersonating a user'),
    };
  }
  for (const asked of permissionsFor(wish)) {
    const { allowed, reason } = authorize(sender, asked);
    if (!allowed) return { ok: false, status: forbiddenStatus(sender, asked, reason) };
  }
  return { ok: true, user: becomes(wish) };
}

function readWish(headers: IncomingMessage['headersDistinct']): Wish | undefined {
  const username = headers['impersonate-user']?.[0] ?? '';
  const uid = headers['impersonate-uid']?.[0] ?? '';
  const groups = headers['impersonate-group'] ?? [];
  const extra: Record<string, readonly string[]> = Object.create(null);
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(EXTRA_PREFIX)) continue;
    extra[decodeKey(header.slice(EXTRA_PREFIX.length))] = value ?? [];
  }
  const isEmpty = username === '' && uid === '' && groups.length === 0;
  return isEmpty && Object.keys(extra).length === 0 ? undefined : { username, uid, groups, extra };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function permissionsFor({ username, uid, groups, extra }: Wish): readonly Attributes[] {
  const ask = (resource: string, name: string, more: object = {}): Attributes => ({
    kind: 'resource',
    verb: 'impersonate',
    group: '',
    version: 'v1',
    resource,
    subresource: '',
    namespace: '',
    name,
    ...more,
  });
  const account = splitAccountName(username);
  return [
    account === undefined
      ? ask('users', username)
      : ask('serviceaccounts', account.name, { namespace: account.namespace }),
    ...groups.map((name) => ask('groups', name)),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((value) => ask('userextras', value, { group: REVIEW_GROUP, subresource })),
    ),
    ...(uid === '' ? [] : [ask('uids', uid, { group: REVIEW_GROUP })]),
  ];
}

function becomes({ username, uid, groups, extra }: Wish): UserInfo {
  const account = splitAccountName(username);
  const own =
    groups.length === 0 && account !== undefined ? accountGroups(account.namespace) : groups;
  const isKnown = own.includes(AUTHENTICATED) || own.includes(UNAUTHENTICATED);
  const added = username === ANONYMOUS ? UNAUTHENTICATED : AUTHENTICATED;
  return {
    username,
    groups: isKnown ? own : [...own, added],
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
