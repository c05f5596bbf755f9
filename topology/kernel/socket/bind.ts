import { IPV4_LOOPBACK, IPV6_LOOPBACK, type Ip, isIpv4 } from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { Errno } from '../errno.js';
import { fromUser, isAny } from './address.js';
import type { InetSock } from './inet-sock.js';
import { readSysctl } from './sysctl.js';

/**
 * The part of bind(2) that all protocols share (inet_bind, inet6_bind): the address in the port table's form. Fails with EAFNOSUPPORT, EINVAL,
 * EADDRNOTAVAIL for an address that is not this namespace's, EACCES for a privileged port.
 */
export function checkBind(sock: InetSock, address: Ip, port: number): Result<Ip, Errno> {
  const wanted = fromUser(sock.domain, address, sock.v6only);
  if (!wanted.ok) return wanted;
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) return fail('EINVAL');
  if (!mayBindAddress(sock, wanted.value)) return fail('EADDRNOTAVAIL');
  const unprivileged = readSysctl(sock.netns, 'net.ipv4.ip_unprivileged_port_start');
  if (port !== 0 && port < unprivileged && sock.uid !== 0) return fail('EACCES');
  if (sock.bindState !== 'unbound') return fail('EINVAL');
  return wanted;
}

/** Whether an address may be bound: one of this namespace, a broadcast or a multicast address, or any when asked so. */
function mayBindAddress(sock: InetSock, address: Ip): boolean {
  if (isAny(address) || sock.freebind) return true;
  if (sock.netns.ip.isLocal(address)) return true;
  if (readSysctl(sock.netns, 'net.ipv4.ip_nonlocal_bind') === 1) return true;
  const type = sock.netns.ip.addrType(address);
  return type === 'multicast' || (isIpv4(address) && type === 'broadcast');
}

/** The destination a connection means: the wildcard is this host itself (RFC 1122 section 3.2.1.3, Linux's reading). */
export function connectTarget(sock: InetSock, address: Ip): Result<Ip, Errno> {
  const target = fromUser(sock.domain, address, sock.v6only);
  if (!target.ok) return target;
  if (!isAny(target.value)) return target;
  if (!isAny(sock.address)) return ok(sock.address);
  return ok(isIpv4(target.value) ? IPV4_LOOPBACK : IPV6_LOOPBACK);
}
