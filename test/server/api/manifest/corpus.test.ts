import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  applyManifest,
  findSources,
  formatProblem,
  readManifests,
} from '../../../../server/api/manifest/index.js';
import { newApi } from '../helper.js';

const corpus = process.env.PODNET_CORPUS ?? '';
const whenPresent = corpus !== '' && existsSync(corpus) ? test : test.skip;

/** Where podnet differs from what a source says, and why. */
const DIFFERENCES: ReadonlySet<string> = new Set([
  // A key there twice is refused, as kubectl does; that run of the tool was not strict.
  'kubeconform manifests/fixtures/duplicate_property.yaml valid',
  // A list without items is nothing to apply.
  'kubeconform manifests/fixtures/list_empty_valid.yaml valid',
  // kubectl applies an object that is there twice, the later one last; podnet notes it.
  'kubeval ../kubeconform/manifests/fixtures/duplicates-non-namespaced.yaml invalid',
  'kubeval ../kubeconform/manifests/fixtures/duplicates-with-namespace-default.yaml invalid',
  // Validated against an old release: apps/v1beta1 is gone since 1.16.
  'kubeval ../kubeconform/manifests/fixtures/same-kind-different-api.yaml valid',
  // The tool checks schemas alone: a finalizer of a built-in kind needs a domain.
  'kubectl-validate manifests/manifests/configmap.yaml valid',
  // Server-side apply refuses a port that is there twice; create, and so podnet, warns.
  'kubectl-validate manifests/manifests/error_x_list_map_duplicate_key.yaml invalid',
  // The tool was given the definition of JobSet.
  'kubectl-validate manifests/manifests/multiple_resources.yaml valid',
]);

interface ExpectedCase {
  readonly id?: string;
  readonly file: string;
  readonly verdict?: string;
  readonly setup?: string;
  readonly documents?: readonly { readonly verdict: string }[];
}

function verdictOf({ verdict, documents = [] }: ExpectedCase): 'valid' | 'invalid' | 'empty' {
  const words = verdict === undefined ? documents.map((one) => one.verdict) : [verdict];
  if (words.some((word) => /^(invalid|error|yaml error|second object|later)/.test(word)))
    return 'invalid';
  return words.some((word) => /^(valid|accepted)/.test(word)) ? 'valid' : 'empty';
}

function podnetVerdict(
  file: string,
  { id, setup = '' }: ExpectedCase,
): 'valid' | 'invalid' | 'empty' {
  const read = readManifests(findSources([file]).sources);
  const serviceCidr = /Service range (\S+)/.exec(setup)?.[1];
  const api = newApi(serviceCidr === undefined ? {} : { serviceCidr });
  if (id === 'nodeport-clash-b') {
    const other = findSources([file.replace('-b.', '-a.')]).sources;
    applyManifest(api, readManifests(other).objects);
  }
  for (const { body } of read.objects) {
    const { namespace } = (body.metadata ?? {}) as { namespace?: string };
    if (namespace !== undefined)
      api.create({ resource: 'namespaces', body: { metadata: { name: namespace } } });
  }
  const report = applyManifest(api, read.objects);
  if (read.problems.length + report.problems.length > 0) return 'invalid';
  return report.objects.length === 0 ? 'empty' : 'valid';
}

describe('the corpus', () => {
  whenPresent(
    'gives objects, problems or notes for every file, and nothing throws',
    () => {
      const { sources, problems } = findSources([corpus]);
      expect(problems).toEqual([]);
      const silent: string[] = [];
      for (const source of sources) {
        const read = readManifests([source]);
        const report = applyManifest(newApi(), read.objects);
        const all = [...read.problems, ...report.problems];
        if (read.objects.length + all.length + read.notes.length === 0) silent.push(source.file);
        for (const problem of all) expect(formatProblem(problem)).toMatch(/^.+:\d+:\d+: ./);
        const { created, configured, unchanged, refused } = report.counts;
        expect(created + configured + unchanged + refused).toBe(read.objects.length);
      }
      expect(silent).toEqual([]);
      expect(sources.length).toBeGreaterThan(1000);
    },
    120_000,
  );

  whenPresent.each([
    'kubeconform',
    'kubeval',
    'kubectl-validate',
    'k8s-api-validation',
    'issues-broken',
    'learner-quirks',
    'k8s-hack-testdata',
  ])('gets the verdicts that %s states', (source) => {
    const list = join(corpus, source, 'expected.json');
    const { cases } = JSON.parse(readFileSync(list, 'utf8')) as { cases: readonly ExpectedCase[] };
    const wrong = cases.flatMap((one) => {
      const beside = join(dirname(list), one.file);
      const file = existsSync(beside) ? beside : join(dirname(list), 'manifests', one.file);
      const expected = verdictOf(one);
      const known = DIFFERENCES.has(`${source} ${one.file} ${expected}`);
      return podnetVerdict(file, one) === expected || known ? [] : [`${one.file}: ${expected}`];
    });
    expect(wrong).toEqual([]);
  });
});
