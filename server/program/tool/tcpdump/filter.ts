/**
 * The language of filters, pcap-filter(7).
 *
 * Fidelity: frames have no VLAN tags, so `vlan` matches none; `gateway`, `mpls`, `pppoe`, `geneve` and the words of Wi-Fi
 * and packet filters are refused. A filter asks Ethernet frames, with `-i any` too, where the real one sees no MAC
 * addresses of receivers.
 */
import {
  ETHERTYPE,
  fail,
  type Ip,
  isIpv4,
  ok,
  parseIp,
  parseMac,
  type Result,
} from '../../../../topology/index.js';
import { parseArithmetic } from './filter-arithmetic.js';
import { FilterError, type FilterWords, SYNTAX, TokenReader } from './filter-words.js';
import {
  type Direction,
  etherAddress,
  etherTypeIs,
  type FrameTest,
  field,
  ipv4Network,
  ipv4Protocol,
  ipv6Network,
  ipv6Protocol,
  portRange,
} from './frame-tests.js';

interface Qualifiers {
  readonly protocol: string | undefined;
  readonly direction: Direction | undefined;
  readonly type: string | undefined;
}

const PROTOCOLS: Readonly<Record<string, FrameTest>> = {
  ether: () => true,
  ip: etherTypeIs(ETHERTYPE.ipv4),
  ip6: etherTypeIs(ETHERTYPE.ipv6),
  arp: etherTypeIs(ETHERTYPE.arp),
  rarp: etherTypeIs(0x8035),
  tcp: transport(6),
  udp: transport(17),
  sctp: transport(132),
  icmp: ipv4Protocol(1),
  igmp: ipv4Protocol(2),
  icmp6: ipv6Protocol(58),
  esp: transport(50),
  ah: transport(51),
};

const NUMBERS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  esp: 50,
  ah: 51,
  icmp6: 58,
  sctp: 132,
};

const ETHER_NUMBERS: Readonly<Record<string, number>> = {
  ip: ETHERTYPE.ipv4,
  arp: ETHERTYPE.arp,
  ip6: ETHERTYPE.ipv6,
  rarp: 0x8035,
};

const TYPES = new Set(['host', 'net', 'port', 'portrange', 'proto', 'gateway', 'protochain']);

function transport(protocol: number): FrameTest {
  const [four, six] = [ipv4Protocol(protocol), ipv6Protocol(protocol)];
  return (frame) => four(frame) || six(frame);
}

/** Words of a filter that may be names of hosts, for who can look them up. */
export function namesInFilter(text: string): readonly string[] {
  const words = text.split(/[\s()!&|]+/);
  return words.filter((word) => /^[a-z][\w.-]*$/i.test(word));
}

/** Compiles a filter; fails in libpcap's words. An empty one accepts all. */
export function compileFilter(text: string, words: FilterWords): Result<FrameTest, string> {
  if (text.trim() === '') return ok(() => true);
  try {
    const tokens = new TokenReader(text);
    const test = new FilterParser(tokens, words).expression();
    if (tokens.peek() !== undefined) throw new FilterError(SYNTAX);
    return ok(test);
  } catch (error) {
    if (error instanceof FilterError) return fail(error.message);
    throw error;
  }
}

class FilterParser {
  private readonly tokens: TokenReader;
  private readonly words: FilterWords;
  /** Qualifiers that a bare value after `and` or `or` takes over. */
  private last: Qualifiers | undefined = undefined;

  constructor(tokens: TokenReader, words: FilterWords) {
    this.tokens = tokens;
    this.words = words;
  }

  expression(): FrameTest {
    let left = this.term();
    for (;;) {
      const operator = this.tokens.peek();
      if (operator !== 'and' && operator !== 'or') return left;
      this.tokens.next();
      const first = left;
      const second = this.term();
      left =
        operator === 'and'
          ? (frame) => first(frame) && second(frame)
          : (frame) => first(frame) || second(frame);
    }
  }

  private term(): FrameTest {
    const { tokens } = this;
    if (tokens.take('not')) {
      const inner = this.term();
      return (frame) => !inner(frame);
    }
    const start = tokens.position;
    const relation = parseArithmetic(tokens);
    if (relation !== undefined) return relation;
    tokens.position = start;
    if (tokens.take('(')) {
      const inner = this.expression();
      if (!tokens.take(')')) throw new FilterError(SYNTAX);
      return inner;
    }
    return this.primitive();
  }

  private primitive(): FrameTest {
    const { tokens } = this;
    const start = tokens.position;
    const protocol = tokens.takeIf((word) => word in PROTOCOLS);
    const direction = this.direction();
    const type = tokens.takeIf((word) => TYPES.has(word));
    const hasQualifiers = tokens.position > start;
    const word = tokens.peek();
    if (direction === undefined && type === undefined) {
      if (word === 'broadcast' || word === 'multicast') return this.groupTest(protocol);
      if (protocol !== undefined && !this.beginsValue(word)) {
        this.last = undefined;
        return PROTOCOLS[protocol] ?? (() => false);
      }
      if (!hasQualifiers && word !== undefined) {
        const special = this.special(word);
        if (special !== undefined) return special;
      }
    }
    const qualifiers = hasQualifiers ? { protocol, direction, type } : this.last;
    if (qualifiers === undefined || word === undefined) throw new FilterError(SYNTAX);
    if (hasQualifiers && type === undefined && direction === undefined) {
      throw new FilterError(SYNTAX);
    }
    this.last = qualifiers;
    if (tokens.take('(')) {
      const inner = this.values(qualifiers);
      if (!tokens.take(')')) throw new FilterError(SYNTAX);
      return inner;
    }
    tokens.next();
    return this.value(qualifiers, word);
  }

  /** Values in parentheses share their qualifiers: `port (80 or 443)`. */
  private values(qualifiers: Qualifiers): FrameTest {
    this.last = qualifiers;
    return this.expression();
  }

  private direction(): Direction | undefined {
    const { tokens } = this;
    const first = tokens.takeIf((word) => word === 'src' || word === 'dst');
    if (first === undefined) return undefined;
    const start = tokens.position;
    const joined = tokens.takeIf((word) => word === 'or' || word === 'and');
    const second =
      joined === undefined ? undefined : tokens.takeIf((w) => w === 'src' || w === 'dst');
    if (second !== undefined && second !== first) {
      return joined === 'or' ? 'src or dst' : 'src and dst';
    }
    tokens.position = start;
    return first === 'src' ? 'src' : 'dst';
  }

  private beginsValue(word: string | undefined): boolean {
    return word !== undefined && !/^(and|or|not|\)|less|greater|vlan)$/.test(word) && word !== '(';
  }

  private groupTest(protocol: string | undefined): FrameTest {
    const { tokens } = this;
    const word = tokens.next();
    this.last = undefined;
    if (protocol === 'ip' && word === 'multicast') {
      return (frame) => field(frame, 12, 2) === ETHERTYPE.ipv4 && (frame[30] ?? 0) >= 224;
    }
    if (protocol === 'ip6' && word === 'multicast') {
      return (frame) => field(frame, 12, 2) === ETHERTYPE.ipv6 && frame[38] === 255;
    }
    if (protocol === 'ip') {
      const { broadcasts } = this.words;
      return (frame) => {
        const dst = field(frame, 30, 4);
        if (field(frame, 12, 2) !== ETHERTYPE.ipv4 || dst === undefined) return false;
        return dst === 0xffffffff || dst === 0 || broadcasts.has(dst);
      };
    }
    if (protocol !== undefined && protocol !== 'ether') throw new FilterError(SYNTAX);
    if (word === 'multicast') return (frame) => ((frame[0] ?? 0) & 1) !== 0;
    return (frame) => field(frame, 0, 6) === 0xffffffffffff;
  }

  private special(word: string): FrameTest | undefined {
    const { tokens } = this;
    switch (word) {
      case 'less':
      case 'greater': {
        tokens.next();
        const size = Number(tokens.next());
        if (!Number.isInteger(size)) throw new FilterError(SYNTAX);
        return word === 'less' ? (frame) => frame.length <= size : (frame) => frame.length >= size;
      }
      case 'vlan':
        tokens.next();
        tokens.takeIf((next) => /^\d+$/.test(next));
        return () => false;
      default:
        return undefined;
    }
  }

  private value(qualifiers: Qualifiers, word: string): FrameTest {
    const direction = qualifiers.direction ?? 'src or dst';
    const { protocol } = qualifiers;
    switch (qualifiers.type ?? 'host') {
      case 'host':
        return protocol === 'ether' ? ether(word, direction) : this.host(qualifiers, word);
      case 'net':
        return this.network(qualifiers, word);
      case 'port':
        return portRange(this.range(word, protocol), {
          direction,
          protocol: portProtocol(protocol),
        });
      case 'portrange': {
        const [low = '', high = low] = word.split('-');
        const range = { low: this.range(low, protocol).low, high: this.range(high, protocol).high };
        const sorted = {
          low: Math.min(range.low, range.high),
          high: Math.max(range.low, range.high),
        };
        return portRange(sorted, { direction, protocol: portProtocol(protocol) });
      }
      case 'proto':
        return protocolTest(protocol, word);
      case 'gateway':
        throw new FilterError("'gateway' requires a name");
      default:
        throw new FilterError(SYNTAX);
    }
  }

  private host({ direction = 'src or dst', protocol }: Qualifiers, word: string): FrameTest {
    if (word.includes('/')) return this.network({ direction, protocol, type: 'net' }, word);
    if (protocol !== undefined && !['ip', 'ip6', 'arp', 'rarp'].includes(protocol)) {
      throw new FilterError(`'${protocol}' modifier applied to host`);
    }
    const literal = parseIp(word);
    if (!literal.ok && /^[\d.]+$/.test(word))
      return this.network({ direction, protocol, type: 'net' }, word);
    const addresses = literal.ok ? [literal.value] : this.words.host(word);
    if (addresses === undefined) throw new FilterError(`unknown host '${word}'`);
    const tests = addresses.map((address) => hostTest(address, { direction, protocol }));
    return (frame) => tests.some((test) => test(frame));
  }

  private network({ direction = 'src or dst', protocol }: Qualifiers, word: string): FrameTest {
    const [addressText = '', prefixText] = word.split('/');
    const literal = parseIp(addressText);
    if (literal.ok && !isIpv4(literal.value)) {
      if (protocol === 'ip') throw new FilterError("'ip' modifier applied to ip6 host");
      const prefixLength = Number(prefixText ?? 128);
      return ipv6Network({ address: literal.value, prefixLength }, direction);
    }
    const octets = addressText.split('.').map(Number);
    if (octets.some((octet) => !(octet >= 0 && octet <= 255)) || octets.length > 4) {
      throw new FilterError(
        /^[\d.]+$/.test(addressText)
          ? `invalid IPv4 address '${word}'`
          : `unknown network '${word}'`,
      );
    }
    const bits = prefixText === undefined ? octets.length * 8 : Number(prefixText);
    const given = this.tokens.take('mask') ? parseIp(this.tokens.next() ?? '') : undefined;
    if (given?.ok === false) throw new FilterError(SYNTAX);
    const mask =
      given !== undefined && isIpv4(given.value)
        ? given.value
        : bits === 0
          ? 0
          : (0xffffffff << (32 - bits)) >>> 0;
    const address = [0, 1, 2, 3].reduce((sum, index) => sum * 256 + (octets[index] ?? 0), 0);
    if ((address & mask) >>> 0 !== address) {
      throw new FilterError(`non-network bits set in "${word}"`);
    }
    return ipv4Network({ address, mask }, { direction, protocol: ipv4Qualifier(protocol) });
  }

  private range(word: string, protocol: string | undefined): { low: number; high: number } {
    const port = /^\d+$/.test(word) ? Number(word) : this.words.port(word, protocol);
    if (port === undefined) throw new FilterError(`unknown port '${word}'`);
    if (port > 65535) throw new FilterError(`illegal port number ${port} > 65535`);
    return { low: port, high: port };
  }
}

function ipv4Qualifier(protocol: string | undefined): 'ip' | 'arp' | 'rarp' | undefined {
  return protocol === 'ip' || protocol === 'arp' || protocol === 'rarp' ? protocol : undefined;
}

function portProtocol(protocol: string | undefined): string | undefined {
  if (protocol === undefined || ['tcp', 'udp', 'sctp'].includes(protocol)) return protocol;
  throw new FilterError(`illegal qualifier of 'port'`);
}

function hostTest(
  address: Ip,
  how: { readonly direction: Direction; readonly protocol: string | undefined },
): FrameTest {
  const { direction, protocol } = how;
  if (!isIpv4(address)) {
    if (protocol !== undefined && protocol !== 'ip6') {
      throw new FilterError(`'${protocol}' modifier applied to ip6 host`);
    }
    return ipv6Network({ address, prefixLength: 128 }, direction);
  }
  if (protocol === 'ip6') throw new FilterError("'ip6' modifier applied to ip host");
  return ipv4Network(
    { address, mask: 0xffffffff },
    { direction, protocol: ipv4Qualifier(protocol) },
  );
}

function ether(word: string, direction: Direction): FrameTest {
  const mac = parseMac(word);
  if (!mac.ok) throw new FilterError('illegal link layer address');
  return etherAddress(mac.value, direction);
}

function protocolTest(protocol: string | undefined, word: string): FrameTest {
  const name = word.replace(/^\\/, '');
  const isEscaped = name !== word;
  const number = /^(\d+|0x[\da-f]+)$/i.test(word) ? Number(word) : undefined;
  if (number === undefined && !isEscaped) throw new FilterError(SYNTAX);
  const find = (numbers: Readonly<Record<string, number>>): number => {
    const found = number ?? numbers[name];
    if (found === undefined) throw new FilterError(`unknown protocol '${name}'`);
    return found;
  };
  if (protocol === 'ether') return etherTypeIs(find(ETHER_NUMBERS));
  if (protocol === 'ip') return ipv4Protocol(find(NUMBERS));
  if (protocol === 'ip6') return ipv6Protocol(find(NUMBERS));
  if (isEscaped && name in ETHER_NUMBERS) return etherTypeIs(find(ETHER_NUMBERS));
  return transport(find(NUMBERS));
}
