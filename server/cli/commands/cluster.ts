import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  addServerOptions,
  type Connection,
  connectionOf,
  request,
  type ServerOptions,
} from '../connection.js';
import { CommandFailure, EXIT } from '../exit.js';
import { speedNumber, wholeNumber } from '../options.js';

interface ClusterOptions extends ServerOptions {
  readonly json?: boolean;
}

interface CreateOptions extends ClusterOptions {
  readonly topology?: string;
  readonly speed?: number;
  readonly seed?: number;
  readonly maxObjects?: number;
  readonly maxPods?: number;
  readonly maxNodes?: number;
}

/** A Cluster as the command line shows it. */
interface Shown {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly speed: number };
  readonly status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly url?: string;
    readonly nodes?: number;
  };
}

const DEFAULT_URL = 'http://127.0.0.1:8080';
const PATH = '/apis/podnet.dev/v1/clusters';
const POLL_MS = 100;
const WAIT_MS = 60_000;

/** `podnet cluster create|list|delete`: the clusters that a running server has beside its own. */
export function addClusterCommand(program: Command, done: (exitCode: number) => void): void {
  const group = program.command('cluster').description('clusters of a running server');
  const withServer = (command: Command) =>
    addServerOptions(
      command,
      `the running podnet server (default: that of the kubeconfig, or ${DEFAULT_URL})`,
    ).option('--json', 'print JSON');
  withServer(group.command('create').description('start a cluster and wait until it is ready'))
    .argument('<name>')
    .option('--topology <file|preset>', 'cluster shape: a Topology file or a preset')
    .option('--speed <factor>', 'simulated seconds per real second', speedNumber)
    .option('--seed <number>', 'seed of everything that is drawn by chance', wholeNumber)
    .option('--max-objects <number>', 'how many objects it may hold', wholeNumber)
    .option('--max-pods <number>', 'how many pods it may hold', wholeNumber)
    .option('--max-nodes <number>', 'how many nodes its topology may have', wholeNumber)
    .action(async (name: string, options: CreateOptions) => {
      const server = serverOf(options);
      await ask(server, PATH, { body: clusterBody(name, options) });
      const cluster = await waitFor(server, name, (found) => found?.status?.phase !== 'Pending');
      const { phase, message = '', url = '' } = cluster?.status ?? {};
      if (phase !== 'Ready') throw new CommandFailure(`cluster ${name} failed: ${message}`);
      const at = `${server.url.origin}${url}`;
      print(options, { name, url: at }, [
        `cluster ${name} is ready: ${at}/`,
        at.startsWith('https:')
          ? `  podnet kubeconfig --server ${server.url.origin} --cluster ${name} --write`
          : `  kubectl --server ${at} get nodes`,
      ]);
      done(EXIT.ok);
    });
  withServer(group.command('list').description('list clusters')).action(
    async (options: ClusterOptions) => {
      const server = serverOf(options);
      const { items } = (await ask(server, PATH)) as { readonly items: readonly Shown[] };
      const rows = items.map(({ metadata, spec, status = {} }) => ({
        name: metadata.name,
        phase: status.phase ?? '',
        nodes: status.nodes ?? 0,
        speed: spec.speed,
        url: status.url === undefined ? '' : `${server.url.origin}${status.url}/`,
      }));
      const lines = rows.map((row) => Object.values(row).map(String));
      print(options, rows, table([['NAME', 'PHASE', 'NODES', 'SPEED', 'URL'], ...lines]));
      done(EXIT.ok);
    },
  );
  withServer(group.command('delete').description('end a cluster and remove its data'))
    .argument('<name>')
    .action(async (name: string, options: ClusterOptions) => {
      const server = serverOf(options);
      await ask(server, `${PATH}/${encodeURIComponent(name)}`, { method: 'DELETE' });
      await waitFor(server, name, (found) => found === undefined);
      print(options, { name }, [`cluster ${name} deleted`]);
      done(EXIT.ok);
    });
}

/** The server itself: a kubeconfig may name one of its clusters, and the default one has the Clusters. */
function serverOf(options: ClusterOptions): Connection {
  const named = connectionOf(options) ?? connectionOf({ ...options, server: DEFAULT_URL });
  if (named === undefined) throw new CommandFailure('no server is named');
  return { ...named, url: new URL(named.url.origin) };
}

function clusterBody(name: string, options: CreateOptions): object {
  const { speed, seed, maxObjects, maxPods, maxNodes } = options;
  const topology =
    options.topology !== undefined && existsSync(options.topology)
      ? readFileSync(options.topology, 'utf8')
      : options.topology;
  const quota = { maxObjects, maxPods, maxNodes };
  return {
    apiVersion: 'podnet.dev/v1',
    kind: 'Cluster',
    metadata: { name },
    spec: { topology, speed, seed, quota },
  };
}

async function ask(
  server: Connection,
  path: string,
  options: { readonly method?: string; readonly body?: object } = {},
): Promise<unknown> {
  const answer = await request(server, path, options);
  if (!answer.ok) throw new CommandFailure(answer.error);
  return answer.value;
}

async function waitFor(
  server: Connection,
  name: string,
  holds: (found: Shown | undefined) => boolean,
): Promise<Shown | undefined> {
  const untilMs = performance.now() + WAIT_MS;
  for (;;) {
    const { items } = (await ask(server, `${PATH}?fieldSelector=metadata.name=${name}`)) as {
      readonly items: readonly Shown[];
    };
    if (holds(items[0])) return items[0];
    if (performance.now() > untilMs)
      throw new CommandFailure(`cluster ${name} is still ${items[0]?.status?.phase ?? 'absent'}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function print(options: ClusterOptions, value: unknown, lines: readonly string[]): void {
  process.stdout.write(
    options.json === true ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`,
  );
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}
