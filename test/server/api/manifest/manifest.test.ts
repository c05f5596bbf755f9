import { describe, expect, test } from '@jest/globals';
import {
  applyManifest,
  formatNote,
  formatProblem,
  readManifests,
} from '../../../../server/api/manifest/index.js';
import { newApi } from '../helper.js';

const apply = (text: string, api = newApi(), file = 'app.yaml') => {
  const read = readManifests([{ file, content: text }]);
  const report = applyManifest(api, read.objects);
  return {
    report,
    problems: [...read.problems, ...report.problems].map(formatProblem),
    notes: [...read.notes, ...report.notes].map(formatNote),
  };
};

const POD =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: a, image: nginx}\n';

describe('reading and applying manifests', () => {
  test.each([
    [
      'a word for a number',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: three\n',
      ['app.yaml:5:13: Deployment/web: spec.replicas: must be a whole number, not "three"'],
    ],
    [
      'a misspelt kind',
      'apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: web}\n',
      [
        'app.yaml:2:7: Deploymnet/web: kind: no matches for kind "Deploymnet" in version "apps/v1" (did you mean "Deployment"?)',
      ],
    ],
    [
      'a retired version',
      'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c}\n',
      [
        'app.yaml:1:13: CronJob/c: apiVersion: no matches for kind "CronJob" in version "batch/v1beta1" (CronJob in batch/v1beta1 is gone since Kubernetes 1.25: use apiVersion: batch/v1)',
      ],
    ],
    [
      'a kind of a project that is not installed',
      'apiVersion: networking.istio.io/v1alpha3\nkind: VirtualService\nmetadata: {name: v}\n',
      [
        'app.yaml:2:7: VirtualService/v: kind: no matches for kind "VirtualService" in version "networking.istio.io/v1alpha3"; ensure CRDs are installed first (VirtualService belongs to Istio: apply its CustomResourceDefinitions first. podnet keeps such objects but does not act on them)',
      ],
    ],
    [
      'a field one level too deep',
      'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports:\n  - port: 80\n    selector: {a: b}\n',
      [
        'app.yaml:7:5: Service/s: spec.ports[0].selector: unknown field ("selector" belongs under spec: indent it less)',
      ],
    ],
    [
      'a capitalised key',
      'apiVersion: v1\nKind: Pod\nmetadata: {name: p}\n',
      ['app.yaml:1:1: kind: must set kind (write "kind", not "Kind")'],
    ],
    [
      'a truth value for a text',
      `${POD.replace('image: nginx', 'image: y')}`,
      [
        'app.yaml:6:22: Pod/p: spec.containers[0].image: must be a text, not y, which YAML reads as true (YAML reads y, n, yes, no, on, off, true and false as truth values: put the text in quotes)',
      ],
    ],
    [
      'a tab',
      'apiVersion: v1\nkind: Namespace\nmetadata:\n\tname: a\n',
      [
        'app.yaml:4:1: Tabs are not allowed as indentation (indent with spaces: YAML takes no tabs)',
      ],
    ],
    [
      'a namespace that nobody makes',
      POD.replace('{name: p}', '{name: p, namespace: lab}'),
      [
        'app.yaml:3:32: Pod/p: metadata.namespace: namespaces "lab" not found (no file creates it; create it first: kubectl create namespace lab)',
      ],
    ],
    [
      'a template',
      POD.replace('{name: p}', '{name: {{ .Values.name }}}'),
      [
        'app.yaml:3:18: Pod: metadata.name: must be a text, not a mapping (this is a template: render it first)',
      ],
    ],
    [
      'a Compose file',
      'services:\n  web:\n    image: nginx\n',
      [
        'app.yaml:1:1: this is a Docker Compose file, not a Kubernetes object (convert it first, for example with kompose convert)',
      ],
    ],
  ])('names place, field and remedy of %s', (_, text, expected) => {
    expect(apply(text).problems).toEqual(expected);
  });

  test('goes on after a broken document and a broken file', () => {
    const api = newApi();
    const read = readManifests([
      { file: 'a.yaml', content: `a: [\n---\n${POD}` },
      { file: 'b.yaml', content: new Uint8Array([0, 1, 2]) },
      { file: '.pod.yml.swp', content: '' },
      { file: 'c.yaml', content: '' },
    ]);
    const report = applyManifest(api, read.objects);
    expect(report.counts).toEqual({ created: 1, configured: 0, unchanged: 0, refused: 0 });
    expect(read.problems[0]?.file).toBe('a.yaml');
    expect(read.notes.map((note) => note.message)).toEqual([
      'skipped: a binary file',
      'skipped: left behind by an editor',
      'holds no objects',
    ]);
  });

  test('stops at the first problem when it is strict', () => {
    const { objects } = readManifests([
      { file: 'a.yaml', content: `kind: Foo\napiVersion: v1\n---\n${POD}` },
    ]);
    const report = applyManifest(newApi(), objects, { strict: true });
    expect(report.stopped).toBe(true);
    expect(report.counts.created).toBe(0);
  });

  test('says unchanged, then configured, and removes what its author left out', () => {
    const api = newApi();
    const config = (data: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: ${data}\n`;
    expect(apply(config('{a: x, b: y2}'), api).report.counts.created).toBe(1);
    expect(apply(config('{a: x, b: y2}'), api).report.counts.unchanged).toBe(1);
    expect(apply(config('{a: z}'), api).report.counts.configured).toBe(1);
    expect(api.get({ resource: 'configmaps', name: 'c' })).toMatchObject({
      ok: true,
      value: { data: { a: 'z' } },
    });
    expect(api.store.get('configmaps', 'default', 'c')?.data).toEqual({ a: 'z' });
  });

  test('applies namespaces first, and expands lists', () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: lab}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: lab}}\n`;
    expect(apply(text).report.counts).toEqual({
      created: 2,
      configured: 0,
      unchanged: 0,
      refused: 0,
    });
  });

  test('notes an object that two files define, and kinds without effect', () => {
    const api = newApi();
    const role =
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n';
    const read = readManifests([
      { file: 'a.yaml', content: role },
      { file: 'b.yaml', content: `${role}rules: []\n` },
    ]);
    const report = applyManifest(api, read.objects);
    expect(report.notes.map(formatNote)).toEqual([
      'b.yaml:1: ClusterRole/r: configured again by b.yaml (was defined in a.yaml:1)',
    ]);
    expect([...report.keptWithoutEffect]).toEqual([['ClusterRole', 2]]);
  });

  test('bounds aliases that grow a small file without end', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(9)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(', ')}]`,
    );
    expect(apply(`apiVersion: v1\nkind: X\n${levels.join('\n')}\n`).problems[0]).toMatch(/alias/i);
  });

  test('keeps the kinds of an applied definition', () => {
    const definition = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: bars.foo.io}\nspec:\n  group: foo.io\n  scope: Namespaced\n  names: {plural: bars, kind: Bar}\n  versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}\n`;
    const { report, problems } = apply(
      `apiVersion: foo.io/v1\nkind: Bar\nmetadata: {name: b}\nspec: {any: thing}\n---\n${definition}`,
    );
    expect(problems).toEqual([]);
    expect(report.counts.created).toBe(2);
  });
});
