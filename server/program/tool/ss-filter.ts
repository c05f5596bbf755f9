import {
  type Cidr,
  cidrOf,
  contains,
  type Ip,
  isIpv4,
  type PortHolder,
  parseCidr,
  parseIp,
} from '../../../topology/index.js';
import { peerOf } from '../io/socket-facts.js';

/** Whether a socket is shown. */
export type SocketTest = (holder: PortHolder) => boolean;

/** States by the names that `state` takes, in the words of the rows. */
const STATES: Readonly<Record<string, readonly string[]>> = (() => {
  const single: Record<string, readonly string[]> = {
    established: ['ESTAB'],
    estab: ['ESTAB'],
    'syn-sent': ['SYN-SENT'],
    'syn-recv': ['SYN-RECV'],
    'fin-wait-1': ['FIN-WAIT-1'],
    'fin-wait-2': ['FIN-WAIT-2'],
    'time-wait': ['TIME-WAIT'],
    closed: ['UNCONN'],
    unconnected: ['UNCONN'],
    'close-wait': ['CLOSE-WAIT'],
    'last-ack': ['LAST-ACK'],
    listening: ['LISTEN'],
    listen: ['LISTEN'],
    closing: ['CLOSING'],
  };
  const all = [...new Set(Object.values(single).flat())];
  const without = (...states: readonly string[]) => all.filter((each) => !states.includes(each));
  return {
    ...single,
    all,
    connected: without('LISTEN', 'UNCONN'),
    synchronized: without('LISTEN', 'UNCONN', 'SYN-SENT'),
    bucket: ['SYN-RECV', 'TIME-WAIT'],
    big: without('SYN-RECV', 'TIME-WAIT'),
  };
})();

/** Every state. */
export const ALL_STATES: readonly string[] = STATES.all ?? [];

/** States that `ss` shows when nothing else is asked. */
export const CONNECTED_STATES: readonly string[] = ALL_STATES.filter(
  (state) => !['LISTEN', 'UNCONN', 'TIME-WAIT', 'SYN-RECV'].includes(state),
);

/** The states of a name; undefined for a wrong one. */
export function statesNamed(name: string): readonly string[] | undefined {
  return STATES[name];
}

/** A filter that cannot be read. */
export class FilterError extends Error {}

/**
 * Reads an expression such as `( dport = :80 or sport = :443 ) and dst 10.0.0.0/8` (ssfilter.y).
 *
 * Throws `FilterError`.
 */
export function readSocketFilter(
  words: readonly string[],
  services: ReadonlyMap<string, string>,
): SocketTest {
  const tokens = words.flatMap((word) => word.match(/[()!]|>=|<=|!=|==|=|<|>|[^\s()!<>=]+/g) ?? []);
  return new FilterReader(tokens, services).read();
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  eq: (a, b) => a === b,
  '!=': (a, b) => a !== b,
  ne: (a, b) => a !== b,
  neq: (a, b) => a !== b,
  '>=': (a, b) => a >= b,
  ge: (a, b) => a >= b,
  geq: (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  le: (a, b) => a <= b,
  leq: (a, b) => a <= b,
  '>': (a, b) => a > b,
  gt: (a, b) => a > b,
  '<': (a, b) => a < b,
  lt: (a, b) => a < b,
};

class FilterReader {
  private at = 0;
  private readonly tokens: readonly string[];
  private readonly services: ReadonlyMap<string, string>;

  constructor(tokens: readonly string[], services: ReadonlyMap<string, string>) {
    this.tokens = tokens;
    this.services = services;
  }

  read(): SocketTest {
    const test = this.either();
    if (this.at < this.tokens.length) throw new FilterError('syntax error!');
    return test;
  }

  private either(): SocketTest {
    let left = this.both();
    while (this.skip('or') || this.skip('|') || this.skip('||')) {
      const [a, b] = [left, this.both()];
      left = (holder) => a(holder) || b(holder);
    }
    return left;
  }

  private both(): SocketTest {
    let left = this.single();
    for (;;) {
      const explicit = this.skip('and') || this.skip('&') || this.skip('&&');
      const next = this.tokens[this.at];
      if (!explicit && (next === undefined || next === ')' || next === 'or')) return left;
      const [a, b] = [left, this.single()];
      left = (holder) => a(holder) && b(holder);
    }
  }

  private single(): SocketTest {
    if (this.skip('not') || this.skip('!')) {
      const inner = this.single();
      return (holder) => !inner(holder);
    }
    if (this.skip('(')) {
      const inner = this.either();
      if (!this.skip(')')) throw new FilterError('syntax error!');
      return inner;
    }
    const word = this.take();
    switch (word) {
      case 'sport':
      case 'dport':
        return this.port(word);
      case 'src':
      case 'dst':
        return this.address(word);
      case 'dev': {
        this.skip('=');
        const name = this.take();
        return (holder) => holder.device === name;
      }
      default:
        throw new FilterError('syntax error!');
    }
  }

  private port(side: 'sport' | 'dport'): SocketTest {
    const compare = COMPARISONS[this.tokens[this.at] ?? ''];
    if (compare !== undefined) this.at++;
    const port = this.portOf(this.take().replace(/^.*:/, ''));
    const compares = compare ?? COMPARISONS['='];
    return (holder) =>
      compares?.(side === 'sport' ? holder.port : peerOf(holder).port, port) === true;
  }

  private portOf(text: string): number {
    if (/^\d+$/.test(text)) return Number(text);
    for (const [key, name] of this.services) if (name === text) return Number.parseInt(key, 10);
    throw new FilterError('syntax error!');
  }

  private address(side: 'src' | 'dst'): SocketTest {
    const negated = this.skip('!=') || this.skip('ne');
    if (!negated && !this.skip('=') && !this.skip('==')) this.skip('eq');
    const word = this.take();
    const { block, port } = this.hostOf(word);
    return (holder) => {
      const end = side === 'src' ? holder : peerOf(holder);
      const fits =
        (block === undefined || within(block, end.address)) &&
        (port === undefined || end.port === port);
      return fits !== negated;
    };
  }

  /** `10.0.0.1`, `10.0.0.0/8:80`, `[::1]:80`, `:80`. */
  private hostOf(word: string): {
    readonly block: Cidr | undefined;
    readonly port: number | undefined;
  } {
    const match = /^(?:\[([^\]]*)\]|([^:]*)|([^[\]]*:[^[\]]*:[^[\]]*))(?::(\w+|\*))?$/.exec(word);
    if (match === null) throw new FilterError('syntax error!');
    const host = match[1] ?? match[2] ?? match[3] ?? '';
    const port = match[4] === undefined || match[4] === '*' ? undefined : this.portOf(match[4]);
    if (host === '' || host === '*') return { block: undefined, port };
    const block = parseCidr(host);
    if (block.ok) return { block: block.value, port };
    const address = parseIp(host);
    if (!address.ok) throw new FilterError(`an inet prefix is expected rather than "${host}".`);
    return { block: cidrOf(address.value, isIpv4(address.value) ? 32 : 128), port };
  }

  private take(): string {
    const word = this.tokens[this.at++];
    if (word === undefined) throw new FilterError('syntax error!');
    return word;
  }

  private skip(word: string): boolean {
    if (this.tokens[this.at] !== word) return false;
    this.at++;
    return true;
  }
}

function within(block: Cidr, address: Ip): boolean {
  return contains(block, address);
}
