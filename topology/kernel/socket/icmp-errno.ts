import { ICMP4, ICMP6 } from '../../wire/index.js';
import type { Errno } from '../errno.js';

/** What an ICMP error means to a socket. */
export interface IcmpMeaning {
  readonly errno: Errno;
  /** Hard errors reach a connected datagram socket; soft ones only those with IP_RECVERR. */
  readonly hard: boolean;
  /** Says that a smaller packet may pass; a socket that never sets DF ignores it. */
  readonly tooBig: boolean;
}

function meaning(errno: Errno, hard: boolean): IcmpMeaning {
  return { errno, hard, tooBig: false };
}

/** icmp_err_convert of net/ipv4/icmp.c; the index is the code of destination-unreachable. */
const UNREACHABLE4: readonly IcmpMeaning[] = [
  meaning('ENETUNREACH', false),
  meaning('EHOSTUNREACH', false),
  meaning('ENOPROTOOPT', true),
  meaning('ECONNREFUSED', true),
  { errno: 'EMSGSIZE', hard: true, tooBig: true },
  meaning('EOPNOTSUPP', false),
  meaning('ENETUNREACH', true),
  meaning('EHOSTDOWN', true),
  meaning('ENONET', true),
  meaning('ENETUNREACH', true),
  meaning('EHOSTUNREACH', true),
  meaning('ENETUNREACH', false),
  meaning('EHOSTUNREACH', false),
  meaning('EHOSTUNREACH', true),
  meaning('EHOSTUNREACH', true),
  meaning('EHOSTUNREACH', true),
];

/** tab_unreach of net/ipv6/icmp.c. */
const UNREACHABLE6: readonly IcmpMeaning[] = [
  meaning('ENETUNREACH', false),
  meaning('EACCES', true),
  meaning('EHOSTUNREACH', false),
  meaning('EHOSTUNREACH', false),
  meaning('ECONNREFUSED', true),
  meaning('EACCES', true),
  meaning('EACCES', true),
];

/** Reads an error's type and code for a socket; undefined for messages that no socket hears of. */
export function icmpMeaning(
  family: 'ipv4' | 'ipv6',
  type: number,
  code: number,
): IcmpMeaning | undefined {
  if (family === 'ipv4') {
    switch (type) {
      case ICMP4.destUnreachable:
        return UNREACHABLE4[code];
      case ICMP4.timeExceeded:
        return code === 0 ? meaning('EHOSTUNREACH', false) : undefined;
      case ICMP4.parameterProblem:
        return meaning('EPROTO', true);
      default:
        return undefined;
    }
  }
  switch (type) {
    case ICMP6.destUnreachable:
      return UNREACHABLE6[code] ?? meaning('EPROTO', true);
    case ICMP6.packetTooBig:
      return { errno: 'EMSGSIZE', hard: true, tooBig: true };
    case ICMP6.timeExceeded:
      return meaning('EHOSTUNREACH', false);
    case ICMP6.parameterProblem:
      return meaning('EPROTO', true);
    default:
      return undefined;
  }
}
