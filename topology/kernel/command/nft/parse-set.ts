import type { NftElement, NftExpr, NftFamily, NftSetFlag, NftSetSpec, NftType } from '../../nft.js';
import { boundsOf } from './bounds.js';
import type { Cursor } from './cursor.js';
import { dataTypeNamed } from './datatype.js';
import { typesOf } from './field.js';
import type { Span } from './lexer.js';
import { parseExpression } from './parse-expression.js';
import { parseDuration, parseElements } from './parse-value.js';

/** A set or map with the elements it was written with. */
export interface ParsedSet {
  readonly set: NftSetSpec;
  readonly elements: readonly NftElement[];
  readonly spans: readonly Span[];
}

const FLAGS: readonly NftSetFlag[] = ['constant', 'interval', 'timeout', 'dynamic'];

interface Draft {
  key?: readonly NftType[];
  keyOf?: NftExpr;
  data?: readonly NftType[];
  dataOf?: NftExpr;
  flags: NftSetFlag[];
  timeoutMs?: number;
  gcIntervalMs?: number;
  size?: number;
  autoMerge?: boolean;
  comment?: string;
}

/** Reads `{ type ...; flags ...; elements = { ... } }`. */
export function parseSet(
  cursor: Cursor,
  name: string,
  place: { readonly kind: 'set' | 'map'; readonly family: NftFamily; readonly at: Span },
): ParsedSet {
  const draft: Draft = { flags: [] };
  let elements: readonly NftElement[] = [];
  const spans: Span[] = [];
  cursor.expect('{');
  cursor.skipSeparators();
  while (!cursor.is('}')) {
    if (cursor.skip('elements')) {
      cursor.expect('=');
      const { key, data } = draft;
      if (key === undefined) return cursor.fail('set definition does not specify key', place.at);
      elements = parseElements(cursor, key, data, spans);
    } else {
      parseProperty(cursor, draft, place);
      if (!cursor.ended || cursor.is('}')) cursor.unexpected('newline or semicolon');
    }
    cursor.skipSeparators();
  }
  cursor.expect('}');
  const { key, flags, ...rest } = draft;
  if (key === undefined) return cursor.fail('set definition does not specify key', place.at);
  if (place.kind === 'map' && draft.data === undefined) {
    return cursor.fail('map definition does not specify mapping data type', place.at);
  }
  checkIntervals(cursor, { flags, autoMerge: draft.autoMerge === true, elements, spans });
  return { set: { name, key, flags, ...rest }, elements, spans };
}

function parseProperty(
  cursor: Cursor,
  draft: Draft,
  place: { readonly kind: 'set' | 'map'; readonly family: NftFamily },
): void {
  const word = cursor.peek;
  cursor.take();
  switch (word.text) {
    case 'type':
      draft.key = parseTypes(cursor);
      if (place.kind !== 'map') return;
      if (!cursor.skip(':')) cursor.unexpected('colon or .');
      draft.data = parseTypes(cursor);
      return;
    case 'typeof': {
      draft.keyOf = parseTypeof(cursor, place.family);
      draft.key = typesOf(draft.keyOf);
      if (place.kind !== 'map' || !cursor.skip(':')) return;
      if (cursor.skip('verdict')) draft.data = ['verdict'];
      else {
        draft.dataOf = parseTypeof(cursor, place.family);
        draft.data = typesOf(draft.dataOf);
      }
      return;
    }
    case 'flags':
      do {
        const flag = FLAGS.find((name) => cursor.is(name));
        if (flag === undefined) cursor.unexpected();
        else draft.flags.push(flag);
        cursor.take();
      } while (cursor.skip(','));
      return;
    case 'timeout':
      draft.timeoutMs = parseDuration(cursor);
      return;
    case 'gc-interval':
      draft.gcIntervalMs = parseDuration(cursor);
      return;
    case 'size':
      draft.size = cursor.number();
      return;
    case 'auto-merge':
      draft.autoMerge = true;
      return;
    case 'policy':
      cursor.take();
      return;
    case 'comment':
      draft.comment = cursor.name().text;
      return;
    default:
      cursor.fail(
        `syntax error, unexpected ${word.kind === 'word' ? 'string' : word.text}`,
        word.at,
      );
  }
}

function parseTypes(cursor: Cursor): readonly NftType[] {
  const types: NftType[] = [];
  do {
    const word = cursor.name();
    const type = dataTypeNamed(word.text);
    if (type === undefined) cursor.fail(`unknown datatype ${word.text}`, word.at);
    else types.push(type);
  } while (cursor.skip('.'));
  return types;
}

function parseTypeof(cursor: Cursor, family: NftFamily): NftExpr {
  const scope = { cursor, family, noteSet: () => undefined, findSet: () => undefined };
  return parseExpression(scope).value;
}

/** Ranges and prefixes need a set of intervals, and may not share values there. */
export function checkIntervals(
  cursor: Cursor,
  written: {
    readonly flags: readonly NftSetFlag[];
    readonly autoMerge: boolean;
    readonly elements: readonly NftElement[];
    readonly spans: readonly Span[];
  },
): void {
  if (written.flags.includes('interval')) {
    checkConflicts(cursor, written);
    return;
  }
  for (const [at, { key }] of written.elements.entries()) {
    const parts = key.expr === 'concat' ? key.parts : [key];
    const found = parts.find((part) => part.expr === 'range' || part.expr === 'prefix');
    const span = written.spans[at];
    if (found === undefined || span === undefined) continue;
    const what = found.expr === 'prefix' ? 'prefix' : 'range';
    cursor.fail(
      `You must add 'flags interval' to your set declaration if you want to add ${what} elements`,
      span,
    );
  }
}

/** Two elements of one value each part, or of ranges, that share a value. */
function checkConflicts(
  cursor: Cursor,
  written: {
    readonly autoMerge: boolean;
    readonly elements: readonly NftElement[];
    readonly spans: readonly Span[];
  },
): void {
  if (written.autoMerge) return;
  const ranges = written.elements.flatMap(({ key }, at) => {
    if (key.expr === 'concat') return [];
    const [low, high] = boundsOf(key);
    return [{ at, low, high }];
  });
  const ordered = ranges.toSorted((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  for (const [at, next] of ordered.entries()) {
    const last = ordered[at - 1];
    if (last === undefined || next.low > last.high) continue;
    if (next.low === last.low && next.high === last.high) continue;
    const [first, second] = [written.spans[last.at], written.spans[next.at]];
    if (first === undefined || second === undefined) continue;
    cursor.fail('conflicting intervals specified', second, first);
  }
}
