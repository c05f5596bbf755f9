import { IPV6_ANY, type Ip, isIpv4 } from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import type { NetNamespace } from './namespace.js';
import { errorOf, type RouteEntry } from './route.js';

/** What `ip route get` asks (RTM_GETROUTE). */
export interface RouteQuestion {
  readonly dst: Ip;
  readonly src?: Ip | undefined;
  /** As if a packet had come in by this device. */
  readonly iif?: NetDevice | undefined;
  readonly oif?: NetDevice | undefined;
  readonly mark?: number | undefined;
}

/** What the kernel would do with such a packet. */
export interface RouteAnswer {
  readonly type: RouteEntry['type'] | 'multicast';
  readonly dst: Ip;
  readonly via: Ip | undefined;
  readonly dev: NetDevice;
  /** Of an output route alone: the source address it would get. */
  readonly src: Ip | undefined;
  /** The table that answered; 254 while there are only the rules that every namespace begins with. */
  readonly table: number;
  /** The row of the table, absent where none was needed. */
  readonly entry: RouteEntry | undefined;
  /** RTCF_*: what `cache <...>` shows. */
  readonly flags: readonly ('local' | 'brd' | 'mc' | 'redirect')[];
  /** A learned path MTU, in octets. */
  readonly learnedMtuBytes: number | undefined;
}

const MAIN = 254;

/** Looks a route up without sending (inet_rtm_getroute, inet6_rtm_getroute). */
export function routeGet(netns: NetNamespace, question: RouteQuestion): Result<RouteAnswer, Errno> {
  const { dst, iif } = question;
  if (!isIpv4(dst)) return output6(netns, question);
  return iif === undefined ? output4(netns, question) : input4(netns, question, iif);
}

function output4(netns: NetNamespace, question: RouteQuestion): Result<RouteAnswer, Errno> {
  const { dst, mark = 0, oif, src } = question;
  if (!isIpv4(dst) || (src !== undefined && !isIpv4(src))) return fail('EINVAL');
  if (src !== undefined && src !== 0 && !netns.ip.isLocal(src)) return fail('ENETUNREACH');
  const { router } = netns;
  const route = router.outputRoute(dst, src, oif, mark);
  if (route === undefined) return fail(router.outputErrno);
  const type = router.outputType;
  const dev = type === 'local' ? netns.loopback : route.dev;
  if (dev === undefined) return fail('ENETUNREACH');
  const redirected = type === 'unicast' ? netns.exceptions.gatewayOf(dst) : undefined;
  return ok({
    type,
    dst,
    via: type === 'unicast' ? (redirected ?? route.via) : undefined,
    dev,
    src: router.chosenSource,
    table: netns.fib.customRules ? route.table : MAIN,
    entry: route,
    flags: flagsOf(type),
    learnedMtuBytes: netns.exceptions.mtuOf(dst),
  });
}

function input4(
  netns: NetNamespace,
  question: RouteQuestion,
  iif: NetDevice,
): Result<RouteAnswer, Errno> {
  const { dst, mark = 0, src = 0 } = question;
  if (!isIpv4(dst) || typeof src !== 'number') return fail('EINVAL');
  const { router } = netns;
  const decision = router.decideInput(dst, src as typeof dst, iif, mark);
  if (decision === 'drop') return fail(router.dropReason === 'rp-filter' ? 'EXDEV' : 'EINVAL');
  if (decision === 'error') return fail(router.error ?? 'EHOSTUNREACH');
  const { route } = router;
  const table = netns.fib.customRules ? (route?.table ?? MAIN) : MAIN;
  const common = { dst, src: undefined, table, entry: route, learnedMtuBytes: undefined };
  if (decision === 'forward') {
    const dev = route?.dev;
    if (dev === undefined) return fail('EHOSTUNREACH');
    const back = dev === iif && iif.conf.sendRedirects;
    const flags = back ? (['redirect'] as const) : [];
    return ok({ ...common, type: 'unicast', via: route?.via, dev, flags });
  }
  const type = decision === 'local' ? 'local' : 'broadcast';
  return ok({ ...common, type, via: undefined, dev: netns.loopback, flags: flagsOf(type) });
}

function output6(netns: NetNamespace, question: RouteQuestion): Result<RouteAnswer, Errno> {
  const { dst, iif, mark = 0, oif, src } = question;
  if (isIpv4(dst) || (src !== undefined && isIpv4(src))) return fail('EINVAL');
  const { router6 } = netns;
  const common = { dst, flags: [], learnedMtuBytes: undefined } as const;
  if (iif !== undefined) {
    const decision = router6.decideInput(dst, src ?? IPV6_ANY, iif, mark);
    const { route } = router6;
    if (route === undefined) return fail('ENETUNREACH');
    if (decision === 'error') return fail(errorOf(route.type));
    const dev = decision === 'local' ? netns.loopback : route.dev;
    if (dev === undefined) return fail('ENETUNREACH');
    const { table, type, via } = route;
    return ok({ ...common, type, via, dev, src: undefined, table, entry: route });
  }
  const entry = netns.fib.lookupFor({ dst, src, iif: undefined, oif, mark });
  if (entry === undefined) return fail('ENETUNREACH');
  if (entry.type === 'unreachable' || entry.type === 'prohibit' || entry.type === 'blackhole')
    return fail(errorOf(entry.type));
  const dev = entry.type === 'local' ? netns.loopback : entry.dev;
  if (dev === undefined) return fail('ENETUNREACH');
  const { table, type, via } = entry;
  // A way without a source is still a way.
  const sent = router6.outputRoute(dst, src, oif, mark);
  const source = sent === undefined ? undefined : router6.chosenSource;
  return ok({ ...common, type, via, dev, src: source, table, entry });
}

function flagsOf(type: RouteAnswer['type']): RouteAnswer['flags'] {
  switch (type) {
    case 'local':
      return ['local'];
    case 'broadcast':
      return ['local', 'brd'];
    case 'multicast':
      return ['local', 'mc'];
    default:
      return [];
  }
}
