import { decodeUtf8, fail, ok, type Result } from '../../../topology/index.js';
import { absolutePath } from '../fs/node.js';
import type { VirtualFileSystem } from '../fs/virtual-file-system.js';
import { globPaths } from '../shell/glob.js';

/** A directive of nginx's configuration language, with where it stands for messages. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block: readonly Directive[] | undefined;
  readonly file: string;
  readonly line: number;
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
}

/** Reads a configuration file and what it includes; failures are in nginx's words, without the `nginx: [emerg] `. */
export function readNginxConfig(
  files: VirtualFileSystem,
  path: string,
): Result<readonly Directive[], string> {
  const octets = files.readFile(path);
  if (!octets.ok) {
    return fail(`open() "${path}" failed (2: No such file or directory)`);
  }
  const parsed = parseOnce(octets.value, path);
  return parsed.ok ? expandIncludes(files, parsed.value) : parsed;
}

/** What files say under their paths: containers share the octets of an image's files, and its reading with them. */
const readings = new WeakMap<Uint8Array, Map<string, Result<readonly Directive[], string>>>();

function parseOnce(octets: Uint8Array, path: string): Result<readonly Directive[], string> {
  const byPath = readings.get(octets) ?? new Map<string, Result<readonly Directive[], string>>();
  readings.set(octets, byPath);
  const known = byPath.get(path);
  if (known !== undefined) return known;
  const parsed = parse(decodeUtf8(octets), path);
  byPath.set(path, parsed);
  return parsed;
}

function parse(text: string, path: string): Result<readonly Directive[], string> {
  const tokens = tokenize(text);
  if (!tokens.ok) return fail(`${tokens.error.text} in ${path}:${tokens.error.line}`);
  return new BlockReader(tokens.value, path).read(false);
}

function expandIncludes(
  files: VirtualFileSystem,
  directives: readonly Directive[],
): Result<readonly Directive[], string> {
  const expanded: Directive[] = [];
  for (const directive of directives) {
    if (directive.name === 'include') {
      const pattern = absolutePath(directive.args[0] ?? '', '/etc/nginx');
      const paths = /[*?[]/.test(pattern) ? globPaths(files, pattern) : [pattern];
      for (const path of paths) {
        if (path.endsWith('mime.types')) continue;
        const included = readNginxConfig(files, path);
        if (!included.ok) return included;
        expanded.push(...included.value);
      }
    } else if (directive.block !== undefined) {
      const inner = expandIncludes(files, directive.block);
      if (!inner.ok) return inner;
      expanded.push({ ...directive, block: inner.value });
    } else expanded.push(directive);
  }
  return ok(expanded);
}

function tokenize(text: string): Result<Token[], { text: string; line: number }> {
  const tokens: Token[] = [];
  const pattern =
    /(\n)|[ \t\r]+|#[^\n]*|([{};])|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|\$\{[^}]*\}|[^\s{};"'])+)/gy;
  let line = 1;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return fail({ text: 'unexpected end of file, expecting "}"', line });
    const [whole, newline, mark, double, single, word] = match;
    const value = mark ?? double ?? single ?? word;
    if (value !== undefined) {
      tokens.push({ text: value, quoted: (double ?? single) !== undefined, line });
    }
    if (newline !== undefined) line++;
    else line += whole.split('\n').length - 1;
  }
  return ok(tokens);
}

class BlockReader {
  private readonly tokens: readonly Token[];
  private readonly file: string;
  private at = 0;

  constructor(tokens: readonly Token[], file: string) {
    this.tokens = tokens;
    this.file = file;
  }

  read(inBlock: boolean): Result<Directive[], string> {
    const directives: Directive[] = [];
    for (;;) {
      const token = this.tokens[this.at];
      if (token === undefined) {
        return inBlock
          ? fail(this.message('unexpected end of file, expecting "}"'))
          : ok(directives);
      }
      if (isMark(token, '}')) {
        if (!inBlock) return fail(this.message('unexpected "}"'));
        this.at++;
        return ok(directives);
      }
      const directive = this.directive();
      if (!directive.ok) return directive;
      directives.push(directive.value);
    }
  }

  private directive(): Result<Directive, string> {
    const words: string[] = [];
    const line = this.tokens[this.at]?.line ?? 0;
    for (;;) {
      const token = this.tokens[this.at];
      if (token === undefined) {
        return fail(this.message('unexpected end of file, expecting ";" or "}"'));
      }
      if (isMark(token, '}')) return fail(this.message('unexpected "}"'));
      this.at++;
      const name = words[0] ?? '';
      const made = { name, args: words.slice(1), file: this.file, line };
      if (isMark(token, ';')) return ok({ ...made, block: undefined });
      if (isMark(token, '{')) {
        const block = this.read(true);
        return block.ok ? ok({ ...made, block: block.value }) : block;
      }
      words.push(token.text);
    }
  }

  private message(text: string): string {
    const token = this.tokens[Math.min(this.at, this.tokens.length - 1)];
    return `${text} in ${this.file}:${token?.line ?? 1}`;
  }
}

function isMark(token: Token, mark: string): boolean {
  return !token.quoted && token.text === mark;
}

/** Directives with a name, in order. */
export function directivesNamed(block: readonly Directive[], name: string): readonly Directive[] {
  return block.filter((directive) => directive.name === name);
}

/** The first argument of the last directive with a name. */
export function directiveValue(block: readonly Directive[], name: string): string | undefined {
  return directivesNamed(block, name).at(-1)?.args[0];
}
