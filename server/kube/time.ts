/** Times as the API writes them. */

/** A time as the API writes it: UTC, RFC 3339 to the second. */
export function rfc3339(msSince1970: number): string {
  return `${new Date(msSince1970).toISOString().slice(0, 19)}Z`;
}

/** The last time that four digits of a year can write. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** A time some seconds after another, or the last there is; both RFC 3339 to the second. */
export function secondsAfter(time: string, seconds: number): string {
  return rfc3339(Math.min(Date.parse(time) + seconds * 1000, LAST_MS));
}
