import { Netmask } from 'netmask';
import { fail, ok, type Result } from '../base/index.js';
import { type Ip, isIpv4, parseIp } from './ip.js';
import { formatIpv4, type Ipv4, parseIpv4 } from './ipv4.js';
import { formatIpv6, type Ipv6 } from './ipv6.js';

/** An IPv4 block; `network` has no host bits set. */
export interface Cidr4 {
  readonly network: Ipv4;
  readonly prefixLength: number;
}

/** An IPv6 block; `network` has no host bits set. */
export interface Cidr6 {
  readonly network: Ipv6;
  readonly prefixLength: number;
}

/** A block of either family. */
export type Cidr = Cidr4 | Cidr6;

/** An address together with its on-link prefix length, as `ip addr` writes it. */
export interface IpWithPrefix {
  readonly address: Ip;
  readonly prefixLength: number;
}

/** The mask of a prefix length from 0 to 32. */
export function maskOf4(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** The block of this size that an address lies in. */
export function cidr4(address: Ipv4, prefixLength: number): Cidr4 {
  return { network: ((address & maskOf4(prefixLength)) >>> 0) as Ipv4, prefixLength };
}

/** The IPv6 block of this size that an address lies in. */
export function cidr6(address: Ipv6, prefixLength: number): Cidr6 {
  const shift = BigInt(128 - prefixLength);
  return { network: ((address >> shift) << shift) as Ipv6, prefixLength };
}

/** The block of this size that an address of either family lies in. */
export function cidrOf(address: Ip, prefixLength: number): Cidr {
  return isIpv4(address) ? cidr4(address, prefixLength) : cidr6(address, prefixLength);
}

/** True when the block is of IPv4. */
export function isCidr4(block: Cidr): block is Cidr4 {
  return typeof block.network === 'number';
}

/** Whether an address lies in a block; false across families. */
export function contains(block: Cidr, address: Ip): boolean {
  if (isCidr4(block)) {
    return isIpv4(address) && (address & maskOf4(block.prefixLength)) >>> 0 === block.network;
  }
  if (isIpv4(address)) return false;
  const shift = BigInt(128 - block.prefixLength);
  return address >> shift === block.network >> shift;
}

/** Whether two blocks share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.prefixLength <= b.prefixLength ? contains(a, b.network) : contains(b, a.network);
}

/** The last address of an IPv4 block, its directed broadcast when shorter than /31. */
export function broadcastOf(block: Cidr4): Ipv4 {
  return ((block.network | ~maskOf4(block.prefixLength)) >>> 0) as Ipv4;
}

/** Number of addresses in an IPv4 block, network and broadcast included. */
export function sizeOf4(block: Cidr4): number {
  return 2 ** (32 - block.prefixLength);
}

/** Writes `10.244.0.0/16`. */
export function formatCidr(block: Cidr): string {
  const network = isCidr4(block) ? formatIpv4(block.network) : formatIpv6(block.network);
  return `${network}/${block.prefixLength}`;
}

/** Reads a block; refuses host bits and names the network that was probably meant. */
export function parseCidr(text: string): Result<Cidr, string> {
  const parsed = parseIpWithPrefix(text);
  if (!parsed.ok) return parsed;
  const { address, prefixLength } = parsed.value;
  const block = cidrOf(address, prefixLength);
  if (block.network === address) return ok(block);
  return fail(`must be a network address; '${text}' has host bits set, use '${formatCidr(block)}'`);
}

/** Reads an IPv4 block, as `parseCidr`. */
export function parseCidr4(text: string): Result<Cidr4, string> {
  const parsed = parseCidr(text);
  if (!parsed.ok) return parsed;
  return isCidr4(parsed.value)
    ? ok(parsed.value)
    : fail(`must be an IPv4 network such as 10.244.0.0/16, not '${text}'`);
}

/** Reads `10.244.1.1/24`: an address that keeps its host bits. */
export function parseIpWithPrefix(text: string): Result<IpWithPrefix, string> {
  const [addressText = '', lengthText, ...rest] = text.split('/');
  const address = parseIp(addressText);
  if (!address.ok || lengthText === undefined || rest.length > 0) {
    return fail(`must be an address with a prefix length such as 10.244.0.0/16, not '${text}'`);
  }
  const limit = isIpv4(address.value) ? 32 : 128;
  const prefixLength = Number(lengthText);
  if (!/^\d{1,3}$/.test(lengthText) || prefixLength > limit) {
    return fail(`must have a prefix length from 0 to ${limit}, not '/${lengthText}'`);
  }
  return ok({ address: address.value, prefixLength });
}

/** Reads a dotted mask such as 255.255.255.0 as a prefix length. */
export function prefixLengthOfMask(mask: string): Result<number, string> {
  if (!parseIpv4(mask).ok) return fail(`must be a netmask such as 255.255.255.0, not '${mask}'`);
  try {
    return ok(new Netmask(`0.0.0.0/${mask}`).bitmask);
  } catch {
    return fail(`must be a contiguous netmask such as 255.255.255.0, not '${mask}'`);
  }
}
