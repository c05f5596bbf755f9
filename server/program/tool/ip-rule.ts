import {
  type Cidr,
  formatCidr,
  formatIp,
  isCidr4,
  type KernelOp,
  type RoutingRule,
  tableName,
} from '../../../topology/index.js';
import { Args, applyOps, type IpRun, matches, readChange, show } from './ip-run.js';
import { familyWords, optional, placeOf, readPrefix, readTable, readVerb } from './ip-selector.js';
import { Entry } from './iproute-entry.js';
import { RULE_USAGE } from './iproute-usage.js';

const VERBS = {
  object: 'rule',
  fallback: 'list',
  usage: RULE_USAGE,
  names: ['list', 'lst', 'show', 'save', 'restore', 'add', 'delete', 'flush', 'help'],
} as const;

/** `ip rule`. */
export async function ipRule(run: IpRun, words: readonly string[]): Promise<number> {
  const verb = readVerb(words, VERBS);
  const rest = words.slice(1);
  switch (verb) {
    case 'list':
    case 'lst':
    case 'show':
      return showRules(run, rest);
    case 'flush':
      return flushRules(run);
    default:
      return changeRule(run, verb, rest);
  }
}

/** Without a priority a new rule goes before those there are, and any that fits is deleted. */
async function changeRule(run: IpRun, verb: string, words: readonly string[]): Promise<number> {
  const ops = readChange(run, ['ip', ...familyWords(run), 'rule', verb, ...words]);
  const named = words.some((word) => /^(pref|prio|order)/.test(word));
  if (named) return applyOps(run, ops);
  const rules = rulesOf(run);
  const tabled = words.some((word) => matches(word, 'table') || matches(word, 'lookup'));
  const changed = ops.map((op): KernelOp => {
    if (op.op === 'rule.add')
      return {
        ...op,
        priority: Math.max(0, (rules.find(({ priority }) => priority > 0)?.priority ?? 1) - 1),
      };
    if (op.op !== 'rule.del') return op;
    const found = rules.find(
      (rule) =>
        (op.from === undefined || sameBlock(rule.from, op.from)) &&
        (op.to === undefined || sameBlock(rule.to, op.to)) &&
        (op.fwmark === undefined || rule.fwmark === op.fwmark) &&
        (op.iif === undefined || rule.iif === op.iif) &&
        (op.oif === undefined || rule.oif === op.oif) &&
        (op.action === undefined || rule.action === op.action) &&
        (!tabled || rule.table === op.table),
    );
    return found === undefined ? op : { ...op, ...defined(found) };
  });
  return applyOps(run, changed);
}

async function showRules(run: IpRun, words: readonly string[]): Promise<number> {
  const wants = readSelector(words);
  await show(
    run,
    rulesOf(run)
      .filter((rule) => wants.every((want) => want(rule)))
      .map((rule) => ruleEntry(run, rule)),
  );
  return 0;
}

function rulesOf(run: IpRun): readonly RoutingRule[] {
  return run.netns.fib.rulesOf(run.family === 'inet6' ? 'ipv6' : 'ipv4');
}

function readSelector(words: readonly string[]): readonly ((rule: RoutingRule) => boolean)[] {
  const args = new Args(words);
  const wants: ((rule: RoutingRule) => boolean)[] = [];
  while (args.more) {
    const word = args.take();
    if (matches(word, 'preference') || matches(word, 'order') || matches(word, 'priority')) {
      const priority = Number(args.value());
      wants.push((rule) => rule.priority === priority);
    } else if (matches(word, 'fwmark')) {
      const mark = Number(args.value().split('/')[0]);
      wants.push((rule) => rule.fwmark === mark);
    } else if (word === 'dev' || word === 'iif') {
      const name = args.value();
      wants.push((rule) => rule.iif === name);
    } else if (word === 'from') {
      const block = readPrefix(args.value());
      wants.push((rule) => sameBlock(rule.from, block));
    } else if (matches(word, 'table') || matches(word, 'lookup')) {
      const table = readTable(args.value());
      wants.push((rule) => rule.table === table);
    } else {
      const block = readPrefix(optional(args, word, { keyword: 'to', usage: RULE_USAGE }));
      wants.push((rule) => sameBlock(rule.to, block));
    }
  }
  return wants;
}

function sameBlock(a: Cidr | undefined, b: Cidr): boolean {
  return a?.network === b.network && a.prefixLength === b.prefixLength;
}

function ruleEntry(run: IpRun, rule: RoutingRule): Entry {
  const entry = new Entry();
  entry.put('priority', rule.priority, `${rule.priority}:\t`);
  if (rule.not === true) entry.put('not', null, 'not ');
  if (rule.from === undefined) entry.put('src', 'all', 'from all');
  else putBlock(entry, rule.from, ['src', 'from']);
  if (rule.to !== undefined) putBlock(entry, rule.to, ['dst', 'to']);
  if (rule.fwmark !== undefined) {
    const mark = `0x${rule.fwmark.toString(16)}`;
    entry.put('fwmark', mark, ` fwmark ${mark}`);
    const { fwmask = 0xffffffff } = rule;
    const mask = `0x${fwmask.toString(16)}`;
    if (fwmask !== 0xffffffff) entry.put('fwmask', mask, `/${mask}`);
  }
  if (rule.iif !== undefined) entry.put('iif', rule.iif, ` iif ${rule.iif}`);
  if (rule.oif !== undefined) entry.put('oif', rule.oif, ` oif ${rule.oif}`);
  if (rule.action !== undefined) entry.put('action', rule.action, ` ${rule.action}`);
  else {
    const table = tableName(rule.table);
    entry.put('table', table, ` lookup ${table}`);
    const { suppressPrefixLength: length } = rule;
    if (length !== undefined) {
      entry.put('suppress_prefixlen', length, ` suppress_prefixlength ${length}`);
    }
  }
  if (run.options.details > 0) {
    const proto = BUILT_IN.has(rule.priority) ? 'kernel' : 'unspec';
    entry.put('protocol', proto, ` proto ${proto}`);
  }
  entry.say('\n');
  return entry;
}

const BUILT_IN = new Set([0, 32766, 32767]);

function putBlock(entry: Entry, block: Cidr, [key, word]: readonly [string, string]): void {
  const whole = isCidr4(block) ? 32 : 128;
  const text = block.prefixLength === whole ? formatIp(block.network) : formatCidr(block);
  entry.put(key, formatIp(block.network), `${/\s$/.test(entry.text) ? '' : ' '}${word} ${text}`);
  if (block.prefixLength !== whole) entry.put(`${key}len`, block.prefixLength);
}

async function flushRules(run: IpRun): Promise<number> {
  const place = placeOf(run);
  // All but the one of priority 0 go.
  const ops = rulesOf(run)
    .filter(({ priority }) => priority !== 0)
    .map((rule) => ({
      op: 'rule.del' as const,
      ...place,
      ...(run.family === 'inet6' ? { family: 'ipv6' as const } : {}),
      ...defined(rule),
    }));
  return applyOps(run, ops);
}

function defined(rule: RoutingRule) {
  const { action, fwmark, fwmask, from, iif, not, oif, priority, table, to } = rule;
  const { suppressPrefixLength } = rule;
  return {
    priority,
    table,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(fwmark === undefined ? {} : { fwmark }),
    ...(fwmask === undefined ? {} : { fwmask }),
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    ...(not === undefined ? {} : { not }),
    ...(action === undefined ? {} : { action }),
    ...(suppressPrefixLength === undefined ? {} : { suppressPrefixLength }),
  };
}
