import { absolutePath } from '../fs/node.js';
import type { VirtualFileSystem } from '../fs/virtual-file-system.js';
import { evaluateArithmetic } from './arithmetic.js';
import type { Script, Word, WordPart } from './ast.js';
import { globPaths, isPattern, patternToRegExp } from './glob.js';

/** What expansions ask of the shell they happen in. */
export interface ExpansionScope {
  readonly files: VirtualFileSystem;
  readonly workingDir: string;
  readonly positional: readonly string[];
  readonly globbing: boolean;
  readonly bracing: boolean;
  readonly nounset: boolean;
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  /** Output of a command, trailing newlines removed. */
  substitute(script: Script): Promise<string>;
}

/** Thrown when an expansion ends the shell: `${x:?message}`, or an unset variable under `set -u`. */
export class ExpansionError extends Error {}

/** A field being put together. `pattern` is its text with quoted pattern characters escaped. */
interface Field {
  text: string;
  pattern: string;
  /** False for a field that only came of unquoted empty expansions: it is left out. */
  present: boolean;
}

class FieldList {
  readonly fields: Field[] = [];
  private open = false;

  current(): Field {
    if (!this.open) {
      this.fields.push({ text: '', pattern: '', present: false });
      this.open = true;
    }
    return this.fields[this.fields.length - 1] ?? { text: '', pattern: '', present: false };
  }

  add(text: string, quoted: boolean): void {
    const field = this.current();
    field.text += text;
    field.pattern += quoted ? text.replace(/[\\*?[\]]/g, '\\$&') : text;
    if (quoted || text !== '') field.present = true;
  }

  /** Ends the field under way. */
  split(): void {
    this.open = false;
  }
}

/** Expands a word to fields: parameters, commands, arithmetic, field splitting, pathnames, quote removal. */
export async function expandWord(word: Word, scope: ExpansionScope): Promise<string[]> {
  const words = scope.bracing ? expandBraces(word) : [word];
  const texts: string[] = [];
  for (const each of words) {
    const list = new FieldList();
    for (const [index, part] of each.entries()) {
      await expandPart(index === 0 ? tilde(part, scope) : part, scope, list);
    }
    for (const field of list.fields) {
      if (field.present) texts.push(...expandPathname(field, scope));
    }
  }
  return texts;
}

/** Expands a word to one text, without splitting and pathnames: assignments, redirections, here-documents. */
export async function expandToText(word: Word, scope: ExpansionScope): Promise<string> {
  let text = '';
  for (const [index, part] of word.entries()) {
    text += await partText(index === 0 ? tilde(part, scope) : part, scope);
  }
  return text;
}

/** Expands a word to a pattern whose quoted characters mean themselves, for `case` and `${x#…}`. */
export async function expandToPattern(word: Word, scope: ExpansionScope): Promise<string> {
  let pattern = '';
  for (const part of word) {
    const text = await partText(part, scope);
    pattern += part.quoted ? text.replace(/[\\*?[\]]/g, '\\$&') : text;
  }
  return pattern;
}

function tilde(part: WordPart, scope: ExpansionScope): WordPart {
  if (part.kind !== 'text' || part.quoted || !/^~(\/|$)/.test(part.text)) return part;
  return { ...part, text: `${scope.get('HOME') ?? '/root'}${part.text.slice(1)}` };
}

async function expandPart(part: WordPart, scope: ExpansionScope, list: FieldList): Promise<void> {
  if (
    part.kind === 'parameter' &&
    part.name === '@' &&
    part.quoted &&
    part.operator === undefined &&
    part.length !== true
  ) {
    for (const [index, value] of scope.positional.entries()) {
      if (index > 0) list.split();
      list.add(value, true);
    }
    return;
  }
  const text = await partText(part, scope);
  if (part.kind === 'text' || part.quoted) {
    list.add(text, part.quoted);
    return;
  }
  splitInto(text, scope.get('IFS') ?? ' \t\n', list);
}

function splitInto(text: string, ifs: string, list: FieldList): void {
  if (ifs === '') {
    list.add(text, false);
    return;
  }
  const blanks = [...ifs].filter((each) => ' \t\n'.includes(each));
  let started = false;
  for (const character of text) {
    if (!ifs.includes(character)) {
      list.add(character, false);
      started = true;
    } else if (blanks.includes(character)) list.split();
    else {
      if (!started) list.current().present = true;
      list.split();
      started = false;
    }
  }
}

async function partText(part: WordPart, scope: ExpansionScope): Promise<string> {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'command':
      return scope.substitute(part.script);
    case 'arithmetic': {
      const expression = await expandToText(part.expression, scope);
      return String(evaluateArithmetic(expression, scope));
    }
    case 'parameter':
      return parameterText(part, scope);
  }
}

type Parameter = Extract<WordPart, { kind: 'parameter' }>;

async function parameterText(part: Parameter, scope: ExpansionScope): Promise<string> {
  const value = scope.get(part.name);
  if (part.length === true) {
    if (part.name === '@' || part.name === '*') return String(scope.positional.length);
    return String(value?.length ?? 0);
  }
  const { operator, argument = [] } = part;
  if (operator === undefined) {
    if (value === undefined && scope.nounset && !'@*'.includes(part.name)) {
      throw new ExpansionError(`${part.name}: parameter not set`);
    }
    return value ?? '';
  }
  const missing = operator.startsWith(':')
    ? value === undefined || value === ''
    : value === undefined;
  switch (operator) {
    case ':-':
    case '-':
      return missing ? expandToText(argument, scope) : (value ?? '');
    case ':=':
    case '=': {
      if (!missing) return value ?? '';
      const text = await expandToText(argument, scope);
      scope.set(part.name, text);
      return text;
    }
    case ':+':
    case '+':
      return missing ? '' : expandToText(argument, scope);
    case ':?':
    case '?': {
      if (!missing) return value ?? '';
      const words = await expandToText(argument, scope);
      throw new ExpansionError(
        `${part.name}: ${words === '' ? 'parameter not set or null' : words}`,
      );
    }
    default:
      return edited(value ?? '', operator, { argument, scope });
  }
}

async function edited(
  value: string,
  operator: string,
  how: { readonly argument: Word; readonly scope: ExpansionScope },
): Promise<string> {
  const { argument, scope } = how;
  switch (operator) {
    case '#':
    case '##':
      return trimStart(value, await expandToPattern(argument, scope), operator === '##');
    case '%':
    case '%%':
      return trimEnd(value, await expandToPattern(argument, scope), operator === '%%');
    case '/':
    case '//': {
      const [pattern = '', ...rest] = (await expandToPattern(argument, scope)).split('/');
      const source = patternToRegExp(pattern).source.slice(1, -1);
      return value.replace(new RegExp(source, operator === '//' ? 'g' : ''), () => rest.join('/'));
    }
    case ':': {
      const [from = '0', count] = (await expandToText(argument, scope)).split(':');
      const start = evaluateArithmetic(from, scope);
      const begin = start < 0 ? Math.max(0, value.length + start) : start;
      if (count === undefined) return value.slice(begin);
      const length = evaluateArithmetic(count, scope);
      return length < 0 ? value.slice(begin, length) : value.slice(begin, begin + length);
    }
    case '^':
      return value.slice(0, 1).toUpperCase() + value.slice(1);
    case '^^':
      return value.toUpperCase();
    case ',':
      return value.slice(0, 1).toLowerCase() + value.slice(1);
    case ',,':
      return value.toLowerCase();
    default:
      return value;
  }
}

function trimStart(value: string, pattern: string, longest: boolean): string {
  const matcher = patternToRegExp(pattern);
  const lengths = Array.from({ length: value.length + 1 }, (_, length) => length);
  const length = (longest ? lengths.reverse() : lengths).find((each) =>
    matcher.test(value.slice(0, each)),
  );
  return length === undefined ? value : value.slice(length);
}

function trimEnd(value: string, pattern: string, longest: boolean): string {
  const matcher = patternToRegExp(pattern);
  const starts = Array.from({ length: value.length + 1 }, (_, index) => value.length - index);
  const start = (longest ? starts.reverse() : starts).find((each) =>
    matcher.test(value.slice(each)),
  );
  return start === undefined ? value : value.slice(0, start);
}

function expandPathname(field: Field, scope: ExpansionScope): string[] {
  if (!scope.globbing || !isPattern(field.pattern)) return [field.text];
  const absolute = field.pattern.startsWith('/');
  const base = absolutePath(scope.workingDir, '/');
  const escaped = base.replace(/[\\*?[\]]/g, '\\$&');
  const found = globPaths(scope.files, absolute ? field.pattern : `${escaped}/${field.pattern}`);
  if (found.length === 0) return [field.text];
  if (absolute) return [...found];
  const prefix = base === '/' ? '/' : `${base}/`;
  return found.map((path) => path.slice(prefix.length));
}

/** bash's `{a,b}` and `{1..5}` in unquoted text. */
function expandBraces(word: Word): readonly Word[] {
  for (const [index, part] of word.entries()) {
    if (part.kind !== 'text' || part.quoted) continue;
    const match = /\{(?:(-?\d+)\.\.(-?\d+)|([^{}]*,[^{}]*))\}/.exec(part.text);
    if (match === null) continue;
    const [whole, from, to, list] = match;
    const items = list !== undefined ? list.split(',') : range(Number(from), Number(to));
    const before = part.text.slice(0, match.index);
    const after = part.text.slice(match.index + whole.length);
    return items.flatMap((item) => {
      const text: WordPart = { kind: 'text', text: `${before}${item}${after}`, quoted: false };
      return expandBraces([...word.slice(0, index), text, ...word.slice(index + 1)]);
    });
  }
  return [word];
}

function range(from: number, to: number): string[] {
  const step = from <= to ? 1 : -1;
  const count = Math.min(100_000, Math.abs(to - from) + 1);
  return Array.from({ length: count }, (_, index) => String(from + index * step));
}
