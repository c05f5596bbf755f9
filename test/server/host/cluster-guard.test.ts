import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { Request, Response } from 'express';
import { ClusterGuard } from '../../../server/host/cluster-guard.js';
import { CLUSTER_QUOTA } from '../../../server/host/limits.js';

/** What a guard answers a request with: nothing when it lets it through. */
function answer(guard: ClusterGuard, path: string, query: Record<string, string> = {}) {
  const sent: { code?: number; retryAfter?: string; message?: string } = {};
  const response = Object.assign(new EventEmitter(), {
    headersSent: false,
    destroy: () => response.emit('close'),
    status: (code: number) => {
      sent.code = code;
    },
    setHeader: (name: string, value: string) => {
      if (name === 'Retry-After') sent.retryAfter = value;
    },
    appendHeader: () => {},
    end: (body: Buffer) => {
      sent.message = (JSON.parse(body.toString()) as { message: string }).message;
    },
  });
  const request = { path, query, method: 'GET' };
  guard.admit(request as unknown as Request, response as unknown as Response, () => {});
  return { sent, close: () => response.emit('close') };
}

describe('the guard of a cluster', () => {
  test('lets two seconds of requests come at once, then as many as refill, and counts no page', () => {
    let nowMs = 0;
    const guard = new ClusterGuard({ ...CLUSTER_QUOTA, requestsPerSecond: 5 }, () => nowMs);
    for (let count = 0; count < 10; count++) expect(answer(guard, '/api/v1/pods').sent).toEqual({});
    expect(answer(guard, '/api/v1/pods').sent).toEqual({
      code: 429,
      retryAfter: '1',
      message: 'the server has received too many requests and has asked us to try again later',
    });
    expect(answer(guard, '/assets/page.js').sent).toEqual({});
    nowMs = 200;
    expect(answer(guard, '/apis').sent).toEqual({});
    expect(answer(guard, '/apis').sent.code).toBe(429);
  });

  test('serves so many watches and streams at a time, and others when some have ended', () => {
    const guard = new ClusterGuard({ ...CLUSTER_QUOTA, maxWatches: 2, maxStreams: 1 });
    const first = answer(guard, '/api/v1/pods', { watch: 'true' });
    answer(guard, '/api/v1/pods', { watch: '1' });
    expect(answer(guard, '/api/v1/pods', { watch: 'true' }).sent.message).toBe(
      'the cluster serves 2 watches and may serve no more',
    );
    first.close();
    expect(answer(guard, '/api/v1/pods', { watch: 'true' }).sent).toEqual({});
    const followed = answer(guard, '/api/v1/namespaces/a/pods/b/log', { follow: 'true' });
    expect(followed.sent).toEqual({});
    const socket = Object.assign(new EventEmitter(), { destroy: () => socket.emit('close') });
    const upgrade = { socket } as unknown as IncomingMessage;
    expect(guard.admitStream(upgrade)?.code).toBe(429);
    followed.close();
    expect(guard.admitStream(upgrade)).toBeUndefined();
    expect(guard.admitStream(upgrade)?.message).toBe(
      'the cluster serves 1 streams and may serve no more',
    );
    socket.emit('close');
    expect(guard.admitStream(upgrade)).toBeUndefined();
    guard.close();
    expect(guard.admitStream(upgrade)).toBeUndefined();
    expect(answer(guard, '/api/v1/pods', { watch: 'true' }).sent).toEqual({});
  });
});
