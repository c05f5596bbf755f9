import { formatCidr, formatIp } from '../../addr/index.js';
import type { Match, Rule } from '../ops.js';
import { type ListContext, listMatch, listPrefix } from './list-match.js';
import { listTarget, targetName } from './list-target.js';
import { type IpFamily, printProto } from './print-match.js';
import { orderMatches } from './print-rule.js';

/**
 * Chains as `iptables -L` prints them (iptables/xshared.c, print_rule_details and what it calls).
 */

/** How a listing is printed: `-n`, `-v`, `-x`, `--line-numbers`. */
export interface ListOptions {
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
  readonly family: IpFamily;
}

/** Packets and octets. */
export interface ListCounter {
  readonly packets: number;
  readonly bytes: number;
}

/** A chain with what it counted: of its policy first, then of each rule. */
export interface ListedChain {
  readonly name: string;
  readonly policy?: 'ACCEPT' | 'DROP' | undefined;
  readonly rules: readonly Rule[];
  readonly counters: readonly ListCounter[];
  /** Rules that jump to it. */
  readonly references: number;
}

/** `123K`: a number of at most five digits, as xtables_print_num makes it. */
function shortNumber(value: number, exact: boolean): string {
  if (exact || value <= 99_999) return `${value}`;
  let number = value;
  for (const unit of ['K', 'M', 'G', 'T']) {
    number = Math.floor((number + 500) / 1000);
    if (number <= 9999 || unit === 'T') return `${number}${unit}`;
  }
  return `${number}`;
}

function counterWords({ packets, bytes }: ListCounter, exact: boolean): string {
  const word = (value: number) => shortNumber(value, exact).padStart(exact ? 8 : 5);
  return `${word(packets)} ${word(bytes)} `;
}

/** The two lines above the rules of a chain. */
export function listHeader(chain: ListedChain, options: ListOptions): string {
  const { policy, counters, references } = chain;
  const count = counters[0] ?? { packets: 0, bytes: 0 };
  const short = (value: number) => shortNumber(value, options.exact);
  const counted = options.verbose
    ? ` ${short(count.packets)} packets, ${short(count.bytes)} bytes`
    : '';
  const about = policy === undefined ? `${references} references` : `policy ${policy}${counted}`;
  const columns = [
    options.lineNumbers ? 'num  ' : '',
    options.verbose ? (options.exact ? '    pkts      bytes ' : ' pkts bytes ') : '',
    `${'target'.padEnd(9)}  prot opt `,
    options.verbose ? `${'in'.padEnd(6)} ${'out'.padEnd(6)}  ` : '',
    `${'source'.padEnd(19)}  ${'destination'.padEnd(19)} `,
  ];
  return `Chain ${chain.name} (${about})\n${columns.join('')}\n`;
}

type Header = Extract<Match, { match: 'src' | 'dst' | 'in' | 'out' | 'proto' | 'fragment' }>;

function headerOf<K extends Header['match']>(
  rule: Rule,
  kind: K,
): Extract<Match, { match: K }> | undefined {
  return rule.matches.find((match): match is Extract<Match, { match: K }> => match.match === kind);
}

function address(rule: Rule, side: 'src' | 'dst', options: ListOptions): string {
  const match = headerOf(rule, side);
  if (match === undefined || (match.match !== 'src' && match.match !== 'dst')) {
    const everything = options.family === 'ipv4' ? '0.0.0.0/0' : '::/0';
    return ` ${(options.numeric ? everything : 'anywhere').padEnd(19)} `;
  }
  const { block } = match;
  const host = block.prefixLength === (options.family === 'ipv4' ? 32 : 128);
  const text = host ? formatIp(block.network) : formatCidr(block);
  return `${match.invert === true ? '!' : ' '}${text.padEnd(19)} `;
}

function device(rule: Rule, side: 'in' | 'out', options: ListOptions): string {
  const match = headerOf(rule, side);
  if (match === undefined || (match.match !== 'in' && match.match !== 'out')) {
    return options.numeric ? '*' : 'any';
  }
  return `${match.invert === true ? '!' : ''}${match.dev}`;
}

/** One rule as a line of `iptables -L`, with its newline. */
export function listRule(
  rule: Rule,
  number: number,
  counter: ListCounter,
  options: ListOptions,
): string {
  const proto = headerOf(rule, 'proto');
  const fragment = headerOf(rule, 'fragment');
  const protoNumber = proto?.match === 'proto' ? proto.proto : 0;
  const protoName = options.numeric
    ? `${protoNumber}`
    : protoNumber === 0
      ? 'all'
      : printProto(protoNumber);
  const opt = fragment === undefined ? '--' : fragment.invert === true ? '!f' : '-f';
  const columns = [
    options.lineNumbers ? `${String(number).padEnd(4)} ` : '',
    options.verbose ? counterWords(counter, options.exact) : '',
    `${targetName(rule.target, options.family).padEnd(9)} `,
    proto?.invert === true ? '!' : ' ',
    `${protoName.padEnd(4)} ${opt} `,
    options.verbose
      ? ` ${device(rule, 'in', options).padEnd(6)} ${device(rule, 'out', options).padEnd(6)} `
      : '',
    address(rule, 'src', options),
    address(rule, 'dst', options),
    rule.target?.target === 'goto' ? '[goto] ' : '',
    ...details(rule, { ...options, proto: protoNumber }).map((text) => ` ${text}`),
  ];
  return `${columns.join('')}\n`;
}

function details(rule: Rule, context: ListContext): readonly string[] {
  const words: string[] = [];
  let prefix: string | undefined;
  for (const match of orderMatches(rule.matches)) {
    const own = listPrefix(match, context);
    if (own !== undefined && own !== prefix) words.push(own);
    prefix = own;
    const text = listMatch(match, context);
    if (text !== '') words.push(text);
  }
  if (rule.target !== undefined) {
    const text = listTarget(rule.target, context.family);
    if (text !== '') words.push(text);
  }
  return words;
}
