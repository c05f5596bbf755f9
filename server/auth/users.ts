/** Names of users and groups that have a meaning (upstream: apiserver `authentication/user`, `authentication/serviceaccount`). */

import type { UserInfo } from '../api/access.js';

/** Who sends no credentials where some are expected. */
export const ANONYMOUS = 'system:anonymous';
/** The group of everybody whose credentials are right. */
export const AUTHENTICATED = 'system:authenticated';
/** The group of everybody without credentials. */
export const UNAUTHENTICATED = 'system:unauthenticated';

const ACCOUNT_PREFIX = 'system:serviceaccount:';

/** The user without credentials. */
export const ANONYMOUS_USER: UserInfo = { username: ANONYMOUS, groups: [UNAUTHENTICATED] };

/** A ServiceAccount by its namespace and name. */
export interface AccountName {
  readonly namespace: string;
  readonly name: string;
}

/** The user that a ServiceAccount is. */
export function accountUsername({ namespace, name }: AccountName): string {
  return `${ACCOUNT_PREFIX}${namespace}:${name}`;
}

/** The ServiceAccount that a user is; undefined for all other users. */
export function splitAccountName(username: string): AccountName | undefined {
  if (!username.startsWith(ACCOUNT_PREFIX)) return undefined;
  const [namespace = '', name = '', ...rest] = username.slice(ACCOUNT_PREFIX.length).split(':');
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name };
}

/** The groups of the ServiceAccounts of a namespace. */
export function accountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
