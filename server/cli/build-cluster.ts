import { readFileSync } from 'node:fs';
import type { ServedKind } from '../api/index.js';
import {
  applyManifest,
  findSources,
  formatNote,
  formatProblem,
  type ManifestSource,
  readManifests,
} from '../api/manifest/index.js';
import type { KeyPair } from '../auth/index.js';
import { Cluster } from '../cluster/cluster.js';
import { loadTopology } from '../cluster/load-topology.js';
import { createZone } from '../cluster/zone.js';
import type { ObjectStore } from '../store/index.js';
import { CommandFailure } from './exit.js';
import type { CommonOptions } from './options.js';

/** What became of the input. */
export interface InputReport {
  readonly applied: number;
  readonly refused: number;
}

/** Where the cluster keeps its objects and begins its time. */
export interface ClusterGround {
  readonly store: ObjectStore;
  readonly epochMs: number;
  readonly speed?: number;
  readonly kinds?: readonly ServedKind[];
  /** See `ClusterOptions`. */
  readonly secret?: Uint8Array;
  readonly rootCa?: string;
  readonly authority?: KeyPair;
}

/**
 * Makes the cluster that a command line asks for and applies its manifests. Problems and notes go to stderr; with
 * `--strict` the first problem ends the command.
 */
export async function buildCluster(
  options: CommonOptions,
  ground: ClusterGround,
): Promise<{ readonly cluster: Cluster; readonly report: InputReport }> {
  const topology = loadTopology(options.topology);
  if (!topology.ok) throw new CommandFailure(topology.error.join('\npodnet: '));
  const sources = sourcesOf(options.filename ?? []);
  const cluster = new Cluster(
    { topology: topology.value, seed: options.seed, ...ground },
    createZone,
  );
  const report = applySources(cluster, sources, options);
  return { cluster, report };
}

function sourcesOf(paths: readonly string[]): readonly ManifestSource[] {
  const found = findSources(paths.filter((path) => path !== '-'));
  if (found.problems.length > 0) {
    throw new CommandFailure(
      found.problems.map((p) => `${p.file}: ${p.message}`).join('\npodnet: '),
    );
  }
  if (!paths.includes('-')) return found.sources;
  return [...found.sources, { file: 'stdin', content: readFileSync(0) }];
}

function applySources(
  cluster: Cluster,
  sources: readonly ManifestSource[],
  options: CommonOptions,
): InputReport {
  const manifests = readManifests(sources);
  const strict = options.strict === true;
  if (strict && manifests.problems.length > 0) {
    throw new CommandFailure(manifests.problems.map(formatProblem).join('\npodnet: '));
  }
  const report = applyManifest(cluster.api, manifests.objects, {
    namespace: options.namespace,
    strict,
  });
  for (const problem of [...manifests.problems, ...report.problems]) say(formatProblem(problem));
  for (const note of [...manifests.notes, ...report.notes]) say(`note: ${formatNote(note)}`);
  for (const [kind, count] of report.keptWithoutEffect) {
    say(`note: ${kind}${count > 1 ? ` (${count})` : ''} is stored and has no effect in podnet`);
  }
  if (report.stopped) throw new CommandFailure('stopped at the first problem (--strict)');
  const { created, configured, unchanged, refused } = report.counts;
  return {
    applied: created + configured + unchanged,
    refused: refused + manifests.problems.length,
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
