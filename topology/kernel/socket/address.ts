import {
  IPV4_ANY,
  type Ip,
  type Ipv4,
  type Ipv6,
  ipv4,
  isIpv4,
  isLinkLocal6,
  isMapped6,
  isMulticast6,
  SCOPE6,
  scopeOf6,
} from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { Errno } from '../errno.js';
import type { SocketDomain } from './factory.js';

const MAPPED_PREFIX = 0xffffn;

/** The IPv4-mapped form of an IPv4 address. */
export function toMapped(address: Ipv4): Ipv6 {
  return ((MAPPED_PREFIX << 32n) | BigInt(address)) as Ipv6;
}

/**
 * Whether an address means something only together with a link: fe80::/10 and groups of interface or link scope
 * (__ipv6_addr_needs_scope_id).
 */
export function needsScope(address: Ip): boolean {
  if (isIpv4(address)) return false;
  if (isLinkLocal6(address)) return true;
  return isMulticast6(address) && scopeOf6(address) <= SCOPE6.link;
}

/** Whether it is the wildcard of its family. */
export function isAny(address: Ip): boolean {
  return address === 0 || address === 0n;
}

/**
 * The address as the port table keeps it: IPv4-mapped ones become IPv4. Fails with EAFNOSUPPORT for an address of
 * another family, EINVAL for a mapped one on an IPV6_V6ONLY socket.
 */
export function fromUser(domain: SocketDomain, address: Ip, v6only: boolean): Result<Ip, Errno> {
  if (domain === 'inet') return isIpv4(address) ? ok(address) : fail('EAFNOSUPPORT');
  if (isIpv4(address)) return fail('EAFNOSUPPORT');
  if (!isMapped6(address)) return ok(address);
  return v6only ? fail('EINVAL') : ok(ipv4(Number(address & 0xffffffffn)));
}

/** The address as a program of that family sees it. */
export function toUser(domain: SocketDomain, address: Ip): Ip {
  return domain === 'inet6' && isIpv4(address) ? toMapped(address) : address;
}

/** The wildcard of a family. */
export function anyAddress(domain: SocketDomain): Ip {
  return domain === 'inet' ? IPV4_ANY : (0n as Ipv6);
}
