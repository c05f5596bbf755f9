/** Values of `format` that texts are checked for (kube-openapi, `pkg/validation/strfmt`). */

import { isIP, isIPv4, isIPv6 } from 'node:net';

const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/;
const DURATION = /^[+-]?(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w)\s*)+$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const HOSTNAME = /^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i;
const EMAIL = /^[^\s@<>]+@[^\s@<>]+$/;

/** Tests by name. Formats that are not here are not checked. */
export const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['byte', (text) => BASE64.test(text) && text.length % 4 === 0],
  ['cidr', isCidr],
  ['date', (text) => DATE.test(text)],
  ['date-time', (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text))],
  ['datetime', (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text))],
  ['duration', (text) => DURATION.test(text)],
  ['email', (text) => EMAIL.test(text)],
  ['hostname', (text) => text.length <= 255 && HOSTNAME.test(text)],
  ['ipv4', isIPv4],
  ['ipv6', isIPv6],
  ['uri', (text) => URL.canParse(text)],
  ['uuid', (text) => UUID.test(text)],
]);

function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...more] = text.split('/');
  const version = isIP(address);
  return (
    more.length === 0 &&
    version !== 0 &&
    /^\d{1,3}$/.test(prefix) &&
    Number(prefix) <= (version === 4 ? 32 : 128)
  );
}
