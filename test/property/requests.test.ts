/** Whatever is wrong with a request, the answer is a Status, soon, and the server goes on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClusterHost } from '../../server/host/cluster-host.js';
import { type RunningServer, startServer } from '../../server/main.js';
import { type Scenario, startCluster } from '../scenario/helper/start-cluster.js';
import { mutation, type WireRequest, wire } from './request/mutate.js';
import { SEEDS } from './request/seeds.js';
import { type Answered, send } from './request/send.js';

const RUNS = 2000;
const MANIFESTS = `
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { containers: [{ name: web, image: "nginx:1.27", ports: [{ containerPort: 80 }] }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: kept } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: front }, spec: { replicas: 1, selector: { matchLabels: { app: front } }, template: { metadata: { labels: { app: front } }, spec: { containers: [{ name: web, image: "nginx:1.27" }] } } } }
`;

let scenario: Scenario;
let server: RunningServer;
const mistakes: unknown[] = [];
beforeAll(async () => {
  scenario = await startCluster({ manifests: MANIFESTS });
  // What waits for a time-out, as a proxy does before a dropped packet, waits on this clock.
  scenario.cluster.driver.setSpeed(100);
  scenario.cluster.driver.start();
  server = await startServer({
    clusters: new ClusterHost(scenario.cluster),
    host: '127.0.0.1',
    port: 0,
    onError: (error) => mistakes.push(error),
  });
});
afterAll(async () => {
  await server.close();
  await scenario.stop();
});

/** What is wrong with how the server took a request; undefined when nothing is. */
function complaint(answered: Answered, { method }: WireRequest): string | undefined {
  if (answered.kind === 'silent') return 'no answer came';
  if (answered.kind !== 'answer') return undefined;
  const { code, type, text } = answered;
  if (code === 500 || code === 501 || code === 502) return `${code}: ${text.slice(0, 500)}`;
  if (/\n {4}at |node_modules/.test(text)) return `a stack trace: ${text.slice(0, 500)}`;
  if (code < 400 || method === 'HEAD') return undefined;
  // What a program in a pod said through the proxy is its own affair, and so is what Node's parser refuses.
  if (type.startsWith('text/html') && text.includes('nginx')) return undefined;
  return statusComplaint(code, text);
}

function statusComplaint(code: number, text: string): string | undefined {
  try {
    const status = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const right =
      status.kind === 'Status' &&
      status.status === 'Failure' &&
      status.code === code &&
      typeof status.reason === 'string' &&
      typeof status.message === 'string' &&
      status.message !== '';
    return right ? undefined : `${code} with another body: ${text.slice(0, 500)}`;
  } catch {
    return `${code} without a Status: ${text.slice(0, 500)}`;
  }
}

describe('a request', () => {
  test.each(SEEDS.map((seed) => [`${seed.method} ${seed.path}`, seed] as const))(
    'that is right is carried out: %s',
    async (_name, seed) => {
      const answered = await send(server.url, wire(seed));
      if (answered.kind === 'answer') {
        expect(answered).toMatchObject({ code: seed.code ?? expect.any(Number) });
        if (seed.code === undefined) expect(answered.code).toBeLessThan(300);
      } else expect(answered).toEqual({ kind: 'upgraded' });
    },
  );

  test('that is wrong in up to three ways is answered with a Status and harms nothing', async () => {
    const requests = fc.tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(requests, async ([seed, mutations]) => {
        const request = mutations.reduce((made, mutate) => mutate(made), wire(seed));
        const answered = await send(server.url, request);
        const wrong = complaint(answered, request) ?? mistakes[0];
        if (wrong === undefined) return;
        mistakes.length = 0;
        throw new Error(
          `${request.method} ${request.path}\n${JSON.stringify(request.headers)}\n${request.body?.toString().slice(0, 600)}\n${wrong instanceof Error ? wrong.stack : wrong}`,
        );
      }),
      { seed: 20_261_123, numRuns: RUNS, endOnFailure: process.env.CI !== undefined },
    );
    expect((await send(server.url, wire({ method: 'GET', path: '/readyz' }))).kind).toBe('answer');
  }, 180_000);
});
