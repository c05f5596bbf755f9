/** kubeconfig files, client-go `tools/clientcmd/api/v1`. */

import { parse, stringify } from 'yaml';
import { asObject, isObject, type JsonObject, objectsOf } from '../kube/json.js';
import type { KeyPair } from './certificates/authority.js';

/** How a user of a kubeconfig says who they are; none at all where nobody is asked. */
export type UserCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'certificate'; readonly pair: KeyPair }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'impersonate'; readonly username: string; readonly groups: readonly string[] };

/** What a kubeconfig is made from. */
export interface KubeconfigOptions {
  /** Name of the cluster; the context is `podnet-NAME`. */
  readonly cluster: string;
  /** URL of the server; that of the cluster follows from it. */
  readonly server: string;
  /** PEM; undefined over plain http. */
  readonly authority: string | undefined;
  readonly user: string;
  readonly credentials: UserCredentials;
}

const DEFAULT_CLUSTER = 'default';
const ADMINISTRATOR = 'kubernetes-admin';

/** A kubeconfig with one context, which is the current one. */
export function kubeconfig(options: KubeconfigOptions): JsonObject {
  const { cluster, authority, user, credentials } = options;
  const name = `podnet-${cluster}`;
  const context = user === ADMINISTRATOR ? name : `${user}@${name}`;
  const owner = `${name}-${user}`;
  const data = (text: string) => Buffer.from(text).toString('base64');
  const base = options.server.replace(/\/+$/, '');
  const server = cluster === DEFAULT_CLUSTER ? base : `${base}/clusters/${cluster}`;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server,
          ...(authority === undefined ? {} : { 'certificate-authority-data': data(authority) }),
        },
      },
    ],
    users: [{ name: owner, user: userFields(credentials, data) }],
    contexts: [{ name: context, context: { cluster: name, user: owner } }],
    'current-context': context,
  };
}

function userFields(credentials: UserCredentials, data: (text: string) => string): JsonObject {
  switch (credentials.kind) {
    case 'none':
      return {};
    case 'certificate':
      return {
        'client-certificate-data': data(credentials.pair.certificate),
        'client-key-data': data(credentials.pair.key),
      };
    case 'token':
      return { token: credentials.token };
    case 'impersonate': {
      const { username, groups } = credentials;
      return { as: username, ...(groups.length === 0 ? {} : { 'as-groups': groups }) };
    }
  }
}

/** A kubeconfig as text. */
export function kubeconfigText(config: JsonObject): string {
  return stringify(config, { lineWidth: 0 });
}

/**
 * A kubeconfig with the clusters, users and contexts of another put into it; those of the same name are replaced, all
 * else stays. Undefined when the text is no kubeconfig.
 */
export function mergeKubeconfig(text: string, added: JsonObject): JsonObject | undefined {
  let known: unknown;
  try {
    known = text.trim() === '' ? {} : parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(known) || (known.kind !== undefined && known.kind !== 'Config')) return undefined;
  const merged: JsonObject = { apiVersion: 'v1', kind: 'Config', preferences: {}, ...known };
  for (const list of ['clusters', 'users', 'contexts']) {
    const fresh = objectsOf(added[list]);
    const others = objectsOf(asObject(known)?.[list]).filter(
      (one) => !fresh.some(({ name }) => name === one.name),
    );
    merged[list] = [...others, ...fresh];
  }
  merged['current-context'] = added['current-context'];
  return merged;
}
