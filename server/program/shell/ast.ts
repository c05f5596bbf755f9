/** The grammar of the POSIX shell command language (IEEE 1003.1, 2.10) as data. */

/** A word: parts that are expanded and joined. */
export type Word = readonly WordPart[];

/** One part of a word. `quoted` parts are neither split into fields nor patterns. */
export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly quoted: boolean;
      /** `${#name}`. */
      readonly length?: boolean;
      /** Such as `:-`, `=`, `%%`, `//`. */
      readonly operator?: string;
      readonly argument?: Word;
    }
  | { readonly kind: 'command'; readonly script: Script; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean };

/** A redirection; `fd` is the default of its operator when absent. */
export interface Redirect {
  readonly fd: number | undefined;
  readonly operator: '<' | '>' | '>>' | '>|' | '<>' | '<&' | '>&' | '&>' | 'here' | 'here-string';
  readonly target: Word;
}

/** A command of any form. */
export type Command =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly { readonly name: string; readonly value: Word }[];
      readonly words: readonly Word[];
      readonly redirects: readonly Redirect[];
    }
  | { readonly kind: 'pipeline'; readonly commands: readonly Command[]; readonly negated: boolean }
  | {
      readonly kind: 'and-or';
      readonly left: Command;
      readonly operator: '&&' | '||';
      readonly right: Command;
    }
  | { readonly kind: 'background'; readonly command: Command; readonly text: string }
  | {
      readonly kind: 'group' | 'subshell';
      readonly body: Script;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly condition: Script; readonly body: Script }[];
      readonly otherwise: Script | undefined;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'while' | 'until';
      readonly condition: Script;
      readonly body: Script;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'for';
      readonly name: string;
      /** Absent means the positional parameters. */
      readonly words: readonly Word[] | undefined;
      readonly body: Script;
      readonly redirects: readonly Redirect[];
    }
  | {
      /** bash's `for ((a; b; c))`. */
      readonly kind: 'for-arithmetic';
      readonly parts: readonly [Word, Word, Word];
      readonly body: Script;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'case';
      readonly subject: Word;
      readonly items: readonly { readonly patterns: readonly Word[]; readonly body: Script }[];
      readonly redirects: readonly Redirect[];
    }
  | { readonly kind: 'arithmetic'; readonly expression: Word }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command };

/** Commands in order. */
export type Script = readonly Command[];
