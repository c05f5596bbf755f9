/** Calendar time in UTC from milliseconds since 1970, and the forms in which programs print it. */

const DAY_MS = 86_400_000;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const MONTHS_LONG =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const DAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');
const DAYS_LONG = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** A moment as calendars show it; month from 1, weekday from 0 (Sunday). */
export interface CalendarTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly weekday: number;
  readonly dayOfYear: number;
}

/** Splits a moment in the proleptic Gregorian calendar. */
export function calendarTime(wallMs: number): CalendarTime {
  const days = Math.floor(wallMs / DAY_MS);
  const rest = wallMs - days * DAY_MS;
  // Years are counted from 1 March of year 0, so that the leap day is the last of its year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return {
    year,
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60,
    millisecond: Math.floor(rest % 1000),
    weekday: (((days + 4) % 7) + 7) % 7,
    dayOfYear: month <= 2 ? dayOfYear - 305 : dayOfYear + (leap ? 61 : 60),
  };
}

/** `Mon, 23 Nov 2026 17:19:03 GMT` (RFC 9110 section 5.6.7). */
export function httpDate(wallMs: number): string {
  return formatDate(wallMs, '%a, %d %b %Y %H:%M:%S GMT');
}

/** `23/Nov/2026:17:19:03 +0000`, the date of the common log format. */
export function logDate(wallMs: number): string {
  return formatDate(wallMs, '%d/%b/%Y:%H:%M:%S +0000');
}

/** strftime(3), in UTC and the C locale; `%N` is nanoseconds, `%3N` milliseconds. */
export function formatDate(wallMs: number, format: string): string {
  const time = calendarTime(wallMs);
  return format.replace(/%(-?)(3?)([a-zA-Z%])/g, (whole, dash: string, _digits, letter: string) => {
    const text = conversion(time, wallMs, whole === '%3N' ? '3N' : letter);
    if (text === undefined) return whole;
    return dash === '' ? text : text.replace(/^0+(?=\d)/, '');
  });
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function conversion(time: CalendarTime, wallMs: number, letter: string): string | undefined {
  switch (letter) {
    case '%':
      return '%';
    case 'Y':
      return String(time.year);
    case 'y':
      return two(time.year % 100);
    case 'm':
      return two(time.month);
    case 'd':
      return two(time.day);
    case 'e':
      return String(time.day).padStart(2, ' ');
    case 'H':
      return two(time.hour);
    case 'I':
      return two(time.hour % 12 === 0 ? 12 : time.hour % 12);
    case 'p':
      return time.hour < 12 ? 'AM' : 'PM';
    case 'M':
      return two(time.minute);
    case 'S':
      return two(time.second);
    case 'j':
      return String(time.dayOfYear).padStart(3, '0');
    case 'u':
      return String(time.weekday === 0 ? 7 : time.weekday);
    case 'w':
      return String(time.weekday);
    case 'a':
      return DAYS[time.weekday];
    case 'A':
      return DAYS_LONG[time.weekday];
    case 'b':
    case 'h':
      return MONTHS[time.month - 1];
    case 'B':
      return MONTHS_LONG[time.month - 1];
    case 'Z':
      return 'UTC';
    case 'z':
      return '+0000';
    case 's':
      return String(Math.floor(wallMs / 1000));
    case 'N':
      return `${String(time.millisecond).padStart(3, '0')}000000`;
    case '3N':
      return String(time.millisecond).padStart(3, '0');
    case 'n':
      return '\n';
    case 't':
      return '\t';
    default:
      return composite(time, wallMs, letter);
  }
}

function composite(time: CalendarTime, wallMs: number, letter: string): string | undefined {
  switch (letter) {
    case 'F':
      return `${time.year}-${two(time.month)}-${two(time.day)}`;
    case 'T':
      return formatDate(wallMs, '%H:%M:%S');
    case 'R':
      return formatDate(wallMs, '%H:%M');
    case 'D':
      return formatDate(wallMs, '%m/%d/%y');
    case 'c':
      return formatDate(wallMs, '%a %b %e %H:%M:%S %Y');
    case 'r':
      return formatDate(wallMs, '%I:%M:%S %p');
    default:
      return undefined;
  }
}
