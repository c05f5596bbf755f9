import type { Errno } from '../errno.js';
import type { SocketOption } from '../sys.js';
import type { InetSock } from './inet-sock.js';

const PMTU_DISCOVERY = ['dont', 'want', 'do', 'probe'] as const;
/** net.core.rmem_max: SO_RCVBUF asks for at most this. */
const RMEM_MAX_BYTES = 212_992;
/** SOCK_MIN_RCVBUF. */
const RMEM_MIN_BYTES = 2304;

/** MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL; MAX_TCP_KEEPCNT. */
const MAX_KEEPALIVE_SECONDS = 32_767;
const MAX_KEEPALIVE_PROBES = 127;

/** setsockopt(2). Fails with EINVAL for values out of range and for IPV6_V6ONLY after bind; ENOPROTOOPT. */
export function setSocketOption(
  sock: InetSock,
  option: SocketOption,
  value: number,
): Errno | undefined {
  switch (option) {
    case 'SO_REUSEADDR':
      sock.reuseAddr = value !== 0;
      return undefined;
    case 'SO_REUSEPORT':
      sock.reusePort = value !== 0;
      return undefined;
    case 'SO_BROADCAST':
      sock.broadcast = value !== 0;
      return undefined;
    case 'SO_RCVBUF':
      sock.receiveBufferBytes = Math.max(Math.min(value, RMEM_MAX_BYTES) * 2, RMEM_MIN_BYTES);
      return undefined;
    case 'IPV6_V6ONLY':
      if (sock.domain !== 'inet6') return 'ENOPROTOOPT';
      if (sock.bindState !== 'unbound') return 'EINVAL';
      sock.v6only = value !== 0;
      return undefined;
    case 'IP_TTL':
      if (value !== -1 && (value < 1 || value > 255)) return 'EINVAL';
      sock.ttl = value === -1 ? undefined : value;
      return undefined;
    case 'IP_TOS':
      sock.tos = value & 0xff;
      return undefined;
    case 'IP_RECVERR':
      sock.recvErr = value !== 0;
      return undefined;
    case 'IP_FREEBIND':
      sock.freebind = value !== 0;
      return undefined;
    case 'IP_MTU_DISCOVER': {
      const mode = PMTU_DISCOVERY[value];
      if (mode === undefined) return 'EINVAL';
      sock.pmtudisc = mode;
      return undefined;
    }
    case 'TCP_NODELAY':
      sock.noDelay = value !== 0;
      return undefined;
    case 'SO_KEEPALIVE':
      sock.keepAlive = value !== 0;
      return undefined;
    case 'TCP_KEEPIDLE':
      if (value < 1 || value > MAX_KEEPALIVE_SECONDS) return 'EINVAL';
      sock.keepIdleSeconds = value;
      return undefined;
    case 'TCP_KEEPINTVL':
      if (value < 1 || value > MAX_KEEPALIVE_SECONDS) return 'EINVAL';
      sock.keepIntervalSeconds = value;
      return undefined;
    case 'TCP_KEEPCNT':
      if (value < 1 || value > MAX_KEEPALIVE_PROBES) return 'EINVAL';
      sock.keepCount = value;
      return undefined;
    case 'SO_LINGER':
      sock.lingerSeconds = value < 0 ? undefined : value;
      return undefined;
  }
}

/** SO_BINDTODEVICE; '' takes it back. Fails with ENODEV. */
export function bindSocketToDevice(sock: InetSock, name: string): Errno | undefined {
  if (name === '') {
    sock.device = undefined;
    return undefined;
  }
  const device = sock.netns.device(name);
  if (device === undefined) return 'ENODEV';
  sock.device = device;
  return undefined;
}
