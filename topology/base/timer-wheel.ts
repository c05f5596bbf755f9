/** A jiffy: the tick in which the kernel counts its timers, 4 ms (CONFIG_HZ of 250). */
export const JIFFY_NS = 4_000_000;

/** Levels of the wheel, and by how many bits the granularity grows from one to the next. */
const LEVELS = 9;
const LEVEL_BITS = 3;
/** A level holds timers that are less than so many of its buckets away (LVL_START). */
const LEVEL_REACH = 63;
/** The most distant timer, in jiffies (WHEEL_TIMEOUT_MAX): some 12 years of 4 ms. */
const MOST = LEVEL_REACH * 8 ** (LEVELS - 1) - 8 ** (LEVELS - 1);

/** Where a timer is put: the level, and the jiffy in which its bucket is due. */
export interface Bucket {
  readonly level: number;
  readonly dueJiffy: number;
}

/**
 * The bucket of a timer that expires in the jiffy `expires` while the wheel stands at `clock`
 * (calc_wheel_index in kernel/time/timer.c). Level 0 has buckets of one jiffy for what is less than 63 jiffies away,
 * level 1 of 8 jiffies up to 504, level 2 of 64 up to 4032 and so on; a timer goes into the bucket after the one
 * that `expires` falls into, so it is late by up to one granularity and never early.
 */
export function bucketOf(expires: number, clock: number): Bucket {
  const distance = expires - clock;
  if (distance < 0) return { level: 0, dueJiffy: clock };
  const bounded = distance > MOST ? clock + MOST : expires;
  let level = 0;
  let granularity = 1;
  while (level < LEVELS - 1 && distance >= LEVEL_REACH * granularity) {
    level++;
    granularity = 2 ** (level * LEVEL_BITS);
  }
  return { level, dueJiffy: (Math.floor(bounded / granularity) + 1) * granularity };
}
