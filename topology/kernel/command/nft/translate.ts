import type { HookName, RestoreTable, Rule, TableName } from '../../ops.js';
import { hookIn } from '../names.js';
import { printRule } from '../print-rule.js';
import { protoName, translateMatch } from './translate-match.js';
import { translateTarget } from './translate-target.js';

type Family = 'ipv4' | 'ipv6';

const PRIORITY: Readonly<Record<Exclude<TableName, 'nat'>, number>> = {
  raw: -300,
  mangle: -150,
  filter: 0,
  security: 50,
};

/**
 * iptables' rules as a rule set of nftables that `nft -f` takes and that does the same, as iptables-restore-translate
 * writes them. A rule that nft 1.0.6 has no words for becomes a comment that names what is missing.
 *
 * Fidelity: a rule with `recent`, `set`, `physdev` and the like is not there in the translation.
 */
export function translateToNft(tables: readonly RestoreTable[], family: Family): string {
  return tables.map((table) => translateTable(table, family)).join('');
}

function translateTable({ table, chains }: RestoreTable, family: Family): string {
  const place = `${family === 'ipv4' ? 'ip' : 'ip6'} ${table}`;
  const lines = [`add table ${place}`];
  for (const { name, policy = 'ACCEPT' } of chains) {
    const hook = hookIn(table, name);
    const base = hook === undefined ? '' : ` ${baseText(table, hook, policy)}`;
    lines.push(`add chain ${place} ${name}${base}`);
  }
  for (const { name, rules } of chains) {
    for (const rule of rules) {
      const { text, missing } = translateRule(rule, family);
      lines.push(
        missing === undefined
          ? `add rule ${place} ${name} ${text}`
          : `# nft has no ${missing}: -t ${table} -A ${name} ${printRule(rule, family)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function baseText(table: TableName, hook: HookName, policy: string): string {
  const type =
    table === 'nat' ? 'nat' : table === 'mangle' && hook === 'OUTPUT' ? 'route' : 'filter';
  const source = hook === 'INPUT' || hook === 'POSTROUTING';
  const priority = table === 'nat' ? (source ? 100 : -100) : PRIORITY[table];
  const where = `type ${type} hook ${hook.toLowerCase()} priority ${priority}`;
  return `{ ${where}; policy ${policy.toLowerCase()}; }`;
}

/** One rule; `missing` says what nft has no words for. */
function translateRule(
  rule: Rule,
  family: Family,
): { readonly text: string; readonly missing?: string } {
  const proto = rule.matches.find((match) => match.match === 'proto');
  const demanded = proto?.match === 'proto' && proto.invert !== true ? protoName(proto.proto) : '';
  const words: string[] = [];
  let comment: string | undefined;
  for (const match of rule.matches) {
    if (match.match === 'comment') comment = match.text;
    const part = translateMatch(match, { family, proto: demanded });
    if ('unsupported' in part) return { text: '', missing: part.unsupported };
    if (part.text !== '') words.push(part.text);
  }
  words.push('counter');
  if (rule.target !== undefined) {
    const part = translateTarget(rule.target);
    if ('unsupported' in part) return { text: '', missing: part.unsupported };
    words.push(part.text);
  }
  if (comment !== undefined) words.push(`comment "${comment.replaceAll('"', "'").slice(0, 128)}"`);
  return { text: words.join(' ') };
}
