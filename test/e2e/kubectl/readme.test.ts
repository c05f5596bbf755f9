/** The README's "Using kubectl", typed line by line. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kubectlOf } from '../../helper/kubectls.js';
import { isRequired } from '../../helper/tools.js';
import { projectFile } from '../../scenario/helper/start-cluster.js';
import { isBuilt, killAll, podnet } from '../helper/podnet.js';
import { startWorkbench, type Workbench } from './workbench.js';

/** What the lines print, or the code they end with, in their order; a line more or less in the README fails. */
const ANSWERS: readonly (RegExp | number)[] = [
  /^deployment.apps\/web created\nservice\/web created\npod\/visitor created\n$/,
  /successfully rolled out\n$/,
  /^deployment.apps\/web scaled\n$/,
  /^NAME +READY .*\nvisitor .* worker-1 .*\n(web-\S+ .* worker-2 .*\n){3}$/,
  /^(pod\/\S+ condition met\n){4}$/,
  /<title>Welcome to nginx!<\/title>/,
  /^Forwarding from 127\.0\.0\.1:8081 -> 80\n/,
  /^trace.podnet.dev\/visit-\S+ created\n$/,
  /^trace.podnet.dev\/visit-\S+ condition met\n$/,
  /\nvisit-\S+ +visitor +svc\/web:80 +tcp +delivered +\d+ +\S+\n$/,
  /Message: +the connection is established: delivered to nginx/,
  /^fault.podnet.dev\/broken created\n$/,
  28,
  /^trace.podnet.dev\/visit-\S+ created\n$/,
  /^(trace.podnet.dev\/visit-\S+ condition met\n){2}$/,
  /\nvisit-\S+ +visitor +svc\/web:80 +tcp +dropped +link-down +\d+ +\S+\n/,
  /\nworker-2 +(Ready|NotReady) /,
  /^fault.podnet.dev "broken" deleted/,
  /^(node\/\S+ condition met\n){3}$/,
  /^(pod\/web-\S+ condition met\n){3}$/,
  /<title>Welcome to nginx!<\/title>/,
];

/** The lines of the section's shell block that begin with kubectl, without their comments. */
function linesOf(readme: string): readonly string[] {
  const section = readme.slice(readme.indexOf('## Using kubectl'));
  const block = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  return block
    .split('\n')
    .filter((line) => line.startsWith('kubectl '))
    .map((line) => line.replace(/ +#.*$/, ''));
}

const kubectl = kubectlOf('1.33');
const present = isBuilt && (kubectl !== undefined || isRequired('kubectl'));

describe(`the README's kubectl lines${present ? '' : ' (skipped: no kubectl 1.33, or not built)'}`, () => {
  const lines = linesOf(readFileSync(projectFile('README.md'), 'utf8'));
  let bench: Workbench;
  beforeAll(async () => {
    if (!present) return;
    if (kubectl === undefined) throw new Error('no kubectl 1.33');
    // Slow enough that the cut node is not NotReady before the trace has been sent.
    bench = await startWorkbench(kubectl, { speed: 4 });
    cpSync(projectFile('labs/kubectl'), join(bench.folder, 'labs/kubectl'), { recursive: true });
    const config = await podnet(['kubeconfig', '--server', bench.server.url]);
    writeFileSync(join(bench.folder, 'config'), config.stdout);
  }, 60_000);
  afterAll(async () => {
    await bench?.close();
    killAll();
  });

  test('are all of these', () => {
    expect(lines).toHaveLength(ANSWERS.length);
  });

  (present ? test : test.skip).each(lines.map((line, index) => [line, ANSWERS[index]] as const))(
    '%s',
    async (line, answer) => {
      if (line.includes('port-forward')) {
        const ended = await bench.run(
          `${line} > forward.txt & sleep 3; fetch http://127.0.0.1:8081; kill $!; cat forward.txt >&2`,
        );
        expect(ended.out).toContain('<title>Welcome to nginx!</title>');
        expect(ended.err).toMatch(answer as RegExp);
        return;
      }
      const ended = await bench.run(line);
      if (typeof answer === 'number') expect(ended.code).toBe(answer);
      else {
        expect({ err: ended.err, code: ended.code }).toEqual({ err: '', code: 0 });
        expect(ended.out).toMatch(answer ?? /^$/);
      }
    },
    60_000,
  );
});
