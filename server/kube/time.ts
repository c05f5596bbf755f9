/** Times as the API writes them. */

/** A time as the API writes it: UTC, RFC 3339 to the second. */
export function rfc3339(msSince1970: number): string {
  return `${new Date(msSince1970).toISOString().slice(0, 19)}Z`;
}

/** A time some seconds after another; both RFC 3339 to the second. */
export function secondsAfter(time: string, seconds: number): string {
  return rfc3339(Date.parse(time) + seconds * 1000);
}
