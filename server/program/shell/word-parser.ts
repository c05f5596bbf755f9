import type { Script, Word, WordPart } from './ast.js';

/** Thrown for text that is not a shell program; caught where a script is parsed. */
export class ShellSyntaxError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Characters of a script and the place that was read to. */
export class Source {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  get line(): number {
    let line = 1;
    for (let index = 0; index < this.at; index++) if (this.text[index] === '\n') line++;
    return line;
  }

  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? '';
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  take(): string {
    const character = this.text[this.at] ?? '';
    this.at++;
    return character;
  }

  fail(message: string): never {
    throw new ShellSyntaxError(message, this.line);
  }
}

/** Parses a script up to an end marker; given by the command parser, which words need for `$(…)`. */
export type ScriptParser = (source: Source, end: string) => Script;

const OPERATORS = /^(?:%%|##|:[-=?+]|\/\/|\^\^|,,|[-=?+%#/^,:])/;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SPECIAL = '@*#?-$!0123456789';
/** Characters that end an unquoted word. */
const WORD_END = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')', '']);

/** Reads words with all their quoting and expansions. */
export class WordParser {
  private readonly source: Source;
  private readonly parseScript: ScriptParser;

  constructor(source: Source, parseScript: ScriptParser) {
    this.source = source;
    this.parseScript = parseScript;
  }

  /** An unquoted word up to a blank or operator; undefined when there is none. */
  word(): Word | undefined {
    const start = this.source.at;
    const parts = this.parts((source) => WORD_END.has(source.peek()));
    return this.source.at === start ? undefined : parts;
  }

  /** Parts until the given place, as inside `${x:-…}` and here-documents. */
  parts(stop: (source: Source) => boolean): Word {
    const parts: WordPart[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: false });
      text = '';
    };
    while (!this.source.done && !stop(this.source)) {
      const character = this.source.peek();
      if (character === '\\') {
        this.source.at++;
        const next = this.source.take();
        if (next === '\n') continue;
        flush();
        parts.push({ kind: 'text', text: next, quoted: true });
      } else if (character === "'") {
        flush();
        parts.push({ kind: 'text', text: this.singleQuoted(), quoted: true });
      } else if (character === '"') {
        flush();
        this.source.at++;
        parts.push(...this.doubleQuoted((source) => source.peek() === '"'));
        if (this.source.take() !== '"') this.source.fail('unterminated quoted string');
      } else if (character === '$' && this.source.peek(1) === "'") {
        flush();
        this.source.at++;
        parts.push({ kind: 'text', text: unescapeAnsi(this.singleQuoted(true)), quoted: true });
      } else if (character === '$' || character === '`') {
        const part = this.expansion(false);
        if (part === undefined) text += this.source.take();
        else {
          flush();
          parts.push(part);
        }
      } else text += this.source.take();
    }
    flush();
    return parts;
  }

  /** The inside of double quotes, or a here-document's body. */
  doubleQuoted(stop: (source: Source) => boolean): WordPart[] {
    const parts: WordPart[] = [];
    let text = '';
    let any = false;
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: true });
      text = '';
    };
    while (!this.source.done && !stop(this.source)) {
      any = true;
      const character = this.source.peek();
      if (character === '\\') {
        this.source.at++;
        const next = this.source.take();
        if (next === '\n') continue;
        text += '$`"\\'.includes(next) ? next : `\\${next}`;
      } else if (character === '$' || character === '`') {
        const part = this.expansion(true);
        if (part === undefined) text += this.source.take();
        else {
          flush();
          parts.push(part);
        }
      } else text += this.source.take();
    }
    flush();
    // An empty pair of quotes is still a field.
    if (!any) parts.push({ kind: 'text', text: '', quoted: true });
    return parts;
  }

  private singleQuoted(escapes = false): string {
    this.source.at++;
    let text = '';
    for (;;) {
      if (this.source.done) this.source.fail('unterminated quoted string');
      const character = this.source.take();
      if (character === "'") return text;
      text += character;
      if (escapes && character === '\\') text += this.source.take();
    }
  }

  /** `$…` or a backquoted command; undefined for a dollar that means itself. */
  private expansion(quoted: boolean): WordPart | undefined {
    const { source } = this;
    if (source.peek() === '`') return this.backquoted(quoted);
    if (source.startsWith('$((')) {
      const part = this.arithmetic(quoted);
      if (part !== undefined) return part;
    }
    if (source.startsWith('$(')) {
      source.at += 2;
      const script = this.parseScript(source, ')');
      return { kind: 'command', script, quoted };
    }
    if (source.startsWith('${')) return this.braced(quoted);
    NAME.lastIndex = source.at + 1;
    const name = NAME.exec(source.text)?.[0];
    if (name !== undefined) {
      source.at += 1 + name.length;
      return { kind: 'parameter', name, quoted };
    }
    const special = source.peek(1);
    if (special === '' || !SPECIAL.includes(special)) return undefined;
    source.at += 2;
    return { kind: 'parameter', name: special, quoted };
  }

  private backquoted(quoted: boolean): WordPart {
    this.source.at++;
    let inner = '';
    for (;;) {
      if (this.source.done) this.source.fail('unterminated backquote substitution');
      const character = this.source.take();
      if (character === '`') break;
      if (character === '\\' && '`\\$'.includes(this.source.peek())) inner += this.source.take();
      else inner += character;
    }
    return { kind: 'command', script: this.parseScript(new Source(inner), ''), quoted };
  }

  /** `$((…))`; undefined when it turns out to be a command substitution of a subshell. */
  private arithmetic(quoted: boolean): WordPart | undefined {
    const start = this.source.at;
    this.source.at += 3;
    const expression = this.arithmeticBody();
    if (this.source.startsWith('))')) {
      this.source.at += 2;
      return { kind: 'arithmetic', expression, quoted };
    }
    this.source.at = start;
    return undefined;
  }

  /** Text with expansions up to a `)` that was not opened inside, or one of the given characters. */
  arithmeticBody(ends = ''): Word {
    let depth = 0;
    return this.doubleQuoted((source) => {
      const character = source.peek();
      if (character === '(') depth++;
      if (character === ')' && depth-- === 0) return true;
      return depth === 0 && character !== '' && ends.includes(character);
    });
  }

  private braced(quoted: boolean): WordPart {
    const { source } = this;
    source.at += 2;
    const length =
      source.peek() === '#' && source.peek(1) !== '}' && !/[:%#-]/.test(source.peek(1));
    if (length) source.at++;
    NAME.lastIndex = source.at;
    let name = NAME.exec(source.text)?.[0];
    name ??= /^\d+/.exec(source.text.slice(source.at))?.[0];
    name ??= SPECIAL.includes(source.peek()) ? source.peek() : undefined;
    if (name === undefined) return source.fail('bad substitution');
    source.at += name.length;
    if (source.peek() === '}') {
      source.at++;
      return { kind: 'parameter', name, quoted, ...(length ? { length } : {}) };
    }
    const operator = OPERATORS.exec(source.text.slice(source.at))?.[0];
    if (operator === undefined) return source.fail('bad substitution');
    source.at += operator.length;
    const atEnd = (each: Source): boolean => each.peek() === '}';
    const argument = quoted && !/[%#/]/.test(operator) ? this.mixed(atEnd) : this.parts(atEnd);
    if (source.take() !== '}') source.fail('missing }');
    return { kind: 'parameter', name, quoted, operator, argument };
  }

  /** Inside `"${x:-…}"` the text is quoted already, and quotes in it are removed. */
  private mixed(stop: (source: Source) => boolean): Word {
    const parts = this.doubleQuoted((source) => stop(source) || source.peek() === '"');
    if (this.source.peek() !== '"') return parts;
    this.source.at++;
    const inner = this.doubleQuoted((source) => source.peek() === '"');
    this.source.at++;
    return [...parts, ...inner, ...this.doubleQuoted(stop)];
  }
}

/** The escapes of `$'…'` and `echo -e`: `\n`, `\t`, `\e`, `\xHH`, `\0NNN`. */
export function unescapeAnsi(text: string): string {
  return text.replace(
    /\\(x[0-9a-fA-F]{1,2}|0[0-7]{0,3}|[1-7][0-7]{0,2}|[\s\S])/g,
    (whole, code: string) => {
      if (/^x./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
      if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
      return SIMPLE_ESCAPES.get(code) ?? whole;
    },
  );
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['a', '\x07'],
  ['b', '\b'],
  ['e', '\x1b'],
  ['f', '\f'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
]);
