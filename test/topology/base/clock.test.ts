import { describe, expect, test } from '@jest/globals';
import { MILLISECOND, Rng, SECOND, SimClock } from '../../../topology/base/index.js';

describe('the simulated clock', () => {
  test('runs calls in order of time, then of creation', () => {
    const clock = new SimClock();
    const seen: string[] = [];
    clock.schedule(20, () => seen.push('c'));
    clock.schedule(10, () => seen.push('a'));
    clock.schedule(10, () => seen.push('b'));
    clock.advanceTo(20);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('runs a call scheduled for now after the present one', () => {
    const clock = new SimClock();
    const seen: string[] = [];
    clock.schedule(5, () => {
      clock.schedule(0, () => seen.push('later'));
      seen.push('first');
    });
    clock.advanceTo(5);
    expect(seen).toEqual(['first', 'later']);
  });

  test('skips cancelled calls, also when thousands were cancelled', () => {
    const clock = new SimClock();
    const seen: number[] = [];
    const timers = Array.from({ length: 5000 }, (_, index) =>
      clock.schedule(index, () => seen.push(index)),
    );
    for (const [index, timer] of timers.entries()) if (index % 1000 !== 0) timer.cancel();
    expect(clock.pending).toBe(5);
    clock.advance(SECOND);
    expect(seen).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(clock.nowNs).toBe(SECOND);
  });

  test('refuses to go back', () => {
    const clock = new SimClock();
    clock.advanceTo(100);
    expect(() => clock.at(99, () => {})).toThrow('the moment 99 ns has passed; it is 100 ns');
  });

  test('tells the moment of the next call, looking past cancelled ones', () => {
    const clock = new SimClock();
    clock.schedule(5, () => {}).cancel();
    clock.schedule(9, () => {});
    expect(clock.nextAtNs()).toBe(9);
  });
});

describe("the kernel's timer wheel", () => {
  test.each([
    [4, 8],
    [200, 204],
    [248, 252],
    [252, 256],
    [1000, 1024],
    [2000, 2016],
    [2016, 2048],
    [5000, 5120],
    [16_000, 16_128],
    [60_000, 61_440],
  ])('armed for %i ms at time 0 fires after %i ms', (delayMs, firedMs) => {
    const clock = new SimClock();
    let firedNs = 0;
    const timer = clock.timer(() => {
      firedNs = clock.nowNs;
    });
    timer.arm(delayMs * MILLISECOND);
    expect(clock.wheelAtNs(delayMs * MILLISECOND)).toBe(firedMs * MILLISECOND);
    clock.advance(120 * SECOND);
    expect(firedNs).toBe(firedMs * MILLISECOND);
    expect(timer.armed).toBe(false);
  });

  test('armed every second anew, late in a bucket at first, fires 1.004 s and then each 1.024 s later', () => {
    const clock = new SimClock();
    clock.advanceTo(20 * MILLISECOND);
    const seen: number[] = [];
    const timer = clock.timer(() => {
      seen.push(clock.nowNs / MILLISECOND);
      timer.arm(SECOND);
    });
    timer.arm(SECOND);
    clock.advance(3.5 * SECOND);
    expect(seen).toEqual([1024, 2048, 3072]);
  });

  test('fires the last armed first, before all else that is due', () => {
    const clock = new SimClock();
    const seen: string[] = [];
    clock.at(1024 * MILLISECOND, () => seen.push('exact'));
    for (const name of ['first', 'second', 'third']) clock.timer(() => seen.push(name)).arm(SECOND);
    clock.advance(2 * SECOND);
    expect(seen).toEqual(['third', 'second', 'first', 'exact']);
  });

  test('fires pinned timers first, then those that were put further away', () => {
    const clock = new SimClock();
    const seen: string[] = [];
    clock.timer(() => seen.push('pinned'), true).arm(SECOND);
    clock.timer(() => seen.push('far')).arm(SECOND);
    clock.advanceTo(1000 * MILLISECOND);
    clock.timer(() => seen.push('near')).arm(20 * MILLISECOND);
    clock.advance(SECOND);
    expect(seen).toEqual(['pinned', 'far', 'near']);
  });

  test('keeps a timer in its place when it is armed again for the same bucket', () => {
    const clock = new SimClock();
    const seen: string[] = [];
    const first = clock.timer(() => seen.push('first'));
    first.arm(SECOND);
    clock.timer(() => seen.push('second')).arm(SECOND);
    first.arm(1010 * MILLISECOND);
    clock.advance(2 * SECOND);
    expect(seen).toEqual(['second', 'first']);
  });

  test('moves a timer that is armed again for another bucket, and forgets a cancelled one', () => {
    const clock = new SimClock();
    const seen: number[] = [];
    const timer = clock.timer(() => seen.push(clock.nowNs / MILLISECOND));
    timer.arm(SECOND);
    timer.arm(100 * MILLISECOND);
    expect(timer.expiresNs).toBe(100 * MILLISECOND);
    const cancelled = clock.timer(() => seen.push(-1));
    cancelled.arm(SECOND);
    cancelled.cancel();
    expect(clock.pending).toBe(1);
    clock.advance(2 * SECOND);
    expect(seen).toEqual([104]);
  });
});

describe('seeded chance', () => {
  test('gives the same numbers for the same seed and name', () => {
    const draw = (seed: number) => {
      const rng = new Rng(seed).fork('pod web-0');
      return [rng.uint32(), rng.uint32(), rng.below(100)];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('does not change a stream when another is drawn from', () => {
    const root = new Rng(1);
    const alone = root.fork('a').uint32();
    root.fork('b').uint32();
    root.uint32();
    expect(root.fork('a').uint32()).toBe(alone);
  });
});
