/** Relations between octets of a packet and numbers: `tcp[tcpflags] & tcp-syn != 0`. */
import { FilterError, SYNTAX, type TokenReader } from './filter-words.js';
import { type FrameTest, field, headerAt } from './frame-tests.js';

/** A number from a frame; undefined when the frame has no such octets. */
type Value = (frame: Uint8Array) => number | undefined;

const PROTOCOLS = new Set([
  'ether',
  'link',
  'ip',
  'ip6',
  'arp',
  'rarp',
  'tcp',
  'udp',
  'icmp',
  'icmp6',
  'igmp',
  'sctp',
]);

/** Names of offsets and values. */
const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['tcpflags', 13],
  ['tcp-fin', 1],
  ['tcp-syn', 2],
  ['tcp-rst', 4],
  ['tcp-push', 8],
  ['tcp-ack', 16],
  ['tcp-urg', 32],
  ['tcp-ece', 64],
  ['tcp-cwr', 128],
  ['icmptype', 0],
  ['icmpcode', 1],
  ['icmp-echoreply', 0],
  ['icmp-unreach', 3],
  ['icmp-sourcequench', 4],
  ['icmp-redirect', 5],
  ['icmp-echo', 8],
  ['icmp-routeradvert', 9],
  ['icmp-routersolicit', 10],
  ['icmp-timxceed', 11],
  ['icmp-paramprob', 12],
  ['icmp-tstamp', 13],
  ['icmp-tstampreply', 14],
  ['icmp6type', 0],
  ['icmp6code', 1],
  ['icmp6-destinationunreach', 1],
  ['icmp6-packettoobig', 2],
  ['icmp6-timeexceeded', 3],
  ['icmp6-parameterproblem', 4],
  ['icmp6-echo', 128],
  ['icmp6-echoreply', 129],
  ['icmp6-routersolicit', 133],
  ['icmp6-routeradvert', 134],
  ['icmp6-neighborsolicit', 135],
  ['icmp6-neighboradvert', 136],
  ['icmp6-redirect', 137],
]);

type Compare = (left: number, right: number) => boolean;

const RELATIONS: Readonly<Record<string, Compare>> = {
  '=': (left, right) => left === right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};

/** Operators by how tightly they bind, the loosest first; all are of 32 unsigned bits. */
const LEVELS: readonly Readonly<Record<string, (left: number, right: number) => number>>[] = [
  { '|': (left, right) => (left | right) >>> 0 },
  { '^': (left, right) => (left ^ right) >>> 0 },
  { '&': (left, right) => (left & right) >>> 0 },
  {
    '<<': (left, right) => (left << right) >>> 0,
    '>>': (left, right) => left >>> right,
  },
  {
    '+': (left, right) => (left + right) >>> 0,
    '-': (left, right) => (left - right) >>> 0,
  },
  {
    '*': (left, right) => Math.imul(left, right) >>> 0,
    '/': (left, right) => Math.floor(left / right),
    '%': (left, right) => left % right,
  },
];

/** Reads a relation; undefined when what stands there is none. Fails with a `FilterError` inside brackets. */
export function parseArithmetic(tokens: TokenReader): FrameTest | undefined {
  const left = level(tokens, 0);
  if (left === undefined) return undefined;
  const relation = tokens.takeIf((word) => word in RELATIONS);
  const compare = relation === undefined ? undefined : RELATIONS[relation];
  if (compare === undefined) return undefined;
  const right = level(tokens, 0);
  if (right === undefined) throw new FilterError(SYNTAX);
  return (frame) => {
    const [one, other] = [left(frame), right(frame)];
    return one !== undefined && other !== undefined && compare(one, other);
  };
}

function level(tokens: TokenReader, depth: number): Value | undefined {
  const operators = LEVELS[depth];
  if (operators === undefined) return atom(tokens);
  let left = level(tokens, depth + 1);
  while (left !== undefined) {
    const word = tokens.takeIf((token) => token in operators);
    const operator = word === undefined ? undefined : operators[word];
    if (operator === undefined) return left;
    const right = level(tokens, depth + 1);
    if (right === undefined) return undefined;
    const first: Value = left;
    left = (frame) => {
      const [one, other] = [first(frame), right(frame)];
      return one === undefined || other === undefined ? undefined : operator(one, other);
    };
  }
  return undefined;
}

function atom(tokens: TokenReader): Value | undefined {
  if (tokens.take('(')) {
    const inner = level(tokens, 0);
    return inner !== undefined && tokens.take(')') ? inner : undefined;
  }
  const word = tokens.next();
  if (word === undefined) return undefined;
  if (word === 'len') return (frame) => frame.length;
  const constant = CONSTANTS.get(word) ?? number(word);
  if (constant !== undefined) return () => constant;
  if (!PROTOCOLS.has(word) || !tokens.take('[')) return undefined;
  const offset = level(tokens, 0);
  const size = sizeOf(tokens);
  if (offset === undefined || !tokens.take(']')) throw new FilterError(SYNTAX);
  return (frame) => {
    const start = headerAt(frame, word);
    const at = offset(frame);
    return start === undefined || at === undefined ? undefined : field(frame, start + at, size);
  };
}

/** `[0:2]` is read as one word by the tokenizer: addresses have colons too. */
function sizeOf(tokens: TokenReader): number {
  const word = tokens.takeIf((token) => /^:[124]$/.test(token));
  return word === undefined ? 1 : Number(word.slice(1));
}

function number(word: string): number | undefined {
  if (/^0x[\da-f]+$/i.test(word) || /^[1-9]\d*$|^0$/.test(word)) return Number(word);
  return /^0[0-7]+$/.test(word) ? Number.parseInt(word, 8) : undefined;
}
