/** Words of a filter, and what they may mean outside it. */
import type { Ip } from '../../../../topology/index.js';

/** Libpcap's only words for what it cannot parse. */
export const SYNTAX = "can't parse filter expression: syntax error";

/** A filter that is refused. */
export class FilterError extends Error {}

/** Names that filters may use. */
export interface FilterWords {
  host(name: string): readonly Ip[] | undefined;
  port(name: string, protocol: string | undefined): number | undefined;
  /** Broadcast addresses of the device, for `ip broadcast`. */
  readonly broadcasts: ReadonlySet<number>;
}

const TOKEN = /\s*(&&|\|\||<<|>>|<=|>=|==|!=|[()[\]!&|<>=+*/%^]|\\?[\w.:-]+(?:\/[\d.]+)?)/y;
const SAME: Readonly<Record<string, string>> = { '&&': 'and', '||': 'or', '!': 'not' };

/** Reads a filter token by token; `position` may be set back. */
export class TokenReader {
  position = 0;
  private readonly tokens: readonly string[];

  /** Fails with a `FilterError` for characters that are no token. */
  constructor(text: string) {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    const trimmed = text.trim();
    for (let at = 0; at < trimmed.length; at = TOKEN.lastIndex) {
      TOKEN.lastIndex = at;
      const [, token] = TOKEN.exec(trimmed) ?? [];
      if (token === undefined) throw new FilterError(SYNTAX);
      tokens.push(SAME[token] ?? token);
    }
    this.tokens = splitMinus(tokens);
  }

  peek(): string | undefined {
    return this.tokens[this.position];
  }

  next(): string | undefined {
    const token = this.tokens[this.position];
    this.position++;
    return token;
  }

  take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.position++;
    return true;
  }

  takeIf(accepts: (token: string) => boolean): string | undefined {
    const token = this.peek();
    if (token === undefined || !accepts(token)) return undefined;
    this.position++;
    return token;
  }
}

/** Inside brackets a minus is an operator; elsewhere it is part of a name or range. */
function splitMinus(tokens: readonly string[]): string[] {
  let depth = 0;
  return tokens.flatMap((token) => {
    if (token === '[') depth++;
    if (token === ']') depth--;
    return depth > 0 && /\d[-:]\d/.test(token)
      ? token.split(/(-|(?=:))/).filter((part) => part !== '')
      : [token];
  });
}
