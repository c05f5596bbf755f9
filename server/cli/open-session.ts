import { Operations } from '../cluster/operations.js';
import { createMemoryStore } from '../store/index.js';
import { buildCluster } from './build-cluster.js';
import { connectionOf } from './connection.js';
import { CommandFailure } from './exit.js';
import type { QuestionOptions } from './options.js';
import { remoteSession, type Session } from './session.js';

/** Wall time of simulated time 0 where no server runs: the same on every run, so that answers are too. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
/** How long pods may take to come up, in simulated time. */
const SETTLE_LIMIT_NS = 180_000_000_000;

/**
 * Opens what a command asks: a running server (`--server`, or a kubeconfig's), or a cluster made from `-f` for the occasion, brought to
 * where every pod runs or is stuck.
 */
export async function openSession(options: QuestionOptions): Promise<Session> {
  const connection = connectionOf(options);
  if (connection !== undefined) {
    if (options.filename !== undefined)
      throw new CommandFailure('give either --filename or --server, not both');
    return remoteSession(connection);
  }
  if (options.filename === undefined) {
    throw new CommandFailure(
      'say what to look at: -f FILE for manifests, or --server URL for a running server',
    );
  }
  const { cluster, report } = await buildCluster(options, {
    store: createMemoryStore(),
    epochMs: EPOCH_MS,
  });
  if (report.applied === 0) throw new CommandFailure(emptyInput(options.filename));
  await cluster.settle(SETTLE_LIMIT_NS);
  const operations = new Operations(cluster);
  return {
    trace: (request) => operations.trace(request),
    suggest: (request) => operations.suggest(request),
    ports: async (pod, namespace) => operations.ports(pod, namespace),
    commands: async (pod, namespace) => operations.commands(pod, namespace),
    close: () => cluster.stop(),
  };
}

function emptyInput(paths: readonly string[]): string {
  return `${paths.join(', ')}: nothing here could be applied; a manifest is a .yaml, .yml or .json file with apiVersion and kind`;
}
