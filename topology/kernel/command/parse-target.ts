import { type Ip, parseIp } from '../../addr/index.js';
import type { PortRange, RejectWith, Target } from '../ops.js';
import { parseMark } from './match-extension.js';
import { parsePorts } from './match-header.js';
import { type Words, wholeNumber } from './words.js';

const FULL_MASK = 0xffffffff;

/** Names of `--reject-with` for each family; the first is the default. */
const REJECTS: Readonly<Record<'ipv4' | 'ipv6', readonly (readonly [string, RejectWith])[]>> = {
  ipv4: [
    ['icmp-port-unreachable', 'icmp-port-unreachable'],
    ['port-unreach', 'icmp-port-unreachable'],
    ['icmp-net-unreachable', 'icmp-net-unreachable'],
    ['net-unreach', 'icmp-net-unreachable'],
    ['icmp-host-unreachable', 'icmp-host-unreachable'],
    ['host-unreach', 'icmp-host-unreachable'],
    ['icmp-proto-unreachable', 'icmp-proto-unreachable'],
    ['proto-unreach', 'icmp-proto-unreachable'],
    ['icmp-net-prohibited', 'icmp-net-prohibited'],
    ['net-prohib', 'icmp-net-prohibited'],
    ['icmp-host-prohibited', 'icmp-host-prohibited'],
    ['host-prohib', 'icmp-host-prohibited'],
    ['icmp-admin-prohibited', 'icmp-admin-prohibited'],
    ['admin-prohib', 'icmp-admin-prohibited'],
    ['tcp-reset', 'tcp-reset'],
    ['tcp-rst', 'tcp-reset'],
  ],
  ipv6: [
    ['icmp6-port-unreachable', 'icmp6-port-unreachable'],
    ['port-unreach', 'icmp6-port-unreachable'],
    ['icmp6-no-route', 'icmp6-no-route'],
    ['no-route', 'icmp6-no-route'],
    ['icmp6-adm-prohibited', 'icmp6-adm-prohibited'],
    ['adm-prohibited', 'icmp6-adm-prohibited'],
    ['icmp6-addr-unreachable', 'icmp6-addr-unreachable'],
    ['addr-unreach', 'icmp6-addr-unreachable'],
    ['tcp-reset', 'tcp-reset'],
    ['tcp-rst', 'tcp-reset'],
  ],
};

/** Targets of Linux that podnet does not have; any other unknown name is a chain. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'AUDIT',
  'CHECKSUM',
  'CLASSIFY',
  'CONNSECMARK',
  'CT',
  'DSCP',
  'ECN',
  'HL',
  'HMARK',
  'IDLETIMER',
  'LED',
  'NETMAP',
  'NFLOG',
  'NFQUEUE',
  'QUEUE',
  'RATEEST',
  'SECMARK',
  'SET',
  'SYNPROXY',
  'TCPOPTSTRIP',
  'TEE',
  'TOS',
  'TPROXY',
  'TRACE',
  'TTL',
  'ULOG',
]);

/** Reads what follows `-j`: the target's name and its options. */
export function readTarget(words: Words, family: 'ipv4' | 'ipv6'): Target | undefined {
  const name = words.need('a target such as ACCEPT, or a chain');
  if (words.failed) return undefined;
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'NOTRACK':
      return { target: name };
    case 'CT':
      if (words.skip('--notrack')) return { target: 'NOTRACK' };
      words.unsupported('CT', '-j CT --notrack');
      return undefined;
    case 'REJECT':
      return readReject(words, family);
    case 'DNAT':
    case 'SNAT':
      return readNat(words, name);
    case 'MASQUERADE':
    case 'REDIRECT':
      return readPortTarget(words, name);
    case 'MARK':
    case 'CONNMARK':
      return readMarkTarget(words, name);
    case 'TCPMSS':
      if (words.skip('--clamp-mss-to-pmtu')) return { target: 'TCPMSS', clampToPmtu: true };
      if (words.skip('--set-mss')) {
        return { target: 'TCPMSS', clampToPmtu: false, mss: words.number('set-mss', 1, 65_535) };
      }
      words.bad(
        words.peek,
        'TCPMSS target: At least one parameter is required',
        '--clamp-mss-to-pmtu or --set-mss N',
      );
      return undefined;
    case 'LOG':
      return readLog(words);
    default:
      if (!UNSUPPORTED.has(name)) return { target: 'jump', chain: name };
      words.unsupported(
        name,
        'ACCEPT, DROP, RETURN, REJECT, DNAT, SNAT, MASQUERADE, REDIRECT, MARK or a chain',
      );
      return undefined;
  }
}

function readReject(words: Words, family: 'ipv4' | 'ipv6'): Target {
  const names = REJECTS[family];
  const first = family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  if (!words.skip('--reject-with')) return { target: 'REJECT', with: first };
  const word = words.need('a type');
  const found = names.find(([name]) => name === word)?.[1];
  if (found === undefined && !words.failed) {
    const unique = [...new Set(names.map(([, type]) => type))];
    words.bad(word, `unknown reject type "${word}"`, `one of ${unique.join(', ')}`);
  }
  return { target: 'REJECT', with: found ?? first };
}

function readNat(words: Words, target: 'DNAT' | 'SNAT'): Target | undefined {
  const option = target === 'DNAT' ? '--to-destination' : '--to-source';
  let range: NatRange | undefined;
  let random = false;
  let persistent = false;
  for (;;) {
    if (words.skip(option)) range = readNatRange(words, option);
    else if (words.skip('--random') || words.skip('--random-fully')) random = true;
    else if (words.skip('--persistent')) persistent = true;
    else break;
  }
  if (range === undefined) {
    if (!words.failed) {
      words.bad(
        words.peek,
        `${target}: option "${option}" must be specified`,
        `${option} ADDRESS[:PORT]`,
      );
    }
    return undefined;
  }
  return { target, ...range, ...(random ? { random } : {}), ...(persistent ? { persistent } : {}) };
}

interface NatRange {
  readonly to?: Ip;
  readonly toEnd?: Ip;
  readonly ports?: PortRange;
}

/** Reads `a`, `a-b`, `a:p`, `a-b:p-q`, `:p`, and `[v6]:p`. */
function readNatRange(words: Words, option: string): NatRange | undefined {
  const text = words.need('ADDRESS[-ADDRESS][:PORT[-PORT]]');
  if (words.failed) return undefined;
  const bracket = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const colons = text.split(':').length - 1;
  const plain = colons > 1 && bracket === null ? [text] : text.split(':');
  const addresses = bracket?.[1] ?? plain[0] ?? '';
  const portText = bracket === null ? plain[1] : bracket[2];
  const [low = '', high] = addresses.split('-');
  const to = low === '' ? undefined : parseIp(low);
  const toEnd = high === undefined ? undefined : parseIp(high);
  if (to?.ok === false || toEnd?.ok === false || (to === undefined && portText === undefined)) {
    words.bad(text, `Bad IP address "${addresses}"`, `${option} ADDRESS[-ADDRESS][:PORT[-PORT]]`);
    return undefined;
  }
  const ports = portText === undefined ? undefined : parsePorts(portText, '-');
  if (ports?.ok === false) {
    words.bad(text, `Port \`${portText ?? ''}' not valid`, ports.error);
    return undefined;
  }
  return {
    ...(to === undefined ? {} : { to: to.value }),
    ...(toEnd === undefined ? {} : { toEnd: toEnd.value }),
    ...(ports === undefined ? {} : { ports: ports.value }),
  };
}

function readPortTarget(words: Words, target: 'MASQUERADE' | 'REDIRECT'): Target | undefined {
  let ports: PortRange | undefined;
  let randomFully = false;
  for (;;) {
    if (words.skip('--to-ports') || words.skip('--to-port')) {
      ports = words.read(
        (text) => parsePorts(text, '-'),
        (word) => `Port \`${word}' not valid`,
      );
    } else if (target === 'MASQUERADE' && words.skip('--random-fully')) randomFully = true;
    else if (words.peek === '--random') {
      words.unsupported('--random', target === 'MASQUERADE' ? '--random-fully' : '--to-ports');
      return undefined;
    } else break;
  }
  const range = ports === undefined ? {} : { ports };
  if (target === 'REDIRECT') return { target, ...range };
  return { target, ...range, ...(randomFully ? { randomFully } : {}) };
}

/** new = (old & ~mask) ^ value, to which all forms are reduced as libxt_MARK does. */
function readMarkTarget(words: Words, target: 'MARK' | 'CONNMARK'): Target | undefined {
  const option = words.take();
  if (target === 'CONNMARK' && (option === '--save-mark' || option === '--restore-mark')) {
    return readMarkCopy(words, option === '--save-mark' ? 'save-mark' : 'restore-mark');
  }
  const expected = '--set-xmark VALUE/MASK, --set-mark, --or-mark, --and-mark or --xor-mark';
  if (!/^--(set-xmark|set-mark|or-mark|and-mark|xor-mark)$/.test(option)) {
    words.bad(option, `${target} target: no operation specified`, expected);
    return undefined;
  }
  const mark = words.read(
    parseMark,
    (word) => `${target}: bad value for option "${option}": \`${word}'`,
  );
  if (mark === undefined) return undefined;
  const { value, mask } = mark;
  const verb = 'set-xmark';
  switch (option) {
    case '--set-mark':
      return { target, verb, value, mask: (mask | value) >>> 0 };
    case '--or-mark':
      return { target, verb, value, mask: value };
    case '--and-mark':
      return { target, verb, value: 0, mask: ~value >>> 0 };
    case '--xor-mark':
      return { target, verb, value, mask: 0 };
    default:
      return { target, verb, value, mask };
  }
}

function readMarkCopy(words: Words, verb: 'save-mark' | 'restore-mark'): Target {
  let nfmask = FULL_MASK;
  let ctmask = FULL_MASK;
  for (;;) {
    const option = words.peek;
    if (option !== '--nfmask' && option !== '--ctmask' && option !== '--mask') break;
    words.take();
    const text = words.need('a mask such as 0xff');
    const mask = wholeNumber(text);
    if (mask === undefined) words.bad(text, `CONNMARK: bad value for option "${option}"`, '0xff');
    if (option !== '--ctmask') nfmask = mask ?? FULL_MASK;
    if (option !== '--nfmask') ctmask = mask ?? FULL_MASK;
  }
  if (nfmask !== ctmask) words.unsupported('--nfmask', 'the same mask for --nfmask and --ctmask');
  return { target: 'CONNMARK', verb, value: 0, mask: nfmask };
}

function readLog(words: Words): Target {
  let prefix = '';
  for (;;) {
    if (words.skip('--log-prefix')) prefix = words.need('a text').slice(0, 29);
    else if (words.skip('--log-level')) words.need('a level');
    else if (/^--log-(tcp-sequence|tcp-options|ip-options|uid|macdecode)$/.test(words.peek))
      words.take();
    else break;
  }
  return { target: 'LOG', prefix };
}
