import { SECOND } from '../../../base/index.js';
import { l3Bytes } from '../../../wire/size.js';
import { typesOf } from '../../command/nft/field.js';
import type { NftExpr, NftFibFlag, NftSetExpr, NftValue } from '../../nft.js';
import type { Skb } from '../../skb.js';
import type { Connection, Direction } from '../conntrack/connection.js';
import { ctRefOf } from '../conntrack/conntrack.js';
import { pathMss } from '../mss.js';
import type { NftContext, NftGetter, SlotCounter } from './context.js';
import { jhash, octetsOf } from './jhash.js';
import { payloadReader } from './payload.js';
import { datumOf, entryOf, isParts, type NftDatum, NftElements, type NftEntry } from './set.js';

/** Makes the getter of an expression; undefined when podnet does not model what it asks for. */
export function compileExpression(expr: NftExpr, slots: SlotCounter): NftGetter | undefined {
  switch (expr.expr) {
    case 'value':
    case 'range':
    case 'prefix': {
      const datum = datumOf(expr);
      return () => datum;
    }
    case 'payload': {
      const read = payloadReader(expr.header, expr.field);
      return read === undefined ? undefined : ({ facts }) => read(facts.skb);
    }
    case 'meta':
      return META[expr.key];
    case 'ct':
      return compileCt(expr.key, expr.direction);
    case 'fib':
      return compileFib(expr.by, expr.result);
    case 'numgen': {
      const { modulus, offset } = expr;
      if (expr.mode === 'random') {
        return ({ netns }) => netns.host.rng.below(modulus) + offset;
      }
      const slot = slots.take();
      return (context) => nextOf(context, slot, modulus) + offset;
    }
    case 'jhash': {
      const of = compileExpression(expr.of, slots);
      const { modulus, offset, seed = 0 } = expr;
      if (of === undefined) return undefined;
      const types = typesOf(expr.of);
      return (context) => {
        const value = of(context);
        if (value === undefined) return undefined;
        const values = typeof value !== 'object' ? [value] : isParts(value) ? value : [];
        const hash = jhash(octetsOf(values, types), seed);
        // reciprocal_scale: the upper half of the product.
        return Math.floor((hash * modulus) / 0x1_0000_0000) + offset;
      };
    }
    case 'tcp-option':
      return compileTcpOption(expr.option, expr.field);
    case 'rt':
      return ({ facts }) => pathMss(facts);
    case 'concat':
      return compileConcat(expr.parts, slots);
    case 'binary':
      return compileBinary(expr, slots);
    case 'map': {
      const find = compileLookup(expr.key, expr.map, slots);
      return find === undefined ? undefined : (context) => find(context)?.datum;
    }
    default:
      return undefined;
  }
}

/** Looks a packet's value up in a set or map. */
export function compileLookup(
  key: NftExpr,
  set: NftSetExpr,
  slots: SlotCounter,
): ((context: NftContext) => NftEntry | undefined) | undefined {
  const get = compileExpression(key, slots);
  if (get === undefined) return undefined;
  const find = compileFind(set);
  return (context) => {
    const value = get(context);
    return value === undefined ? undefined : find(context, value);
  };
}

/** Looks a value up in a set of the rule itself, or in one of its table. */
export function compileFind(
  set: NftSetExpr,
): (context: NftContext, value: NftDatum) => NftEntry | undefined {
  if (set.expr === 'set-ref') {
    const { name } = set;
    return ({ table, netns }, value) =>
      table.set(name)?.elements.find(value, netns.host.clock.nowNs);
  }
  const elements = new NftElements();
  for (const element of set.elements) elements.put(entryOf(element));
  return (_context, value) => elements.find(value, 0);
}

function nextOf({ slots }: NftContext, at: number, modulus: number): number {
  const slot = slots[at];
  if (slot === undefined) return 0;
  const value = slot.first;
  slot.first = value + 1 < modulus ? value + 1 : 0;
  return value;
}

const PKT_TYPES: Readonly<Record<Skb['pktType'], number>> = {
  host: 0,
  broadcast: 1,
  multicast: 2,
  otherhost: 3,
  outgoing: 4,
};

const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;

const META: Readonly<Record<string, NftGetter>> = {
  length: ({ facts }) => l3Bytes(facts.packet),
  protocol: ({ facts }) => (facts.packet.kind === 'ipv4' ? 0x0800 : 0x86dd),
  nfproto: ({ facts }) => (facts.packet.kind === 'ipv4' ? 2 : 10),
  l4proto: ({ facts }) => facts.proto,
  mark: ({ facts }) => facts.skb.mark,
  iif: ({ facts }) => facts.inDev?.name ?? '',
  iifname: ({ facts }) => facts.inDev?.name ?? '',
  oif: ({ facts }) => facts.outDev?.name ?? '',
  oifname: ({ facts }) => facts.outDev?.name ?? '',
  iiftype: ({ facts }) => hardwareType(facts.inDev?.kind),
  oiftype: ({ facts }) => hardwareType(facts.outDev?.kind),
  skuid: ({ facts }) => facts.skb.owner?.uid,
  skgid: ({ facts }) => facts.skb.owner?.uid,
  pkttype: ({ facts }) => PKT_TYPES[facts.skb.pktType],
  ibrname: ({ facts }) => facts.skb.physIn?.master?.name ?? '',
  obrname: ({ facts }) => facts.skb.physOut?.master?.name ?? '',
  cpu: () => 0,
  random: ({ netns }) => netns.host.rng.uint32(),
  priority: () => 0,
  iifgroup: () => 0,
  oifgroup: () => 0,
};

function hardwareType(kind: string | undefined): number | undefined {
  if (kind === undefined) return undefined;
  return kind === 'loopback' ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
}

const STATE_BITS = { INVALID: 1, ESTABLISHED: 2, RELATED: 4, NEW: 8, UNTRACKED: 64 } as const;

function compileCt(key: string, direction: Direction | undefined): NftGetter | undefined {
  if (key === 'state') {
    return ({ facts }) => STATE_BITS[ctRefOf(facts.skb)?.state ?? 'INVALID'];
  }
  if (key === 'direction') {
    return ({ facts }) => {
      const ref = ctRefOf(facts.skb);
      if (ref?.connection === undefined) return undefined;
      return ref.direction === 'original' ? 0 : 1;
    };
  }
  const read = direction === undefined ? CT[key] : CT_DIRECTION[key];
  if (read === undefined) return undefined;
  return ({ facts, netns }) => {
    const connection = ctRefOf(facts.skb)?.connection;
    return connection === undefined
      ? undefined
      : read(connection, direction ?? 'original', netns.host.clock.nowNs);
  };
}

type CtRead = (connection: Connection, direction: Direction, nowNs: number) => NftValue | undefined;

const CT: Readonly<Record<string, CtRead>> = {
  status: statusBits,
  mark: ({ mark }) => mark,
  // Until its first packet is through, a connection holds a duration where a moment is expected (nf_ct_expires).
  expiration: ({ confirmed, expiresAtNs }, _way, nowNs) =>
    confirmed ? Math.max(0, Math.floor((expiresAtNs - nowNs) / SECOND)) : 0,
  zone: () => 0,
};

/** IPS_* bits of a connection. */
function statusBits(connection: Connection): number {
  return (
    (connection.seenReply ? 0x2 : 0) |
    (connection.assured ? 0x4 : 0) |
    (connection.confirmed ? 0x8 : 0) |
    (connection.srcNat ? 0x10 : 0) |
    (connection.dstNat ? 0x20 : 0) |
    (connection.dying ? 0x200 : 0)
  );
}

const CT_DIRECTION: Readonly<Record<string, CtRead>> = {
  'ip saddr': (connection, way) => addressOf(connection, way, 'src', 'number'),
  'ip daddr': (connection, way) => addressOf(connection, way, 'dst', 'number'),
  'ip6 saddr': (connection, way) => addressOf(connection, way, 'src', 'bigint'),
  'ip6 daddr': (connection, way) => addressOf(connection, way, 'dst', 'bigint'),
  l3proto: ({ family }) => (family === 'ipv4' ? 2 : 10),
  protocol: (connection, way) => connection.tuple(way).proto,
  'proto-src': (connection, way) => connection.tuple(way).srcPort,
  'proto-dst': (connection, way) => connection.tuple(way).dstPort,
};

function addressOf(
  connection: Connection,
  way: Direction,
  end: 'src' | 'dst',
  family: 'number' | 'bigint',
): NftValue | undefined {
  const address = connection.tuple(way)[end];
  return typeof address === family ? address : undefined;
}

const ADDRESS_TYPES: Readonly<Record<string, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
};

/** net/ipv4/netfilter/nft_fib_ipv4.c. Devices are told by name; '' is none. */
function compileFib(
  by: readonly NftFibFlag[],
  result: 'oif' | 'oifname' | 'type',
): NftGetter | undefined {
  const source = by.includes('saddr');
  if (!source && !by.includes('daddr')) return undefined;
  const device = ({ facts }: NftContext) =>
    by.includes('iif') ? facts.inDev : by.includes('oif') ? facts.outDev : undefined;
  if (result === 'type') {
    return (context) => {
      const { facts, netns } = context;
      const type = netns.ip.addrType(source ? facts.src : facts.dst, device(context));
      return ADDRESS_TYPES[type];
    };
  }
  return (context) => {
    const { facts, netns } = context;
    const oif = device(context);
    const mark = by.includes('mark') ? { mark: facts.skb.mark } : {};
    const dst = source ? facts.src : facts.dst;
    const route = netns.ip.route({ dst, ...(oif === undefined ? {} : { oif }), ...mark });
    if (route?.type !== 'unicast' && route?.type !== 'local') return '';
    const found = route.dev;
    return found === undefined || (oif !== undefined && found !== oif) ? '' : found.name;
  };
}

function compileTcpOption(option: string, field: string): NftGetter | undefined {
  if (option !== 'maxseg') return undefined;
  return ({ facts: { packet } }) => {
    if (packet.body.kind !== 'tcp') return undefined;
    const { mss } = packet.body.options;
    return field === 'size' ? mss : mss === undefined ? 0 : 1;
  };
}

function compileConcat(parts: readonly NftExpr[], slots: SlotCounter): NftGetter | undefined {
  const getters: NftGetter[] = [];
  for (const part of parts) {
    const getter = compileExpression(part, slots);
    if (getter === undefined) return undefined;
    getters.push(getter);
  }
  return (context) => {
    const values: NftValue[] = [];
    for (const getter of getters) {
      const value = getter(context);
      if (value === undefined || typeof value === 'object') return undefined;
      values.push(value);
    }
    return values;
  };
}

function compileBinary(
  expr: NftExpr & { expr: 'binary' },
  slots: SlotCounter,
): NftGetter | undefined {
  const left = compileExpression(expr.left, slots);
  const right = compileExpression(expr.right, slots);
  if (left === undefined || right === undefined) return undefined;
  const { op } = expr;
  return (context) => {
    const a = left(context);
    const b = right(context);
    if (a === undefined || b === undefined || typeof a === 'object' || typeof b === 'object') {
      return undefined;
    }
    return typeof a === 'bigint' || typeof b === 'bigint'
      ? wideOperation(op, BigInt(a), BigInt(b))
      : operation(op, Number(a), Number(b));
  };
}

type Operator = (NftExpr & { expr: 'binary' })['op'];

function operation(op: Operator, a: number, b: number): number {
  switch (op) {
    case '&':
      return (a & b) >>> 0;
    case '|':
      return (a | b) >>> 0;
    case '^':
      return (a ^ b) >>> 0;
    case '<<':
      return (a << b) >>> 0;
    case '>>':
      return a >>> b;
  }
}

function wideOperation(op: Operator, a: bigint, b: bigint): bigint {
  switch (op) {
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return BigInt.asUintN(128, a << b);
    case '>>':
      return a >> b;
  }
}
