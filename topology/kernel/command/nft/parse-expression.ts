import type {
  NftBinaryOp,
  NftExpr,
  NftFamily,
  NftFibFlag,
  NftSetSpec,
  NftType,
} from '../../nft.js';
import { type Cursor, spanning } from './cursor.js';
import {
  addressType,
  BARE_META,
  CT_DIRECTION_KEYS,
  CT_KEYS,
  familyOfExpr,
  HEADER_FIELDS,
  META_KEYS,
  typesOf,
} from './field.js';
import type { Span } from './lexer.js';
import { type Placed, parseElements, parseOperand, parseScalar } from './parse-value.js';

/** What reading a rule needs to know of its surroundings. */
export interface RuleScope {
  readonly cursor: Cursor;
  readonly family: NftFamily;
  /** Notes that a set is named; it must be there when the text was read. `grows`: the rule adds elements to it. */
  noteSet(name: string, at: Span, grows: boolean): void;
  /** What is known of a set of the rule's table. */
  findSet(name: string): NftSetSpec | undefined;
}

/** Whether an expression about the packet begins at the next token. */
export function startsExpression({ cursor }: RuleScope): boolean {
  const { kind, text } = cursor.peek;
  if (kind !== 'word') return false;
  if (['meta', 'ct', 'fib', 'numgen', 'jhash', 'rt'].includes(text)) return true;
  if (BARE_META.has(text)) return true;
  const next = cursor.ahead(1);
  return next.kind === 'word' && headerField(text, next.text) !== undefined;
}

function headerField(header: string, field: string): true | undefined {
  if (header === 'tcp' && field === 'option') return true;
  const fields = HEADER_FIELDS[header];
  if (fields === undefined) return undefined;
  return field in fields || (header === 'arp' && /^[sd]addr$/.test(field)) ? true : undefined;
}

/** Reads an expression about the packet: fields, their concatenations, masks and maps. */
export function parseExpression(scope: RuleScope): Placed<NftExpr> {
  const { cursor } = scope;
  const from = cursor.peek.at;
  const parts = [parseBinary(scope)];
  while (cursor.skip('.')) parts.push(parseBinary(scope));
  const [only] = parts;
  const key: NftExpr = parts.length === 1 && only !== undefined ? only : { expr: 'concat', parts };
  const at = spanning(from, cursor.last);
  if (!cursor.skip('map')) return { value: key, at };
  return {
    value: { expr: 'map', key, map: parseMap(scope, key) },
    at: spanning(from, cursor.last),
  };
}

/** Reads the map after `map`, which gives values of the types asked for. */
function parseMap(scope: RuleScope, key: NftExpr): NftExpr & { expr: 'set' | 'set-ref' } {
  const { cursor, family } = scope;
  if (cursor.is('@')) return parseSetRef(scope);
  const data = guessDataTypes(cursor, family);
  return { expr: 'set', elements: parseElements(cursor, typesOf(key), data) };
}

/** Reads `@NAME`; `grows` says that the rule adds elements to it. */
export function parseSetRef(
  scope: RuleScope,
  grows = false,
): { readonly expr: 'set-ref'; readonly name: string } {
  const at = scope.cursor.expect('@').at;
  const name = scope.cursor.name();
  scope.noteSet(name.text, spanning(at, name.at), grows);
  return { expr: 'set-ref', name: name.text };
}

/** The types of the values of an anonymous map, by the look of the first. */
function guessDataTypes(cursor: Cursor, family: NftFamily): readonly NftType[] {
  let depth = 0;
  for (let ahead = 0; ; ahead++) {
    const { kind, text } = cursor.ahead(ahead);
    if (kind === 'end') return ['integer'];
    if (text === '{') depth++;
    if (text === '}' && --depth === 0) return ['integer'];
    if (kind !== 'symbol' || text !== ':') continue;
    const types: NftType[] = [];
    for (let at = ahead + 1; ; at += 2) {
      types.push(guessType(cursor, at, family, types.length));
      if (cursor.ahead(at + 1).text !== '.') return types;
    }
  }
}

function guessType(cursor: Cursor, at: number, family: NftFamily, place: number): NftType {
  const { kind, text } = cursor.ahead(at);
  if (kind === 'address') {
    if (text.includes('.')) return 'ipv4_addr';
    return /^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text) ? 'ether_addr' : 'ipv6_addr';
  }
  if (kind === 'number') {
    if (place > 0) return 'inet_service';
    return text.startsWith('0x') ? 'mark' : 'integer';
  }
  return addressType(family) ?? 'integer';
}

const PRECEDENCE: readonly (readonly [op: NftBinaryOp, words: readonly string[]])[][] = [
  [['|', ['|', 'or']]],
  [['^', ['^', 'xor']]],
  [['&', ['&', 'and']]],
  [
    ['<<', ['<<', 'lshift']],
    ['>>', ['>>', 'rshift']],
  ],
];

function parseBinary(scope: RuleScope, level = 0): NftExpr {
  const operators = PRECEDENCE[level];
  if (operators === undefined) return parsePrimary(scope);
  const { cursor } = scope;
  let left = parseBinary(scope, level + 1);
  for (;;) {
    const found = operators.find(([, words]) => words.some((word) => cursor.is(word)));
    if (found === undefined) return left;
    cursor.take();
    const type =
      found[0] === '<<' || found[0] === '>>' ? 'integer' : (typesOf(left)[0] ?? 'integer');
    const right = parseMask(scope, type, level + 1);
    left = { expr: 'binary', op: found[0], left, right };
  }
}

function parseMask(scope: RuleScope, type: NftType, level: number): NftExpr {
  if (startsExpression(scope)) return parseBinary(scope, level);
  return parseScalar(scope.cursor, type);
}

function parsePrimary(scope: RuleScope): NftExpr {
  const { cursor } = scope;
  const { text, at } = cursor.peek;
  if (cursor.is('(')) {
    cursor.take();
    const inner = parseBinary(scope);
    cursor.expect(')');
    return inner;
  }
  if (!startsExpression(scope)) {
    if (['word', 'number', 'address'].includes(cursor.peek.kind)) {
      if (HEADER_FIELDS[text] !== undefined) {
        cursor.take();
        return cursor.unexpected();
      }
      // A constant alone says nothing about the packet; nft notices when it has read what follows.
      cursor.take();
      if (cursor.ended) cursor.unexpected();
      return cursor.fail('No symbol type information', at);
    }
    return cursor.unexpected();
  }
  switch (text) {
    case 'meta': {
      cursor.take();
      const expr = parseMeta(cursor);
      if (expr.expr === 'meta' && expr.key === 'nfproto' && scope.family !== 'inet') {
        cursor.fail('meta nfproto is only useful in the inet family', spanning(at, cursor.last));
      }
      return expr;
    }
    case 'ct':
      return parseCt(scope);
    case 'fib':
      return parseFib(cursor);
    case 'numgen':
      return parseNumgen(cursor);
    case 'jhash':
      return parseJhash(scope);
    case 'rt':
      cursor.take();
      cursor.expect('mtu');
      return { expr: 'rt', key: 'mtu' };
    default:
      return BARE_META.has(text) ? parseMeta(cursor) : parsePayload(scope);
  }
}

function parseMeta(cursor: Cursor): NftExpr {
  const key = cursor.peek;
  if (META_KEYS[key.text] === undefined) cursor.unexpected();
  cursor.take();
  return { expr: 'meta', key: key.text };
}

function parsePayload({ cursor, family }: RuleScope): NftExpr {
  const header = cursor.take();
  const field = cursor.take();
  if (header.text === 'tcp' && field.text === 'option') {
    const option = cursor.name().text;
    return { expr: 'tcp-option', option, field: cursor.ended ? 'kind' : cursor.name().text };
  }
  const second =
    header.text === 'arp' && /^[sd]addr$/.test(field.text) ? ` ${cursor.name().text}` : '';
  const expr: NftExpr = { expr: 'payload', header: header.text, field: field.text + second };
  const layer = familyOfExpr(expr);
  if (layer !== undefined && (family === 'ip' || family === 'ip6') && layer !== family) {
    const at = spanning(header.at, field.at);
    cursor.fail(`conflicting protocols specified: ${family} vs. ${layer}`, at);
  }
  return expr;
}

function parseCt({ cursor, family }: RuleScope): NftExpr {
  cursor.take();
  const word = cursor.peek;
  if ((word.text === 'original' || word.text === 'reply') && word.kind === 'word') {
    cursor.take();
    const direction = word.text;
    const layer = cursor.is('ip') || cursor.is('ip6') ? `${cursor.take().text} ` : '';
    const name = cursor.peek;
    const own = family === 'ip6' ? 'ip6 ' : 'ip ';
    const address = name.text === 'saddr' || name.text === 'daddr';
    const key = address ? `${layer === '' ? own : layer}${name.text}` : name.text;
    if (CT_DIRECTION_KEYS[key] === undefined) cursor.unexpected();
    cursor.take();
    return { expr: 'ct', key, direction };
  }
  if (CT_KEYS[word.text] === undefined) cursor.unexpected();
  cursor.take();
  return { expr: 'ct', key: word.text };
}

const FIB_FLAGS: readonly NftFibFlag[] = ['saddr', 'daddr', 'mark', 'iif', 'oif'];

function parseFib(cursor: Cursor): NftExpr {
  cursor.take();
  const by: NftFibFlag[] = [];
  do {
    const flag = FIB_FLAGS.find((name) => cursor.is(name));
    if (flag === undefined) return cursor.unexpected();
    cursor.take();
    by.push(flag);
  } while (cursor.skip('.'));
  const result = (['oifname', 'oif', 'type'] as const).find((name) => cursor.is(name));
  if (result === undefined) return cursor.unexpected();
  cursor.take();
  return { expr: 'fib', by, result };
}

function parseNumgen(cursor: Cursor): NftExpr {
  cursor.take();
  const mode = cursor.is('inc') ? 'inc' : 'random';
  cursor.expect(mode);
  cursor.expect('mod');
  const modulus = cursor.number();
  return { expr: 'numgen', mode, modulus, offset: cursor.skip('offset') ? cursor.number() : 0 };
}

function parseJhash(scope: RuleScope): NftExpr {
  const { cursor } = scope;
  cursor.take();
  const of = parseExpression(scope).value;
  cursor.expect('mod');
  const modulus = cursor.number();
  const seed = cursor.skip('seed') ? { seed: cursor.number() } : {};
  return {
    expr: 'jhash',
    of,
    modulus,
    ...seed,
    offset: cursor.skip('offset') ? cursor.number() : 0,
  };
}

/** Reads a value to set or translate to: an expression about the packet, or a constant of the types. */
export function parseSource(scope: RuleScope, types: readonly NftType[]): NftExpr {
  if (startsExpression(scope)) return parseExpression(scope).value;
  return parseOperand(scope.cursor, types);
}
