/** Cron expressions of five fields, as robfig/cron reads them (upstream's parser); pure. */

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
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 };

/** Reads a schedule; undefined when it is none. */
export function parseCron(text: string): CronSchedule | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('@every ')) return parseEvery(trimmed.slice('@every '.length));
  const fields = (SHORTHANDS[trimmed] ?? trimmed).split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields;
  if (fields.length !== 5) return undefined;
  const minutes = parseField(minute ?? '', 0, 59);
  const hours = parseField(hour ?? '', 0, 23);
  const daysOfMonth = parseField(dayOfMonth ?? '', 1, 31);
  const months = parseField(month ?? '', 1, 12, MONTHS);
  const daysOfWeek = parseField(dayOfWeek ?? '', 0, 6, DAYS);
  if (!minutes || !hours || !daysOfMonth || !months || !daysOfWeek) return undefined;
  return {
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek,
    anyDayOfMonth: isAny(dayOfMonth ?? ''),
    anyDayOfWeek: isAny(dayOfWeek ?? ''),
  };
}

function isAny(field: string): boolean {
  return field.startsWith('*') || field.startsWith('?');
}

function parseEvery(text: string): CronSchedule | undefined {
  let everyMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([hms])/g)) {
    everyMs += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  const none: ReadonlySet<number> = new Set();
  if (everyMs === 0) return undefined;
  return {
    minutes: none,
    hours: none,
    daysOfMonth: none,
    months: none,
    daysOfWeek: none,
    anyDayOfMonth: true,
    anyDayOfWeek: true,
    everyMs,
  };
}

function parseField(
  field: string,
  from: number,
  to: number,
  names: readonly string[] = [],
): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  const number = (text: string) => {
    const named = names.indexOf(text.toLowerCase());
    if (named >= 0) return named + from;
    return /^\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  for (const part of field.split(',')) {
    const [range = '', step] = part.split('/');
    const every = step === undefined ? 1 : Number(step);
    let low = from;
    let high = to;
    if (range !== '*' && range !== '?') {
      const [first = '', last] = range.split('-');
      low = number(first);
      high = last === undefined ? (step === undefined ? low : to) : number(last);
    }
    const valid = low >= from && high <= to && low <= high && Number.isInteger(every) && every > 0;
    if (!valid) return undefined;
    for (let value = low; value <= high; value += every) values.add(value);
  }
  return values;
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
