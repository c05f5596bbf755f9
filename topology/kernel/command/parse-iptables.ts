import { fail, ok, type Result } from '../../base/index.js';
import type {
  IptablesOp,
  KernelOp,
  RestoreTable,
  Rule,
  RuleChain,
  TableName,
  Target,
} from '../ops.js';
import { inNetns } from './ip-words.js';
import { hookIn, TABLE_HOOKS } from './names.js';
import { EXTENSIONS, type RuleDraft, readMatch } from './parse-match.js';
import { readTarget } from './parse-target.js';
import { orderMatches } from './print-rule.js';
import { type CommandError, splitWords, Words, wholeNumber } from './words.js';

/** Whose tables, and where. */
export interface IptablesContext {
  readonly family: 'ipv4' | 'ipv6';
  readonly netns?: string;
}

/** Longest name of a chain (XT_EXTENSION_MAXNAMELEN less one). */
const CHAIN_MAX = 28;

/** Reads the words of one `iptables` or `ip6tables` command after its name. */
export function parseIptablesCommand(
  args: readonly string[],
  context: IptablesContext,
): Result<readonly KernelOp[], CommandError> {
  return readCommand(new Words(args), context, 'filter');
}

/**
 * Reads the text of `iptables-save`, or what a person wrote for `iptables-restore`: one
 * `iptables.restore`, followed under `noflush` by the changes that are no whole chain.
 */
export function parseIptablesRestore(
  text: string,
  context: IptablesContext & { readonly noflush: boolean },
): Result<readonly KernelOp[], CommandError> {
  const tables: TableDraft[] = [];
  const after: KernelOp[] = [];
  let current: TableDraft | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const problem = (error: CommandError) => fail({ ...error, line: index + 1 });
    if (line.startsWith('*')) {
      if (current !== undefined) return problem(misplaced(line, 'COMMIT before the next table'));
      const table = tableOf(line.slice(1));
      if (table === undefined) {
        const message = `iptables-restore: unable to initialize table '${line.slice(1)}'`;
        return problem({
          code: 'command/bad-word',
          message,
          near: line.slice(1),
          expected: TABLES,
        });
      }
      current = { table, chains: new Map(), remove: [] };
    } else if (current === undefined) return problem(misplaced(line, '*TABLE before its rules'));
    else if (line === 'COMMIT') {
      tables.push(current);
      current = undefined;
    } else if (line.startsWith(':')) {
      const error = readChainLine(line, current, context, after);
      if (error !== undefined) return problem(error);
    } else {
      const error = readRuleLine(line, current, context, after);
      if (error !== undefined) return problem(error);
    }
  }
  if (current !== undefined) {
    const line = text.split('\n').length;
    const message = `iptables-restore: COMMIT expected at line ${line}`;
    return fail({ code: 'command/incomplete', message, near: '', expected: 'COMMIT', line });
  }
  const named = tables.filter(
    (table) => !context.noflush || table.chains.size > 0 || table.remove.length > 0,
  );
  const restore: KernelOp = {
    op: 'iptables.restore',
    ...inNetns(context),
    family: context.family,
    noflush: context.noflush,
    tables: named.map(finish),
  };
  return ok(named.length === 0 && after.length > 0 ? after : [restore, ...after]);
}

const TABLES = 'raw, mangle, nat, filter or security';

interface ChainDraft {
  policy?: 'ACCEPT' | 'DROP';
  readonly rules: Rule[];
}

interface TableDraft {
  readonly table: TableName;
  readonly chains: Map<string, ChainDraft>;
  readonly remove: string[];
}

function finish(draft: TableDraft): RestoreTable {
  const chains = [...draft.chains].map(
    ([name, { policy, rules }]): RuleChain => ({
      name,
      ...(policy === undefined ? {} : { policy }),
      rules,
    }),
  );
  const removeChains = draft.remove.length === 0 ? {} : { removeChains: draft.remove };
  return { table: draft.table, chains, ...removeChains };
}

function misplaced(line: string, expected: string): CommandError {
  const near = line.split(/\s/)[0] ?? line;
  return { code: 'command/bad-word', message: 'iptables-restore: line failed', near, expected };
}

function tableOf(name: string): TableName | undefined {
  return name in TABLE_HOOKS ? (name as TableName) : undefined;
}

type RestoreContext = IptablesContext & { readonly noflush: boolean };

/** `:CHAIN POLICY [packets:octets]`; counters are not kept. */
function readChainLine(
  line: string,
  draft: TableDraft,
  context: RestoreContext,
  after: KernelOp[],
): CommandError | undefined {
  const [name = '', policy = ''] = line.slice(1).split(/\s+/);
  const hook = hookIn(draft.table, name);
  if (name === '' || name.length > CHAIN_MAX) {
    const message = `Invalid chain name \`${name}' (${CHAIN_MAX + 1} chars max)`;
    return { code: 'command/bad-word', message, near: name, expected: ':CHAIN POLICY [0:0]' };
  }
  const fits = hook === undefined ? policy === '-' : ['ACCEPT', 'DROP', '-'].includes(policy);
  if (!fits) {
    const expected =
      hook === undefined ? "'-', as only built-in chains have a policy" : 'ACCEPT or DROP';
    return { code: 'command/bad-word', message: "Can't set policy", near: policy, expected };
  }
  const kept = policy === 'ACCEPT' || policy === 'DROP' ? policy : undefined;
  if (context.noflush && hook !== undefined) {
    // --noflush leaves the rules of a built-in chain: `-F` empties it.
    const chain = draft.chains.get(name);
    if (chain !== undefined && kept !== undefined) chain.policy = kept;
    else if (kept !== undefined) {
      const { family } = context;
      const where = { ...inNetns(context), family, table: draft.table };
      after.push({ op: 'iptables.policy', ...where, chain: hook, policy: kept });
    }
    return undefined;
  }
  draft.chains.set(name, { ...(kept === undefined ? {} : { policy: kept }), rules: [] });
  return undefined;
}

function readRuleLine(
  line: string,
  draft: TableDraft,
  context: RestoreContext,
  after: KernelOp[],
): CommandError | undefined {
  // A rule may stand behind its counters.
  const words = splitWords(line.replace(/^\[\d+:\d+\]\s*/, ''));
  const read = readCommand(new Words(words), context, draft.table);
  if (!read.ok) return read.error;
  for (const op of read.value) applyLine(op, draft, context, after);
  return undefined;
}

/** A change to a chain that the text replaces whole goes into it; any other stays a change. */
function applyLine(
  op: KernelOp,
  draft: TableDraft,
  context: RestoreContext,
  after: KernelOp[],
): void {
  if (
    !context.noflush &&
    'chain' in op &&
    op.chain !== undefined &&
    hookIn(draft.table, op.chain)
  ) {
    if (!draft.chains.has(op.chain)) draft.chains.set(op.chain, { rules: [] });
  }
  switch (op.op) {
    case 'iptables.append':
    case 'iptables.insert': {
      const chain = draft.chains.get(op.chain);
      if (chain === undefined) after.push(op);
      else if (op.op === 'iptables.append') chain.rules.push(op.rule);
      else chain.rules.splice((op.position ?? 1) - 1, 0, op.rule);
      return;
    }
    case 'iptables.flush':
      if (op.chain !== undefined) {
        const policy = takePolicy(op, after);
        draft.chains.set(op.chain, { ...policy, rules: [] });
      } else after.push(op);
      return;
    case 'iptables.new-chain':
      draft.chains.set(op.chain, { rules: [] });
      return;
    case 'iptables.delete-chain':
      if (op.chain === undefined) after.push(op);
      else {
        draft.chains.delete(op.chain);
        draft.remove.push(op.chain);
      }
      return;
    case 'iptables.policy': {
      const chain = draft.chains.get(op.chain);
      if (chain === undefined) after.push(op);
      else chain.policy = op.policy;
      return;
    }
    default:
      after.push(op);
  }
}

/** The policy that a `:CHAIN` line set before `-F CHAIN`. */
function takePolicy(
  op: Extract<IptablesOp, { op: 'iptables.flush' | 'iptables.delete-chain' }>,
  after: KernelOp[],
): { readonly policy?: 'ACCEPT' | 'DROP' } {
  const at = after.findIndex(
    (one) => one.op === 'iptables.policy' && one.chain === op.chain && one.table === op.table,
  );
  const found = after[at];
  if (found?.op !== 'iptables.policy') return {};
  after.splice(at, 1);
  return { policy: found.policy };
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

function readCommand(
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
