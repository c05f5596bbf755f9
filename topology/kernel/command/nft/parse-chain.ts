import type { NftBase, NftFamily, NftHook, NftRule, NftStatement } from '../../nft.js';
import type { Cursor } from './cursor.js';
import { spanning } from './cursor.js';
import type { Span } from './lexer.js';
import { normalizeRule } from './normalize.js';
import type { RuleScope } from './parse-expression.js';
import { parseStatement } from './parse-statement.js';

/** Names of priorities (nftables' src/rule.c); bridge has its own. */
export const PRIORITIES: readonly (readonly [name: string, priority: number])[] = [
  ['raw', -300],
  ['mangle', -150],
  ['dstnat', -100],
  ['filter', 0],
  ['security', 50],
  ['srcnat', 100],
];

/** Names of priorities in the bridge family (NF_BR_PRI_*). */
export const BRIDGE_PRIORITIES: readonly (readonly [name: string, priority: number])[] = [
  ['dstnat', -300],
  ['filter', -200],
  ['out', 100],
  ['srcnat', 300],
];

const HOOKS: readonly NftHook[] = [
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
  'ingress',
];

const TYPES = ['filter', 'nat', 'route'] as const;

/** Reads `type T hook H [device D] priority P`. */
export function parseHookSpec(cursor: Cursor, family: NftFamily): NftBase {
  cursor.expect('type');
  const typeWord = cursor.name();
  const type = TYPES.find((name) => name === typeWord.text);
  if (type === undefined) return cursor.fail(`unknown chain type`, typeWord.at);
  cursor.expect('hook');
  const hookWord = cursor.name();
  const hook = HOOKS.find((name) => name === hookWord.text);
  if (hook === undefined) return cursor.fail(`unknown chain hook`, hookWord.at);
  const devices: string[] = [];
  if (cursor.skip('device')) devices.push(cursor.name().text);
  else if (cursor.skip('devices')) {
    cursor.expect('=');
    cursor.expect('{');
    do devices.push(cursor.name().text);
    while (cursor.skip(','));
    cursor.expect('}');
  }
  const at = cursor.expect('priority').at;
  const priority = parsePriority(cursor, family, at);
  return { type, hook, priority, ...(devices.length === 0 ? {} : { devices }) };
}

function parsePriority(cursor: Cursor, family: NftFamily, at: Span): number {
  if (cursor.peek.kind !== 'word') return cursor.number();
  const word = cursor.take();
  const names = family === 'bridge' ? BRIDGE_PRIORITIES : PRIORITIES;
  const named = names.find(([name]) => name === word.text);
  if (named === undefined) {
    const message = 'invalid priority expression value in this context.';
    return cursor.fail(message, spanning(at, word.at));
  }
  if (cursor.skip('+')) return named[1] + cursor.number();
  return cursor.skip('-') ? named[1] - cursor.number() : named[1];
}

/** Reads `policy accept` or `policy drop`. */
export function parsePolicy(cursor: Cursor): 'accept' | 'drop' {
  cursor.expect('policy');
  if (cursor.skip('accept')) return 'accept';
  return cursor.skip('drop') ? 'drop' : cursor.unexpected("accept or drop or '$'");
}

/** A rule and where its statements stand. */
export interface ParsedRule {
  readonly rule: NftRule;
  readonly spans: readonly Span[];
  readonly at: Span;
}

/** Reads a rule up to the end of its line. */
export function parseRule(scope: RuleScope): ParsedRule {
  const { cursor, family } = scope;
  const statements: NftStatement[] = [];
  const spans: Span[] = [];
  let comment: string | undefined;
  let terminal: Span | undefined;
  const from = cursor.peek.at;
  do {
    if (cursor.skip('comment')) {
      comment = cursor.name().text;
      break;
    }
    const { value, at } = parseStatement(scope);
    if (terminal !== undefined) {
      cursor.fail('Statement after terminal statement has no effect', at, terminal);
    }
    if (isTerminal(value)) terminal = at;
    checkTransport(scope, statements, value, at);
    statements.push(value);
    spans.push(at);
  } while (!cursor.ended);
  const rule: NftRule = {
    statements: normalizeRule(family, statements),
    ...(comment === undefined ? {} : { comment }),
  };
  return { rule, spans, at: spanning(from, cursor.last) };
}

function isTerminal(statement: NftStatement): boolean {
  switch (statement.stmt) {
    case 'verdict':
      return true;
    case 'reject':
    case 'nat':
    case 'masquerade':
    case 'redirect':
      return true;
    default:
      return false;
  }
}

/** A port to translate to needs to know what transport it is of. */
function checkTransport(
  { cursor }: RuleScope,
  before: readonly NftStatement[],
  statement: NftStatement,
  at: Span,
): void {
  const ports =
    statement.stmt === 'nat' || statement.stmt === 'masquerade' || statement.stmt === 'redirect'
      ? statement.ports
      : undefined;
  const needs = ports !== undefined || asksPortOfConnection(statement);
  if (!needs || before.some(namesTransport)) return;
  // A port of a connection has no type until the transport is known.
  if (ports === undefined) cursor.fail("Can't parse symbolic invalid expressions", cursor.last);
  cursor.fail(
    'transport protocol mapping is only valid after transport protocol match',
    cursor.last,
    {
      ...at,
      to: at.from + (statement.stmt === 'nat' ? 3 : statement.stmt.length - 1),
    },
  );
}

function asksPortOfConnection(statement: NftStatement): boolean {
  if (statement.stmt !== 'match') return false;
  const { left, right } = statement;
  return left.expr === 'ct' && left.key.startsWith('proto-') && right.expr === 'value';
}

function namesTransport(statement: NftStatement): boolean {
  if (statement.stmt !== 'match' && statement.stmt !== 'vmap') return false;
  const named = (expr: unknown): boolean =>
    JSON.stringify(expr, jsonSafe).match(TRANSPORT) !== null;
  return named(statement.stmt === 'match' ? statement.left : statement.key);
}

const TRANSPORT = /"(l4proto|protocol|nexthdr|tcp|udp|sctp|th|icmp|icmpv6)"/;

function jsonSafe(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}
