import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIp, ipv4 } from '../../topology/index.js';
import {
  folderKeeper,
  keptSecret,
  kubeconfig,
  kubeconfigText,
  memoryKeeper,
  prepareIdentity,
  type ServerIdentity,
  writePrivately,
} from '../auth/index.js';
import { loadTopology } from '../cluster/load-topology.js';
import { CommandFailure } from './exit.js';

/** Folder of keys and certificates inside the data folder. */
export const KEY_FOLDER = 'pki';
/** The administrator's kubeconfig inside the data folder. */
export const KUBECONFIG_FILE = 'kubeconfig';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;
const MIN_TOKEN_LENGTH = 8;
const TOKEN = /^[\x21-\x7e]+$/;

/** Options that say how a server is reached. */
export interface ServingOptions {
  readonly host: string;
  readonly tls?: boolean;
  readonly token?: string;
  readonly topology?: string;
}

/** How a server is reached, made ready. */
export interface Serving {
  readonly identity: ServerIdentity;
  /** What the keys of ServiceAccounts' tokens follow from. */
  readonly secret: Uint8Array;
  /** Writes the administrator's kubeconfig for a server; gives its path, undefined over plain http. */
  writeKubeconfig(url: string): string | undefined;
  /** The address of the page; with the token when podnet made it. */
  pageUrl(url: string): string;
  /** What the user should know. */
  readonly notes: readonly string[];
  /** Removes what must not outlive the server. */
  end(): void;
}

/**
 * Refuses options that would let strangers in.
 *
 * Failures: `CommandFailure` with what to do instead.
 */
export function checkServing({ host, tls, token }: ServingOptions): void {
  if (token !== undefined && (token.length < MIN_TOKEN_LENGTH || !TOKEN.test(token))) {
    throw new CommandFailure(
      `a token has at least ${MIN_TOKEN_LENGTH} characters, none of them a blank; this makes one: openssl rand -hex 16`,
    );
  }
  if (LOOPBACK.test(host) || tls === true || token !== undefined) return;
  throw new CommandFailure(
    `--host ${host} lets others reach the server: add --tls (https, with a kubeconfig), or --token for the page alone`,
  );
}

/** Makes ready what a server proves itself with; keys lie in the data folder, or in memory when there is none. */
export async function prepareServing(
  options: ServingOptions,
  folder: string | undefined,
): Promise<Serving> {
  const { host, tls, token } = options;
  const keeper = folder === undefined ? memoryKeeper() : folderKeeper(join(folder, KEY_FOLDER));
  const isTls = tls === true;
  const serviceIp = isTls ? serviceIpOf(options.topology) : '';
  const identity = await prepareIdentity({ keeper, host, isTls, token, serviceIp });
  const { pki, credentials } = identity;
  let temporary: string | undefined;
  return {
    identity,
    secret: keptSecret(keeper),
    writeKubeconfig(url) {
      if (pki === undefined) return undefined;
      temporary = folder === undefined ? mkdtempSync(join(tmpdir(), 'podnet-')) : undefined;
      const path = join(temporary ?? folder ?? '', KUBECONFIG_FILE);
      const config = kubeconfig({
        cluster: 'default',
        server: url,
        authority: pki.authority.certificate,
        user: 'kubernetes-admin',
        credentials: { kind: 'certificate', pair: pki.admin },
      });
      writePrivately(path, kubeconfigText(config));
      return path;
    },
    pageUrl: (url) =>
      credentials.token === undefined || token !== undefined
        ? url
        : `${url}/?token=${encodeURIComponent(credentials.token)}`,
    notes:
      token !== undefined && !isTls
        ? [
            'kubectl sends no tokens over plain http: --token lets people into the page and other clients into the API; for kubectl add --tls',
          ]
        : [],
    end() {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    },
  };
}

/** The address of Service `kubernetes`; mistakes in the topology are told when the cluster is made. */
function serviceIpOf(topology: string | undefined): string {
  const loaded = loadTopology(topology);
  return loaded.ok ? formatIp(ipv4(loaded.value.network.serviceCidr.network + 1)) : '10.96.0.1';
}
