import { describe, expect, test } from '@jest/globals';
import { Driver } from '../../../server/cluster/driver.js';
import { SECOND, SimClock } from '../../../topology/index.js';

function makeDriver(speed = 1) {
  const clock = new SimClock();
  let told = 0;
  const driver = new Driver({ clock, speed, onState: () => told++ });
  return { clock, driver, told: () => told };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the clock', () => {
  test('does not pass an instant in which a promise still has work', async () => {
    const { clock, driver } = makeDriver();
    const seen: string[] = [];
    const note = (what: string) => seen.push(`${what} at ${clock.nowNs}`);
    clock.schedule(10, () => {
      void (async () => {
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        note('promise');
        clock.schedule(0, () => note('what it scheduled'));
      })();
    });
    clock.schedule(11, () => note('the next instant'));
    await driver.runUntil(20);
    expect(seen).toEqual(['promise at 10', 'what it scheduled at 10', 'the next instant at 11']);
    expect(clock.nowNs).toBe(20);
  });

  test('steps from instant to instant', async () => {
    const { clock, driver } = makeDriver();
    clock.schedule(5, () => undefined);
    clock.schedule(7, () => undefined);
    expect(await driver.step()).toBe(true);
    expect(clock.nowNs).toBe(5);
    expect(await driver.step()).toBe(true);
    expect(clock.nowNs).toBe(7);
    expect(await driver.step()).toBe(false);
    expect(driver.paused).toBe(true);
  });

  test('stops where it was asked to', async () => {
    const { clock, driver } = makeDriver();
    let count = 0;
    const again = (): void => {
      count += 1;
      clock.schedule(SECOND, again);
    };
    clock.schedule(SECOND, again);
    await driver.runUntil(100 * SECOND, () => count === 3);
    expect(clock.nowNs).toBe(3 * SECOND);
  });

  test('sleeps while nothing is due, and wakes for what is scheduled meanwhile', async () => {
    const { clock, driver } = makeDriver();
    const advances: number[] = [];
    const advanceTo = clock.advanceTo.bind(clock);
    clock.advanceTo = (untilNs) => {
      advances.push(untilNs);
      advanceTo(untilNs);
    };
    driver.start();
    await pause(450);
    // A tick each 8 ms would be above 50.
    expect(advances.length).toBeLessThan(8);
    const askedMs = performance.now();
    const ranMs = await new Promise<number>((resolve) =>
      clock.schedule(1000, () => resolve(performance.now())),
    );
    expect(ranMs - askedMs).toBeLessThan(60);
    await driver.stop();
  });

  test('keeps its speed, and stands still while paused', async () => {
    const { clock, driver, told } = makeDriver(10);
    const again = (): void => {
      clock.schedule(SECOND / 100, again);
    };
    again();
    const startMs = performance.now();
    driver.start();
    while (clock.nowNs < SECOND && performance.now() - startMs < 10_000) await pause(5);
    driver.pause();
    const elapsedSeconds = (performance.now() - startMs) / 1000;
    expect(clock.nowNs).toBeGreaterThanOrEqual(SECOND);
    expect(clock.nowNs / SECOND).toBeLessThanOrEqual(10 * elapsedSeconds + 0.01);
    await driver.stop();
    const atStop = clock.nowNs;
    await pause(50);
    expect(clock.nowNs).toBe(atStop);
    driver.setSpeed(2);
    expect(driver.speed).toBe(2);
    expect(told()).toBe(3);
  });

  test('goes on after an event that throws, and tells of it', async () => {
    const clock = new SimClock();
    const errors: unknown[] = [];
    const driver = new Driver({ clock, speed: 1000, onError: (error) => errors.push(error) });
    let went = false;
    clock.schedule(1000, () => {
      throw new Error('a mistake');
    });
    clock.schedule(2000, () => {
      went = true;
    });
    driver.start();
    for (let turn = 0; turn < 200 && !went; turn++) await pause(5);
    await driver.stop();
    expect(went).toBe(true);
    expect(errors).toEqual([new Error('a mistake')]);
  });
});
