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
import type { PortRange } from '../ops.js';
import { PROTO_NAMES, TCP_FLAG_NAMES } from './names.js';
import { inverted, type MatchReader, names, type RuleDraft } from './rule-draft.js';
import { type Words, wholeNumber } from './words.js';

/** Readers of the IP header and of what the extensions of tcp, udp and icmp read, by option. */
export const HEADER_READERS: readonly (readonly [string, MatchReader])[] = [
  ...names(['-s', '--source', '--src'], readBlock('src')),
  ...names(['-d', '--destination', '--dst'], readBlock('dst')),
  ...names(['-i', '--in-interface'], readDevice('in')),
  ...names(['-o', '--out-interface'], readDevice('out')),
  ...names(['-p', '--protocol', '--proto'], readProto),
  ...names(['--sport', '--source-port'], readPort('sport')),
  ...names(['--dport', '--destination-port'], readPort('dport')),
  ...names(['--tcp-flags'], readTcpFlags),
  ...names(['--syn'], readSyn),
  ...names(['--icmp-type'], readIcmp(ICMP4_NAMES)),
  ...names(['--icmpv6-type', '--icmp6-type'], readIcmp(ICMP6_NAMES)),
];

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

function readBlock(side: 'src' | 'dst'): MatchReader {
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

function readDevice(side: 'in' | 'out'): MatchReader {
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

function portOf(text: string): number | undefined {
  const port = SERVICES[text] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  return port !== undefined && port <= 65_535 ? port : undefined;
}

/** Whether the rule names a protocol with ports. */
export function hasPorts(draft: RuleDraft): boolean {
  return draft.matches.some(
    (match) => match.match === 'proto' && [6, 17, 132].includes(match.proto),
  );
}

function readPort(side: 'sport' | 'dport'): MatchReader {
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

function readIcmp(table: typeof ICMP4_NAMES): MatchReader {
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
