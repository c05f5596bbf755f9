import { formatIp, type Ip, isIpv4 } from '../../../addr/index.js';
import type { PortRange, RejectWith, Target } from '../../ops.js';
import type { Translated } from './translated.js';

type Of<K extends Target['target']> = Target & { readonly target: K };

const REJECTS: Readonly<Record<RejectWith, string>> = {
  'icmp-net-unreachable': 'reject with icmp net-unreachable',
  'icmp-host-unreachable': 'reject with icmp host-unreachable',
  'icmp-proto-unreachable': 'reject with icmp prot-unreachable',
  'icmp-port-unreachable': 'reject',
  'icmp-net-prohibited': 'reject with icmp net-prohibited',
  'icmp-host-prohibited': 'reject with icmp host-prohibited',
  'icmp-admin-prohibited': 'reject with icmp admin-prohibited',
  'tcp-reset': 'reject with tcp reset',
  'icmp6-no-route': 'reject with icmpv6 no-route',
  'icmp6-adm-prohibited': 'reject with icmpv6 admin-prohibited',
  'icmp6-addr-unreachable': 'reject with icmpv6 addr-unreachable',
  'icmp6-port-unreachable': 'reject',
  'icmp6-policy-fail': 'reject with icmpv6 policy-fail',
  'icmp6-reject-route': 'reject with icmpv6 reject-route',
};

/** A target of iptables as a statement of nft. */
export function translateTarget(target: Target): Translated {
  switch (target.target) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return { text: target.target.toLowerCase() };
    case 'jump':
    case 'goto':
      return { text: `${target.target} ${target.chain}` };
    case 'REJECT':
      return { text: REJECTS[target.with] };
    case 'DNAT':
    case 'SNAT':
      if (target.basePort !== undefined) return { unsupported: 'DNAT with a base port' };
      return { text: `${target.target.toLowerCase()} to ${translated(target)}${flags(target)}` };
    case 'MASQUERADE':
    case 'REDIRECT':
      return { text: `${target.target.toLowerCase()}${toPorts(target.ports)}${flags(target)}` };
    case 'MARK':
    case 'CONNMARK':
      return target.target === 'MARK'
        ? { text: `meta mark set ${changed('meta mark', target)}` }
        : connmark(target);
    case 'NOTRACK':
      return { text: 'notrack' };
    case 'CT':
      return target.notrack === true && target.zone === undefined
        ? { text: 'notrack' }
        : { unsupported: 'CT' };
    case 'TCPMSS':
      return {
        text: `tcp option maxseg size set ${target.clampToPmtu ? 'rt mtu' : (target.mss ?? 0)}`,
      };
    case 'TTL':
      return target.how === 'set' ? { text: `ip ttl set ${target.ttl}` } : { unsupported: 'TTL' };
    case 'DSCP':
      return { text: `ip dscp set 0x${target.dscp.toString(16)}` };
    case 'LOG':
      return { text: `log${target.prefix === '' ? '' : ` prefix "${target.prefix}"`}` };
    default:
      return { unsupported: target.target };
  }
}

function translated({ to, toEnd, ports }: Of<'DNAT' | 'SNAT'>): string {
  const port = ports === undefined ? '' : `:${range(ports)}`;
  if (to === undefined) return port;
  const address =
    toEnd === undefined || toEnd === to ? formatIp(to) : `${formatIp(to)}-${formatIp(toEnd)}`;
  return `${bracketed(to, address, port !== '')}${port}`;
}

function bracketed(to: Ip, text: string, withPort: boolean): string {
  return isIpv4(to) || !withPort ? text : `[${text}]`;
}

function range({ from, to }: PortRange): string {
  return from === to ? `${from}` : `${from}-${to}`;
}

function toPorts(ports: PortRange | undefined): string {
  return ports === undefined ? '' : ` to :${range(ports)}`;
}

function flags(target: {
  readonly random?: boolean;
  readonly randomFully?: boolean;
  readonly persistent?: boolean;
}): string {
  const words = [
    target.random === true ? 'random' : '',
    target.randomFully === true ? 'fully-random' : '',
    target.persistent === true ? 'persistent' : '',
  ].filter((word) => word !== '');
  return words.length === 0 ? '' : ` ${words.join(',')}`;
}

const FULL = 0xffffffff;

/** New value of a mark, `(old & ~mask) ^ value`, in the fewest words. */
function changed(
  field: string,
  { value, mask }: { readonly value: number; readonly mask: number },
): string {
  const kept = ~mask >>> 0;
  if (mask === FULL) return hex(value);
  if (value === mask) return `${field} | ${hex(mask)}`;
  if (mask === 0) return `${field} ^ ${hex(value)}`;
  return value === 0 ? `${field} & ${hex(kept)}` : `${field} & ${hex(kept)} ^ ${hex(value)}`;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** Copies of a part of a mark would need two values of the packet in one expression. */
function connmark(target: Extract<Target, { readonly ctMask?: number }>): Translated {
  if (target.verb === 'set-xmark') return { text: `ct mark set ${changed('ct mark', target)}` };
  const whole = target.mask === FULL && (target.ctMask ?? FULL) === FULL;
  if (!whole) return { unsupported: `CONNMARK --${target.verb} with a mask` };
  return { text: target.verb === 'save-mark' ? 'ct mark set meta mark' : 'meta mark set ct mark' };
}
