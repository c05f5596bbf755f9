import { fail, ok, type Result } from '../../base/index.js';
import type { KernelOp, Rule, TableName } from '../ops.js';
import { parseInteger } from './extension.js';
import {
  buildRequest,
  type IptablesContext,
  type IptablesDraft,
  type IptablesRequest,
} from './iptables-request.js';
import { iptablesMistake } from './iptables-stderr.js';
import { hookIn, TABLE_HOOKS } from './names.js';
import { findTarget } from './parse-target.js';
import { RuleReader } from './rule-reader.js';
import { type CommandError, Words } from './words.js';

/** Longest name of a chain (XT_EXTENSION_MAXNAMELEN less one). */
export const CHAIN_MAX = 28;

/** Reads the words of one `iptables` or `ip6tables` command after its name, as changes. */
export function parseIptablesCommand(
  args: readonly string[],
  context: IptablesContext,
): Result<readonly KernelOp[], CommandError> {
  const request = parseIptablesRequest(args, context);
  if (!request.ok) return request;
  const { query, ops } = request.value;
  if (query === undefined) return ok(ops);
  const message = `iptables: ${query.query} changes no rule`;
  const expected = '-A, -I, -D, -P, -N, -X or -F';
  return fail({ code: 'command/read-only', message, near: args[0] ?? '', expected });
}

/** As `parseIptablesCommand`, of commands that show something as well. */
export function parseIptablesRequest(
  args: readonly string[],
  context: IptablesContext,
): Result<IptablesRequest, CommandError> {
  return readCommand(args, context, 'filter');
}

/** Names of the tables, for messages. */
export const TABLES = 'raw, mangle, nat, filter or security';

/** The table of a name. */
export function tableOf(name: string): TableName | undefined {
  return name in TABLE_HOOKS ? (name as TableName) : undefined;
}

/** Commands and options of the whole, by long name. */
const LONG: Readonly<Record<string, string>> = {
  append: 'A',
  insert: 'I',
  delete: 'D',
  check: 'C',
  replace: 'R',
  policy: 'P',
  'new-chain': 'N',
  new: 'N',
  'delete-chain': 'X',
  'rename-chain': 'E',
  rename: 'E',
  flush: 'F',
  list: 'L',
  'list-rules': 'S',
  zero: 'Z',
  table: 't',
  wait: 'w',
  'wait-interval': 'W',
  numeric: 'n',
  verbose: 'v',
  exact: 'x',
  'line-numbers': '0',
  'set-counters': 'c',
  modprobe: 'M',
  version: 'V',
  help: 'h',
  ipv4: '4',
  ipv6: '6',
};

/** Commands with a chain that must follow, and that may. */
const WITH_CHAIN = 'ADICRPNE';
const MAY_CHAIN = 'XFLSZ';
/** Options of one letter that take a value. */
const TAKES_VALUE = 'ADICRPNEpsdiotmjgcM';

/** Reads the words of a command that begins in a table, which `-t` may change. */
export function readCommand(
  args: readonly string[],
  context: IptablesContext,
  table: TableName,
): Result<IptablesRequest, CommandError> {
  const words = new Words(normalize(args));
  const draft: IptablesDraft = {
    table,
    verb: '',
    chain: undefined,
    position: undefined,
    word: '',
    zero: false,
    shows: { numeric: false, verbose: false, exact: false, lineNumbers: false },
  };
  const rule = new RuleReader(words, context.family);
  while (words.more) {
    const invert = words.skip('!');
    if (invert && words.peek === '!') {
      words.bad('!', 'multiple consecutive ! not allowed', 'one !');
      break;
    }
    const option = words.take();
    if (option === '' && invert) break;
    readOption(words, draft, rule, { option, invert });
  }
  if (draft.verb === '' && !words.failed) {
    words.need('-A, -I, -D, -P, -N, -X or -F', 'no command specified');
  }
  const rules = words.failed ? [] : rule.finish();
  if (!words.failed) checkWhole(words, draft, rule, rules);
  const request = words.failed
    ? { ops: [], warnings: [] }
    : buildRequest(draft, context, rules, rule);
  const read = words.result(request);
  return read.ok ? read : fail(iptablesMistake(read.error, context.family));
}

/** `-nvL` becomes `-n -v -L`, `--table=nat` two words, as getopt_long(3) has it. */
function normalize(args: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (const arg of args) {
    const long = /^(--[a-z0-9-]+)=(.*)$/s.exec(arg);
    if (long !== null) words.push(long[1] ?? '', long[2] ?? '');
    else if (/^-[A-Za-z0-9]./.test(arg) && !/^-\d/.test(arg)) {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg.charAt(at);
        words.push(`-${letter}`);
        if (TAKES_VALUE.includes(letter) && at + 1 < arg.length) {
          words.push(arg.slice(at + 1));
          break;
        }
      }
    } else words.push(arg);
  }
  return words;
}

function readOption(
  words: Words,
  draft: IptablesDraft,
  rule: RuleReader,
  { option, invert }: { readonly option: string; readonly invert: boolean },
): void {
  const long = option.startsWith('--');
  const name = option.replace(/^--?/, '');
  if (!option.startsWith('-') || option === '-') {
    if (invert) words.bad(option, 'unexpected ! flag before --match', 'an option behind !');
    const message = `Bad argument \`${option}'`;
    words.bad(option, message, 'an option that begins with -');
    return;
  }
  if (rule.read(name, long, invert)) return;
  const letter = long ? (LONG[name] ?? '') : name;
  if (letter !== '' && `${WITH_CHAIN}${MAY_CHAIN}`.includes(letter)) {
    if (invert) words.bad('!', `cannot have ! before -${letter}`, `no ! before -${letter}`);
    readVerb(words, draft, letter);
    return;
  }
  switch (letter) {
    case 't':
      readTable(words, draft);
      return;
    case 'n':
      draft.shows.numeric = true;
      return;
    case 'v':
      draft.shows.verbose = true;
      return;
    case 'x':
      draft.shows.exact = true;
      return;
    case '0':
      draft.shows.lineNumbers = true;
      return;
    case 'w':
    case 'W':
      if (parseInteger(words.peek) !== undefined) words.take();
      return;
    case 'c':
      words.take();
      if (parseInteger(words.peek) !== undefined) words.take();
      return;
    case 'M':
      words.take();
      return;
    case '4':
    case '6':
      return;
    case 'V':
    case 'h':
      draft.verb = letter;
      return;
    default: {
      const message = `unknown option "${option}"`;
      words.bad(option, message, 'an option of iptables or of an extension that was named');
    }
  }
}

function readVerb(words: Words, draft: IptablesDraft, verb: string): void {
  const together = `${draft.verb}${verb}`;
  if (together === 'LZ' || together === 'ZL' || together === 'SZ' || together === 'ZS') {
    draft.zero = true;
    if (verb === 'Z') {
      takeChain(words, draft);
      return;
    }
  } else if (draft.verb !== '') {
    words.bad(`-${verb}`, `Cannot use -${verb} with -${draft.verb}`, 'one command');
    return;
  }
  draft.verb = verb;
  if (MAY_CHAIN.includes(verb)) {
    takeChain(words, draft);
    if ('LSZ'.includes(verb) && draft.chain !== undefined) draft.position = takePosition(words);
    return;
  }
  draft.chain = words.need('a chain', `option "-${verb}" requires an argument`);
  if (words.failed) return;
  if (verb === 'N' || verb === 'E') checkNewName(words, draft.chain);
  if (verb === 'N') return;
  if (verb === 'P' || verb === 'E') {
    const what =
      verb === 'P'
        ? '-P requires a chain and a policy'
        : '-E requires old-chain-name and new-chain-name';
    draft.word = words.need(verb === 'P' ? 'ACCEPT or DROP' : 'the new name', what);
    if (verb === 'E') checkNewName(words, draft.word);
    return;
  }
  if ('IDR'.includes(verb)) draft.position = takePosition(words);
  if (verb === 'R' && draft.position === undefined) {
    words.bad(words.peek, '-R requires a rule number', '-R CHAIN NUMBER');
  }
}

function takeChain(words: Words, draft: IptablesDraft): void {
  if (words.more && !words.peek.startsWith('-') && words.peek !== '!') draft.chain = words.take();
}

function takePosition(words: Words): number | undefined {
  const number = /^\d+$/.test(words.peek) ? Number(words.peek) : undefined;
  if (number === undefined) return undefined;
  const text = words.take();
  if (number < 1) words.bad(text, `Invalid rule number \`${text}'`, 'a number from 1');
  return number;
}

function checkNewName(words: Words, chain: string): void {
  if (/^[-!]/.test(chain)) {
    const message = `chain name not allowed to start with \`${chain.charAt(0)}'`;
    words.bad(chain, message, 'a letter or digit first');
  } else if (chain.length > CHAIN_MAX) {
    const message = `chain name \`${chain}' too long (must be under ${CHAIN_MAX + 1} chars)`;
    words.bad(chain, message, `at most ${CHAIN_MAX} characters`);
  } else if (findTarget(chain, 'ipv4') !== undefined || findTarget(chain, 'ipv6') !== undefined) {
    words.bad(chain, 'chain name may not clash with target name', 'a name of its own');
  }
}

function readTable(words: Words, draft: IptablesDraft): void {
  const name = words.need(TABLES, 'option "-t" requires an argument');
  const table = tableOf(name);
  if (table !== undefined) draft.table = table;
  else words.bad(name, `table '${name}' does not exist`, TABLES);
}

/** What no single word is wrong about. */
function checkWhole(
  words: Words,
  draft: IptablesDraft,
  rule: RuleReader,
  rules: readonly Rule[],
): void {
  const { chain = '', table, verb } = draft;
  if (verb === 'P') checkPolicy(words, draft);
  if (!'ADICR'.includes(verb) || verb === '') return;
  const into =
    rule.letters.has('o') && (chain === 'PREROUTING' || chain === 'INPUT') ? 'o' : undefined;
  const outOf =
    rule.letters.has('i') && (chain === 'POSTROUTING' || chain === 'OUTPUT') ? 'i' : undefined;
  const wrong = into ?? outOf;
  if (wrong !== undefined) {
    words.bad(`-${wrong}`, `Can't use -${wrong} with ${chain}\n`, `no -${wrong}`);
  }
  if (table === 'nat' && rules[0]?.target?.target === 'DROP') {
    const message =
      '\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n';
    words.bad('DROP', message, 'the filter table');
  }
}

function checkPolicy(words: Words, { chain = '', table, word }: IptablesDraft): void {
  if (hookIn(table, chain) === undefined) {
    const hooks = TABLE_HOOKS[table].join(', ');
    words.bad(chain, 'iptables: Bad built-in chain name.', hooks);
  } else if (word !== 'ACCEPT' && word !== 'DROP') {
    const message = "iptables: Bad policy name. Run `dmesg' for more information.";
    words.bad(word, message, 'ACCEPT or DROP');
  }
}
