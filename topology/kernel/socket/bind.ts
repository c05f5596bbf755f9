import {
  IPV4_LOOPBACK,
  IPV6_LOOPBACK,
  type Ip,
  isIpv4,
  isMapped6,
  isMulticast6,
} from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { Device } from '../contract.js';
import type { Errno } from '../errno.js';
import type { SocketAddress } from '../sys.js';
import { fromUser, isAny, needsScope } from './address.js';
import type { InetSock } from './inet-sock.js';
import { readSysctl } from './sysctl.js';

/** What a socket is to be bound to, checked: the address in the port table's form. */
export interface BindTarget {
  readonly address: Ip;
  /** The link of a link-local address, which the socket is bound to from now on. */
  readonly device: Device | undefined;
}

/**
 * The part of bind(2) that all protocols share (inet_bind, inet6_bind). Fails with EAFNOSUPPORT, EINVAL (a link-local
 * address without its link, a multicast IPv6 address for a stream), EADDRNOTAVAIL for an address that is not this
 * namespace's, EACCES for a privileged port.
 */
export function checkBind(sock: InetSock, wanted: SocketAddress): Result<BindTarget, Errno> {
  const { port } = wanted;
  const parsed = fromUser(sock.domain, wanted.address, sock.v6only);
  if (!parsed.ok) return parsed;
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) return fail('EINVAL');
  const address = parsed.value;
  if (sock.stream && !isIpv4(address) && isMulticast6(address)) return fail('EINVAL');
  const scoped = scopeDevice(sock, address, wanted.scopeId);
  if (!scoped.ok) return scoped;
  if (!mayBindAddress(sock, address, scoped.value)) return fail('EADDRNOTAVAIL');
  const unprivileged = readSysctl(sock.netns, 'net.ipv4.ip_unprivileged_port_start');
  if (port !== 0 && port < unprivileged && sock.uid !== 0) return fail('EACCES');
  if (sock.bindState !== 'unbound') return fail('EINVAL');
  return ok({ address, device: scoped.value });
}

/** Whether an address may be bound: one of this namespace, a broadcast or a multicast address, or any when asked so. */
function mayBindAddress(sock: InetSock, address: Ip, device: Device | undefined): boolean {
  if (isAny(address) || sock.freebind) return true;
  const { ip } = sock.netns;
  const nonlocal = isIpv4(address) ? 'net.ipv4.ip_nonlocal_bind' : 'net.ipv6.ip_nonlocal_bind';
  if (readSysctl(sock.netns, nonlocal) === 1) return true;
  const type = ip.addrType(address, needsScope(address) ? device : undefined);
  if (needsScope(address) ? type === 'local' : ip.isLocal(address)) return true;
  return type === 'multicast' || (isIpv4(address) && type === 'broadcast');
}

/**
 * The destination that an address means, in the port table's form: the wildcard is this host itself (RFC 1122 section
 * 3.2.1.3, Linux's reading). Fails with EAFNOSUPPORT for an address of another family than the bound one, ENETUNREACH for
 * an IPv4-mapped one where the socket speaks IPv6 alone.
 */
export function connectTarget(sock: InetSock, address: Ip): Result<Ip, Errno> {
  const bound = sock.addressLocked ? sock.address : undefined;
  if (!isIpv4(address) && isMapped6(address)) {
    if (sock.v6only || (bound !== undefined && !isIpv4(bound))) return fail('ENETUNREACH');
  }
  const target = fromUser(sock.domain, address, sock.v6only);
  if (!target.ok) return target;
  if (bound !== undefined && isIpv4(bound) !== isIpv4(target.value)) return fail('EAFNOSUPPORT');
  if (!isAny(target.value)) return target;
  if (!isAny(sock.address)) return ok(sock.address);
  return ok(isIpv4(target.value) ? IPV4_LOOPBACK : IPV6_LOOPBACK);
}

/**
 * The device that a socket uses towards an address: its own, or the link that the address's scope names. Fails with
 * EINVAL when they differ or a link-local address comes without its link, ENODEV.
 */
export function scopeDevice(
  sock: InetSock,
  address: Ip,
  scopeId: number | undefined,
): Result<Device | undefined, Errno> {
  const { device } = sock;
  if (!needsScope(address)) return ok(device);
  if (scopeId === undefined || scopeId === 0) {
    return device === undefined ? fail('EINVAL') : ok(device);
  }
  if (device !== undefined) return device.ifindex === scopeId ? ok(device) : fail('EINVAL');
  const scope = sock.netns.deviceByIndex(scopeId);
  return scope === undefined ? fail('ENODEV') : ok(scope);
}
