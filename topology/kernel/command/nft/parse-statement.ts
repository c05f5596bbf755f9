import type { NftExpr, NftNatFlags, NftReject, NftRelation, NftStatement } from '../../nft.js';
import { spanning } from './cursor.js';
import { DATA_TYPES, rejectCodes } from './datatype.js';
import { addressType, typesOf } from './field.js';
import type { Span } from './lexer.js';
import {
  parseExpression,
  parseSetRef,
  parseSource,
  type RuleScope,
  startsExpression,
} from './parse-expression.js';
import {
  type Placed,
  parseData,
  parseDuration,
  parseElements,
  parseKey,
  parseOperand,
  parseVerdict,
} from './parse-value.js';

/** Reads one statement of a rule. */
export function parseStatement(scope: RuleScope): Placed<NftStatement> {
  const { cursor } = scope;
  const from = cursor.peek.at;
  const word = cursor.peek.text;
  const verdict = parseVerdict(cursor);
  if (verdict !== undefined)
    return { value: { stmt: 'verdict', verdict: verdict.value }, at: verdict.at };
  const parse = cursor.peek.kind === 'word' ? STATEMENTS[word] : undefined;
  const dynamic = ['add', 'update', 'delete'].includes(word) && cursor.ahead(1).text === '@';
  const value = dynamic
    ? parseDynset(scope)
    : parse !== undefined && !startsExpression(scope)
      ? parse(scope, from)
      : parseRelation(scope);
  return { value, at: spanning(from, cursor.last) };
}

type StatementParser = (scope: RuleScope, from: Span) => NftStatement;

const STATEMENTS: Readonly<Record<string, StatementParser>> = {
  counter: parseCounter,
  limit: parseLimit,
  quota: parseQuota,
  log: parseLog,
  reject: parseReject,
  dnat: parseNat,
  snat: parseNat,
  masquerade: parsePortNat,
  redirect: parsePortNat,
  notrack: ({ cursor }) => {
    cursor.take();
    return { stmt: 'notrack' };
  },
  queue: unsupported,
  dup: unsupported,
  fwd: unsupported,
  tproxy: unsupported,
  synproxy: unsupported,
  flow: unsupported,
  meter: unsupported,
};

function unsupported({ cursor }: RuleScope, from: Span): never {
  return cursor.fail(`"${cursor.peek.text}" is not modelled by podnet`, from);
}

const RELATIONS: readonly (readonly [word: string, relation: NftRelation])[] = [
  ['==', '=='],
  ['eq', '=='],
  ['!=', '!='],
  ['ne', '!='],
  ['<=', '<='],
  ['le', '<='],
  ['>=', '>='],
  ['ge', '>='],
  ['<', '<'],
  ['lt', '<'],
  ['>', '>'],
  ['gt', '>'],
  ['!', '!'],
];

/** `EXPR [OP] VALUE`, `EXPR vmap MAP`, `EXPR set VALUE`. */
function parseRelation(scope: RuleScope): NftStatement {
  const { cursor } = scope;
  const { value: left } = parseExpression(scope);
  const types = typesOf(left);
  if (cursor.skip('vmap')) {
    if (cursor.is('@')) return { stmt: 'vmap', key: left, map: parseSetRef(scope) };
    return {
      stmt: 'vmap',
      key: left,
      map: { expr: 'set', elements: parseElements(cursor, types, ['verdict']) },
    };
  }
  if (cursor.skip('set')) return { stmt: 'set', target: left, value: parseSource(scope, types) };
  const found = RELATIONS.find(([word]) => cursor.is(word));
  if (found !== undefined) cursor.take();
  const relation = found?.[1] ?? 'implicit';
  if (cursor.is('@')) return { stmt: 'match', left, relation, right: parseSetRef(scope) };
  if (left.expr === 'fib' && (cursor.is('missing') || cursor.is('exists'))) {
    return { stmt: 'match', left, relation, right: parseOperand(cursor, ['boolean']) };
  }
  const right = parseOperand(cursor, types);
  const [type = 'integer'] = types;
  // `tcp flags syn / fin,syn,rst,ack`: these bits of those.
  if (DATA_TYPES[type].flags === true && cursor.skip('/')) {
    const mask = oneValue(parseOperand(cursor, types));
    const masked = { expr: 'binary', op: '&', left, right: mask } as const;
    return {
      stmt: 'match',
      left: masked,
      relation: relation === 'implicit' ? '==' : relation,
      right: oneValue(right),
    };
  }
  return { stmt: 'match', left, relation, right };
}

/** Flags joined by commas as one mask. */
function oneValue(expr: NftExpr): NftExpr {
  if (expr.expr !== 'list') return expr;
  const [first] = expr.values;
  const value = expr.values.reduce((bits, flag) => bits | Number(flag.value), 0);
  return first === undefined ? expr : { ...first, value };
}

function parseCounter({ cursor }: RuleScope): NftStatement {
  cursor.take();
  if (cursor.is('name')) cursor.fail('named counters are not modelled by podnet', cursor.peek.at);
  const packets = cursor.skip('packets') ? cursor.number() : 0;
  return { stmt: 'counter', packets, bytes: cursor.skip('bytes') ? cursor.number() : 0 };
}

const UNITS = ['second', 'minute', 'hour', 'day', 'week'] as const;
const BYTES: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 * 1024 };
const DEFAULT_BURST = 5;

function parseLimit(scope: RuleScope): NftStatement {
  const { cursor } = scope;
  cursor.take();
  if (cursor.is('name')) cursor.fail('named limits are not modelled by podnet', cursor.peek.at);
  cursor.expect('rate');
  const over = cursor.skip('over');
  if (!over) cursor.skip('until');
  const amount = cursor.number();
  // `10/second`, but `mbytes/second` is one word.
  const packets = cursor.skip('/');
  const [word = '', unitText = word] = packets
    ? ['', cursor.peek.text]
    : cursor.peek.text.split('/');
  const unit = UNITS.find((name) => name === unitText) ?? cursor.unexpected();
  cursor.take();
  const factor = word === '' ? 1 : (BYTES[word] ?? cursor.fail('Wrong rate format', cursor.last));
  const burst = cursor.skip('burst') ? parseBurst(scope) : DEFAULT_BURST;
  return {
    stmt: 'limit',
    over,
    rate: amount * factor,
    of: word === '' ? 'packets' : 'bytes',
    unit,
    burst,
  };
}

function parseBurst({ cursor }: RuleScope): number {
  const amount = cursor.number();
  if (cursor.skip('packets')) return amount;
  const factor = BYTES[cursor.peek.text];
  if (factor === undefined) return amount;
  cursor.take();
  return amount * factor;
}

function parseQuota({ cursor }: RuleScope): NftStatement {
  cursor.take();
  const over = cursor.skip('over');
  if (!over) cursor.skip('until');
  const size = (): number => {
    const amount = cursor.number();
    const factor = BYTES[cursor.peek.text] ?? cursor.unexpected();
    cursor.take();
    return amount * factor;
  };
  const bytes = size();
  return { stmt: 'quota', over, bytes, used: cursor.skip('used') ? size() : 0 };
}

const LOG_LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'audit'];

function parseLog({ cursor }: RuleScope): NftStatement {
  cursor.take();
  let log: { prefix?: string; level?: string; group?: number } = {};
  for (;;) {
    if (cursor.skip('prefix')) log = { ...log, prefix: cursor.name().text };
    else if (cursor.skip('level')) {
      const level = cursor.name();
      if (!LOG_LEVELS.includes(level.text)) cursor.fail('invalid log level', level.at);
      // `warn` is the default and is not printed.
      if (level.text !== 'warn') log = { ...log, level: level.text };
    } else if (cursor.skip('group')) log = { ...log, group: cursor.number() };
    else return { stmt: 'log', ...log };
  }
}

function parseReject({ cursor, family }: RuleScope): NftStatement {
  cursor.take();
  if (!cursor.skip('with')) return { stmt: 'reject' };
  const at = cursor.last;
  if (cursor.skip('tcp')) {
    cursor.expect('reset');
    return { stmt: 'reject', reject: { with: 'tcp reset' } };
  }
  const protocol = (['icmpv6', 'icmpx', 'icmp'] as const).find((name) => cursor.is(name));
  if (protocol === undefined) return cursor.unexpected();
  cursor.take();
  cursor.skip('type');
  const code = cursor.name();
  if (!rejectCodes(protocol).includes(code.text)) {
    cursor.fail(`Could not parse ${protocol} code`, code.at);
  }
  if (protocol === 'icmpx' && (family === 'ip' || family === 'ip6')) {
    cursor.fail('abstracted ICMP unreachable not supported', code.at, at);
  }
  const reject: NftReject = { with: protocol, code: code.text };
  return isDefaultReject(family, reject) ? { stmt: 'reject' } : { stmt: 'reject', reject };
}

function isDefaultReject(family: string, reject: NftReject): boolean {
  if (reject.with === 'tcp reset' || reject.code !== 'port-unreachable') return false;
  const own = family === 'ip' ? 'icmp' : family === 'ip6' ? 'icmpv6' : 'icmpx';
  return reject.with === own;
}

function parseNat(scope: RuleScope): NftStatement {
  const { cursor, family } = scope;
  const nat = cursor.take().text === 'dnat' ? 'dnat' : 'snat';
  const at = cursor.last;
  const named = (['ip', 'ip6'] as const).find((name) => cursor.is(name));
  if (named !== undefined && !startsExpression(scope)) cursor.take();
  // `ip addr . port to` is how an address and a port from one map used to be announced.
  if (cursor.skip('addr')) {
    cursor.expect('.');
    cursor.expect('port');
  }
  cursor.skip('to');
  const type = named === undefined ? addressType(family) : addressType(named);
  const written: { family?: 'ip' | 'ip6' } = named === undefined ? {} : { family: named };
  if (cursor.is(':')) {
    cursor.take();
    const ports = parseSource(scope, ['inet_service']);
    return { stmt: 'nat', nat, ...written, ports, flags: parseFlags(scope) };
  }
  if (named === undefined && type === undefined) {
    cursor.fail('ip or ip6 must be specified with address for inet tables.', at);
  }
  const address = parseSource(scope, [type ?? 'ipv4_addr']);
  if (!cursor.skip(':')) return { stmt: 'nat', nat, ...written, address, flags: parseFlags(scope) };
  const ports = parseSource(scope, ['inet_service']);
  return { stmt: 'nat', nat, ...written, address, ports, flags: parseFlags(scope) };
}

function parsePortNat(scope: RuleScope): NftStatement {
  const { cursor } = scope;
  const stmt = cursor.take().text === 'masquerade' ? 'masquerade' : 'redirect';
  if (!cursor.skip('to')) return { stmt, flags: parseFlags(scope) };
  cursor.skip(':');
  const ports = parseSource(scope, ['inet_service']);
  return { stmt, ports, flags: parseFlags(scope) };
}

function parseFlags({ cursor }: RuleScope): NftNatFlags {
  let flags: NftNatFlags = {};
  do {
    if (cursor.skip('random')) flags = { ...flags, random: true };
    else if (cursor.skip('fully-random')) flags = { ...flags, fullyRandom: true };
    else if (cursor.skip('persistent')) flags = { ...flags, persistent: true };
  } while (cursor.skip(','));
  return flags;
}

/** `update @SET { KEY [timeout T] [STATEMENT] [: DATA] }`. */
function parseDynset(scope: RuleScope): NftStatement {
  const { cursor } = scope;
  const word = cursor.take().text;
  const verb = word === 'add' || word === 'update' ? word : 'delete';
  const set = parseSetRef(scope, verb !== 'delete').name;
  cursor.expect('{');
  const key = startsExpression(scope)
    ? parseExpression(scope).value
    : parseKey(cursor, scope.findSet(set)?.key ?? ['integer']);
  const timeout = cursor.skip('timeout') ? { timeoutMs: parseDuration(cursor) } : {};
  const stateful: NftStatement[] = [];
  while (cursor.is('counter') || cursor.is('limit') || cursor.is('quota')) {
    stateful.push(parseStatement(scope).value);
  }
  const data = cursor.skip(':')
    ? {
        data: startsExpression(scope)
          ? parseExpression(scope).value
          : parseData(cursor, scope.findSet(set)?.data ?? ['integer']),
      }
    : {};
  cursor.expect('}');
  const kept = stateful.length === 0 ? {} : { stateful };
  return { stmt: 'dynset', verb, set, key, ...data, ...timeout, ...kept };
}
