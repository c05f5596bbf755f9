import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { has, KUBECTL, skipNote } from '../../../helper/tools.js';
import { newApi } from '../helper.js';
import { serve } from './serve.js';

const whenPresent = has('kubectl') ? describe : describe.skip;

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.25"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

whenPresent(`the real kubectl${skipNote('kubectl')}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-kubectl-'));
  let url = '';
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ url, stop } = await serve(newApi()));
    writeFileSync(join(folder, 'web.yaml'), WEB);
    writeFileSync(join(folder, 'bad.yaml'), WEB.replace('image:', 'imagee:'));
  });
  afterAll(() => stop());

  const kubectl = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = {
        HOME: folder,
        KUBECACHEDIR: join(folder, 'cache'),
        PATH: process.env.PATH ?? '',
      };
      execFile(KUBECTL, ['--server', url, ...args], { env, cwd: folder }, (error, out, err) =>
        resolve({ code: error === null ? 0 : 1, out, err }),
      );
    });

  test('applies, reads, changes and deletes', async () => {
    const steps: readonly (readonly [args: string, out: string])[] = [
      ['apply -f web.yaml', 'deployment.apps/web created\nservice/web created\n'],
      ['apply -f web.yaml', 'deployment.apps/web unchanged\nservice/web unchanged\n'],
      [
        'apply --validate=false -f web.yaml',
        'deployment.apps/web unchanged\nservice/web unchanged\n',
      ],
      ['get deploy -o name', 'deployment.apps/web\n'],
      ['scale deploy/web --replicas=3', 'deployment.apps/web scaled\n'],
      ['label deploy web tier=fe', 'deployment.apps/web labeled\n'],
      ['set image deploy/web nginx=nginx:1.26', 'deployment.apps/web image updated\n'],
      ['create deployment d1 --image=nginx --replicas=2', 'deployment.apps/d1 created\n'],
      ['create namespace lab', 'namespace/lab created\n'],
      ['expose deploy d1 --port=80', 'service/d1 exposed\n'],
      [
        'apply --server-side -f web.yaml --force-conflicts',
        'deployment.apps/web serverside-applied\nservice/web serverside-applied\n',
      ],
      ['delete -f web.yaml', 'deployment.apps "web" deleted\nservice "web" deleted\n'],
    ];
    for (const [args, out] of steps)
      expect(await kubectl(...args.split(' '))).toMatchObject({ out, code: 0 });
  }, 60_000);

  test('is told what is wrong', async () => {
    const bad = await kubectl('apply', '-f', 'bad.yaml');
    expect(bad.code).toBe(1);
    expect(bad.err).toContain(
      'strict decoding error: unknown field "spec.template.spec.containers[0].imagee"',
    );
    expect((await kubectl('get', 'pod', 'nope')).err).toBe(
      'Error from server (NotFound): pods "nope" not found\n',
    );
    expect((await kubectl('get', 'nope')).err).toBe(
      'error: the server doesn\'t have a resource type "nope"\n',
    );
  }, 60_000);
});
