import type { NftConstant, NftElement, NftExpr, NftType, NftVerdict } from '../../nft.js';
import type { Cursor } from './cursor.js';
import { spanning } from './cursor.js';
import { DATA_TYPES, describeType, parseConstant, parseTime } from './datatype.js';
import type { Span, Token } from './lexer.js';

/** A value and where it was written. */
export interface Placed<T> {
  readonly value: T;
  readonly at: Span;
}

/** Reads `accept`, `jump CHAIN` and the like; undefined when no verdict stands here. */
export function parseVerdict(cursor: Cursor): Placed<NftVerdict> | undefined {
  const { kind, text, at } = cursor.peek;
  if (kind !== 'word') return undefined;
  switch (text) {
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
      cursor.take();
      return { value: { verdict: text }, at };
    case 'jump':
    case 'goto': {
      cursor.take();
      const chain = cursor.name("'{'");
      return { value: { verdict: text, chain: chain.text }, at: chain.at };
    }
    default:
      return undefined;
  }
}

/** Reads what a packet's value is compared with: a constant, a range, a list, a set or the name of one. */
export function parseOperand(cursor: Cursor, types: readonly NftType[]): NftExpr {
  if (cursor.is('{')) return { expr: 'set', elements: parseElements(cursor, types, undefined) };
  if (cursor.skip('@')) return { expr: 'set-ref', name: cursor.name().text };
  const [type = 'integer'] = types;
  const first = parseKey(cursor, types);
  // In a set a comma separates elements; here it joins flags.
  if (DATA_TYPES[type].flags !== true || first.expr !== 'value' || !cursor.is(',')) return first;
  const values: NftConstant[] = [first];
  while (cursor.is(',') && cursor.ahead(1).kind === 'word') {
    cursor.take();
    values.push(parseScalar(cursor, type));
  }
  return { expr: 'list', values };
}

/** Reads a key of one value or, for several types, of values joined by `.`. */
export function parseKey(cursor: Cursor, types: readonly NftType[]): NftExpr {
  const [first = 'integer', ...rest] = types;
  if (rest.length === 0) return parseSingle(cursor, first);
  const from = cursor.peek.at;
  const parts = [parsePart(cursor, first)];
  for (const type of rest) {
    if (!cursor.skip('.')) {
      const wanted = types.map(describeType).join(', ');
      const message = `invalid data type, expected concatenation of (${wanted})`;
      return cursor.fail(message, spanning(from, cursor.last));
    }
    parts.push(parsePart(cursor, type));
  }
  return { expr: 'concat', parts };
}

function parseSingle(cursor: Cursor, type: NftType): NftExpr {
  const from = cursor.peek.at;
  const first = parsePart(cursor, type);
  if (cursor.is('.')) {
    cursor.take();
    const more = cursor.peek.at;
    cursor.fail(`datatype mismatch, expected ${type}`, spanning(from, more));
  }
  return first;
}

/** A value, a range, a prefix, or bits joined by `|`. */
function parsePart(cursor: Cursor, type: NftType): NftExpr {
  if (cursor.skip('*')) return { expr: 'catchall' };
  if (cursor.is('(')) {
    cursor.take();
    const inner = parsePart(cursor, type);
    cursor.expect(')');
    return inner;
  }
  const from = cursor.peek.at;
  const first = parseScalar(cursor, type);
  if (cursor.skip('-')) {
    const to = parseScalar(cursor, type);
    if (first.value >= to.value) {
      cursor.fail('Range has zero or negative size', spanning(from, cursor.last));
    }
    return { expr: 'range', from: first, to };
  }
  if (cursor.is('/') && isAddress(type)) {
    cursor.take();
    const length = cursor.number();
    const { bits } = DATA_TYPES[type];
    if (length > bits) {
      const message = `Prefix length ${length} is invalid for type of ${bits} bits width`;
      cursor.fail(message, spanning(from, cursor.last));
    }
    return prefixOf(first, length);
  }
  return cursor.is('|') ? parseBits(cursor, first) : first;
}

function parseBits(cursor: Cursor, first: NftConstant): NftConstant {
  let value = Number(first.value);
  while (cursor.skip('|')) value = (value | Number(parseScalar(cursor, first.type).value)) >>> 0;
  return { ...first, value };
}

function isAddress(type: NftType): boolean {
  return type === 'ipv4_addr' || type === 'ipv6_addr' || type === 'mark' || type === 'integer';
}

/** A prefix; one of all bits is the address itself, and host bits are cleared as nft does. */
function prefixOf(base: NftConstant, length: number): NftExpr {
  const { bits } = DATA_TYPES[base.type];
  if (length >= bits) return base;
  const { value } = base;
  if (typeof value === 'bigint') {
    const shift = BigInt(bits - length);
    return { expr: 'prefix', base: { ...base, value: (value >> shift) << shift }, length };
  }
  const size = 2 ** (bits - length);
  const network = Math.floor(Number(value) / size) * size;
  return { expr: 'prefix', base: { ...base, value: network }, length };
}

/** One constant of a type. */
export function parseScalar(cursor: Cursor, type: NftType): NftConstant {
  const token = cursor.peek;
  if (cursor.is('(')) {
    cursor.take();
    const inner = parseScalar(cursor, type);
    const joined = cursor.is('|') ? parseBits(cursor, inner) : inner;
    cursor.expect(')');
    return joined;
  }
  if (!isValue(token) || (token.kind === 'word' && RESERVED.has(token.text))) cursor.unexpected();
  cursor.take();
  const bracketed = token.text === '[' ? cursor.take() : token;
  if (token.text === '[') cursor.expect(']');
  const parsed = parseConstant(type, bracketed.text);
  if (!parsed.ok) return cursor.fail(parsed.error, bracketed.at);
  return parsed.value;
}

/** Words that are never values. */
const RESERVED: ReadonlySet<string> = new Set(
  'accept drop continue return jump goto queue counter limit log masquerade vmap'.split(' '),
);

function isValue({ kind, text }: Token): boolean {
  return (
    kind === 'word' || kind === 'number' || kind === 'address' || kind === 'quoted' || text === '['
  );
}

/**
 * Reads `{ KEY [timeout T] [comment "C"] [: DATA], ... }`. `data` are the types of a map's values, undefined for a
 * set. `spans` takes the place of each element.
 */
export function parseElements(
  cursor: Cursor,
  key: readonly NftType[],
  data: readonly NftType[] | undefined,
  spans: Span[] = [],
): readonly NftElement[] {
  const elements: NftElement[] = [];
  cursor.expect('{');
  cursor.skipNewlines();
  while (!cursor.is('}')) {
    if (cursor.is('{')) elements.push(...parseElements(cursor, key, data, spans));
    else {
      const from = cursor.peek.at;
      const placed = parseElement(cursor, key, data);
      elements.push(placed.value);
      spans.push(spanning(from, placed.at));
    }
    cursor.skipNewlines();
    if (!cursor.skip(',')) break;
    cursor.skipNewlines();
  }
  cursor.expect('}');
  return elements;
}

function parseElement(
  cursor: Cursor,
  keyTypes: readonly NftType[],
  dataTypes: readonly NftType[] | undefined,
): Placed<NftElement> {
  const key = parseKey(cursor, keyTypes);
  const at = cursor.last;
  const options = parseElementOptions(cursor);
  if (dataTypes === undefined || !cursor.is(':')) return { value: { key, ...options }, at };
  cursor.take();
  const data = parseData(cursor, dataTypes);
  return { value: { key, data, ...options, ...parseElementOptions(cursor) }, at };
}

function parseElementOptions(cursor: Cursor): { timeoutMs?: number; comment?: string } {
  let options: { timeoutMs?: number; comment?: string } = {};
  for (;;) {
    if (cursor.skip('timeout')) options = { ...options, timeoutMs: parseDuration(cursor) };
    else if (cursor.skip('expires')) parseDuration(cursor);
    else if (cursor.skip('counter')) {
      if (cursor.skip('packets')) cursor.number();
      if (cursor.skip('bytes')) cursor.number();
    } else if (cursor.skip('comment')) options = { ...options, comment: cursor.name().text };
    else return options;
  }
}

/** Reads a value of a map. */
export function parseData(cursor: Cursor, types: readonly NftType[]): NftExpr {
  const verdict = parseVerdict(cursor);
  if (verdict !== undefined) return { expr: 'verdict', verdict: verdict.value };
  if (types.includes('verdict')) cursor.unexpected();
  return parseKey(cursor, types);
}

/** Reads `10s` or `1h30m`, as milliseconds. */
export function parseDuration(cursor: Cursor): number {
  const token = cursor.take();
  return parseTime(token.text) ?? cursor.fail('Could not parse time', token.at);
}
