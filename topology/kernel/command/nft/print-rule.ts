import type {
  NftElement,
  NftExpr,
  NftFamily,
  NftNatFlags,
  NftRule,
  NftSetExpr,
  NftStatement,
  NftType,
  NftVerdict,
} from '../../nft.js';
import { DATA_TYPES, formatConstant, formatTime } from './datatype.js';
import { typesOf, UNQUALIFIED_META } from './field.js';
import { sortElements } from './sort.js';

/** A rule as `nft list` writes it. */
export function printNftRule(rule: NftRule, family: NftFamily): string {
  const words = rule.statements.map((statement) => printStatement(statement, family));
  if (rule.comment !== undefined) words.push(`comment "${rule.comment}"`);
  return words.join(' ');
}

/** A verdict. */
export function printVerdict(verdict: NftVerdict): string {
  return 'chain' in verdict ? `${verdict.verdict} ${verdict.chain}` : verdict.verdict;
}

function printStatement(statement: NftStatement, family: NftFamily): string {
  switch (statement.stmt) {
    case 'match':
      return printMatch(statement);
    case 'verdict':
      return printVerdict(statement.verdict);
    case 'vmap':
      return `${printExpr(statement.key)} vmap ${printSet(statement.map)}`;
    case 'set':
      return `${printExpr(statement.target)} set ${printExpr(statement.value)}`;
    case 'counter':
      return `counter packets ${statement.packets} bytes ${statement.bytes}`;
    case 'limit':
      return printLimit(statement);
    case 'quota': {
      const used = statement.used === 0 ? '' : ` used ${sizeText(statement.used)}`;
      return `quota ${statement.over ? 'over ' : ''}${sizeText(statement.bytes)}${used}`;
    }
    case 'log': {
      const prefix = statement.prefix === undefined ? '' : ` prefix "${statement.prefix}"`;
      const level = statement.level === undefined ? '' : ` level ${statement.level}`;
      return `log${prefix}${level}${statement.group === undefined ? '' : ` group ${statement.group}`}`;
    }
    case 'reject': {
      const { reject } = statement;
      if (reject === undefined) return 'reject';
      return reject.with === 'tcp reset'
        ? 'reject with tcp reset'
        : `reject with ${reject.with} ${reject.code}`;
    }
    case 'nat':
      return printNat(statement, family);
    case 'masquerade':
    case 'redirect': {
      const to = statement.ports === undefined ? '' : ` to :${printExpr(statement.ports)}`;
      return `${statement.stmt}${to}${flagsText(statement.flags)}`;
    }
    case 'notrack':
      return 'notrack';
    case 'dynset': {
      const timeout =
        statement.timeoutMs === undefined ? '' : ` timeout ${formatTime(statement.timeoutMs)}`;
      const stateful = (statement.stateful ?? [])
        .map((kept) => ` ${kept.stmt === 'counter' ? 'counter' : printStatement(kept, family)}`)
        .join('');
      const data = statement.data === undefined ? '' : ` : ${printExpr(statement.data)}`;
      return `${statement.verb} @${statement.set} { ${printExpr(statement.key)}${timeout}${stateful}${data} }`;
    }
  }
}

function printMatch({ left, relation, right }: NftStatement & { stmt: 'match' }): string {
  const [type = 'integer'] = typesOf(left);
  if (left.expr === 'binary' && left.op === '&' && DATA_TYPES[type].flags === true) {
    const sign = relation === '==' || relation === 'implicit' ? '' : `${relation} `;
    const [bits, mask] = [printOperand(right), printOperand(left.right)];
    return `${printExpr(left.left)} ${sign}${bits} / ${mask}`;
  }
  const sign = relation === 'implicit' ? '' : `${relation} `;
  return `${printExpr(left)} ${sign}${printOperand(right)}`;
}

/** The right side of a comparison: flags are joined by commas. */
function printOperand(expr: NftExpr): string {
  return expr.expr === 'set' || expr.expr === 'set-ref' ? printSet(expr) : printExpr(expr);
}

/** An expression as `nft list` writes it. */
export function printExpr(expr: NftExpr): string {
  switch (expr.expr) {
    case 'value':
      return formatConstant(expr);
    case 'verdict':
      return printVerdict(expr.verdict);
    case 'range':
      return `${formatConstant(expr.from)}-${formatConstant(expr.to)}`;
    case 'prefix':
      return `${formatConstant(expr.base)}/${expr.length}`;
    case 'concat':
      return expr.parts.map(printExpr).join(' . ');
    case 'list':
      return expr.values.map(formatConstant).join(',');
    case 'catchall':
      return '*';
    case 'payload':
      return printPayload(expr.header, expr.field);
    case 'meta':
      return UNQUALIFIED_META.has(expr.key) ? expr.key : `meta ${expr.key}`;
    case 'ct':
      return expr.direction === undefined ? `ct ${expr.key}` : `ct ${expr.direction} ${expr.key}`;
    case 'fib':
      return `fib ${expr.by.join(' . ')} ${expr.result}`;
    case 'numgen':
      return `numgen ${expr.mode} mod ${expr.modulus}${offsetText(expr.offset)}`;
    case 'jhash': {
      const seed = expr.seed === undefined ? '' : ` seed 0x${expr.seed.toString(16)}`;
      return `jhash ${printExpr(expr.of)} mod ${expr.modulus}${seed}${offsetText(expr.offset)}`;
    }
    case 'tcp-option': {
      if (expr.field === 'kind') return `tcp option ${expr.option}`;
      return `tcp option ${expr.option} ${expr.field}`;
    }
    case 'rt':
      return `rt ${expr.key}`;
    case 'binary':
      return printBinary(expr);
    case 'map':
      return `${printExpr(expr.key)} map ${printSet(expr.map)}`;
    case 'set':
    case 'set-ref':
      return printSet(expr);
  }
}

function printPayload(header: string, field: string): string {
  return `${header} ${field}`;
}

function printBinary({ op, left, right }: NftExpr & { expr: 'binary' }): string {
  const value =
    right.expr === 'value' && DATA_TYPES[right.type].flags === true
      ? `(${printExpr(right).replaceAll(',', ' | ')})`
      : printExpr(right);
  return `${printExpr(left)} ${op} ${value}`;
}

function offsetText(offset: number): string {
  return offset === 0 ? '' : ` offset ${offset}`;
}

/** An anonymous set on one line, or the name of one. */
export function printSet(set: NftSetExpr): string {
  if (set.expr === 'set-ref') return `@${set.name}`;
  return `{ ${sortElements(set.elements).map(printElement).join(', ')} }`;
}

/** One element without its times. */
export function printElement({ key, data, comment }: NftElement): string {
  const note = comment === undefined ? '' : ` comment "${comment}"`;
  const shown = printKey(key);
  return data === undefined ? `${shown}${note}` : `${shown}${note} : ${printKey(data)}`;
}

/** Flags in a set are joined by bars. */
function printKey(key: NftExpr): string {
  const text = printExpr(key);
  const flags = key.expr === 'value' && DATA_TYPES[key.type].flags === true;
  return flags ? text.replaceAll(',', ' | ') : text;
}

const DEFAULT_BURST = 5;

function printLimit(limit: NftStatement & { stmt: 'limit' }): string {
  const over = limit.over ? 'over ' : '';
  if (limit.of === 'packets') {
    const burst = limit.burst === DEFAULT_BURST ? '' : ` burst ${limit.burst} packets`;
    return `limit rate ${over}${limit.rate}/${limit.unit}${burst}`;
  }
  const burst = limit.burst === DEFAULT_BURST ? '' : ` burst ${sizeText(limit.burst)}`;
  return `limit rate ${over}${sizeText(limit.rate)}/${limit.unit}${burst}`;
}

/** Octets in the largest unit that divides them. */
function sizeText(bytes: number): string {
  if (bytes > 0 && bytes % 1_048_576 === 0) return `${bytes / 1_048_576} mbytes`;
  if (bytes > 0 && bytes % 1024 === 0) return `${bytes / 1024} kbytes`;
  return `${bytes} bytes`;
}

function printNat(nat: NftStatement & { stmt: 'nat' }, family: NftFamily): string {
  const concatenated = nat.address?.expr === 'map' && givesPort(nat.address);
  const named = nat.family ?? (family === 'inet' ? familyOf(nat.address) : undefined);
  const layer = named === undefined ? '' : ` ${named}`;
  const own = concatenated && layer === '' ? (family === 'ip6' ? ' ip6' : ' ip') : layer;
  const address =
    nat.address === undefined ? '' : addressText(nat.address, nat.ports !== undefined);
  const ports = nat.ports === undefined ? '' : `:${printExpr(nat.ports)}`;
  return `${nat.nat}${own} to ${address}${ports}${flagsText(nat.flags)}`;
}

/** Whether a map gives an address with a port; of a named map that is only known when it was said. */
function givesPort({ map }: NftExpr & { expr: 'map' }): boolean {
  return map.expr === 'set' && map.elements[0]?.data?.expr === 'concat';
}

function familyOf(address: NftExpr | undefined): 'ip' | 'ip6' | undefined {
  const type: NftType | undefined = address === undefined ? undefined : typesOf(address)[0];
  if (type === 'ipv4_addr') return 'ip';
  return type === 'ipv6_addr' ? 'ip6' : undefined;
}

function addressText(address: NftExpr, withPort: boolean): string {
  const text = printExpr(address);
  const six = address.expr === 'value' && address.type === 'ipv6_addr';
  return six && withPort ? `[${text}]` : text;
}

function flagsText({ random, fullyRandom, persistent }: NftNatFlags): string {
  const words = [
    random === true ? 'random' : '',
    fullyRandom === true ? 'fully-random' : '',
    persistent === true ? 'persistent' : '',
  ].filter((word) => word !== '');
  return words.length === 0 ? '' : ` ${words.join(',')}`;
}
