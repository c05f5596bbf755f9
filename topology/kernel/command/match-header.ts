import {
  type Cidr,
  cidrOf,
  type Ip,
  isCidr4,
  isIpv4,
  parseIp,
  prefixLengthOfMask,
} from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { PortRange } from '../ops.js';
import { PROTO_NAMES } from './names.js';

/** Longest name of a device (IFNAMSIZ less one). */
export const IFNAME_MAX = 15;

/**
 * Reads a block as `-s` takes it: address, CIDR (host bits are cut off) or address and mask; failures are iptables'
 * own words.
 *
 * Fidelity: names are not resolved, and masks with holes are refused.
 */
export function parseBlock(text: string, family: 'ipv4' | 'ipv6'): Result<Cidr, string> {
  const [addressText = '', mask] = text.split('/');
  const widest = family === 'ipv4' ? 32 : 128;
  const address = family === 'ipv4' ? parseShortIpv4(addressText) : parseIp(addressText);
  if (!address.ok || isIpv4(address.value) !== (family === 'ipv4')) {
    return fail(`host/network \`${addressText}' not found`);
  }
  const length = mask === undefined ? widest : maskLength(mask, widest);
  if (length === undefined) return fail(`invalid mask \`${mask ?? ''}' specified`);
  return ok(cidrOf(address.value, length));
}

/** `10.1` stands for 10.1.0.0 (xtables_numeric_to_ipaddr). */
function parseShortIpv4(text: string): Result<Ip, string> {
  const parts = text.split('.').length;
  return parseIp(parts < 4 && text !== '' ? `${text}${'.0'.repeat(4 - parts)}` : text);
}

function maskLength(mask: string, widest: number): number | undefined {
  if (/^\d+$/.test(mask)) return Number(mask) <= widest ? Number(mask) : undefined;
  if (mask.includes('.')) {
    const length = prefixLengthOfMask(mask);
    return length.ok ? length.value : undefined;
  }
  const six = parseIp(mask);
  if (!six.ok || isIpv4(six.value)) return undefined;
  const bits = BigInt(six.value).toString(2).padStart(128, '0');
  const ones = bits.indexOf('0') < 0 ? 128 : bits.indexOf('0');
  return bits.slice(ones).includes('1') ? undefined : ones;
}

/** Whether a block holds every address of its family. */
export function isEverything(block: Cidr): boolean {
  return block.prefixLength === 0;
}

/** The widest prefix of a block's family. */
export function widestOf(block: Cidr): number {
  return isCidr4(block) ? 32 : 128;
}

/** Services with a name that rules often use (/etc/services). */
const SERVICES: Readonly<Record<string, number>> = {
  'ftp-data': 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  http: 80,
  kerberos: 88,
  pop3: 110,
  sunrpc: 111,
  ntp: 123,
  imap2: 143,
  snmp: 161,
  bgp: 179,
  ldap: 389,
  https: 443,
  submission: 587,
  ldaps: 636,
  'domain-s': 853,
  imaps: 993,
  pop3s: 995,
  nfs: 2049,
  mysql: 3306,
  postgresql: 5432,
  amqp: 5672,
  redis: 6379,
};

/** A port by number or by the name of its service. */
export function portOf(text: string): number | undefined {
  const port = SERVICES[text] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  return port !== undefined && port <= 65_535 ? port : undefined;
}

/** The name of a service, for listings. */
export function serviceOf(port: number): string | undefined {
  return Object.keys(SERVICES).find((name) => SERVICES[name] === port);
}

/** Reads `80`, `1000:2000`, `:1023`, `http`, as `--dport` does; failures are iptables' own words. */
export function parsePortRange(text: string): Result<PortRange, string> {
  const [low = '', high] = text.split(':');
  const from = portOf(low === '' && high !== undefined ? '0' : low);
  const to = high === undefined ? from : portOf(high === '' ? '65535' : high);
  if (from === undefined) return fail(`invalid port/service \`${low}' specified`);
  if (to === undefined) return fail(`invalid port/service \`${high ?? ''}' specified`);
  if (from > to) return fail('invalid portrange (min > max)');
  return ok({ from, to });
}

/** A protocol by name, or number to 255; undefined when it is neither. */
export function protoOf(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === 'all') return 0;
  const named = PROTO_NAMES.find(([name]) => name === lower)?.[1];
  if (named !== undefined) return named;
  return /^\d+$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}
