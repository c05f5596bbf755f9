/** The real kubectl against a running server, where kubectl is at hand. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { has, KUBECTL } from '../helper/tools.js';
import { isBuilt, killAll, type Server, up } from './helper/podnet.js';

const present = isBuilt && has('kubectl');
const whenPresent = present ? describe : describe.skip;

const APP = `
apiVersion: v1
kind: Namespace
metadata: { name: lab }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: lab }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: nginx, image: "nginx:1.27", ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: lab }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30123 }] }
`;

whenPresent(present ? 'the real kubectl' : 'the real kubectl (skipped: no kubectl)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-kubectl-'));
  let server: Server;
  beforeAll(async () => {
    writeFileSync(join(folder, 'app.yaml'), APP);
    server = await up(['--ephemeral', '--speed', '50', '-f', 'labs/port-conflict.yaml']);
  }, 60_000);
  afterAll(() => {
    killAll();
    rmSync(folder, { recursive: true });
  });

  const kubectl = (line: string) =>
    new Promise<{ readonly code: number; readonly out: string; readonly err: string }>(
      (resolve) => {
        const env = {
          HOME: folder,
          KUBECACHEDIR: join(folder, 'cache'),
          PATH: process.env.PATH ?? '',
        };
        execFile(
          KUBECTL,
          ['--server', server.url, ...line.split(' ')],
          { env, cwd: folder },
          (error, out, err) => resolve({ code: error === null ? 0 : 1, out, err }),
        );
      },
    );

  test('applies, waits for, shows and deletes an application', async () => {
    expect(await kubectl('apply --validate=false -f app.yaml')).toEqual({
      code: 0,
      out: 'namespace/lab created\ndeployment.apps/web created\nservice/web created\n',
      err: '',
    });
    expect(
      (await kubectl('wait -n lab deployment/web --for=condition=Available --timeout=30s')).out,
    ).toBe('deployment.apps/web condition met\n');
    const pods = await kubectl('get pods -n lab');
    expect(pods.out).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE\nweb-\S+ +1\/1 +Running +0 +\S+\nweb-/,
    );
    const wide = await kubectl('get pods -n lab -o wide');
    expect(wide.out).toMatch(/ IP +NODE +NOMINATED NODE +READINESS GATES\n/);
    expect(wide.out).toMatch(/ 10\.244\.\d+\.\d+ +worker-[12] +<none> +<none>\n/);
    const services = await kubectl('get service -n lab web');
    expect(services.out).toMatch(/web +NodePort +10\.\S+ +<none> +80:30123\/TCP/);
    const nodes = await kubectl('get nodes');
    expect(nodes.out).toMatch(/control-plane +Ready +control-plane +\S+ +v1\.33\.1\n/);
    const yaml = await kubectl('get deployment -n lab web -o yaml');
    expect(yaml.out).toContain('availableReplicas: 2');
    const described = await kubectl('describe pod twins');
    expect(described.code).toBe(0);
    expect(described.out).toContain('Back-off restarting failed container second');
    const rollout = await kubectl('rollout status -n lab deployment/web');
    expect(rollout.out).toContain('successfully rolled out');
    const log = await kubectl('logs twins -c second');
    expect(log.out).toContain('Address already in use');
    expect((await kubectl('delete --ignore-not-found -f app.yaml')).out).toContain(
      'namespace "lab" deleted\n',
    );
    expect((await kubectl('get pods -n lab')).err).toBe('No resources found in lab namespace.\n');
  }, 120_000);
});
