/** Cron expressions of five fields, as robfig/cron reads them (upstream's parser); pure. */

import { ownField } from './json.js';

/** Which minutes a schedule means. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** Whether the day fields say `*`; if neither does, a day that meets one of them will do. */
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
  /** Set for `@every`: the distance in milliseconds. */
  readonly everyMs?: number;
}

const SHORTHANDS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTE_MS = 60_000;
/** Four years and a bit: every date that exists comes within. */
const HORIZON_DAYS = 1500;
const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
};
/** Fields of a text with far too many that are named in its error. */
const MAX_SHOWN = 20;

/** A schedule, or why a text is none, in the words of upstream's parser. */
export type ParsedCron =
  | { readonly ok: true; readonly value: CronSchedule }
  | { readonly ok: false; readonly error: string };

class CronError extends Error {}

/** Reads a schedule. */
export function parseCron(text: string): ParsedCron {
  try {
    return { ok: true, value: readSchedule(text.trim()) };
  } catch (error) {
    if (error instanceof CronError) return { ok: false, error: error.message };
    throw error;
  }
}

function readSchedule(text: string): CronSchedule {
  if (text === '') throw new CronError('empty spec string');
  if (text.startsWith('@every ')) return readEvery(text);
  if (text.startsWith('@') && !Object.hasOwn(SHORTHANDS, text))
    throw new CronError(`unrecognized descriptor: ${text}`);
  const fields = (ownField(SHORTHANDS, text) ?? text).split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  if (fields.length !== 5) {
    throw new CronError(
      `expected exactly 5 fields, found ${fields.length}: [${fields.slice(0, MAX_SHOWN).join(' ')}]`,
    );
  }
  return {
    minutes: readField(minute, 0, 59),
    hours: readField(hour, 0, 23),
    daysOfMonth: readField(dayOfMonth, 1, 31),
    months: readField(month, 1, 12, MONTHS),
    daysOfWeek: readField(dayOfWeek, 0, 6, DAYS),
    anyDayOfMonth: isAny(dayOfMonth),
    anyDayOfWeek: isAny(dayOfWeek),
  };
}

function isAny(field: string): boolean {
  return field.startsWith('*') || field.startsWith('?');
}

/** `@every 1h30m`, rounded to seconds as upstream's ConstantDelaySchedule. */
function readEvery(text: string): CronSchedule {
  const duration = text.slice('@every '.length);
  if (!/^(\d+(\.\d+)?(h|m|s|ms|us|ns))+$/.test(duration)) {
    throw new CronError(
      `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`,
    );
  }
  let everyMs = 0;
  for (const [, count, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)/g)) {
    everyMs += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  const none: ReadonlySet<number> = new Set();
  return {
    minutes: none,
    hours: none,
    daysOfMonth: none,
    months: none,
    daysOfWeek: none,
    anyDayOfMonth: true,
    anyDayOfWeek: true,
    everyMs: Math.max(1000, Math.floor(everyMs / 1000) * 1000),
  };
}

function readField(
  field: string,
  least: number,
  most: number,
  names: readonly string[] = [],
): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(',').filter((one) => one !== '')) {
    const [range = '', step, ...moreSteps] = part.split('/');
    const [first = '', last, ...moreEnds] = range.split('-');
    if (moreEnds.length > 0) throw new CronError(`too many hyphens: ${part}`);
    if (moreSteps.length > 0) throw new CronError(`too many slashes: ${part}`);
    const isAll = range === '*' || range === '?';
    const low = isAll ? least : readValue(first, least, names);
    const single = step === undefined ? low : most;
    const high = isAll ? most : last === undefined ? single : readValue(last, least, names);
    const every = step === undefined ? 1 : readNumber(step);
    if (low < least)
      throw new CronError(`beginning of range (${low}) below minimum (${least}): ${part}`);
    if (high > most) throw new CronError(`end of range (${high}) above maximum (${most}): ${part}`);
    if (low > high)
      throw new CronError(`beginning of range (${low}) beyond end of range (${high}): ${part}`);
    if (every === 0) throw new CronError(`step of range should be a positive number: ${part}`);
    for (let value = low; value <= high; value += every) values.add(value);
  }
  return values;
}

function readValue(text: string, least: number, names: readonly string[]): number {
  const named = names.indexOf(text.toLowerCase());
  return named >= 0 ? named + least : readNumber(text);
}

function readNumber(text: string): number {
  if (/^-\d+$/.test(text)) throw new CronError(`negative number (${text}) not allowed: ${text}`);
  if (!/^\+?\d{1,15}$/.test(text)) {
    throw new CronError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

/** The time after `afterMs` (milliseconds since 1970) that a schedule means; undefined when there is none. */
export function nextTime(
  schedule: CronSchedule,
  afterMs: number,
  timeZone = 'UTC',
): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(afterMs / 1000) * 1000 + schedule.everyMs;
  const offset = offsetMs(timeZone, afterMs);
  const start = Math.floor((afterMs + offset) / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const day = new Date(start);
  day.setUTCHours(0, 0, 0, 0);
  for (let count = 0; count < HORIZON_DAYS; count++) {
    if (meansDay(schedule, day)) {
      for (const hour of sorted(schedule.hours)) {
        for (const minute of sorted(schedule.minutes)) {
          const local = day.getTime() + (hour * 60 + minute) * MINUTE_MS;
          if (local >= start) return local - offsetMs(timeZone, local - offset);
        }
      }
    }
    day.setUTCDate(day.getUTCDate() + 1);
  }
  return undefined;
}

function meansDay(schedule: CronSchedule, day: Date): boolean {
  if (!schedule.months.has(day.getUTCMonth() + 1)) return false;
  const byMonth = schedule.daysOfMonth.has(day.getUTCDate());
  const byWeek = schedule.daysOfWeek.has(day.getUTCDay());
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? byMonth && byWeek : byMonth || byWeek;
}

function sorted(values: ReadonlySet<number>): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

/** Whether a time zone is in the tz database. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** How far a zone's clocks are ahead of UTC at a moment; 0 for zones that are not known. */
function offsetMs(timeZone: string, atMs: number): number {
  if (timeZone === 'UTC' || timeZone === 'Etc/UTC') return 0;
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(atMs);
    const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
    const local = Date.UTC(
      of('year'),
      of('month') - 1,
      of('day'),
      of('hour'),
      of('minute'),
      of('second'),
    );
    return local - Math.floor(atMs / 1000) * 1000;
  } catch {
    return 0;
  }
}
