import { fail, ok, type Result } from '../../../topology/index.js';
import type { Command, Redirect, Script, Word } from './ast.js';
import { ShellSyntaxError, Source, WordParser } from './word-parser.js';

const RESERVED = new Set(
  'if then elif else fi while until do done for in case esac { } ! function'.split(' '),
);
const REDIRECT = /(\d*)(&>|<<<|<<-|<<|<&|<>|>>|>&|>\||<|>)/y;

interface HereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripsTabs: boolean;
  readonly redirect: { target: Word };
}

/** Parses a whole script; the failure is what the shell prints after its own name. */
export function parseScript(text: string): Result<Script, string> {
  try {
    return ok(new Parser(new Source(text)).script(''));
  } catch (error) {
    if (error instanceof ShellSyntaxError) {
      return fail(`line ${error.line}: syntax error: ${error.message}`);
    }
    if (error instanceof RangeError) return fail('line 1: syntax error: nested too deeply');
    throw error;
  }
}

class Parser {
  private readonly source: Source;
  private readonly words: WordParser;
  private hereDocuments: HereDocument[] = [];

  constructor(source: Source) {
    this.source = source;
    this.words = new WordParser(source, (inner, end) => new Parser(inner).script(end));
  }

  /** Commands up to the end marker, which is consumed; '' is the end of the text. */
  script(end: string): Script {
    const commands = this.list(end === '' ? [] : [end]);
    if (end === '') {
      if (!this.source.done) this.source.fail(`unexpected "${this.source.peek()}"`);
    } else if (!this.source.startsWith(end))
      this.source.fail(`unexpected end of file (expecting "${end}")`);
    else this.source.at += end.length;
    return commands;
  }

  private list(ends: readonly string[]): Script {
    const commands: Command[] = [];
    for (;;) {
      this.skipLines();
      if (this.source.done || this.atEnd(ends)) return commands;
      const start = this.source.at;
      const command = this.andOr();
      this.skipBlanks();
      if (this.source.peek() === '&' && !this.source.startsWith('&&')) {
        const text = this.source.text.slice(start, this.source.at).trim();
        this.source.at++;
        commands.push({ kind: 'background', command, text });
        continue;
      }
      commands.push(command);
      if (this.source.peek() === ';' && this.source.peek(1) !== ';') this.source.at++;
      else if (this.source.peek() !== '\n' && !this.source.done && !this.atEnd(ends)) {
        this.source.fail(`unexpected "${this.source.peek()}"`);
      }
    }
  }

  private atEnd(ends: readonly string[]): boolean {
    return ends.some((end) =>
      /^[a-z{}]/.test(end) ? this.atReserved(end) : this.source.startsWith(end),
    );
  }

  private andOr(): Command {
    let left = this.pipeline();
    for (;;) {
      this.skipBlanks();
      const operator = this.source.startsWith('&&')
        ? '&&'
        : this.source.startsWith('||')
          ? '||'
          : undefined;
      if (operator === undefined) return left;
      this.source.at += 2;
      this.skipLines();
      left = { kind: 'and-or', left, operator, right: this.pipeline() };
    }
  }

  private pipeline(): Command {
    this.skipBlanks();
    let negated = false;
    while (this.atReserved('!')) {
      this.source.at++;
      this.skipBlanks();
      negated = !negated;
    }
    const commands = [this.command()];
    for (;;) {
      this.skipBlanks();
      if (this.source.peek() !== '|' || this.source.peek(1) === '|') break;
      this.source.at++;
      if (this.source.peek() === '&') this.source.at++;
      this.skipLines();
      commands.push(this.command());
    }
    const [only] = commands;
    if (only !== undefined && commands.length === 1 && !negated) return only;
    return { kind: 'pipeline', commands, negated };
  }

  private command(): Command {
    this.skipBlanks();
    const arithmetic = this.source.startsWith('((') ? this.arithmetic() : undefined;
    if (arithmetic !== undefined) return arithmetic;
    if (this.source.peek() === '(') {
      this.source.at++;
      const body = this.script(')');
      return { kind: 'subshell', body, redirects: this.redirects() };
    }
    if (this.takeReserved('{')) {
      const body = this.list(['}']);
      this.expect('}');
      return { kind: 'group', body, redirects: this.redirects() };
    }
    if (this.takeReserved('if')) return this.ifCommand();
    if (this.takeReserved('while')) return this.loop('while');
    if (this.takeReserved('until')) return this.loop('until');
    if (this.takeReserved('for')) return this.forCommand();
    if (this.takeReserved('case')) return this.caseCommand();
    if (this.takeReserved('function')) {
      this.skipBlanks();
      return this.functionBody(this.name());
    }
    return this.simple();
  }

  /** `((…))`; undefined, with nothing read, when it is a subshell within a subshell. */
  private arithmetic(): Command | undefined {
    const start = this.source.at;
    this.source.at += 2;
    const expression = this.words.arithmeticBody();
    if (this.source.startsWith('))')) {
      this.source.at += 2;
      return { kind: 'arithmetic', expression };
    }
    this.source.at = start;
    return undefined;
  }

  private ifCommand(): Command {
    const branches: { condition: Script; body: Script }[] = [];
    let otherwise: Script | undefined;
    do {
      const condition = this.list(['then']);
      this.expect('then');
      branches.push({ condition, body: this.list(['elif', 'else', 'fi']) });
    } while (this.takeReserved('elif'));
    if (this.takeReserved('else')) otherwise = this.list(['fi']);
    this.expect('fi');
    return { kind: 'if', branches, otherwise, redirects: this.redirects() };
  }

  private loop(kind: 'while' | 'until'): Command {
    const condition = this.list(['do']);
    const body = this.doGroup();
    return { kind, condition, body, redirects: this.redirects() };
  }

  private doGroup(): Script {
    this.skipLines();
    this.expect('do');
    const body = this.list(['done']);
    this.expect('done');
    return body;
  }

  private forCommand(): Command {
    this.skipBlanks();
    if (this.source.startsWith('((')) {
      this.source.at += 2;
      const part = (): Word => this.words.arithmeticBody(';');
      const first = part();
      this.source.at++;
      const second = part();
      this.source.at++;
      const third = part();
      this.source.at += 2;
      this.skipSeparator();
      return {
        kind: 'for-arithmetic',
        parts: [first, second, third],
        body: this.doGroup(),
        redirects: this.redirects(),
      };
    }
    const name = this.name();
    this.skipBlanks();
    this.skipLines();
    let words: Word[] | undefined;
    if (this.takeReserved('in')) {
      words = [];
      for (;;) {
        this.skipBlanks();
        const word = this.words.word();
        if (word === undefined) break;
        words.push(word);
      }
    }
    this.skipSeparator();
    return { kind: 'for', name, words, body: this.doGroup(), redirects: this.redirects() };
  }

  private caseCommand(): Command {
    this.skipBlanks();
    const subject = this.words.word() ?? this.source.fail('unexpected newline');
    this.skipLines();
    this.expect('in');
    const items: { patterns: Word[]; body: Script }[] = [];
    for (;;) {
      this.skipLines();
      if (this.takeReserved('esac')) break;
      if (this.source.done) this.source.fail('unexpected end of file (expecting "esac")');
      if (this.source.peek() === '(') this.source.at++;
      const patterns: Word[] = [];
      do {
        this.skipBlanks();
        patterns.push(this.words.word() ?? this.source.fail(`unexpected "${this.source.peek()}"`));
        this.skipBlanks();
      } while (this.source.take() === '|');
      items.push({ patterns, body: this.list([';;', 'esac']) });
      if (this.source.startsWith(';;')) this.source.at += 2;
    }
    return { kind: 'case', subject, items, redirects: this.redirects() };
  }

  private functionBody(name: string): Command {
    this.skipBlanks();
    if (this.source.peek() === '(') {
      this.source.at++;
      this.skipBlanks();
      if (this.source.take() !== ')') this.source.fail('expecting ")"');
    }
    this.skipLines();
    return { kind: 'function', name, body: this.command() };
  }

  private simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      this.skipBlanks();
      const redirect = this.redirect();
      if (redirect !== undefined) {
        redirects.push(redirect);
        continue;
      }
      const assigned =
        words.length === 0
          ? /^([A-Za-z_]\w*)=/.exec(this.source.text.slice(this.source.at, this.source.at + 200))
          : null;
      if (assigned?.[1] !== undefined) {
        this.source.at += assigned[0].length;
        assignments.push({ name: assigned[1], value: this.words.word() ?? [] });
        continue;
      }
      const start = this.source.at;
      const word = this.words.word();
      if (word === undefined) break;
      const text = this.source.text.slice(start, this.source.at);
      if (
        words.length === 0 &&
        /^[\w.-]+$/.test(text) &&
        /^[ \t]*\([ \t]*\)/.test(this.source.text.slice(this.source.at))
      ) {
        return this.functionBody(text);
      }
      words.push(word);
      if (words.length === 1 && text === '[[') this.extendedTest(words);
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) {
      const found = this.source.done
        ? 'end of file'
        : this.source.peek() === '\n'
          ? 'newline'
          : `"${this.source.peek()}"`;
      this.source.fail(`unexpected ${found}`);
    }
    const [first] = words;
    const only = first?.length === 1 ? first[0] : undefined;
    if (only?.kind === 'text' && !only.quoted && RESERVED.has(only.text) && only.text !== 'in') {
      this.source.fail(`unexpected "${only.text}"`);
    }
    return { kind: 'simple', assignments, words, redirects };
  }

  /** bash's `[[ … ]]`, inside of which `&&`, `||`, `<`, `>` and parentheses are words. */
  private extendedTest(words: Word[]): void {
    for (;;) {
      this.skipBlanks();
      const operator = /^(?:&&|\|\||[<>()])/.exec(
        this.source.text.slice(this.source.at, this.source.at + 2),
      )?.[0];
      if (operator !== undefined) {
        this.source.at += operator.length;
        words.push([{ kind: 'text', text: operator, quoted: true }]);
        continue;
      }
      const start = this.source.at;
      const word = this.words.word();
      if (word === undefined) {
        this.source.fail('unexpected newline (expecting "]]")');
        return;
      }
      words.push(word);
      if (this.source.text.slice(start, this.source.at) === ']]') return;
    }
  }

  private redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    for (;;) {
      this.skipBlanks();
      const redirect = this.redirect();
      if (redirect === undefined) return redirects;
      redirects.push(redirect);
    }
  }

  private redirect(): Redirect | undefined {
    REDIRECT.lastIndex = this.source.at;
    const match = REDIRECT.exec(this.source.text);
    if (match === null) return undefined;
    const [whole, digits = '', operator = ''] = match;
    this.source.at += whole.length;
    this.skipBlanks();
    const fd = digits === '' ? undefined : Number(digits);
    const start = this.source.at;
    const target = this.words.word();
    if (target === undefined) this.source.fail('unexpected redirection');
    if (operator === '<<' || operator === '<<-') {
      const raw = this.source.text.slice(start, this.source.at);
      const redirect = { fd, operator: 'here' as const, target };
      this.hereDocuments.push({
        delimiter: raw.replace(/\\(.)/g, '$1').replace(/['"]/g, ''),
        quoted: /['"\\]/.test(raw),
        stripsTabs: operator === '<<-',
        redirect,
      });
      return redirect;
    }
    if (operator === '<<<') return { fd, operator: 'here-string', target };
    switch (operator) {
      case '<':
      case '>':
      case '>>':
      case '>|':
      case '<>':
      case '<&':
      case '>&':
      case '&>':
        return { fd, operator, target };
      default:
        return this.source.fail(`unexpected "${operator}"`);
    }
  }

  private readHereDocuments(): void {
    const waiting = this.hereDocuments;
    this.hereDocuments = [];
    for (const document of waiting) {
      const lines: string[] = [];
      for (;;) {
        if (this.source.done) break;
        const end = this.source.text.indexOf('\n', this.source.at);
        const stop = end < 0 ? this.source.text.length : end;
        const raw = this.source.text.slice(this.source.at, stop);
        this.source.at = end < 0 ? stop : stop + 1;
        const line = document.stripsTabs ? raw.replace(/^\t+/, '') : raw;
        if (line === document.delimiter) break;
        lines.push(`${line}\n`);
      }
      const text = lines.join('');
      const inner = new Source(text);
      document.redirect.target = document.quoted
        ? [{ kind: 'text', text, quoted: true }]
        : new WordParser(inner, (source, end) => new Parser(source).script(end)).doubleQuoted(
            () => false,
          );
    }
  }

  private skipBlanks(): void {
    for (;;) {
      const character = this.source.peek();
      if (character === ' ' || character === '\t' || character === '\r') this.source.at++;
      else if (this.source.startsWith('\\\n')) this.source.at += 2;
      else if (character === '#') {
        while (!this.source.done && this.source.peek() !== '\n') this.source.at++;
      } else return;
    }
  }

  private skipLines(): void {
    for (;;) {
      this.skipBlanks();
      if (this.source.peek() !== '\n') return;
      this.source.at++;
      if (this.hereDocuments.length > 0) this.readHereDocuments();
    }
  }

  private skipSeparator(): void {
    this.skipBlanks();
    if (this.source.peek() === ';') this.source.at++;
    this.skipLines();
  }

  private atReserved(word: string): boolean {
    if (!this.source.startsWith(word)) return false;
    const after = this.source.peek(word.length);
    return after === '' || /[\s;&|()<>]/.test(after);
  }

  private takeReserved(word: string): boolean {
    if (!this.atReserved(word)) return false;
    this.source.at += word.length;
    return true;
  }

  private expect(word: string): void {
    this.skipLines();
    if (this.takeReserved(word)) return;
    const found = this.source.done ? 'end of file' : `"${this.source.peek()}"`;
    this.source.fail(`unexpected ${found} (expecting "${word}")`);
  }

  private name(): string {
    const match = /^[\w.-]+/.exec(this.source.text.slice(this.source.at));
    if (match === null) this.source.fail('bad for loop variable');
    this.source.at += match[0].length;
    return match[0];
  }
}
