import { formatIpv4, ipv4, prefixLengthOfMask } from '../../../addr/index.js';
import type { NftConstant, NftElement, NftExpr, NftFamily, NftStatement } from '../../nft.js';
import { DATA_TYPES } from './datatype.js';
import { HEADER_PROTO, typesOf } from './field.js';
import { printExpr } from './print-rule.js';

/**
 * The form in which nft lists a rule: dependencies that a later statement implies are left out, sets of one element
 * are that element, masks of addresses are prefixes and masks of flags are lists of flags.
 */
export function normalizeRule(
  family: NftFamily,
  statements: readonly NftStatement[],
): readonly NftStatement[] {
  const shaped = statements.map((statement) => {
    if (statement.stmt === 'match') return normalizeMatch(statement);
    return statement.stmt === 'set'
      ? { ...statement, value: foldBits(statement.value) }
      : statement;
  });
  const kept = shaped.filter((statement, at) => !isImplied(family, statement, shaped[at + 1]));
  return family === 'inet' ? kept.flatMap((statement, at) => withTcp(kept, statement, at)) : kept;
}

/** In inet tables a reset says that it is for TCP, unless an earlier statement did. */
function withTcp(
  statements: readonly NftStatement[],
  statement: NftStatement,
  at: number,
): readonly NftStatement[] {
  if (statement.stmt !== 'reject' || statement.reject?.with !== 'tcp reset') return [statement];
  const said = statements
    .slice(0, at)
    .some((before) => before.stmt === 'match' && saysTcp(before.left));
  if (said) return [statement];
  const left = { expr: 'meta', key: 'l4proto' } as const;
  const right = { expr: 'value', type: 'inet_proto', value: HEADER_PROTO.tcp ?? 6 } as const;
  return [{ stmt: 'match', left, relation: 'implicit', right }, statement];
}

function saysTcp(left: NftExpr): boolean {
  return headerOf(left) === 'tcp' || (left.expr === 'meta' && left.key === 'l4proto');
}

type Match = NftStatement & { stmt: 'match' };

function normalizeMatch(match: Match): Match {
  const { left, relation, right } = match;
  if (right.expr === 'list') {
    const values = right.values.toSorted((a, b) => Number(a.value) - Number(b.value));
    return { ...match, right: { ...right, values } };
  }
  if (right.expr === 'set' && right.elements.length === 1) {
    const only = right.elements[0]?.key;
    const plain = only !== undefined && only.expr !== 'catchall' && only.expr !== 'concat';
    if (plain) return { ...match, right: only };
  }
  if (right.expr === 'set')
    return { ...match, right: { ...right, elements: distinct(right.elements) } };
  if (relation === '==' && right.expr === 'prefix') return { ...match, relation: 'implicit' };
  if (left.expr !== 'binary' || left.op !== '&' || left.right.expr !== 'value') {
    const [type = 'integer'] = typesOf(left);
    const plain = relation === '==' && DATA_TYPES[type].flags !== true && left.expr !== 'binary';
    return plain ? { ...match, relation: 'implicit' } : match;
  }
  return normalizeMask(match, left.left, left.right);
}

/** Elements of equal keys stand once. */
function distinct(elements: readonly NftElement[]): readonly NftElement[] {
  const seen = new Set<string>();
  return elements.filter(({ key }) => {
    const text = printExpr(key);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function normalizeMask(match: Match, left: NftExpr, mask: NftConstant): Match {
  const { relation, right } = match;
  if (right.expr !== 'value') return match;
  const equal = relation === 'implicit' || relation === '==';
  if (
    mask.type === 'ipv4_addr' &&
    typeof right.value === 'number' &&
    (equal || relation === '!=')
  ) {
    const length = prefixLengthOfMask(formatIpv4(ipv4(Number(mask.value))));
    if (!length.ok) return match;
    const prefix: NftExpr =
      length.value === 32 ? right : { expr: 'prefix', base: right, length: length.value };
    return { ...match, left, relation: equal ? 'implicit' : '!=', right: prefix };
  }
  if (DATA_TYPES[mask.type].flags === true && Number(right.value) === 0) {
    const flags = listOf(mask);
    if (relation === '!=') return { ...match, left, relation: 'implicit', right: flags };
    if (equal) return { ...match, left, relation: '!', right: flags };
  }
  return relation === 'implicit' ? { ...match, relation: '==' } : match;
}

const ALL_BITS = 0xffffffff;

/**
 * A chain of operations with constants, as one `& MASK ^ BITS | BITS`: the kernel keeps what an expression leaves of a
 * value and what it flips (nft_bitwise), and nft reads that back.
 */
function foldBits(expr: NftExpr): NftExpr {
  const folded = affine(expr);
  if (folded === undefined || expr.expr !== 'binary') return expr;
  const { base, kept, flipped, type } = folded;
  const set = (flipped & ~kept) >>> 0;
  const constant = (value: number): NftConstant => ({ expr: 'value', type, value });
  const steps = [
    ['&', (kept | set) >>> 0, ALL_BITS],
    ['^', (flipped & kept) >>> 0, 0],
    ['|', set, 0],
  ] as const;
  return steps.reduce<NftExpr>(
    (left, [op, value, idle]) =>
      value === idle ? left : { expr: 'binary', op, left, right: constant(value) },
    base,
  );
}

interface Affine {
  readonly base: NftExpr;
  readonly type: NftConstant['type'];
  /** The value is `(base & kept) ^ flipped`. */
  readonly kept: number;
  readonly flipped: number;
}

function affine(expr: NftExpr): Affine | undefined {
  if (expr.expr !== 'binary') {
    return { base: expr, type: typesOf(expr)[0] ?? 'integer', kept: ALL_BITS, flipped: 0 };
  }
  const { op, right } = expr;
  const left = affine(expr.left);
  if (left === undefined || right.expr !== 'value' || typeof right.value !== 'number')
    return undefined;
  const bits = right.value;
  switch (op) {
    case '&':
      return { ...left, kept: left.kept & bits, flipped: left.flipped & bits };
    case '^':
      return { ...left, flipped: left.flipped ^ bits };
    case '|':
      return { ...left, kept: left.kept & ~bits, flipped: (left.flipped & ~bits) | bits };
    default:
      return undefined;
  }
}

/** The flags of a mask, as a list. */
function listOf(mask: NftConstant): NftExpr {
  const bits = (DATA_TYPES[mask.type].names ?? []).filter(
    ([, bit]) => (Number(mask.value) & bit) !== 0,
  );
  if (bits.length < 2) return mask;
  return {
    expr: 'list',
    values: bits.map(([, bit]) => ({ expr: 'value', type: mask.type, value: bit })),
  };
}

/** Whether a match only says what the next statement needs anyway. */
function isImplied(
  family: NftFamily,
  statement: NftStatement,
  next: NftStatement | undefined,
): boolean {
  if (statement.stmt !== 'match' || next === undefined) return false;
  const { left, relation, right } = statement;
  if (relation !== 'implicit' || right.expr !== 'value') return false;
  const header = next.stmt === 'match' ? headerOf(next.left) : undefined;
  if (header === undefined) return false;
  const value = Number(right.value);
  if (left.expr === 'meta' && left.key === 'nfproto' && family === 'inet') {
    return (header === 'ip' && value === 2) || (header === 'ip6' && value === 10);
  }
  const names =
    (left.expr === 'meta' && left.key === 'l4proto') ||
    (left.expr === 'payload' && family !== 'inet' && ['protocol', 'nexthdr'].includes(left.field));
  return names && HEADER_PROTO[header] === value;
}

function headerOf(expr: NftExpr): string | undefined {
  if (expr.expr === 'payload') return expr.header;
  return expr.expr === 'binary' ? headerOf(expr.left) : undefined;
}
