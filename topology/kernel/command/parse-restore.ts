import { fail, ok, type Result } from '../../base/index.js';
import type { IptablesOp, KernelOp, RestoreTable, Rule, RuleChain, TableName } from '../ops.js';
import { inNetns } from './ip-words.js';
import type { IptablesContext } from './iptables-request.js';
import { hookIn } from './names.js';
import { CHAIN_MAX, readCommand, TABLES, tableOf } from './parse-iptables.js';
import { type CommandError, splitWords } from './words.js';

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
  const read = readCommand(words, context, draft.table);
  if (!read.ok) return read.error;
  for (const op of read.value.ops) applyLine(op, draft, context, after);
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
