import type {
  NftBase,
  NftChainView,
  NftElementView,
  NftFamily,
  NftSetSpec,
  NftSetView,
  NftTableView,
  NftType,
} from '../../nft.js';
import { formatTime } from './datatype.js';
import { BRIDGE_PRIORITIES, PRIORITIES } from './parse-chain.js';
import { printElement, printExpr, printNftRule } from './print-rule.js';
import { sortElements } from './sort.js';

/** How much of the rules is shown. */
export interface NftPrintOptions {
  /** `nft -a`: the kernel's numbers of things. */
  readonly handles?: boolean;
  /** `nft -s`: nothing that packets change. */
  readonly stateless?: boolean;
  /** `nft -t`: no elements of sets. */
  readonly terse?: boolean;
}

/** Tables as `nft list ruleset` writes them. */
export function printNftRuleset(
  tables: readonly NftTableView[],
  options: NftPrintOptions = {},
): string {
  return tables.map((table) => printNftTable(table, options)).join('');
}

/** One table, with a newline at its end. */
export function printNftTable(table: NftTableView, options: NftPrintOptions = {}): string {
  const blocks = [
    ...table.sets.map((set) => printSetBlock(set, options)),
    ...table.chains.map((chain) => printChain(chain, table.family, options)),
  ];
  const head = [
    ...(table.comment === undefined ? [] : [`\tcomment "${table.comment}"\n`]),
    ...(table.dormant ? ['\tflags dormant\n'] : []),
  ].join('');
  const name = `table ${table.family} ${table.name} {${handleText(table.handle, options)}\n`;
  return `${name}${head}${blocks.join('\n')}}\n`;
}

/** Parts of a table within its braces, without what the table says of itself. */
export function printTableBlock({ family, name }: NftTableView, blocks: readonly string[]): string {
  return `table ${family} ${name} {\n${blocks.join('')}}\n`;
}

function handleText(handle: number, { handles }: NftPrintOptions): string {
  return handles === true ? ` # handle ${handle}` : '';
}

/** A chain inside its table. */
export function printChain(
  chain: NftChainView,
  family: NftFamily,
  options: NftPrintOptions = {},
): string {
  const lines = [`chain ${chain.name} {${handleText(chain.handle, options)}`];
  if (chain.comment !== undefined) lines.push(`\tcomment "${chain.comment}"`);
  if (chain.base !== undefined) lines.push(`\t${printBase(chain.base, family)}`);
  for (const { rule, handle } of chain.rules) {
    const text = printNftRule(rule, family);
    const shown = options.stateless === true ? text.replace(/ packets \d+ bytes \d+/g, '') : text;
    lines.push(`\t${shown}${handleText(handle, options)}`);
  }
  return block([...lines, '}']);
}

/** The line of a base chain. */
export function printBase(base: NftBase, family: NftFamily): string {
  const devices = base.devices === undefined ? '' : ` device "${base.devices.join('", "')}"`;
  const { type, hook, policy = 'accept' } = base;
  const priority = priorityText(base.priority, base.hook, family);
  return `type ${type} hook ${hook}${devices} priority ${priority}; policy ${policy};`;
}

/** How far from a named priority a number is still told by that name. */
const NEAR = 10;

function priorityText(priority: number, hook: NftBase['hook'], family: NftFamily): string {
  const names = family === 'bridge' ? BRIDGE_PRIORITIES : PRIORITIES;
  for (const [name, value] of names) {
    if (family !== 'bridge' && !fitsHook(name, hook)) continue;
    const off = priority - value;
    if (off === 0) return name;
    if (Math.abs(off) <= NEAR) return off > 0 ? `${name} + ${off}` : `${name} - ${-off}`;
  }
  return `${priority}`;
}

/** Destination NAT has a name at prerouting only, source NAT at postrouting (std_prio_lookup). */
function fitsHook(name: string, hook: NftBase['hook']): boolean {
  if (name === 'dstnat') return hook === 'prerouting';
  return name !== 'srcnat' || hook === 'postrouting';
}

/** A set or map inside its table. */
export function printSetBlock(
  { spec, handle, elements }: NftSetView,
  options: NftPrintOptions = {},
): string {
  const kind = spec.data === undefined ? 'set' : 'map';
  const lines = [`${kind} ${spec.name} {${handleText(handle, options)}`];
  lines.push(`\t${typeText(spec)}`);
  if (spec.size !== undefined) lines.push(`\tsize ${spec.size}`);
  if (showsFlags(spec)) lines.push(`\tflags ${orderedFlags(spec).join(',')}`);
  if (spec.timeoutMs !== undefined) lines.push(`\ttimeout ${formatTime(spec.timeoutMs)}`);
  if (spec.gcIntervalMs !== undefined) lines.push(`\tgc-interval ${formatTime(spec.gcIntervalMs)}`);
  if (spec.autoMerge === true) lines.push('\tauto-merge');
  if (spec.comment !== undefined) lines.push(`\tcomment "${spec.comment}"`);
  if (elements.length > 0 && options.terse !== true) {
    lines.push(`\telements = { ${elementsText(spec, elements)} }`);
  }
  return block([...lines, '}']);
}

/** The flag `timeout` alone goes without saying when there is a timeout. */
function showsFlags({ flags, timeoutMs }: NftSetSpec): boolean {
  return flags.some((flag) => flag !== 'timeout' || timeoutMs === undefined);
}

const FLAG_ORDER: NftSetSpec['flags'] = ['constant', 'dynamic', 'interval', 'timeout'];

function orderedFlags({ flags }: NftSetSpec): readonly string[] {
  return FLAG_ORDER.filter((flag) => flags.includes(flag));
}

function typeText(spec: NftSetSpec): string {
  const key = spec.keyOf === undefined ? spec.key.join(' . ') : printExpr(spec.keyOf);
  const word = spec.keyOf === undefined ? 'type' : 'typeof';
  if (spec.data === undefined) return `${word} ${key}`;
  const data = spec.dataOf === undefined ? spec.data.join(' . ') : printExpr(spec.dataOf);
  return `${word} ${key} : ${data}`;
}

/** How many elements of a type stand on a line (calculate_delim). */
function elementsPerLine(types: readonly NftType[]): number {
  const [type = 'integer', ...more] = types;
  if (more.length > 0) return 1;
  switch (type) {
    case 'ipv4_addr':
      return 2;
    case 'ipv6_addr':
    case 'ether_addr':
    case 'ifname':
    case 'string':
      return 1;
    default:
      return 5;
  }
}

function elementsText(spec: NftSetSpec, elements: readonly NftElementView[]): string {
  const perLine = elementsPerLine(spec.key);
  const intervals = spec.flags.includes('interval') && spec.key.length > 1;
  const ordered = intervals ? elements : sortElements(elements);
  return ordered
    .map((element, at) => {
      const text = printWithTimes(spec, element);
      if (at === ordered.length - 1) return text;
      return (at + 1) % perLine === 0 ? `${text},\n\t\t\t     ` : `${text}, `;
    })
    .join('');
}

function printWithTimes(spec: NftSetSpec, element: NftElementView): string {
  const { timeoutMs, expiresMs, ...rest } = element;
  const own = timeoutMs === undefined || timeoutMs === spec.timeoutMs;
  const timeout = own ? '' : ` timeout ${formatTime(timeoutMs)}`;
  const expires = expiresMs === undefined ? '' : ` expires ${formatTime(expiresMs)}`;
  const text = printElement(rest);
  if (timeout === '' && expires === '') return text;
  const key = printExpr(rest.key);
  return key + timeout + expires + text.slice(key.length);
}

function block(lines: readonly string[]): string {
  return lines.map((line) => `\t${line}\n`).join('');
}
