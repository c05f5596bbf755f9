import { describe, expect, test } from '@jest/globals';
import { nextTime, parseCron } from '../../../../server/control/job/cron-schedule.js';

describe('a cron schedule', () => {
  test.each([
    ['*/5 * * * *', '2026-01-05T00:03:10Z', '2026-01-05T00:05:00.000Z'],
    ['0 3 * * mon', '2026-01-05T03:00:00Z', '2026-01-12T03:00:00.000Z'],
    ['30 9 1,15 * *', '2026-01-05T00:00:00Z', '2026-01-15T09:30:00.000Z'],
    ['0 0 13 * 5', '2026-01-05T00:00:00Z', '2026-01-09T00:00:00.000Z'],
    ['0 0 29 2 *', '2026-01-05T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['@hourly', '2026-01-05T00:59:59Z', '2026-01-05T01:00:00.000Z'],
    ['@every 90s', '2026-01-05T00:00:00Z', '2026-01-05T00:01:30.000Z'],
  ])('%s after %s means %s', (text, after, next) => {
    const schedule = parseCron(text);
    expect(schedule).toBeDefined();
    if (schedule === undefined) return;
    expect(new Date(nextTime(schedule, Date.parse(after)) ?? 0).toISOString()).toBe(next);
  });

  test('follows a time zone', () => {
    const schedule = parseCron('0 9 * * *');
    if (schedule === undefined) throw new Error('unread');
    const next = nextTime(schedule, Date.parse('2026-01-05T00:00:00Z'), 'America/New_York');
    expect(new Date(next ?? 0).toISOString()).toBe('2026-01-05T14:00:00.000Z');
  });

  test.each(['', '* * * *', '60 * * * *', '*/0 * * * *', 'a b c d e', '5-1 * * * *'])(
    'refuses %j',
    (text) => {
      expect(parseCron(text)).toBeUndefined();
    },
  );
});
