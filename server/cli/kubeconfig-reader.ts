/** What a client takes out of kubeconfig files, client-go `tools/clientcmd`. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import {
  asObject,
  asString,
  isObject,
  type JsonObject,
  objectsOf,
  stringsOf,
} from '../kube/json.js';
import { CommandFailure } from './exit.js';

/** How a server is known and what one is known to it by. */
export interface Access {
  /** Headers that say who asks. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** PEM of whom the server's certificate must come from; those that Node trusts when absent. */
  readonly ca?: string | undefined;
  /** Name in the server's certificate, where it is not the URL's host. */
  readonly servername?: string | undefined;
  /** PEM of a client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whether the server may be anybody (`insecure-skip-tls-verify`). */
  readonly isUnverified?: boolean;
}

/** A context: a server and how to come in. */
export interface Context {
  readonly server: URL;
  /** Reads the files that the context names. Failures: `CommandFailure` for what podnet cannot use. */
  access(): Access;
}

/** Contexts of kubeconfig files. */
export interface Contexts {
  /** The one of a name, or the current one. Failures: `CommandFailure` when it is not there. */
  find(name: string | undefined): Context;
  /** One whose cluster is at the origin of a URL, the current one first. */
  at(url: URL): Context | undefined;
}

/** Fields of an entry, and the folder that its relative paths begin at. */
interface Entry {
  readonly fields: JsonObject;
  readonly folder: string;
}

/** The files that kubectl would read: the one given, those of KUBECONFIG, or `~/.kube/config`. */
function kubeconfigPaths(given: string | undefined): readonly string[] {
  if (given !== undefined) return [given];
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
}

/**
 * Reads kubeconfig files; of two entries with one name the first counts. Files that are not there are passed over, except
 * the one given.
 *
 * Fidelity: credential plugins (`exec`, `auth-provider`), passwords and proxies are refused.
 *
 * Failures: `CommandFailure` for a file that cannot be read or is no kubeconfig.
 */
export function readContexts(given: string | undefined): Contexts {
  const files = kubeconfigPaths(given)
    .filter((path) => given !== undefined || existsSync(path))
    .map((path) => ({ config: readConfig(path), folder: dirname(resolve(path)) }));
  const entries = (list: string, field: string): ReadonlyMap<string, Entry> => {
    const found = files.flatMap(({ config, folder }) =>
      objectsOf(config[list]).map((one): [string, Entry] => [
        asString(one.name) ?? '',
        { fields: asObject(one[field]) ?? {}, folder },
      ]),
    );
    return new Map(found.reverse());
  };
  const clusters = entries('clusters', 'cluster');
  const users = entries('users', 'user');
  const contexts = entries('contexts', 'context');
  const currents = files.map(({ config }) => asString(config['current-context']) ?? '');
  const current = currents.find((name) => name !== '');
  const read = (name: string): Context | undefined => {
    const { cluster: clusterName, user: userName } = contexts.get(name)?.fields ?? {};
    const cluster = clusters.get(asString(clusterName) ?? '');
    const server = asString(cluster?.fields.server) ?? '';
    if (cluster === undefined || !URL.canParse(server)) return undefined;
    const user = users.get(asString(userName) ?? '') ?? { fields: {}, folder: '' };
    return { server: new URL(server), access: () => accessOf(cluster, user) };
  };
  return {
    find(asked) {
      const name = asked ?? current;
      const context = name === undefined ? undefined : read(name);
      if (context !== undefined) return context;
      const known = [...contexts.keys()].join(', ') || 'none';
      throw new CommandFailure(
        name === undefined
          ? `the kubeconfig has no current context: name one with --context (${known})`
          : `the kubeconfig has no context '${name}' with a server; there are ${known}`,
      );
    },
    at(url) {
      const names = [...(current === undefined ? [] : [current]), ...contexts.keys()];
      for (const name of names) {
        const context = read(name);
        if (context?.server.origin === url.origin) return context;
      }
      return undefined;
    },
  };
}

function readConfig(path: string): JsonObject {
  const config: unknown = parsed(path, readText(path));
  if (isObject(config) && (config.kind === undefined || config.kind === 'Config')) return config;
  throw new CommandFailure(`${path} is no kubeconfig`);
}

function parsed(path: string, text: string): unknown {
  try {
    return text.trim() === '' ? {} : parse(text);
  } catch {
    throw new CommandFailure(`${path} is no kubeconfig: it is not YAML`);
  }
}

/** Failures: `CommandFailure` when the file cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const REFUSED = ['exec', 'auth-provider', 'username', 'password'];

function accessOf(cluster: Entry, user: Entry): Access {
  const stray = REFUSED.find((field) => user.fields[field] !== undefined);
  if (stray !== undefined)
    throw new CommandFailure(
      `the kubeconfig's user says who it is by '${stray}', which podnet cannot: use a client certificate or a token`,
    );
  return {
    headers: headersOf(user),
    ca: textOf(cluster, 'certificate-authority'),
    servername: asString(cluster.fields['tls-server-name']),
    cert: textOf(user, 'client-certificate'),
    key: textOf(user, 'client-key'),
    isUnverified: cluster.fields['insecure-skip-tls-verify'] === true,
  };
}

/** The text of `FIELD-data`, in base64, or of the file that `FIELD` names. */
function textOf({ fields, folder }: Entry, field: string): string | undefined {
  const data = asString(fields[`${field}-data`]);
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString();
  const path = asString(fields[field]) ?? '';
  return path === '' ? undefined : readText(resolve(folder, path));
}

function headersOf({ fields, folder }: Entry): Access['headers'] {
  const file = asString(fields.tokenFile) ?? '';
  const token = file === '' ? asString(fields.token) : readText(resolve(folder, file)).trim();
  const uid = asString(fields['as-uid']);
  const username = asString(fields.as);
  return {
    ...(token === undefined || token === '' ? {} : bearer(token)),
    ...(username === undefined ? {} : { 'impersonate-user': username }),
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    'impersonate-group': stringsOf(fields['as-groups']),
  };
}

/** The header of a bearer token, RFC 6750 section 2.1. */
export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}
