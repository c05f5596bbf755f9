import type { Result } from '../../base/index.js';
import type { KernelOp, Rule, TableName, Target } from '../ops.js';
import { inNetns } from './ip-words.js';
import { hookIn, TABLE_HOOKS } from './names.js';
import { EXTENSIONS, readMatch } from './parse-match.js';
import { readTarget } from './parse-target.js';
import { orderMatches } from './print-rule.js';
import type { RuleDraft } from './rule-draft.js';
import { type CommandError, Words, wholeNumber } from './words.js';

/** Whose tables, and where. */
export interface IptablesContext {
  readonly family: 'ipv4' | 'ipv6';
  readonly netns?: string;
}

/** Longest name of a chain (XT_EXTENSION_MAXNAMELEN less one). */
export const CHAIN_MAX = 28;

/** Reads the words of one `iptables` or `ip6tables` command after its name. */
export function parseIptablesCommand(
  args: readonly string[],
  context: IptablesContext,
): Result<readonly KernelOp[], CommandError> {
  return readCommand(new Words(args), context, 'filter');
}

/** Names of the tables, for messages. */
export const TABLES = 'raw, mangle, nat, filter or security';

/** The table of a name. */
export function tableOf(name: string): TableName | undefined {
  return name in TABLE_HOOKS ? (name as TableName) : undefined;
}

interface Draft {
  table: TableName;
  verb: string;
  chain: string | undefined;
  position: number | undefined;
  policy: string;
  target: Target | undefined;
}

const VERBS: Readonly<Record<string, string>> = {
  '--append': '-A',
  '--insert': '-I',
  '--delete': '-D',
  '--policy': '-P',
  '--new-chain': '-N',
  '--new': '-N',
  '--delete-chain': '-X',
  '--flush': '-F',
  '--list': '-L',
  '--list-rules': '-S',
  '--check': '-C',
  '--zero': '-Z',
  '--replace': '-R',
  '--rename-chain': '-E',
};

/** Reads the words of a command that begins in a table, which `-t` may change. */
export function readCommand(
  words: Words,
  context: IptablesContext,
  table: TableName,
): Result<readonly KernelOp[], CommandError> {
  const draft: Draft = {
    table,
    verb: '',
    chain: undefined,
    position: undefined,
    policy: '',
    target: undefined,
  };
  const rule: RuleDraft = { family: context.family, matches: [], loaded: new Set() };
  while (words.more) {
    const invert = words.skip('!');
    const option = words.take();
    const verb = VERBS[option] ?? option;
    if (/^-[AIDPNXFLSCZRE]$/.test(verb)) readVerb(words, draft, verb);
    else if (option === '-t' || option === '--table') readTable(words, draft);
    else if (option === '-m' || option === '--match') readExtension(words, rule);
    else if (option === '-j' || option === '--jump')
      draft.target = readTarget(words, context.family);
    else if (option === '-g' || option === '--goto') {
      draft.target = { target: 'goto', chain: words.need('a chain') };
    } else if (
      /^(-w|--wait|-n|--numeric|-v|--verbose|--line-numbers|-c|--set-counters)$/.test(option)
    ) {
      if (option.startsWith('-c') || option === '--set-counters') words.take();
      if (wholeNumber(words.peek) !== undefined) words.take();
    } else if (!readMatch(words, rule, option, invert)) unknownOption(words, option);
  }
  if (draft.verb === '' && !words.failed)
    words.need('-A, -I, -D, -P, -N, -X or -F', 'no command specified');
  if (words.failed) return words.result([]);
  const { target } = draft;
  const matches = orderMatches(rule.matches);
  return words.result(
    build(words, draft, context, { matches, ...(target === undefined ? {} : { target }) }),
  );
}

function unknownOption(words: Words, option: string): void {
  const known =
    /^(-f|--fragment|--tcp-option|--chunk-types|--hitcount|--rttl|--ctproto|--ctorig.*|--uid-owner|--mac-source|--string|--dscp|--length|--ttl.*|--pkt-type|--src-range|--dst-range|--hashlimit.*|--connlimit.*)$/;
  if (known.test(option)) words.unsupported(option, `matches of ${EXTENSIONS.join(', ')}`);
  else if (option.startsWith('-')) {
    words.bad(option, `unknown option "${option}"`, `an option of ${EXTENSIONS.join(', ')}`);
  } else words.bad(option, `Bad argument \`${option}'`, 'an option that begins with -');
}

function readVerb(words: Words, draft: Draft, verb: string): void {
  if (draft.verb !== '') {
    words.bad(verb, `Cannot use ${verb} with ${draft.verb}`, 'one command');
    return;
  }
  draft.verb = verb;
  if (verb === '-L' || verb === '-S' || verb === '-C' || verb === '-Z') {
    const message = `iptables ${verb} changes no rule`;
    words.fail({
      code: 'command/read-only',
      message,
      near: verb,
      expected: '-A, -I, -D, -P, -N, -X or -F',
    });
    return;
  }
  if (verb === '-R' || verb === '-E') {
    words.unsupported(verb, '-D and -I');
    return;
  }
  const optional = verb === '-F' || verb === '-X';
  if (optional && (!words.more || words.peek.startsWith('-'))) return;
  draft.chain = words.need('a chain', `iptables: option "${verb}" requires an argument`);
  if (draft.chain.length > CHAIN_MAX) {
    const message = `chain name \`${draft.chain}' too long (must be under ${CHAIN_MAX + 1} chars)`;
    words.bad(draft.chain, message, `at most ${CHAIN_MAX} characters`);
  }
  if (verb === '-P')
    draft.policy = words.need('ACCEPT or DROP', '-P requires a chain and a policy');
  if ((verb === '-I' || verb === '-D') && wholeNumber(words.peek) !== undefined) {
    if (verb === '-D')
      words.unsupported(`-D ${draft.chain} ${words.peek}`, '-D with the rule written out');
    draft.position = words.number('rule number', 1, 0xffff);
  }
}

function readTable(words: Words, draft: Draft): void {
  const name = words.need(TABLES);
  const table = tableOf(name);
  if (table !== undefined) draft.table = table;
  else if (!words.failed) {
    const message = `can't initialize iptables table \`${name}': Table does not exist (do you need to insmod?)`;
    words.bad(name, message, TABLES);
  }
}

function readExtension(words: Words, rule: RuleDraft): void {
  const name = words.need(EXTENSIONS.join(', '));
  if (words.failed) return;
  if (!EXTENSIONS.includes(name)) {
    const message = `Couldn't load match \`${name}':No such file or directory`;
    words.bad(name, message, `one of ${EXTENSIONS.join(', ')}`);
  }
  // The last one named reads `--mark`.
  if (name === 'mark') rule.loaded.delete('connmark');
  if (name === 'connmark') rule.loaded.delete('mark');
  rule.loaded.add(name);
}

function build(
  words: Words,
  draft: Draft,
  context: IptablesContext,
  rule: Rule,
): readonly KernelOp[] {
  const { table, verb, chain = '', position } = draft;
  const base = { ...inNetns(context), family: context.family, table };
  switch (verb) {
    case '-A':
      return [{ op: 'iptables.append', ...base, chain, rule }];
    case '-I':
      return [
        {
          op: 'iptables.insert',
          ...base,
          chain,
          rule,
          ...(position === undefined ? {} : { position }),
        },
      ];
    case '-D':
      return [{ op: 'iptables.delete', ...base, chain, rule }];
    case '-N':
      return [{ op: 'iptables.new-chain', ...base, chain }];
    case '-F':
    case '-X': {
      const op = verb === '-F' ? 'iptables.flush' : 'iptables.delete-chain';
      return [{ op, ...base, ...(draft.chain === undefined ? {} : { chain }) }];
    }
    default:
      return buildPolicy(words, draft, base);
  }
}

function buildPolicy(
  words: Words,
  draft: Draft,
  base: { readonly netns?: string; readonly family: 'ipv4' | 'ipv6'; readonly table: TableName },
): readonly KernelOp[] {
  const { policy, table, chain = '' } = draft;
  const hook = hookIn(table, chain);
  if (hook === undefined) {
    const message = 'iptables: Bad built-in chain name.';
    words.bad(chain, message, TABLE_HOOKS[table].join(', '));
    return [];
  }
  if (policy !== 'ACCEPT' && policy !== 'DROP') {
    words.bad(
      policy,
      "iptables: Bad policy name. Run `dmesg' for more information.",
      'ACCEPT or DROP',
    );
    return [];
  }
  return [{ op: 'iptables.policy', ...base, chain: hook, policy }];
}
