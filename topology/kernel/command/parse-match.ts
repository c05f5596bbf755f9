import {
  type Cidr,
  cidrOf,
  isIpv4,
  parseIp,
  parseIpWithPrefix,
  prefixLengthOfMask,
} from '../../addr/index.js';
import { fail, ok, type Result } from '../../base/index.js';
import { ICMP4_NAMES, ICMP6_NAMES } from '../../wire/index.js';
import type { Match, PortRange } from '../ops.js';
import { ADDR_TYPES, CT_STATES, PROTO_NAMES, TCP_FLAG_NAMES } from './names.js';
import { type Words, wholeNumber } from './words.js';

/** A rule while its words are read. */
export interface RuleDraft {
  readonly family: 'ipv4' | 'ipv6';
  readonly matches: Match[];
  /** Extension named last with `-m`, and whether an option of it was read. */
  readonly loaded: Set<string>;
}

const FULL_MASK = 0xffffffff;

/** Extensions of `-m` that are read. */
export const EXTENSIONS: readonly string[] = [
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmp6',
  'icmpv6',
  'multiport',
  'conntrack',
  'state',
  'mark',
  'connmark',
  'comment',
  'statistic',
  'addrtype',
  'physdev',
  'recent',
  'limit',
  'set',
];

type Reader = (words: Words, draft: RuleDraft, option: string, invert: boolean) => void;

/** Readers by option, as `-m` extensions and the IP header have them. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...names(['-s', '--source', '--src'], readBlock('src')),
  ...names(['-d', '--destination', '--dst'], readBlock('dst')),
  ...names(['-i', '--in-interface'], readDevice('in')),
  ...names(['-o', '--out-interface'], readDevice('out')),
  ...names(['-p', '--protocol', '--proto'], readProto),
  ...names(['--sport', '--source-port'], readPort('sport')),
  ...names(['--dport', '--destination-port'], readPort('dport')),
  ...names(['--sports', '--source-ports'], readPorts('source')),
  ...names(['--dports', '--destination-ports'], readPorts('destination')),
  ...names(['--ports'], readPorts('either')),
  ...names(['--tcp-flags'], readTcpFlags),
  ...names(['--syn'], readSyn),
  ...names(['--icmp-type'], readIcmp(ICMP4_NAMES)),
  ...names(['--icmpv6-type', '--icmp6-type'], readIcmp(ICMP6_NAMES)),
  ...names(['--ctstate', '--state'], readStates),
  ...names(['--mark'], readMark),
  ...names(['--comment'], readComment),
  ...names(['--mode'], readStatistic),
  ...names(['--src-type', '--dst-type', '--limit-iface-in', '--limit-iface-out'], readAddrtype),
  ...names(['--physdev-in', '--physdev-out', '--physdev-is-bridged'], readPhysdev),
  ...names(['--set', '--rcheck', '--update', '--remove'], readRecentVerb),
  ...names(['--seconds', '--reap', '--name', '--rsource', '--rdest', '--mask'], readRecentOption),
  ...names(['--limit', '--limit-burst'], readLimit),
  ...names(['--match-set'], readSet),
]);

function names(options: readonly string[], reader: Reader): (readonly [string, Reader])[] {
  return options.map((option) => [option, reader] as const);
}

/** Reads one match option that was just taken; false if it is none. */
export function readMatch(
  words: Words,
  draft: RuleDraft,
  option: string,
  invert: boolean,
): boolean {
  const reader = READERS.get(option);
  if (reader === undefined) return false;
  reader(words, draft, option, invert);
  return true;
}

/** The mark of a match behind `!`. */
function inverted(invert: boolean): { readonly invert?: true } {
  return invert ? { invert: true } : {};
}

/** Reads a block as `-s` takes it: address, CIDR (host bits are cut off) or address and mask. */
export function parseBlock(text: string): Result<Cidr, string> {
  const [address = '', mask, ...rest] = text.split('/');
  const expected = `must be an address or network such as 10.244.0.0/16, not '${text}'`;
  if (rest.length > 0) return fail(expected);
  const ip = parseIp(address);
  if (!ip.ok) return fail(expected);
  if (mask === undefined) return ok(cidrOf(ip.value, isIpv4(ip.value) ? 32 : 128));
  if (mask.includes('.')) {
    const length = prefixLengthOfMask(mask);
    return length.ok ? ok(cidrOf(ip.value, length.value)) : length;
  }
  const whole = parseIpWithPrefix(text);
  return whole.ok ? ok(cidrOf(whole.value.address, whole.value.prefixLength)) : whole;
}

function readBlock(side: 'src' | 'dst'): Reader {
  return (words, draft, _, invert) => {
    const block = words.read(parseBlock, (word) => `host/network \`${word}' not found`);
    if (block === undefined) return;
    const isFour = typeof block.network === 'number';
    if (isFour !== (draft.family === 'ipv4')) {
      const word = `${block.prefixLength}`;
      words.bad(word, `host/network of the other address family`, `an address of ${draft.family}`);
      return;
    }
    // 0.0.0.0/0 matches everything and iptables-save leaves it out.
    if (block.prefixLength > 0 || invert)
      draft.matches.push({ match: side, block, ...inverted(invert) });
  };
}

function readDevice(side: 'in' | 'out'): Reader {
  return (words, draft, _, invert) => {
    const dev = words.need('the name of a device, or a prefix with +');
    if (dev !== '+') draft.matches.push({ match: side, dev, ...inverted(invert) });
  };
}

function readProto(words: Words, draft: RuleDraft, _: string, invert: boolean): void {
  const word = words.need('tcp, udp, icmp, sctp, all or a number').toLowerCase();
  if (words.failed || word === 'all' || word === '0') return;
  const proto = PROTO_NAMES.find(([name]) => name === word)?.[1] ?? wholeNumber(word);
  if (proto === undefined || proto > 255) {
    words.bad(
      word,
      `unknown protocol "${word}" specified`,
      'tcp, udp, icmp, sctp, all or a number to 255',
    );
    return;
  }
  draft.matches.push({ match: 'proto', proto, ...inverted(invert) });
}

/** Services with a name that rules often use (/etc/services). */
const SERVICES: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  ntp: 123,
  https: 443,
  postgresql: 5432,
  mysql: 3306,
  redis: 6379,
};

/** Reads `80`, `1000:2000`, `:1023`, `http`. */
export function parsePorts(text: string, separator: ':' | '-'): Result<PortRange, string> {
  const [low = '', high] = text.split(separator);
  const from = portOf(low === '' && high !== undefined ? '0' : low);
  const to = high === undefined ? from : portOf(high === '' ? '65535' : high);
  if (from === undefined || to === undefined || from > to || text.split(separator).length > 2) {
    return fail(`must be a port from 0 to 65535, or FIRST${separator}LAST, not '${text}'`);
  }
  return ok({ from, to });
}

function portOf(text: string): number | undefined {
  const port = SERVICES[text] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  return port !== undefined && port <= 65_535 ? port : undefined;
}

function hasPorts(draft: RuleDraft): boolean {
  return draft.matches.some(
    (match) => match.match === 'proto' && [6, 17, 132].includes(match.proto),
  );
}

function readPort(side: 'sport' | 'dport'): Reader {
  return (words, draft, option, invert) => {
    if (!hasPorts(draft)) {
      words.bad(option, `unknown option "${option}"`, `-p tcp or -p udp before ${option}`);
      return;
    }
    const ports = words.read(
      (text) => parsePorts(text, ':'),
      (word) => `invalid port/service \`${word}' specified`,
    );
    if (ports !== undefined) draft.matches.push({ match: side, ports, ...inverted(invert) });
  };
}

function readPorts(side: 'source' | 'destination' | 'either'): Reader {
  return (words, draft, _, invert) => {
    if (!hasPorts(draft)) {
      words.bad(
        side,
        "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'",
        '-p tcp or -p udp',
      );
      return;
    }
    const text = words.need('ports separated by commas');
    const ports: PortRange[] = [];
    for (const item of text.split(',')) {
      const range = parsePorts(item, ':');
      if (range.ok) ports.push(range.value);
      else words.bad(item, `invalid port/service \`${item}' specified`, range.error);
    }
    const slots = ports.reduce((sum, range) => sum + (range.from === range.to ? 1 : 2), 0);
    if (slots > 15)
      words.bad(text, 'too many ports specified', 'at most 15 ports; a range counts as two');
    draft.matches.push({ match: 'multiport', side, ports, ...inverted(invert) });
  };
}

function flagBits(words: Words): number {
  const text = words.need('flags such as SYN,ACK, ALL or NONE');
  let bits = 0;
  for (const name of text.split(',')) {
    if (name === 'ALL') bits |= 0x3f;
    else if (name !== 'NONE') {
      const flag = TCP_FLAG_NAMES.find(([known]) => known === name);
      if (flag === undefined)
        words.bad(name, `Unknown TCP flag \`${name}'`, 'SYN, ACK, FIN, RST, URG, PSH, ALL or NONE');
      else bits |= flag[1];
    }
  }
  return bits;
}

function readTcpFlags(words: Words, draft: RuleDraft, _: string, invert: boolean): void {
  const mask = flagBits(words);
  draft.matches.push({ match: 'tcp-flags', mask, set: flagBits(words), ...inverted(invert) });
}

/** `--syn` is `--tcp-flags FIN,SYN,RST,ACK SYN`. */
function readSyn(_: Words, draft: RuleDraft, __: string, invert: boolean): void {
  draft.matches.push({ match: 'tcp-flags', mask: 0x17, set: 0x02, ...inverted(invert) });
}

function readIcmp(table: typeof ICMP4_NAMES): Reader {
  return (words, draft, _, invert) => {
    const word = words.need('a type such as echo-request, or TYPE/CODE');
    if (words.failed) return;
    if (word === 'any') {
      draft.matches.push({ match: 'icmp', type: 255, ...inverted(invert) });
      return;
    }
    const named = table.find((row) => row.name.toLowerCase() === word.toLowerCase());
    const [typeText = '', codeText] = word.split('/');
    const type = named?.type ?? wholeNumber(typeText);
    const code =
      named === undefined && codeText !== undefined ? wholeNumber(codeText) : named?.code;
    if (type === undefined || type > 255 || (codeText !== undefined && code === undefined)) {
      words.bad(word, `Invalid ICMP type \`${word}'`, 'a type such as echo-request, 8 or 3/4');
      return;
    }
    const codePart = code === undefined ? {} : { code };
    draft.matches.push({ match: 'icmp', type, ...codePart, ...inverted(invert) });
  };
}

function readStates(words: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const given = words.need('states such as RELATED,ESTABLISHED').split(',');
  for (const word of given) {
    if (!words.failed && !CT_STATES.some((state) => state === word.toUpperCase())) {
      const tool = option === '--state' ? 'state' : 'conntrack';
      words.bad(word, `Bad ${option} "${word}" of ${tool}`, CT_STATES.join(', '));
    }
  }
  const states = CT_STATES.filter((state) => given.some((word) => word.toUpperCase() === state));
  draft.matches.push({ match: 'ctstate', states, ...inverted(invert) });
}

/** Reads `VALUE` or `VALUE/MASK`, 32 bits each. */
export function parseMark(
  text: string,
): Result<{ readonly value: number; readonly mask: number }, string> {
  const [valueText = '', maskText] = text.split('/');
  const value = wholeNumber(valueText);
  const mask = maskText === undefined ? FULL_MASK : wholeNumber(maskText);
  if (value === undefined || mask === undefined || value > FULL_MASK || mask > FULL_MASK) {
    return fail(`must be a mark of 32 bits such as 0x4000 or 0x4000/0x4000, not '${text}'`);
  }
  return ok({ value, mask });
}

function readMark(words: Words, draft: RuleDraft, _: string, invert: boolean): void {
  const mark = words.read(
    parseMark,
    (word) => `mark: bad mark value for option "--mark": \`${word}'`,
  );
  const match = draft.loaded.has('connmark') && !draft.loaded.has('mark') ? 'connmark' : 'mark';
  if (mark !== undefined) draft.matches.push({ match, ...mark, ...inverted(invert) });
}

function readComment(words: Words, draft: RuleDraft): void {
  const text = words.need('a text');
  if (text.length > 255) words.bad(text, 'comment: too long', 'at most 255 characters');
  draft.matches.push({ match: 'comment', text });
}

function readStatistic(words: Words, draft: RuleDraft): void {
  const mode = words.need('random or nth');
  let invert = false;
  let probability: number | undefined;
  let every: number | undefined;
  let packet = 0;
  for (;;) {
    if (words.peek === '!') {
      words.take();
      invert = true;
    } else if (words.skip('--probability')) {
      const text = words.need('a number from 0 to 1');
      probability = Number(text);
      if (!(probability >= 0 && probability <= 1)) {
        words.bad(text, 'statistic: bad value for option "--probability"', 'a number from 0 to 1');
      }
    } else if (words.skip('--every')) every = words.number('every', 1, FULL_MASK);
    else if (words.skip('--packet')) packet = words.number('packet', 0, FULL_MASK);
    else break;
  }
  if (mode === 'random' && probability !== undefined) {
    draft.matches.push({ match: 'statistic-random', probability, ...inverted(invert) });
  } else if (mode === 'nth' && every !== undefined && packet < every) {
    draft.matches.push({ match: 'statistic-nth', every, packet, ...inverted(invert) });
  } else {
    words.bad(
      mode,
      `Bad mode "${mode}"`,
      '--mode random --probability P, or --mode nth --every N --packet K, K < N',
    );
  }
}

function last<K extends Match['match']>(
  draft: RuleDraft,
  kind: K,
): Extract<Match, { match: K }> | undefined {
  const found = draft.matches.at(-1);
  return found?.match === kind ? (found as Extract<Match, { match: K }>) : undefined;
}

function readAddrtype(words: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const before = last(draft, 'addrtype');
  if (before !== undefined) draft.matches.pop();
  const base = before ?? { match: 'addrtype' as const };
  if (option === '--limit-iface-in') draft.matches.push({ ...base, limitIfaceIn: true });
  else if (option === '--limit-iface-out') draft.matches.push({ ...base, limitIfaceOut: true });
  else {
    const word = words.need(ADDR_TYPES.join(', '));
    const type = ADDR_TYPES.find((name) => name === word.toUpperCase());
    if (type === undefined) {
      if (!words.failed)
        words.bad(word, `addrtype: bad type "${word}"`, `one of ${ADDR_TYPES.join(', ')}`);
      return;
    }
    const source = option === '--src-type';
    const change = source ? { srcType: type } : { dstType: type };
    const not = invert ? (source ? { srcInvert: true } : { dstInvert: true }) : {};
    draft.matches.push({ ...base, ...change, ...not });
  }
}

/** Conditions of one sense join; others make a match of their own, as the model inverts them together. */
function readPhysdev(words: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const before = last(draft, 'physdev');
  const joins = before !== undefined && !invert && before.invert !== true;
  if (joins) draft.matches.pop();
  const base = joins ? before : { match: 'physdev' as const };
  const not = inverted(invert);
  if (option === '--physdev-is-bridged') draft.matches.push({ ...base, isBridged: true, ...not });
  else {
    const dev = words.need('the name of a device');
    const change = option === '--physdev-in' ? { in: dev } : { out: dev };
    draft.matches.push({ ...base, ...change, ...not });
  }
}

function recent(draft: RuleDraft): Extract<Match, { match: 'recent' }> {
  const before = last(draft, 'recent');
  if (before !== undefined) draft.matches.pop();
  return before ?? { match: 'recent', verb: 'rcheck', name: 'DEFAULT', side: 'source' };
}

function readRecentVerb(_: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const verbs = {
    '--set': 'set',
    '--rcheck': 'rcheck',
    '--update': 'update',
    '--remove': 'remove',
  } as const;
  const verb = Object.entries(verbs).find(([name]) => name === option)?.[1] ?? 'rcheck';
  draft.matches.push({ ...recent(draft), verb, ...inverted(invert) });
}

function readRecentOption(words: Words, draft: RuleDraft, option: string): void {
  const base = recent(draft);
  switch (option) {
    case '--seconds':
      draft.matches.push({ ...base, seconds: words.number('seconds', 1, FULL_MASK) });
      return;
    case '--reap':
      draft.matches.push({ ...base, reap: true });
      return;
    case '--name':
      draft.matches.push({ ...base, name: words.need('a name') });
      return;
    case '--mask': {
      const mask = words.need('a netmask');
      if (mask !== '255.255.255.255' && !/^(ffff:){7}ffff$/.test(mask)) {
        words.unsupported(`--mask ${mask}`, '--mask 255.255.255.255');
      }
      draft.matches.push(base);
      return;
    }
    default:
      draft.matches.push({ ...base, side: option === '--rdest' ? 'destination' : 'source' });
  }
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function readLimit(words: Words, draft: RuleDraft, option: string): void {
  const before = last(draft, 'limit');
  if (before !== undefined) draft.matches.pop();
  // iptables' defaults: 3/hour, burst 5.
  const base = before ?? { match: 'limit' as const, perSecond: 3 / 3600, burst: 5 };
  if (option === '--limit-burst') {
    draft.matches.push({ ...base, burst: words.number('limit-burst', 1, 10_000) });
    return;
  }
  const text = words.need('a rate such as 5/min');
  const parts = /^(\d+)(?:\/(s|sec|second|m|min|minute|h|hour|d|day))?$/.exec(text);
  const count = Number(parts?.[1] ?? 0);
  if (count === 0) {
    if (!words.failed)
      words.bad(text, `bad rate "${text}"'`, 'a rate such as 10/sec, 5/min, 3/hour or 100/day');
    return;
  }
  const per = SECONDS[(parts?.[2] ?? 's').charAt(0)] ?? 1;
  draft.matches.push({ ...base, perSecond: count / per });
}

function readSet(words: Words, draft: RuleDraft, _: string, invert: boolean): void {
  const name = words.need('the name of a set');
  const text = words.need('src or dst, up to three separated by commas');
  const dims: ('src' | 'dst')[] = [];
  for (const word of text.split(',')) {
    if (word === 'src' || word === 'dst') dims.push(word);
    else if (!words.failed) words.bad(word, `--match-set: bad flag "${word}"`, 'src or dst');
  }
  draft.matches.push({ match: 'set', name, dims, ...inverted(invert) });
}
