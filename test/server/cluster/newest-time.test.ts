import { describe, expect, test } from '@jest/globals';
import { newestTimeMs } from '../../../server/cluster/newest-time.js';
import { createMemoryStore } from '../../../server/store/index.js';

describe('the time at which a cluster goes on after a restart', () => {
  test('is open for an empty store', () => {
    expect(newestTimeMs(createMemoryStore())).toBe(0);
  });

  test('is not before anything that the store speaks of', () => {
    const store = createMemoryStore();
    store.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'default', creationTimestamp: '2026-05-01T10:00:00Z' },
      spec: { containers: [] },
      status: {
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-05-01T10:00:07Z' }],
      },
    });
    store.create('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'a.1', namespace: 'default' },
      involvedObject: { kind: 'Pod', name: 'a' },
      lastTimestamp: '2026-05-01T12:30:00Z',
    });
    expect(newestTimeMs(store)).toBe(Date.UTC(2026, 4, 1, 12, 30, 0));
  });
});
