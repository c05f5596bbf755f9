/** Every manifest file of a corpus, alone in a cluster: it runs, or is refused with a reason. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  applyManifest,
  findSources,
  formatProblem,
  type ManifestSource,
  readManifests,
} from '../../server/api/manifest/index.js';
import { podWords } from '../../server/api/table/index.js';
import type { Pod } from '../../server/contract/kube.js';
import { Scenario } from './helper/start-cluster.js';

const corpus = process.env.PODNET_CORPUS ?? '';
const present = corpus !== '' && existsSync(corpus);
const folders = present
  ? readdirSync(corpus).filter((name) => statSync(join(corpus, name)).isDirectory())
  : ['the corpus (skipped: PODNET_CORPUS is not set)'];
/** How long a file's pods may take, in simulated time. */
const PATIENCE_NS = 90_000_000_000;
/** Longest that one source may take, in real time. */
const SECONDS_PER_FOLDER = 120;

const totals = { files: 0, objects: 0, accepted: 0, refused: 0, pods: 0, running: 0 };
const refusedBy = new Map<string, number>();
const podsBy = new Map<string, number>();
const slow: string[] = [];
const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
const sorted = (map: ReadonlyMap<string, number>) =>
  Object.fromEntries([...map].sort(([, a], [, b]) => b - a));

/** Applies one file to a fresh cluster and lets it run; what is not as it should be. */
async function runFile(source: ManifestSource): Promise<readonly string[]> {
  const scenario = new Scenario();
  const { cluster } = scenario;
  const wrong: string[] = [];
  const started = performance.now();
  const read = readManifests([source]);
  for (const { body } of read.objects) {
    const { namespace } = (body.metadata ?? {}) as { readonly namespace?: unknown };
    if (typeof namespace !== 'string') continue;
    if (cluster.store.get('namespaces', undefined, namespace) === undefined)
      cluster.api.create({ resource: 'namespaces', body: { metadata: { name: namespace } } });
  }
  const report = applyManifest(cluster.api, read.objects);
  const problems = [...read.problems, ...report.problems];
  const { created, configured, unchanged, refused } = report.counts;
  totals.files += 1;
  totals.objects += read.objects.length;
  totals.accepted += created + configured + unchanged;
  totals.refused += refused;
  for (const { reason } of problems) count(refusedBy, reason);
  if (created + configured + unchanged + refused !== read.objects.length)
    wrong.push(`${read.objects.length} objects, but ${JSON.stringify(report.counts)}`);
  if (read.objects.length + problems.length + read.notes.length === 0) wrong.push('silence');
  for (const problem of problems) {
    const text = formatProblem(problem);
    if (!/^.+:\d+:\d+: \S+ \S+/s.test(text) || /undefined|\[object/.test(problem.message))
      wrong.push(`a problem without a sentence: ${text}`);
  }
  await cluster.settle(PATIENCE_NS);
  for (const pod of cluster.store.list('pods')) {
    if (pod.metadata.namespace === 'kube-system' && pod.metadata.name.startsWith('coredns-'))
      continue;
    totals.pods += 1;
    const { status, ready } = podWords(pod, cluster.now());
    const [up, all] = ready.split('/');
    const word = status === 'Running' && up !== all ? 'Running, not Ready' : status;
    if (status === 'Running') totals.running += 1;
    count(podsBy, word);
    if (!isExplained(scenario, pod, word))
      wrong.push(`pod ${pod.metadata.name}: ${word}, and nothing says why`);
  }
  await scenario.stop();
  const ms = performance.now() - started;
  if (ms > 1500) slow.push(`${relative(corpus, source.file)} ${Math.round(ms)} ms`);
  return wrong.map((text) => `${relative(corpus, source.file)}: ${text}`);
}

/** Whether the status, an event or the journey says why a pod is where it is. */
function isExplained(scenario: Scenario, pod: Pod, word: string): boolean {
  if (word === 'Running' || word === 'Completed') return true;
  const { metadata } = pod;
  const told = scenario.operations.podJourney(metadata.name, metadata.namespace ?? '');
  if (!told.ok) return false;
  return told.value.disposition !== 'in-progress' || /waits for/.test(told.value.summary);
}

describe('each manifest file of the corpus runs or is refused with a reason', () => {
  afterAll(() => {
    if (!present) return;
    process.stdout.write(
      `corpus: ${JSON.stringify(totals)}\nrefused by reason: ${JSON.stringify(sorted(refusedBy))}\npods by status: ${JSON.stringify(sorted(podsBy))}\nslow: ${JSON.stringify(slow)}\n`,
    );
  });
  (present ? test : test.skip).each(folders)(
    '%s',
    async (folder) => {
      const { sources, problems } = findSources([join(corpus, folder)]);
      expect(problems).toEqual([]);
      const wrong: string[] = [];
      for (const source of sources) wrong.push(...(await runFile(source)));
      expect(wrong).toEqual([]);
    },
    SECONDS_PER_FOLDER * 1000,
  );
});

/** Text that other readers stumble over, by the corpus' own list; each is refused at its line. */
interface Oddity {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

/** A kind that is not there is refused before its fields are looked at. */
const KIND_FIRST = /^network-policy-api\/.*experimental-egress-selector-rules\.yaml$/;

describe('what the corpus calls odd', () => {
  const list = join(corpus, 'oddities.json');
  (present && existsSync(list) ? test : test.skip)(
    `is refused at the line it names${present ? '' : ' (skipped: PODNET_CORPUS is not set)'}`,
    async () => {
      const oddities = JSON.parse(readFileSync(list, 'utf8')) as readonly Oddity[];
      const scenario = new Scenario();
      const missed = oddities.filter(({ file, line }) => {
        const read = readManifests(findSources([join(corpus, file)]).sources);
        const report = applyManifest(scenario.cluster.api, read.objects);
        const problems = [...read.problems, ...report.problems];
        return !problems.some((one) => Math.abs(one.line - line) <= 1 || KIND_FIRST.test(file));
      });
      await scenario.stop();
      expect(missed).toEqual([]);
      expect(oddities.length).toBeGreaterThan(0);
    },
  );
});
