import { formatCidr, formatIp, type Ip, isIpv4 } from '../../addr/index.js';
import type { PortRange, Target } from '../ops.js';
import { hex, type IpFamily, printPorts, quoteText } from './print-match.js';

/** A target with its options, as `iptables-save` prints it. */
export function printTarget(target: Target, family: IpFamily): string {
  switch (target.target) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'NOTRACK':
    case 'TRACE':
      return `-j ${target.target}`;
    case 'jump':
      return `-j ${target.chain}`;
    case 'goto':
      return `-g ${target.chain}`;
    case 'REJECT':
      return `-j REJECT --reject-with ${target.with}`;
    case 'DNAT':
    case 'SNAT': {
      const option = target.target === 'DNAT' ? '--to-destination' : '--to-source';
      const flags = [
        target.random === true ? ' --random' : '',
        target.randomFully === true ? ' --random-fully' : '',
        target.persistent === true ? ' --persistent' : '',
      ].join('');
      return `-j ${target.target} ${option} ${printNatRange(target)}${flags}`;
    }
    case 'MASQUERADE':
    case 'REDIRECT': {
      const ports =
        target.ports === undefined ? '' : ` --to-ports ${printPorts(target.ports, '-')}`;
      const random = target.random === true ? ' --random' : '';
      const fully =
        target.target === 'MASQUERADE' && target.randomFully === true ? ' --random-fully' : '';
      return `-j ${target.target}${ports}${random}${fully}`;
    }
    case 'NETMAP':
      return `-j NETMAP --to ${formatCidr(target.to)}`;
    case 'MARK':
    case 'CONNMARK': {
      if (target.verb === 'set-xmark') {
        return `-j ${target.target} --set-xmark ${hex(target.value)}/${hex(target.mask)}`;
      }
      const masks = `--nfmask ${hex(target.mask)} --ctmask ${hex(target.ctMask ?? target.mask)}`;
      return `-j CONNMARK --${target.verb} ${masks}`;
    }
    case 'TCPMSS':
      return target.clampToPmtu
        ? '-j TCPMSS --clamp-mss-to-pmtu'
        : `-j TCPMSS --set-mss ${target.mss ?? 536}`;
    case 'CT':
      return `-j CT${ctOptions(target)}`;
    case 'TTL': {
      const [name, prefix] = family === 'ipv4' ? ['TTL', 'ttl'] : ['HL', 'hl'];
      return `-j ${name} --${prefix}-${target.how} ${target.ttl}`;
    }
    case 'TOS':
      return `-j TOS --set-tos ${hex(target.value, 2)}/${hex(target.mask, 2)}`;
    case 'DSCP':
      return `-j DSCP --set-dscp ${hex(target.dscp, 2)}`;
    case 'LOG': {
      const prefix = target.prefix === '' ? '' : ` --log-prefix ${quoteText(target.prefix)}`;
      const level = target.level === undefined ? '' : ` --log-level ${target.level}`;
      const options = (target.options ?? []).map((option) => ` --log-${option}`).join('');
      return `-j LOG${prefix}${level}${options}`;
    }
    case 'NFLOG': {
      const number = (name: string, value: number | undefined): string =>
        value === undefined ? '' : ` --nflog-${name} ${value}`;
      const prefix =
        target.prefix === undefined ? '' : ` --nflog-prefix ${quoteText(target.prefix)}`;
      const size = number('size', target.size);
      return `-j NFLOG${prefix}${number('group', target.group)}${size}${number('threshold', target.threshold)}`;
    }
    case 'SET': {
      const exist = target.exist === true ? ' --exist' : '';
      const timeout =
        target.timeoutSeconds === undefined ? '' : ` --timeout ${target.timeoutSeconds}`;
      return `-j SET --${target.verb} ${target.name} ${target.dims.join(',')}${exist}${timeout}`;
    }
    case 'CLASSIFY': {
      const digits = (value: number) => value.toString(16).padStart(4, '0');
      return `-j CLASSIFY --set-class ${digits(target.major)}:${digits(target.minor)}`;
    }
  }
}

function ctOptions(target: Extract<Parameters<typeof printTarget>[0], { target: 'CT' }>): string {
  const ending = { original: '-orig', reply: '-reply', none: '' }[target.zoneDirection ?? 'none'];
  return [
    target.notrack === true ? ' --notrack' : '',
    target.events === undefined ? '' : ` --ctevents ${target.events.join(',')}`,
    target.zone === undefined ? '' : ` --zone${ending} ${target.zone}`,
  ].join('');
}

/** `10.0.0.1-10.0.0.9:80-90`, `[fd00::1]:80`, `:80`. */
export function printNatRange(target: {
  readonly to?: Ip;
  readonly toEnd?: Ip;
  readonly ports?: PortRange;
  readonly basePort?: number;
}): string {
  const { to, toEnd, ports, basePort } = target;
  const base = basePort === undefined ? '' : `/${basePort}`;
  const portText = ports === undefined ? '' : `:${printPorts(ports, '-')}${base}`;
  if (to === undefined) return portText;
  const range = toEnd === undefined ? formatIp(to) : `${formatIp(to)}-${formatIp(toEnd)}`;
  return !isIpv4(to) && portText !== '' ? `[${range}]${portText}` : `${range}${portText}`;
}
