/** Durations as kubectl shows them (apimachinery, `util/duration.HumanDuration`). */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** `45s`, `5m30s`, `17m`, `3h20m`, `26h`, `5d4h`, `42d`, `2y35d`, `9y`. */
export function humanDuration(seconds: number): string {
  if (seconds < -1) return '<invalid>';
  const s = Math.max(0, Math.floor(seconds));
  if (s < 2 * MINUTE) return `${s}s`;
  if (s < 10 * MINUTE) return pair(s, MINUTE, 'm', 1, 's');
  if (s < 3 * HOUR) return `${Math.floor(s / MINUTE)}m`;
  if (s < 8 * HOUR) return pair(s, HOUR, 'h', MINUTE, 'm');
  if (s < 2 * DAY) return `${Math.floor(s / HOUR)}h`;
  if (s < 8 * DAY) return pair(s, DAY, 'd', HOUR, 'h');
  if (s < 2 * YEAR) return `${Math.floor(s / DAY)}d`;
  if (s < 8 * YEAR) return pair(s, YEAR, 'y', DAY, 'd');
  return `${Math.floor(s / YEAR)}y`;
}

type Units = readonly [big: number, bigName: string, small: number, smallName: string];

function pair(seconds: number, ...[big, bigName, small, smallName]: Units): string {
  const rest = Math.floor((seconds % big) / small);
  const head = `${Math.floor(seconds / big)}${bigName}`;
  return rest === 0 ? head : `${head}${rest}${smallName}`;
}

/** The time since a moment; `<unknown>` when there is none. Both RFC 3339. */
export function ageOf(time: string | undefined | null, now: string): string {
  if (time === undefined || time === null || time === '') return '<unknown>';
  return humanDuration((Date.parse(now) - Date.parse(time)) / 1000);
}
