import type { KernelOp, Rule, TableName } from '../ops.js';
import { inNetns } from './ip-words.js';
import { hookIn } from './names.js';
import type { RuleReader } from './rule-reader.js';

/** Whose tables, and where. */
export interface IptablesContext {
  readonly family: 'ipv4' | 'ipv6';
  readonly netns?: string;
}

/** What a command asks for: changes, or something to be shown. */
export interface IptablesRequest {
  readonly ops: readonly KernelOp[];
  readonly query?: IptablesQuery;
  /** Printed on standard error though nothing is wrong. */
  readonly warnings: readonly string[];
}

/** A question to the tables. */
export type IptablesQuery =
  | {
      readonly query: 'list' | 'list-rules';
      readonly table: TableName;
      readonly chain?: string;
      readonly position?: number;
      readonly numeric: boolean;
      readonly verbose: boolean;
      readonly exact: boolean;
      readonly lineNumbers: boolean;
    }
  | {
      readonly query: 'check';
      readonly table: TableName;
      readonly chain: string;
      readonly rules: readonly Rule[];
    }
  | { readonly query: 'version' }
  | { readonly query: 'help' };

/** What has been read of a command. */
export interface IptablesDraft {
  table: TableName;
  verb: string;
  chain: string | undefined;
  position: number | undefined;
  word: string;
  zero: boolean;
  readonly shows: { numeric: boolean; verbose: boolean; exact: boolean; lineNumbers: boolean };
}

/** What a command asks for that was read to its end without mistakes. */
export function buildRequest(
  draft: IptablesDraft,
  context: IptablesContext,
  rules: readonly Rule[],
  reader: RuleReader,
): IptablesRequest {
  const { table, verb, chain = '', position } = draft;
  const { warnings } = reader;
  const at = { ...inNetns(context), family: context.family, table };
  const maybeChain = draft.chain === undefined ? {} : { chain: draft.chain };
  const maybePosition = position === undefined ? {} : { position };
  const change = (ops: readonly KernelOp[]): IptablesRequest => ({ ops, warnings });
  switch (verb) {
    case 'A':
      return change(rules.map((rule) => ({ op: 'iptables.append', ...at, chain, rule })));
    case 'I':
      return change(
        rules.map((rule) => ({ op: 'iptables.insert', ...at, chain, rule, ...maybePosition })),
      );
    case 'R':
      return change(
        rules.map((rule) => ({
          op: 'iptables.replace',
          ...at,
          chain,
          rule,
          position: position ?? 1,
        })),
      );
    case 'D':
      return change(
        position === undefined
          ? rules.map((rule) => ({ op: 'iptables.delete', ...at, chain, rule }))
          : [{ op: 'iptables.delete-number', ...at, chain, position }],
      );
    case 'C':
      return { ops: [], warnings, query: { query: 'check', table, chain, rules } };
    case 'N':
      return change([{ op: 'iptables.new-chain', ...at, chain }]);
    case 'E':
      return change([{ op: 'iptables.rename-chain', ...at, chain, to: draft.word }]);
    case 'F':
      return change([{ op: 'iptables.flush', ...at, ...maybeChain }]);
    case 'X':
      return change([{ op: 'iptables.delete-chain', ...at, ...maybeChain }]);
    case 'Z':
      return change([{ op: 'iptables.zero', ...at, ...maybeChain, ...maybePosition }]);
    case 'P': {
      const hook = hookIn(table, chain);
      const policy = draft.word === 'DROP' ? 'DROP' : 'ACCEPT';
      return change(
        hook === undefined ? [] : [{ op: 'iptables.policy', ...at, chain: hook, policy }],
      );
    }
    case 'V':
    case 'h':
      return verb === 'V'
        ? { ops: [], warnings, query: { query: 'version' } }
        : { ops: [], warnings, query: { query: 'help' } };
    default: {
      const zero: readonly KernelOp[] = draft.zero
        ? [{ op: 'iptables.zero', ...at, ...maybeChain, ...maybePosition }]
        : [];
      const query = verb === 'L' ? 'list' : 'list-rules';
      return {
        ops: zero,
        warnings,
        query: { query, table, ...maybeChain, ...maybePosition, ...draft.shows },
      };
    }
  }
}
