import { describe, expect, test } from '@jest/globals';
import { Rng, SECOND, SimClock } from '../../../topology/base/index.js';

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
