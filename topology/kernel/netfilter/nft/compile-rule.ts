import { SECOND } from '../../../base/index.js';
import { l3Bytes } from '../../../wire/size.js';
import { boundsOf } from '../../command/nft/bounds.js';
import { DATA_TYPES } from '../../command/nft/datatype.js';
import { typesOf } from '../../command/nft/field.js';
import type { NftExpr, NftReject, NftRule, NftStatement } from '../../nft.js';
import { UNTRACKED_REF } from '../conntrack/connection.js';
import { ctRefOf } from '../conntrack/conntrack.js';
import { compileExpression, compileFind, compileLookup } from './compile-expression.js';
import { compileNat, compileRedirect } from './compile-nat.js';
import type { NftAction, NftContext, NftEnding, NftSlot } from './context.js';
import { SlotCounter } from './context.js';
import { compileDynset } from './dynset.js';
import { payloadWriter } from './payload.js';
import type { NftDatum } from './set.js';

/** A rule ready to be asked. */
export interface CompiledNftRule {
  readonly actions: readonly NftAction[];
  /** What a fresh rule keeps: one for each statement, then those of expressions. */
  freshSlots(): NftSlot[];
}

/** Makes a rule ready; a number instead is the statement that podnet does not model. */
export function compileNftRule(rule: NftRule): CompiledNftRule | number {
  const slots = new SlotCounter(rule.statements.length);
  const actions: NftAction[] = [];
  for (const [at, statement] of rule.statements.entries()) {
    const action = compileStatement(statement, at, slots);
    if (action === undefined) return at;
    actions.push(action);
  }
  return {
    actions,
    freshSlots: () =>
      Array.from({ length: slots.count }, (_, at) => firstSlot(rule.statements[at])),
  };
}

function firstSlot(statement: NftStatement | undefined): NftSlot {
  switch (statement?.stmt) {
    case 'counter':
      return { first: statement.packets, second: statement.bytes };
    case 'quota':
      return { first: statement.used, second: 0 };
    default:
      return { first: 0, second: 0 };
  }
}

/** Makes one statement ready; undefined when podnet does not model it. `at` is its slot. */
function compileStatement(
  statement: NftStatement,
  at: number,
  slots: SlotCounter,
): NftAction | undefined {
  switch (statement.stmt) {
    case 'match':
      return compileMatch(statement, slots);
    case 'verdict': {
      const { verdict } = statement;
      return () => verdict;
    }
    case 'vmap': {
      const find = compileLookup(statement.key, statement.map, slots);
      if (find === undefined) return undefined;
      return (context) => find(context)?.verdict ?? 'break';
    }
    case 'set':
      return compileSet(statement.target, statement.value, slots);
    case 'counter':
      return ({ facts, slots: kept }) => {
        const slot = kept[at];
        if (slot !== undefined) {
          slot.first++;
          slot.second += l3Bytes(facts.packet);
        }
        return 'next';
      };
    case 'limit':
      return compileLimit(statement, at);
    case 'quota':
      return ({ facts, slots: kept }) => {
        const slot = kept[at];
        if (slot === undefined) return 'break';
        slot.first += l3Bytes(facts.packet);
        return slot.first > statement.bytes === statement.over ? 'next' : 'break';
      };
    case 'log':
      return () => 'next';
    case 'reject':
      return compileReject(statement.reject);
    case 'nat':
      return compileNat(statement, slots);
    case 'masquerade':
    case 'redirect':
      return compileRedirect(statement, slots);
    case 'notrack':
      return ({ facts: { skb } }) => {
        if (skb.ct === undefined) skb.ct = UNTRACKED_REF;
        return 'next';
      };
    case 'dynset': {
      const stateful: NftAction[] = [];
      for (const kept of statement.stateful ?? []) {
        const action = compileStatement(kept, slots.take(), slots);
        if (action === undefined) return undefined;
        stateful.push(action);
      }
      return compileDynset(statement, stateful, slots);
    }
  }
}

const REJECT: NftEnding = { verdict: 'reject' };

/** An answer that only one family or TCP has makes the rule one about such packets. */
function compileReject(reject: NftReject | undefined): NftAction {
  switch (reject?.with) {
    case 'tcp reset':
      return ({ facts }) => (facts.packet.body.kind === 'tcp' ? REJECT : 'break');
    case 'icmp':
      return ({ facts }) => (facts.packet.kind === 'ipv4' ? REJECT : 'break');
    case 'icmpv6':
      return ({ facts }) => (facts.packet.kind === 'ipv6' ? REJECT : 'break');
    default:
      return () => REJECT;
  }
}

function compileMatch(
  { left, relation, right }: NftStatement & { stmt: 'match' },
  slots: SlotCounter,
): NftAction | undefined {
  const get = compileExpression(left, slots);
  const test = compileTest(left, relation, right);
  if (get === undefined || test === undefined) return undefined;
  return (context) => {
    const value = get(context);
    return value !== undefined && test(value, context) ? 'next' : 'break';
  };
}

type Test = (value: NftDatum, context: NftContext) => boolean;

function compileTest(
  left: NftExpr,
  relation: (NftStatement & { stmt: 'match' })['relation'],
  right: NftExpr,
): Test | undefined {
  const negated = relation === '!=';
  switch (right.expr) {
    case 'set':
    case 'set-ref': {
      const find = compileFind(right);
      return (value, context) => (find(context, value) !== undefined) !== negated;
    }
    case 'list': {
      const mask = right.values.reduce((bits, { value }) => bits | Number(value), 0);
      if (relation === '==') return (value) => Number(value) === mask;
      const none = negated || relation === '!';
      return (value) => ((Number(value) & mask) !== 0) !== none;
    }
    case 'concat': {
      const bounds = right.parts.map(boundsOf);
      return (value) =>
        Array.isArray(value) &&
        value.every((part, at) => {
          const [low, high] = bounds[at] ?? [0, 0];
          return part >= low && part <= high;
        }) !== negated;
    }
    case 'value':
      if (right.type === 'boolean') {
        const wanted = Number(right.value) === 1;
        return (value) => (value !== '' && value !== 0) === (wanted !== negated);
      }
      return compileComparison(left, relation, right);
    case 'range':
    case 'prefix': {
      const [low, high] = boundsOf(right);
      return (value) => typeof value !== 'object' && (value >= low && value <= high) !== negated;
    }
    default:
      return undefined;
  }
}

function compileComparison(
  left: NftExpr,
  relation: (NftStatement & { stmt: 'match' })['relation'],
  right: NftExpr & { expr: 'value' },
): Test {
  const [low, high] = boundsOf(right);
  const flags = DATA_TYPES[typesOf(left)[0] ?? 'integer'].flags === true;
  const bits = Number(right.value);
  switch (relation) {
    case 'implicit':
      if (flags) return (value) => (Number(value) & bits) !== 0;
      return low === high ? (value) => value === low : (value) => value >= low && value <= high;
    case '==':
      return (value) => value >= low && value <= high;
    case '!=':
      return (value) => value < low || value > high;
    case '!':
      return (value) => (Number(value) & bits) === 0;
    case '<':
      return (value) => value < low;
    case '>':
      return (value) => value > high;
    case '<=':
      return (value) => value <= low;
    case '>=':
      return (value) => value >= high;
  }
}

function compileSet(target: NftExpr, source: NftExpr, slots: SlotCounter): NftAction | undefined {
  const get = compileExpression(source, slots);
  const write = compileWrite(target);
  if (get === undefined || write === undefined) return undefined;
  return (context) => {
    const value = get(context);
    if (value === undefined) return 'break';
    write(context, value);
    return 'next';
  };
}

function compileWrite(
  target: NftExpr,
): ((context: NftContext, value: NftDatum) => void) | undefined {
  if (target.expr === 'meta' && target.key === 'mark') {
    return ({ facts: { skb } }, value) => {
      skb.mark = Number(value) >>> 0;
    };
  }
  if (target.expr === 'ct' && target.key === 'mark' && target.direction === undefined) {
    return ({ facts: { skb } }, value) => {
      const connection = ctRefOf(skb)?.connection;
      if (connection !== undefined) connection.mark = Number(value) >>> 0;
    };
  }
  if (target.expr === 'tcp-option' && target.option === 'maxseg' && target.field === 'size') {
    return ({ facts: { skb } }, value) => lowerMss(skb, Number(value));
  }
  if (target.expr !== 'payload') return undefined;
  const write = payloadWriter(target.header, target.field);
  if (write === undefined) return undefined;
  return ({ facts }, value) => {
    if (typeof value !== 'object') write(facts.skb, value);
  };
}

/** nft_exthdr_tcp_set_eval: an MSS is only ever lowered, and one that is not there stays away. */
function lowerMss(skb: NftContext['facts']['skb'], mss: number): void {
  const { packet } = skb;
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return;
  const { body } = packet;
  if (body.kind !== 'tcp' || body.options.mss === undefined || body.options.mss <= mss) return;
  skb.packet = { ...packet, body: { ...body, options: { ...body.options, mss } } };
}

const UNIT_SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 } as const;

/** net/netfilter/nft_limit.c: tokens are nanoseconds, a packet costs what one may take. */
function compileLimit(limit: NftStatement & { stmt: 'limit' }, at: number): NftAction {
  const unitNs = UNIT_SECONDS[limit.unit] * SECOND;
  const bucketNs =
    limit.of === 'packets'
      ? (unitNs / limit.rate) * limit.burst
      : (unitNs / limit.rate) * (limit.rate + limit.burst);
  return ({ facts, netns, slots }) => {
    const slot = slots[at];
    if (slot === undefined) return 'break';
    const nowNs = netns.host.clock.nowNs;
    const size = limit.of === 'packets' ? 1 : l3Bytes(facts.packet);
    const costNs = (unitNs / limit.rate) * size;
    // `first` is 1 once a packet came; `second` is when the bucket would have been empty.
    const heldNs = slot.first === 0 ? bucketNs : Math.min(nowNs - slot.second, bucketNs);
    const enough = heldNs >= costNs;
    slot.first = 1;
    slot.second = nowNs - heldNs + (enough ? costNs : 0);
    return enough !== limit.over ? 'next' : 'break';
  };
}
