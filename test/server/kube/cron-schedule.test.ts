import { describe, expect, test } from '@jest/globals';
import { nextTime, parseCron } from '../../../server/kube/cron-schedule.js';

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
    if (!schedule.ok) throw new Error(schedule.error);
    expect(new Date(nextTime(schedule.value, Date.parse(after)) ?? 0).toISOString()).toBe(next);
  });

  test('follows a time zone', () => {
    const schedule = parseCron('0 9 * * *');
    if (!schedule.ok) throw new Error(schedule.error);
    const next = nextTime(schedule.value, Date.parse('2026-01-05T00:00:00Z'), 'America/New_York');
    expect(new Date(next ?? 0).toISOString()).toBe('2026-01-05T14:00:00.000Z');
  });

  test.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['a b c d e', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
  ])('%j is refused: %s', (text, error) => {
    expect(parseCron(text)).toEqual({ ok: false, error });
  });
});
