/** A stretch of one line; columns are 1-based and inclusive. */
export interface Span {
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** What a token is. 'newline' separates statements as ';' does. */
export type TokenKind = 'word' | 'number' | 'address' | 'quoted' | 'symbol' | 'newline' | 'end';

/** A piece of nft's text. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: Span;
}

const RULES: readonly (readonly [kind: TokenKind | 'skip', pattern: RegExp])[] = [
  ['skip', /[ \t\r]+|#[^\n]*|\\\n/y],
  ['newline', /\n/y],
  ['quoted', /"[^"\n]*"/y],
  ['address', /[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}(?![0-9a-fA-F:])/y],
  ['address', /([0-9a-fA-F]{0,4}:){2,7}([0-9a-fA-F]{1,4}|(\d{1,3}\.){3}\d{1,3})?(?![\w:])/y],
  ['address', /\d{1,3}(\.\d{1,3}){3}(?![\w.])/y],
  ['number', /(0[xX][0-9a-fA-F]+|\d+)(?![\w])/y],
  ['word', /\d+[A-Za-z][\w]*/y],
  ['word', /[A-Za-z_.\\][\w/\-.\\]+\*?|[A-Za-z_]\*?/y],
  ['symbol', /==|!=|<=|>=|<<|>>|&&|\|\||[{}()[\];:,.=<>!&|^@$\-/*+]/y],
];

/** Splits text into tokens, the last of which is 'end'; an unknown character becomes a symbol of its own. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < text.length; ) {
    const { kind, found } = match(text, at);
    const from = at - lineStart + 1;
    if (kind !== 'skip') {
      const shown = kind === 'quoted' ? found.slice(1, -1) : found;
      tokens.push({ kind, text: shown, at: { line, from, to: from + found.length - 1 } });
    }
    at += found.length;
    if (found.endsWith('\n')) {
      line++;
      lineStart = at;
    }
  }
  const column = text.length - lineStart + 1;
  tokens.push({ kind: 'end', text: '', at: { line, from: column, to: column } });
  return tokens;
}

function match(text: string, at: number): { kind: TokenKind | 'skip'; found: string } {
  for (const [kind, pattern] of RULES) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, found };
  }
  return { kind: 'symbol', found: text.charAt(at) };
}
