import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import {
  folderKeeper,
  type Keeper,
  kubeconfig,
  kubeconfigText,
  mergeKubeconfig,
  readAuthority,
  readPair,
  type UserCredentials,
  writePrivately,
} from '../../auth/index.js';
import { asObject, asString, objectsOf } from '../../kube/json.js';
import { CommandFailure, EXIT } from '../exit.js';
import { KEY_FOLDER, KUBECONFIG_FILE } from '../serving.js';

const ADMINISTRATOR = 'kubernetes-admin';
const DEFAULT_URL = 'http://127.0.0.1:8080';

interface KubeconfigCommandOptions {
  readonly cluster: string;
  readonly server?: string;
  readonly user: string;
  readonly group?: readonly string[];
  readonly output: string;
  readonly write?: boolean;
  readonly dataDir: string;
}

/** `podnet kubeconfig`: what kubectl needs to reach a server, for the administrator or for somebody else. */
export function addKubeconfigCommand(program: Command, done: (exitCode: number) => void): void {
  program
    .command('kubeconfig')
    .description(
      'print a kubeconfig for a server; with --user for another user than the administrator',
    )
    .option('--cluster <name>', 'cluster of the server', 'default')
    .option('--server <url>', 'URL of the server (default: that of the data folder)')
    .option('--user <name>', 'who to be', ADMINISTRATOR)
    .option('--group <name>', 'group of the user (repeatable)', (value, before: string[] = []) => [
      ...before,
      value,
    ])
    .option('-o, --output <file>', 'write to a file; - for stdout', '-')
    .option('--write', 'put it into the file of KUBECONFIG, or ~/.kube/config')
    .option('--data-dir <folder>', 'data folder of the server', '.podnet')
    .action(async (options: KubeconfigCommandOptions) => {
      await run(options);
      done(EXIT.ok);
    });
}

async function run(options: KubeconfigCommandOptions): Promise<void> {
  const server = serverUrl(options);
  const keeper = folderKeeper(join(options.dataDir, KEY_FOLDER));
  const isTls = server.startsWith('https:');
  const config = kubeconfig({
    cluster: options.cluster,
    server,
    authority: isTls ? authorityOf(keeper, options).certificate : undefined,
    user: options.user,
    credentials: isTls ? await certificateOf(keeper, options) : impersonation(options),
  });
  if (options.write === true) {
    writeMerged(config);
  } else if (options.output === '-') {
    process.stdout.write(kubeconfigText(config));
  } else {
    writeFile(options.output, kubeconfigText(config));
  }
}

function serverUrl({ server, dataDir }: KubeconfigCommandOptions): string {
  const url = server ?? lastUrl(dataDir) ?? DEFAULT_URL;
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new CommandFailure(`--server must be a URL such as ${DEFAULT_URL}, not '${url}'`);
}

/** Where the server of a data folder listened when it last served https. */
function lastUrl(dataDir: string): string | undefined {
  try {
    const known: unknown = parse(readFileSync(join(dataDir, KUBECONFIG_FILE), 'utf8'));
    const [first] = objectsOf(asObject(known)?.clusters);
    return asString(asObject(first?.cluster)?.server);
  } catch {
    return undefined;
  }
}

function authorityOf(keeper: Keeper, { dataDir }: KubeconfigCommandOptions) {
  const authority = readAuthority(keeper);
  if (authority !== undefined) return authority;
  throw new CommandFailure(
    `${join(dataDir, KEY_FOLDER)} holds no certificates: start the server with --tls, and name its data folder with --data-dir`,
  );
}

async function certificateOf(
  keeper: Keeper,
  options: KubeconfigCommandOptions,
): Promise<UserCredentials> {
  const { user, group = [] } = options;
  const admin = readPair(keeper, 'admin');
  if (user === ADMINISTRATOR && admin !== undefined) return { kind: 'certificate', pair: admin };
  const { issueClientCertificate } = await import('../../auth/certificates/authority.js');
  const subject = { username: user, groups: group };
  return {
    kind: 'certificate',
    pair: await issueClientCertificate(authorityOf(keeper, options), subject),
  };
}

/** Over plain http everybody is the administrator, who may act as anybody. */
function impersonation({ user, group = [] }: KubeconfigCommandOptions): UserCredentials {
  return user === ADMINISTRATOR
    ? { kind: 'none' }
    : { kind: 'impersonate', username: user, groups: group };
}

function writeMerged(config: ReturnType<typeof kubeconfig>): void {
  const [first = ''] = (process.env.KUBECONFIG ?? '').split(delimiter);
  const path = first === '' ? join(homedir(), '.kube', 'config') : first;
  const merged = mergeKubeconfig(readOr(path, ''), config);
  if (merged === undefined) {
    throw new CommandFailure(`${path} is no kubeconfig: print this one with -o - and look at both`);
  }
  writeFile(path, kubeconfigText(merged));
  process.stderr.write(`${path}: context ${String(config['current-context'])}\n`);
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function writeFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writePrivately(path, text);
  } catch (error) {
    throw new CommandFailure(
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
