import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ListenError, startServer } from '../../main.js';
import {
  createDurableStore,
  createMemoryStore,
  type ObjectStore,
  StoreOpenError,
} from '../../store/index.js';
import { buildCluster } from '../build-cluster.js';
import { CommandFailure } from '../exit.js';
import { addCommonOptions, type CommonOptions, portNumber, speedNumber } from '../options.js';

/** The sample that an empty command line shows. */
const SAMPLE = fileURLToPath(new URL('../../../../labs/sample-app.yaml', import.meta.url));
/** How long the start waits for pods, in simulated time, before it lets the clock run at its pace. */
const HEAD_START_NS = 30_000_000_000;

interface UpOptions extends CommonOptions {
  readonly port: number;
  readonly host: string;
  readonly dataDir?: string;
  readonly ephemeral?: boolean;
  readonly speed: number;
  readonly open: boolean;
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
    .option('--data-dir <folder>', 'keep objects in this folder (default .podnet)')
    .option('--ephemeral', 'keep objects in memory alone')
    .option('--speed <factor>', 'simulated seconds per real second', speedNumber, 1)
    .option('--no-open', 'do not open the page in a browser');
  addCommonOptions(command).action(async (options: UpOptions) => {
    await up(options);
  });
}

async function up(options: UpOptions): Promise<void> {
  if (options.ephemeral === true && options.dataDir !== undefined) {
    throw new CommandFailure('give either --data-dir or --ephemeral, not both');
  }
  const store = await openStore(options);
  const fresh = store.revision === 0;
  const sample = options.filename === undefined && fresh;
  const started = performance.now();
  const { cluster, report } = await buildCluster(
    { ...options, ...(sample ? { filename: [SAMPLE] } : {}) },
    { store, epochMs: Date.now(), speed: options.speed },
  ).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const server = await startServer({
    cluster,
    host: options.host,
    port: options.port,
    onError: (error) =>
      process.stderr.write(
        `podnet: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
      ),
  }).catch(async (error: unknown) => {
    await cluster.stop();
    throw error instanceof ListenError ? new CommandFailure(error.message) : error;
  });
  await cluster.settle(HEAD_START_NS);
  cluster.driver.start();
  const took = ((performance.now() - started) / 1000).toFixed(1);
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ url: server.url, ...report })}\n`);
  else {
    process.stdout.write(
      `podnet ${server.url}\n${report.applied} objects applied${report.refused > 0 ? `, ${report.refused} refused (see above)` : ''}, ready after ${took} s\nkubectl --server ${server.url} get pods -A\n`,
    );
  }
  if (options.open && process.stdout.isTTY) openBrowser(server.url);
  const stop = (): void => {
    server
      .close()
      .then(() => cluster.stop())
      .then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

async function openStore(options: UpOptions): Promise<ObjectStore> {
  if (options.ephemeral === true) return createMemoryStore();
  try {
    return await createDurableStore({ folder: options.dataDir ?? '.podnet' });
  } catch (error) {
    if (error instanceof StoreOpenError) throw new CommandFailure(error.message);
    throw error;
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
