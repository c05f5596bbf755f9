/**
 * awk(1), of which one-liners are understood.
 *
 * Fidelity: patterns `/x/`, `NR==n`, `$n=="x"`, `BEGIN` and `END`; the action `print` with fields, texts, NR, NF and sums in a variable;
 * anything else is refused with a message.
 */
import { linesOf, parseOptions, type Tool } from './tool.js';

interface Rule {
  readonly when: 'each' | 'begin' | 'end';
  readonly test: (fields: readonly string[], number: number) => boolean;
  readonly statements: readonly string[];
}

/** awk. */
export const awk: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: '', withValue: ['F', 'v', 'f'] });
  const rest = [...options.rest];
  const program = rest.shift() ?? '';
  const rules = parseRules(program);
  if (rules === undefined)
    return io.fail(`podnet runs only simple awk programs, not '${program}'`, 2);
  const separator = options.values.get('F');
  const variables = new Map<string, string>();
  const assigned = /^(\w+)=(.*)$/.exec(options.values.get('v') ?? '');
  if (assigned?.[1] !== undefined) variables.set(assigned[1], assigned[2] ?? '');
  const state = { fields: [''] as readonly string[], number: 0, variables };
  const onlyBegin = rules.every(({ when }) => when === 'begin');
  const { texts, status } = onlyBegin ? { texts: [], status: 0 } : await io.readTexts(rest);
  const run = async (when: Rule['when']): Promise<void> => {
    for (const rule of rules) {
      if (rule.when !== when || !rule.test(state.fields, state.number)) continue;
      for (const statement of rule.statements) {
        const text = execute(statement, state);
        if (text !== undefined) await io.out(text);
      }
    }
  };
  await run('begin');
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    state.number++;
    state.fields = [line, ...splitFields(line, separator)];
    await run('each');
  }
  await run('end');
  return status;
};

function splitFields(line: string, separator: string | undefined): string[] {
  if (separator === undefined || separator === ' ')
    return line
      .trim()
      .split(/\s+/)
      .filter((field) => field !== '');
  return line.split(separator.length === 1 ? separator : new RegExp(separator));
}

function parseRules(program: string): Rule[] | undefined {
  const rules: Rule[] = [];
  const pattern = /\s*((?:\/(?:\\.|[^/\\])*\/|[^{}/])*)(?:\{([^{}]*)\})?\s*;?/y;
  while (pattern.lastIndex < program.trimEnd().length) {
    const match = pattern.exec(program);
    if (match === null || match[0] === '') return undefined;
    const condition = (match[1] ?? '').trim();
    const when = condition === 'BEGIN' ? 'begin' : condition === 'END' ? 'end' : 'each';
    const test = when === 'each' ? parseCondition(condition) : () => true;
    if (test === undefined) return undefined;
    rules.push({
      when,
      test,
      statements: (match[2] ?? 'print')
        .split(/[;\n]/)
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    });
  }
  return rules.length > 0 ? rules : undefined;
}

function parseCondition(text: string): Rule['test'] | undefined {
  if (text === '') return () => true;
  const expression = /^(!?)\/((?:\\.|[^/\\])*)\/$/.exec(text);
  if (expression !== null) {
    const matcher = new RegExp(expression[2] ?? '');
    return (fields) => matcher.test(fields[0] ?? '') !== (expression[1] === '!');
  }
  const comparison =
    /^(NR|NF|\$\d+)\s*(==|!=|>=|<=|>|<|~)\s*(?:"([^"]*)"|\/(.*)\/|(-?[\d.]+))$/.exec(text);
  if (comparison === null) return undefined;
  const [, left = '', operator = '', text2, regex, number] = comparison;
  return (fields, row) => {
    const value =
      left === 'NR'
        ? String(row)
        : left === 'NF'
          ? String(fields.length - 1)
          : (fields[Number(left.slice(1))] ?? '');
    if (operator === '~') return new RegExp(regex ?? text2 ?? '').test(value);
    const difference =
      number !== undefined
        ? Number(value) - Number(number)
        : value < (text2 ?? '')
          ? -1
          : value > (text2 ?? '')
            ? 1
            : 0;
    return compare(operator, difference);
  };
}

function compare(operator: string, difference: number): boolean {
  switch (operator) {
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '>':
      return difference > 0;
    case '<':
      return difference < 0;
    case '>=':
      return difference >= 0;
    default:
      return difference <= 0;
  }
}

interface State {
  readonly fields: readonly string[];
  readonly number: number;
  readonly variables: Map<string, string>;
}

function execute(statement: string, state: State): string | undefined {
  const print = /^print(?:\s+([\s\S]*)|$)/.exec(statement);
  if (print !== null) {
    const list = (print[1] ?? '$0').match(/(?:"(?:\\.|[^"])*"|[^,"])+/g) ?? ['$0'];
    return `${list.map((item) => concatenation(item, state)).join(' ')}\n`;
  }
  const sum = /^(\w+)\s*(\+?=)\s*(.+)$/.exec(statement);
  const increment = /^(\w+)\+\+$/.exec(statement);
  if (increment?.[1] !== undefined) {
    state.variables.set(increment[1], String(Number(state.variables.get(increment[1]) ?? 0) + 1));
  } else if (sum?.[1] !== undefined) {
    const value = concatenation(sum[3] ?? '', state);
    const before = Number(state.variables.get(sum[1]) ?? 0);
    state.variables.set(sum[1], sum[2] === '+=' ? String(before + Number(value)) : value);
  }
  return undefined;
}

function concatenation(text: string, state: State): string {
  const parts = text.match(/"(?:\\.|[^"])*"|\$\(?NF\)?|\$\d+|[\w.]+/g) ?? [];
  return parts.map((part) => partValue(part, state)).join('');
}

function partValue(part: string, state: State): string {
  if (part.startsWith('"'))
    return part.slice(1, -1).replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\(.)/g, '$1');
  if (/^\$\(?NF/.test(part)) return state.fields.at(-1) ?? '';
  if (part.startsWith('$')) return state.fields[Number(part.slice(1))] ?? '';
  if (part === 'NR') return String(state.number);
  if (part === 'NF') return String(state.fields.length - 1);
  return /^[\d.]+$/.test(part) ? part : (state.variables.get(part) ?? '');
}
