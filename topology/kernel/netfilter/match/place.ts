import { isIpv4 } from '../../../addr/index.js';
import type { Device } from '../../contract.js';
import type { AddrType, AddrtypeMatch, Asked, Match, PhysdevMatch } from '../../ops.js';
import type { Predicate } from './facts.js';

/**
 * Matches that ask where a packet comes from and goes to.
 */

/** Interface names of iptables: a `+` at the end stands for any ending. */
export function namePattern(pattern: string): (name: string) => boolean {
  if (!pattern.endsWith('+')) return (name) => name === pattern;
  const prefix = pattern.slice(0, -1);
  return (name) => name.startsWith(prefix);
}

const ADDR_TYPE: Readonly<Record<string, AddrType>> = {
  unicast: 'UNICAST',
  local: 'LOCAL',
  broadcast: 'BROADCAST',
  multicast: 'MULTICAST',
  unreachable: 'UNREACHABLE',
  prohibit: 'PROHIBIT',
  blackhole: 'BLACKHOLE',
};

/** net/netfilter/xt_addrtype.c. */
export function compileAddrtype(match: AddrtypeMatch): Predicate {
  const { srcTypes, dstTypes, srcInvert, dstInvert, limitIfaceIn, limitIfaceOut } = match;
  return ({ netns, src, dst, inDev, outDev }) => {
    const device = limitIfaceIn === true ? inDev : limitIfaceOut === true ? outDev : undefined;
    const is = (address: typeof src, types: readonly AddrType[]): boolean => {
      const type = ADDR_TYPE[netns.ip.addrType(address, device)];
      return type !== undefined && types.includes(type);
    };
    if (srcTypes !== undefined && is(src, srcTypes) === (srcInvert === true)) return false;
    return dstTypes === undefined || is(dst, dstTypes) !== (dstInvert === true);
  };
}

function deviceAsked(what: Asked<string> | undefined): (device: Device | undefined) => boolean {
  if (what === undefined) return () => true;
  const matches = namePattern(what.value);
  const invert = what.invert === true;
  return (device) => matches(device?.name ?? '') !== invert;
}

/**
 * net/netfilter/xt_physdev.c. A packet that no bridge carries has no ports: only what is asked in the negative holds.
 */
export function compilePhysdev(match: PhysdevMatch): Predicate {
  const inFits = deviceAsked(match.in);
  const outFits = deviceAsked(match.out);
  const { isIn, isOut, isBridged } = match;
  return ({ skb: { physIn, physOut } }) => {
    const onBridge = physIn !== undefined || physOut !== undefined;
    if (!onBridge) {
      return (
        isBridged !== true &&
        isIn !== true &&
        isOut !== true &&
        (match.in === undefined || match.in.invert === true) &&
        (match.out === undefined || match.out.invert === true)
      );
    }
    if (isBridged !== undefined && isBridged !== (physIn !== undefined && physOut !== undefined)) {
      return false;
    }
    if (isIn !== undefined && isIn !== (physIn !== undefined)) return false;
    if (isOut !== undefined && isOut !== (physOut !== undefined)) return false;
    return inFits(physIn) && outFits(physOut);
  };
}

/** Reverse path filtering as a match (net/ipv4/netfilter/ipt_rpfilter.c, ip6t_rpfilter.c). */
export function compileRpfilter(match: Match & { match: 'rpfilter' }): Predicate {
  const invert = match.invert === true;
  return ({ netns, skb, src, dst, inDev }) => {
    const passes = (): boolean => {
      if (inDev === undefined || inDev.kind === 'loopback') return true;
      const type = netns.ip.addrType(dst);
      if (isIpv4(src) && src === 0) return type === 'broadcast' || type === 'multicast';
      const mark = match.validMark === true ? skb.mark : 0;
      const route = netns.ip.route({ dst: src, src: dst, mark });
      if (route === undefined) return false;
      if (route.type !== 'unicast' && (route.type !== 'local' || match.acceptLocal !== true)) {
        return false;
      }
      return match.loose === true || route.dev === inDev;
    };
    return passes() !== invert;
  };
}
