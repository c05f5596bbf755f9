import { fail, type Result } from '../base/index.js';
import { formatIpv4, type Ipv4, parseIpv4 } from './ipv4.js';
import { formatIpv6, type Ipv6, parseIpv6 } from './ipv6.js';

/** Either family; `typeof` tells which. */
export type Ip = Ipv4 | Ipv6;

/** Says which family an address is of. */
export function familyOf(address: Ip): 'ipv4' | 'ipv6' {
  return typeof address === 'number' ? 'ipv4' : 'ipv6';
}

/** True for the number form. */
export function isIpv4(address: Ip): address is Ipv4 {
  return typeof address === 'number';
}

/** Reads an address of either family. */
export function parseIp(text: string): Result<Ip, string> {
  if (text.includes(':')) return parseIpv6(text);
  const v4 = parseIpv4(text);
  return v4.ok ? v4 : fail(`must be an IP address such as 10.244.1.2 or fd00::1, not '${text}'`);
}

/** Writes an address of either family. */
export function formatIp(address: Ip): string {
  return isIpv4(address) ? formatIpv4(address) : formatIpv6(address);
}
