/** Reads label selectors as text, with upstream's words for what is wrong (apimachinery `pkg/labels/selector.go`). */

import type { Requirement } from './requirement.js';

/** Requirements, or what cannot be read. */
export type ParsedSelectorText =
  | { readonly ok: true; readonly requirements: readonly Requirement[] }
  | { readonly ok: false; readonly message: string };

const OPERATORS: ReadonlyMap<string, Requirement['operator']> = new Map([
  ['in', 'In'],
  ['notin', 'NotIn'],
  ['=', 'In'],
  ['==', 'In'],
  ['!=', 'NotIn'],
  ['>', 'Gt'],
  ['<', 'Lt'],
]);
const OPERATOR_WORDS = 'in, notin, =, ==, !=, gt, lt';
/** The longest first; words are what stands between signs and spaces. */
const TOKEN = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/y;
const SIGN = /^[=!(),<>]/;
const KEY = /^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/;

/** Reads a selector such as `app=web,tier in (a,b),!old`. */
export function parseSelectorText(text: string): ParsedSelectorText {
  const parser = new Parser(tokensOf(text));
  const message = parser.read();
  return message === undefined
    ? { ok: true, requirements: parser.requirements }
    : { ok: false, message };
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    tokens.push(found[1] ?? '');
  }
  return tokens;
}

const isWord = (token: string) => token !== '' && !SIGN.test(token);
const isIdentifier = (token: string) => isWord(token) && !OPERATORS.has(token);

class Parser {
  readonly requirements: Requirement[] = [];
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }

  /** What is wrong; undefined when nothing is. An absent token reads as empty. */
  read(): string | undefined {
    while (this.ahead !== '') {
      if (this.ahead !== '!' && !isIdentifier(this.ahead))
        return `found '${this.ahead}', expected: !, identifier, or 'end of string'`;
      const wrong = this.readRequirement();
      if (wrong !== undefined) return `unable to parse requirement: ${wrong}`;
      const next = this.take();
      if (next === '') return undefined;
      if (next !== ',') return `found '${next}', expected: ',' or 'end of string'`;
      if (this.ahead !== '!' && !isIdentifier(this.ahead))
        return `found '${this.ahead}', expected: identifier after ','`;
    }
    return undefined;
  }

  private get ahead(): string {
    return this.tokens[this.at] ?? '';
  }

  private take(): string {
    const token = this.ahead;
    this.at += 1;
    return token;
  }

  private readRequirement(): string | undefined {
    const absent = this.ahead === '!';
    if (absent) this.take();
    const key = this.take();
    if (!isIdentifier(key)) return `found '${key}', expected: identifier`;
    if (!KEY.test(key)) return `"${key}" is not a label key`;
    if (absent || this.ahead === '' || this.ahead === ',') {
      this.requirements.push({ key, operator: absent ? 'DoesNotExist' : 'Exists', values: [] });
      return undefined;
    }
    const word = this.take();
    const operator = OPERATORS.get(word);
    if (operator === undefined) return `found '${word}', expected: ${OPERATOR_WORDS}`;
    const values = isWord(word) ? this.readValues() : this.readValue();
    if (typeof values === 'string') return values;
    this.requirements.push({ key, operator, values });
    return undefined;
  }

  private readValue(): readonly string[] | string {
    if (this.ahead === '' || this.ahead === ',') return [''];
    const value = this.take();
    return isWord(value) ? [value] : `found '${value}', expected: identifier`;
  }

  private readValues(): readonly string[] | string {
    const open = this.take();
    if (open !== '(') return `found '${open}' expected: '('`;
    const values: string[] = [];
    let value = '';
    for (;;) {
      const token = this.take();
      if (token === ')' || token === ',') {
        values.push(value);
        value = '';
        if (token === ')') return [...new Set(values)];
      } else if (isWord(token) && value === '') value = token;
      else
        return `found '${token}', expected: ${value === '' ? "',', ')' or identifier" : "',' or ')'"}`;
    }
  }
}
