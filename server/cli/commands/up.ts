import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import type { Cluster } from '../../cluster/cluster.js';
import { newestTimeMs } from '../../cluster/newest-time.js';
import { ClusterHost } from '../../host/cluster-host.js';
import { ClusterKeeper } from '../../host/cluster-keeper.js';
import { CLUSTERS, clusterKind } from '../../host/cluster-kind.js';
import { checkAddress, ListenError, startServer } from '../../main.js';
import {
  createMemoryStores,
  type DataStores,
  type ObjectStore,
  openDataStores,
  StoreOpenError,
} from '../../store/index.js';
import { buildCluster, type InputReport } from '../build-cluster.js';
import { CommandFailure } from '../exit.js';
import {
  addCommonOptions,
  type CommonOptions,
  collectClusters,
  portNumber,
  speedNumber,
} from '../options.js';
import { checkServing, prepareServing } from '../serving.js';

/** The sample that an empty command line shows. */
const SAMPLE = fileURLToPath(new URL('../../../../labs/sample-app.yaml', import.meta.url));
/**
 * How long the start waits for pods, in simulated time, before it lets the clock run at its pace. The clock begins so much
 * in the past: if it ran ahead of the wall clock, kubectl would call the ages that it works out itself invalid.
 */
const HEAD_START_NS = 30_000_000_000;

/** Where objects are kept when no folder is given. */
const DEFAULT_FOLDER = '.podnet';

interface UpOptions extends CommonOptions {
  readonly port: number;
  readonly host: string;
  readonly tls?: boolean;
  readonly token?: string;
  readonly dataDir?: string;
  readonly ephemeral?: boolean;
  readonly speed: number;
  readonly open: boolean;
  readonly cluster?: readonly string[];
}

/** `podnet up`: a cluster, its API and its page, until interrupted. */
export function addUpCommand(program: Command): void {
  const command = program
    .command('up')
    .description(
      'start a cluster with its API server and page (a sample application when no -f is given)',
    )
    .option('--port <number>', 'port to listen on; 0 for any', portNumber, 8080)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--tls', 'serve https, and write a kubeconfig with a client certificate')
    .addOption(
      new Option(
        '--token <text>',
        'ask for this token: from the page once, from other clients as a bearer token',
      ).env('PODNET_TOKEN'),
    )
    .option('--data-dir <folder>', 'keep objects in this folder (default .podnet)')
    .option('--ephemeral', 'keep objects in memory alone')
    .option('--speed <factor>', 'simulated seconds per real second', speedNumber, 1)
    .option(
      '--cluster <name>',
      'start another cluster at /clusters/NAME; NAME-1..30 for thirty (repeatable)',
      collectClusters,
    )
    .option('--no-open', 'do not open the page in a browser');
  addCommonOptions(command).action(async (options: UpOptions) => {
    await up(options);
  });
}

async function up(options: UpOptions): Promise<void> {
  if (options.ephemeral === true && options.dataDir !== undefined) {
    throw new CommandFailure('give either --data-dir or --ephemeral, not both');
  }
  checkServing(options);
  await checkAddress(options).catch(asCommandFailure);
  const stores = await openStores(options);
  const store = await opened(stores);
  const fresh = store.revision === 0;
  const sample = options.filename === undefined && fresh;
  const started = performance.now();
  const folder = options.ephemeral === true ? undefined : (options.dataDir ?? DEFAULT_FOLDER);
  const serving = await prepareServing(options, folder);
  const { credentials, pki } = serving.identity;
  const { cluster, report } = await buildCluster(
    { ...options, ...(sample ? { filename: [SAMPLE] } : {}) },
    {
      store,
      epochMs: Math.max(Date.now() - HEAD_START_NS / 1e6, newestTimeMs(store) + 1000),
      speed: options.speed,
      kinds: [clusterKind(() => store.list(CLUSTERS).length)],
      secret: serving.secret,
      ...(pki === undefined ? {} : { rootCa: pki.authority.certificate, authority: pki.authority }),
    },
  ).catch(async (error: unknown) => {
    await stores.close();
    throw error;
  });
  const clusters = new ClusterHost(cluster);
  const server = await startServer({
    clusters,
    host: options.host,
    port: options.port,
    credentials,
    pki,
    onError,
  }).catch(async (error: unknown) => {
    await clusters.stop();
    await stores.close();
    return asCommandFailure(error);
  });
  await cluster.settle(HEAD_START_NS);
  cluster.driver.start();
  const keeper = new ClusterKeeper({ host: clusters, main: cluster, stores, onError });
  createClusters(cluster, options.cluster ?? []);
  await keeper.idle();
  const took = ((performance.now() - started) / 1000).toFixed(1);
  const kubeconfig = serving.writeKubeconfig(server.url);
  const page = serving.pageUrl(server.url);
  for (const note of [...notesOf(options, cluster), ...serving.notes])
    process.stderr.write(`note: ${note}\n`);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ url: server.url, page, kubeconfig, ...report })}\n`
      : banner({ url: server.url, page, kubeconfig, took, report, cluster }),
  );
  if (options.open && process.stdout.isTTY) openBrowser(page);
  const stop = (): void => {
    server
      .close()
      .then(() => keeper.stop())
      .then(() => clusters.stop())
      .then(() => stores.close())
      .then(() => {
        serving.end();
        process.exit(0);
      });
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  if (process.env.npm_lifecycle_event !== undefined) stopWithParent(stop);
}

/** How often a server that npm started looks whether npm is still there, in milliseconds. */
const PARENT_CHECK_MS = 500;

/** npm hands SIGTERM to the shell between it and the server, which ends without passing it on. */
function stopWithParent(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}

function asCommandFailure(error: unknown): never {
  throw error instanceof ListenError ? new CommandFailure(error.message) : error;
}

interface Started {
  readonly url: string;
  readonly page: string;
  /** Path of the administrator's; undefined over plain http. */
  readonly kubeconfig: string | undefined;
  /** Seconds, as text. */
  readonly took: string;
  readonly report: InputReport;
  readonly cluster: Cluster;
}

/** What there is now, and what to do next. */
function banner({ url, page, kubeconfig, took, report, cluster }: Started): string {
  const pods = cluster.store.list('pods');
  const running = pods.filter(({ status }) => status?.phase === 'Running').length;
  const nodes = cluster.fabric.nodes.size;
  const refused = report.refused > 0 ? `, ${report.refused} refused (see above)` : '';
  return [
    `podnet ${url}`,
    `${nodes} node${nodes === 1 ? '' : 's'}, ${running} of ${pods.length} pods Running, ${report.applied} objects applied${refused}, ready after ${took} s`,
    '',
    ...(kubeconfig === undefined
      ? [
          `  kubectl --server ${url} get pods -A`,
          `  npx podnet trace --server ${url} FROM TO     (pod, svc/NAME:PORT, node/NAME, outside)`,
        ]
      : [`  kubectl --kubeconfig ${kubeconfig} get pods -A`, `  page: ${page}`]),
    '  Ctrl-C stops it',
    '',
  ].join('\n');
}

function notesOf({ dataDir, ephemeral }: UpOptions, { vanishedNodes }: Cluster): string[] {
  const notes: string[] = [];
  if (vanishedNodes.length > 0)
    notes.push(
      `${vanishedNodes.join(', ')}: ${ephemeral === true ? 'an earlier run' : (dataDir ?? DEFAULT_FOLDER)} had these nodes, this topology does not: they are removed, and their pods start elsewhere`,
    );
  return notes;
}

async function openStores(options: UpOptions): Promise<DataStores> {
  if (options.ephemeral === true) return createMemoryStores();
  return openDataStores({ folder: options.dataDir ?? DEFAULT_FOLDER }).catch(asSentence);
}

/** The store of the default cluster. */
async function opened(stores: DataStores): Promise<ObjectStore> {
  try {
    return stores.open();
  } catch (error) {
    await stores.close();
    return asSentence(error);
  }
}

function asSentence(error: unknown): never {
  throw error instanceof StoreOpenError ? new CommandFailure(error.message) : error;
}

function onError(error: unknown): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : error;
  process.stderr.write(`podnet: ${words}\n`);
}

/** Makes the clusters that the command line names and that are not there from an earlier run. */
function createClusters({ api, store }: Cluster, names: readonly string[]): void {
  for (const name of names) {
    if (store.get(CLUSTERS, undefined, name) !== undefined) continue;
    const body = { apiVersion: 'podnet.dev/v1', kind: 'Cluster', metadata: { name } };
    const made = api.create({ resource: CLUSTERS, body });
    if (!made.ok) process.stderr.write(`podnet: --cluster ${name}: ${made.error.message}\n`);
  }
}

/** Best effort: a machine without a desktop has nothing to open a page with. */
function openBrowser(url: string): void {
  const command =
    process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
