import { describe, expect, test } from '@jest/globals';
import { EventRecorder } from '../../../server/api/index.js';
import type { Pod } from '../../../server/contract/kube.js';
import { WallTime } from '../../../server/kube/wall-time.js';
import { createMemoryStore, type ObjectStore } from '../../../server/store/index.js';
import { SECOND, SimClock } from '../../../topology/index.js';

const START_MS = Date.UTC(2026, 0, 1);
const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u1' },
  spec: { containers: [] },
};

function makeRecorder(store: ObjectStore = createMemoryStore(), limit?: number) {
  const clock = new SimClock();
  let uids = 0;
  const recorder = new EventRecorder({
    store,
    clock,
    time: new WallTime(clock, START_MS),
    newUid: () => `e${++uids}`,
    ...(limit === undefined ? {} : { limit }),
  });
  const say = (message: string, component = 'kubelet', about: Pod = POD) =>
    recorder.record(about, { type: 'Normal', reason: 'Said', message, component });
  const said = () => store.list('events').map(({ message, count }) => `${message} x${count}`);
  return { clock, recorder, say, said, store };
}

describe('an event', () => {
  test('is counted up when the same is said again', () => {
    const { clock, say, said, store } = makeRecorder();
    say('one');
    clock.advance(5 * SECOND);
    say('one');
    expect(said()).toEqual(['one x2']);
    const [event] = store.list('events');
    expect(event?.firstTimestamp).toBe('2026-01-01T00:00:00Z');
    expect(event?.lastTimestamp).toBe('2026-01-01T00:00:05Z');
  });

  test('of two components at one instant has two names', () => {
    const { say, store } = makeRecorder();
    say('one', 'kubelet');
    say('one', 'default-scheduler');
    say('two', 'kubelet');
    expect(new Set(store.list('events').map(({ metadata }) => metadata.name)).size).toBe(3);
  });

  test('takes another name when a recorder of an earlier run had the first', () => {
    const { say, store, said } = makeRecorder();
    say('one');
    makeRecorder(store).say('two');
    expect(said().sort()).toEqual(['one x1', 'two x1']);
  });

  test('goes an hour after it was last written', () => {
    const { clock, say, said } = makeRecorder();
    say('one');
    clock.advance(1800 * SECOND);
    say('two');
    say('one');
    clock.advance(1801 * SECOND);
    expect(said().sort()).toEqual(['one x2', 'two x1']);
    clock.advance(1801 * SECOND);
    expect(said()).toEqual([]);
  });

  test('goes when newer ones fill the bound', () => {
    const { say, said } = makeRecorder(createMemoryStore(), 2);
    for (const word of ['one', 'two', 'three']) say(word);
    expect(said().sort()).toEqual(['three x1', 'two x1']);
  });

  test('is not made in a namespace that is going', () => {
    const { say, said, store } = makeRecorder();
    store.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'default', deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    say('one');
    expect(said()).toEqual([]);
  });
});
