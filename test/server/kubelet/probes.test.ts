import { describe, expect, test } from '@jest/globals';
import type { Container, Probe } from '../../../server/contract/kube.js';
import { makeNode, podOf } from './harness.js';

const httpGet = { httpGet: { port: 8080, path: '/healthz' } };

function probed(probes: Partial<Container>, args: readonly string[] = ['serve', '8080']) {
  return podOf('a', {
    // The node's own namespace, so that probes travel over lo.
    hostNetwork: true,
    containers: [{ name: 'web', image: 'example.com/app:1', args, ...probes }],
  });
}

function ready(node: ReturnType<typeof makeNode>): string | undefined {
  return node.pod('a')?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

describe('readiness', () => {
  test('makes the pod ready when the program answers, and not ready when it no longer does', () => {
    const node = makeNode();
    const readinessProbe: Probe = { ...httpGet, periodSeconds: 5 };
    node.create(probed({ readinessProbe }));
    node.run(10);
    expect(ready(node)).toBe('True');
    node.levers.httpStatus = 503;
    node.run(20);
    expect(ready(node)).toBe('False');
    expect(node.pod('a')?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [web]',
    });
    expect(node.events('a')).toContain(
      'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
    node.levers.httpStatus = 200;
    node.run(6);
    expect(ready(node)).toBe('True');
    expect(node.status('a')?.restartCount).toBe(0);
  });

  test.each([
    [
      httpGet,
      'Get "http://127.0.0.1:8080/healthz": dial tcp 127.0.0.1:8080: connect: connection refused',
    ],
    [{ tcpSocket: { port: 8080 } }, 'dial tcp 127.0.0.1:8080: connect: connection refused'],
  ])('%j says why a closed port fails', (handler, words) => {
    const node = makeNode();
    node.create(probed({ readinessProbe: handler }, ['run']));
    node.run(5);
    expect(node.events('a')).toContain(`Unhealthy: Readiness probe failed: ${words}`);
    expect(ready(node)).toBe('False');
    expect(node.pod('a')?.status?.phase).toBe('Running');
  });

  test('a program that says nothing runs into the timeout', () => {
    const node = makeNode();
    node.levers.httpStatus = 0;
    node.create(probed({ readinessProbe: { ...httpGet, timeoutSeconds: 2 } }));
    node.run(6);
    expect(node.events('a')).toContain(
      'Unhealthy: Readiness probe failed: Get "http://127.0.0.1:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    );
  });
});

describe('liveness', () => {
  test('restarts the container after failureThreshold failures', () => {
    const node = makeNode();
    node.levers.execExit.set('check', 1);
    node.create(
      probed({
        livenessProbe: { exec: { command: ['check'] }, periodSeconds: 5, failureThreshold: 2 },
      }),
    );
    node.run(5);
    expect(node.events('a')).toContain('Unhealthy: Liveness probe failed: ran check\n');
    expect(node.status('a')?.restartCount).toBe(0);
    node.run(7);
    expect(node.events('a')).toContain(
      'Killing: Container web failed liveness probe, will be restarted',
    );
    node.levers.execExit.clear();
    node.run(30);
    expect(node.status('a')).toMatchObject({ restartCount: 1, ready: true });
  });

  test('waits for the startup probe', () => {
    const node = makeNode();
    node.levers.execExit.set('up', 1);
    node.levers.execExit.set('check', 1);
    node.create(
      probed({
        startupProbe: { exec: { command: ['up'] }, periodSeconds: 10, failureThreshold: 30 },
        livenessProbe: { exec: { command: ['check'] }, periodSeconds: 1, failureThreshold: 1 },
      }),
    );
    node.run(60);
    expect(node.status('a')).toMatchObject({ restartCount: 0, started: false, ready: false });
    node.levers.execExit.clear();
    node.run(12);
    expect(node.status('a')).toMatchObject({ restartCount: 0, started: true, ready: true });
  });
});

describe('hooks', () => {
  test('a failing postStart hook kills the container', () => {
    const node = makeNode();
    node.levers.execExit.set('hook', 1);
    node.create(probed({ lifecycle: { postStart: { exec: { command: ['hook'] } } } }));
    node.run(10);
    expect(node.events('a')).toContain('FailedPostStartHook: PostStartHook failed');
    expect(node.status('a')?.restartCount).toBeGreaterThan(0);
  });

  test('an idle pod without probes schedules nothing', () => {
    const node = makeNode();
    node.create(podOf('a'));
    node.run(30);
    // The hour after which the oldest event goes.
    expect(node.clock.pending).toBe(1);
  });
});
