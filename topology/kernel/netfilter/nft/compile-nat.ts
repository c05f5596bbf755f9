import type { Ip } from '../../../addr/index.js';
import type { NftExpr, NftNatFlags, NftStatement, NftValue } from '../../nft.js';
import { ctRefOf } from '../conntrack/conntrack.js';
import type { NatRange } from '../nat/range.js';
import { masquerade, redirect } from '../nat/target.js';
import { compileExpression } from './compile-expression.js';
import type { NftAction, NftContext, NftEnding, NftGetter, SlotCounter } from './context.js';
import { isParts, type NftDatum } from './set.js';

const TRANSLATED: NftEnding = { verdict: 'translated' };

/** `dnat to`, `snat to` (net/netfilter/nft_nat.c). */
export function compileNat(
  statement: NftStatement & { stmt: 'nat' },
  slots: SlotCounter,
): NftAction | undefined {
  const { nat, address, ports, flags } = statement;
  const range = compileRange(address, ports, flags, slots);
  if (range === undefined) return undefined;
  const manip = nat === 'dnat' ? 'dst' : 'src';
  return (context) => {
    const chosen = range(context);
    const connection = ctRefOf(context.facts.skb)?.connection;
    if (chosen === undefined || connection === undefined) return 'break';
    context.nat.setUp(connection, chosen, manip);
    return TRANSLATED;
  };
}

/** `masquerade`, `redirect` (net/netfilter/nft_masq.c, nft_redir.c). */
export function compileRedirect(
  statement: NftStatement & { stmt: 'masquerade' | 'redirect' },
  slots: SlotCounter,
): NftAction | undefined {
  const range = compileRange(undefined, statement.ports, statement.flags, slots);
  if (range === undefined) return undefined;
  const translate = statement.stmt === 'masquerade' ? masquerade : redirect;
  return (context) => {
    const chosen = range(context);
    if (chosen === undefined) return 'break';
    const problem = translate(context.nat, context.facts, chosen);
    return problem === undefined ? TRANSLATED : { verdict: 'failed', problem };
  };
}

/** What a translation may choose from; undefined at run time when the packet gives no address or port. */
function compileRange(
  address: NftExpr | undefined,
  ports: NftExpr | undefined,
  written: NftNatFlags,
  slots: SlotCounter,
): ((context: NftContext) => NatRange | undefined) | undefined {
  const flags = {
    random: written.random === true,
    randomFully: written.fullyRandom === true,
    persistent: written.persistent === true,
  };
  const getAddress = optional(address, slots);
  const getPorts = optional(ports, slots);
  if (getAddress === 'unknown' || getPorts === 'unknown') return undefined;
  return (context) => {
    let range: NatRange = flags;
    const to = getAddress?.(context);
    if (getAddress !== undefined) {
      if (to === undefined) return undefined;
      const [low, high, port] = addressBounds(to);
      range = { ...range, minAddress: asIp(low), maxAddress: asIp(high) };
      if (port !== undefined) range = { ...range, minPort: Number(port), maxPort: Number(port) };
    }
    if (getPorts === undefined) return range;
    const port = getPorts(context);
    if (port === undefined) return undefined;
    const [low, high] = addressBounds(port);
    return { ...range, minPort: Number(low), maxPort: Number(high) };
  };
}

function optional(
  expr: NftExpr | undefined,
  slots: SlotCounter,
): NftGetter | undefined | 'unknown' {
  return expr === undefined ? undefined : (compileExpression(expr, slots) ?? 'unknown');
}

/** Bounds of a value, with the port of `address . port`. */
function addressBounds(
  value: NftDatum,
): readonly [low: NftValue, high: NftValue, port?: NftValue | undefined] {
  if (typeof value !== 'object') return [value, value];
  if (!isParts(value)) return [value.low, value.high];
  const [address = 0, port] = value;
  return [address, address, port];
}

/** A value of an address type was made by the readers of addr/ or read from a packet. */
function asIp(value: NftValue): Ip {
  return value as Ip;
}
