import type { Span, Token } from './lexer.js';

/** Why a text is refused, as nft says it. */
export interface NftError {
  readonly message: string;
  readonly at: Span;
  /** Another part that the error is about, underlined with `~`. */
  readonly also?: Span;
}

/** Thrown inside the reader of a text and caught there; never leaves this folder. */
export class NftSyntaxError {
  readonly error: NftError;
  /** Of the text's form; otherwise it was understood, but makes no sense. */
  readonly syntax: boolean;

  constructor(error: NftError, syntax: boolean) {
    this.error = error;
    this.syntax = syntax;
  }
}

/** Joins two stretches; of different lines the first stays. */
export function spanning(first: Span, last: Span): Span {
  return first.line === last.line ? { ...first, to: Math.max(first.to, last.to) } : first;
}

/** Names of tokens in bison's messages. */
const SYMBOL_NAMES: Readonly<Record<string, string>> = {
  ';': 'semicolon',
  ',': 'comma',
  '.': '.',
  ':': 'colon',
  '==': '==',
};

function nameOf(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of file';
    case 'newline':
      return 'newline';
    case 'quoted':
      return 'quoted string';
    case 'number':
      return 'number';
    case 'symbol':
      return SYMBOL_NAMES[token.text] ?? `'${token.text}'`;
    default:
      return KEYWORDS.has(token.text) ? token.text : 'string';
  }
}

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'accept drop continue return jump goto queue table chain rule set map element ruleset add create insert delete ' +
    'replace flush list rename reset type hook priority policy flags elements size timeout comment counter limit rate ' +
    'log prefix reject with dnat snat masquerade redirect to notrack quota meta ct fib numgen jhash ip ip6 tcp udp icmp ' +
    'icmpv6 th ether arp vmap inet bridge netdev define include typeof handle position index'
  ).split(' '),
);

/** The tokens of a text, read from the left. Names that `define` gave are replaced as they come. */
export class Cursor {
  private readonly tokens: readonly Token[];
  private readonly defined = new Map<string, readonly Token[]>();
  private readonly pending: Token[] = [];
  private at = 0;
  /** Braces that are open. */
  private depth = 0;
  private lastAt: Span = { line: 1, from: 1, to: 1 };

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The next token, not taken. */
  get peek(): Token {
    return this.ahead(0);
  }

  /** Where the token that was taken last stands. */
  get last(): Span {
    return this.lastAt;
  }

  /** The token after `distance` others. */
  ahead(distance: number): Token {
    while (this.pending.length <= distance) this.fetch();
    const token = this.pending[distance] ?? this.tokens.at(-1);
    if (token === undefined)
      throw new NftSyntaxError({ message: 'syntax error', at: this.lastAt }, true);
    return token;
  }

  take(): Token {
    const token = this.peek;
    if (token.kind !== 'end') this.pending.shift();
    if (token.kind === 'symbol' && token.text === '{') this.depth++;
    if (token.kind === 'symbol' && token.text === '}') this.depth--;
    this.lastAt = token.at;
    return token;
  }

  /** Whether the next token is this word or symbol. */
  is(text: string): boolean {
    const { kind, text: found } = this.peek;
    return (kind === 'word' || kind === 'symbol') && found === text;
  }

  /** Takes the next token if it is this word or symbol. */
  skip(text: string): boolean {
    if (!this.is(text)) return false;
    this.take();
    return true;
  }

  /** Takes this word or symbol, or fails. */
  expect(text: string): Token {
    if (!this.is(text)) this.unexpected();
    return this.take();
  }

  /** Takes a name. */
  name(expecting = 'string'): Token {
    const { kind } = this.peek;
    if (kind !== 'word' && kind !== 'quoted') this.unexpected(expecting);
    return this.take();
  }

  /** Takes a whole number. */
  number(): number {
    const sign = this.skip('-') ? -1 : 1;
    if (this.peek.kind !== 'number') this.unexpected();
    return sign * Number(this.take().text);
  }

  /**
   * Runs a reader; when what it reads makes no sense, notes that in `problems` and goes on behind the statement, as nft
   * looks at all statements before it gives up. Errors of form end everything.
   */
  attempt(problems: NftError[], read: () => void): void {
    const outside = this.depth;
    try {
      read();
    } catch (thrown) {
      if (!(thrown instanceof NftSyntaxError) || thrown.syntax) throw thrown;
      problems.push(thrown.error);
      while (this.peek.kind !== 'end' && (this.depth > outside || !this.ended)) this.take();
    }
  }

  /** Takes any number of newlines. */
  skipNewlines(): void {
    while (this.peek.kind === 'newline') this.take();
  }

  /** Takes separators between statements. */
  skipSeparators(): void {
    while (this.peek.kind === 'newline' || this.is(';')) this.take();
  }

  /** Whether a statement ends here. */
  get ended(): boolean {
    const { kind } = this.peek;
    return kind === 'newline' || kind === 'end' || this.is(';') || this.is('}');
  }

  /** Keeps the tokens that a name stands for from here on. */
  define(name: string, tokens: readonly Token[]): void {
    this.defined.set(name, tokens);
  }

  undefine(name: string): boolean {
    return this.defined.delete(name);
  }

  /** Fails at the next token as bison does. */
  unexpected(expecting?: string): never {
    const token = this.peek;
    const wanted = expecting === undefined ? '' : `, expecting ${expecting}`;
    const message = `syntax error, unexpected ${nameOf(token)}${wanted}`;
    throw new NftSyntaxError({ message, at: token.at }, true);
  }

  /** Fails at a part that was understood but makes no sense. */
  fail(message: string, at: Span, also?: Span): never {
    throw new NftSyntaxError({ message, at, ...(also === undefined ? {} : { also }) }, false);
  }

  private fetch(): void {
    const token = this.tokens[this.at];
    if (token === undefined) {
      const end = this.tokens.at(-1);
      if (end !== undefined) this.pending.push(end);
      return;
    }
    this.at++;
    const next = this.tokens[this.at];
    if (token.kind === 'symbol' && token.text === '$' && next?.kind === 'word') {
      this.at++;
      const at = spanning(token.at, next.at);
      const meant = this.defined.get(next.text);
      if (meant === undefined) {
        throw new NftSyntaxError(
          { message: `unknown identifier '${next.text}'`, at: next.at },
          true,
        );
      }
      this.pending.push(...meant.map((piece) => ({ ...piece, at })));
      if (meant.length === 0) this.fetch();
      return;
    }
    this.pending.push(token);
  }
}
