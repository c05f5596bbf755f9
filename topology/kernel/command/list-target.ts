import { formatCidr } from '../../addr/index.js';
import type { LogOption, Target } from '../ops.js';
import { hex, type IpFamily, printPorts } from './print-match.js';
import { printNatRange, printTarget } from './print-target.js';

/** Bits of LOG's options (XT_LOG_*). */
const LOG_BITS: Readonly<Record<LogOption, number>> = {
  'tcp-sequence': 1,
  'tcp-options': 2,
  'ip-options': 4,
  uid: 8,
  macdecode: 32,
};

/** The name of a target in the column of `iptables -L`. */
export function targetName(target: Target | undefined, family: IpFamily): string {
  if (target === undefined) return '';
  if (target.target === 'jump' || target.target === 'goto') return target.chain;
  // iptables-nft has NOTRACK as an alias of CT.
  if (target.target === 'NOTRACK') return 'CT';
  return target.target === 'TTL' && family === 'ipv6' ? 'HL' : target.target;
}

/** What `iptables -L` prints of a target behind the matches. */
export function listTarget(target: Target, family: IpFamily): string {
  switch (target.target) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'TRACE':
    case 'jump':
    case 'goto':
      return '';
    case 'NOTRACK':
      return 'NOTRACK';
    case 'REJECT':
      return `reject-with ${target.with}`;
    case 'DNAT':
    case 'SNAT':
      return [
        `to:${printNatRange(target)}`,
        target.random === true ? 'random' : '',
        target.randomFully === true ? 'random-fully' : '',
        target.persistent === true ? 'persistent' : '',
      ]
        .filter((word) => word !== '')
        .join(' ');
    case 'MASQUERADE':
    case 'REDIRECT': {
      const label = target.target === 'REDIRECT' ? 'redir ports' : 'masq ports:';
      return [
        target.ports === undefined ? '' : `${label} ${printPorts(target.ports, '-')}`,
        target.random === true ? 'random' : '',
        target.target === 'MASQUERADE' && target.randomFully === true ? 'random-fully' : '',
      ]
        .filter((word) => word !== '')
        .join(' ');
    }
    case 'NETMAP':
      return `to:${formatCidr(target.to)}`;
    case 'MARK':
    case 'CONNMARK':
      return `${target.target} ${listMark(target)}`;
    case 'TCPMSS':
      return target.clampToPmtu ? 'TCPMSS clamp to PMTU' : `TCPMSS set ${target.mss ?? 0}`;
    case 'TTL': {
      const verb = { set: 'set to', dec: 'decrement by', inc: 'increment by' }[target.how];
      return `${family === 'ipv4' ? 'TTL' : 'HL'} ${verb} ${target.ttl}`;
    }
    case 'TOS':
      return `TOS set ${hex(target.value, 2)}/${hex(target.mask, 2)}`;
    case 'DSCP':
      return `DSCP set ${hex(target.dscp, 2)}`;
    case 'LOG': {
      const flags = (target.options ?? []).reduce((bits, option) => bits | LOG_BITS[option], 0);
      const prefix = target.prefix === '' ? '' : ` prefix "${target.prefix}"`;
      return `LOG flags ${flags} level ${target.level ?? 4}${prefix}`;
    }
    case 'CLASSIFY':
      return `CLASSIFY set ${target.major.toString(16)}:${target.minor.toString(16)}`;
    case 'CT':
      return printTarget(target, family).replace('-j ', '').replaceAll('--', '');
    case 'NFLOG':
    case 'SET':
      return printTarget(target, family)
        .replace(/^-j [A-Z]+ ?/, '')
        .replaceAll('--', '');
  }
}

function listMark(target: Target & { target: 'MARK' | 'CONNMARK' }): string {
  const { value, mask, verb } = target;
  if (verb !== 'set-xmark') {
    const ct = target.ctMask ?? mask;
    const name = verb === 'save-mark' ? 'save' : 'restore';
    if (mask === 0xffffffff && ct === 0xffffffff) return name;
    return mask === ct
      ? `${name} mask ${hex(mask)}`
      : `${name} nfmask ${hex(mask)} ctmask ~${hex(ct)}`;
  }
  if (value === 0) return `and ${hex(~mask >>> 0)}`;
  if (value === mask) return `or ${hex(value)}`;
  if (mask === 0) return `xor ${hex(value)}`;
  return mask === 0xffffffff ? `set ${hex(value)}` : `xset ${hex(value)}/${hex(mask)}`;
}
