import { absolutePath } from '../fs/node.js';
import type { VirtualFileSystem } from '../fs/virtual-file-system.js';
import { patternToRegExp } from './glob.js';

/** Where a `test` is made. */
export interface TestScope {
  readonly files: VirtualFileSystem;
  readonly workingDir: string;
  /** `[[`: the right side of `==` is a pattern, of `=~` a regular expression. */
  readonly extended: boolean;
}

/** test(1): true, false, or the words of what is wrong with the expression. */
export function evaluateTest(args: readonly string[], scope: TestScope): boolean | string {
  if (args.length === 0) return false;
  const reader = new TestReader(args, scope);
  const value = reader.or();
  if (reader.error !== undefined) return reader.error;
  return reader.done ? value : `${reader.next}: unexpected operator`;
}

const BINARY = new Set('= == != < > =~ -eq -ne -lt -le -gt -ge -nt -ot -ef'.split(' '));

class TestReader {
  error: string | undefined;
  private readonly args: readonly string[];
  private readonly scope: TestScope;
  private at = 0;

  constructor(args: readonly string[], scope: TestScope) {
    this.args = args;
    this.scope = scope;
  }

  get done(): boolean {
    return this.at >= this.args.length;
  }

  get next(): string | undefined {
    return this.args[this.at];
  }

  or(): boolean {
    let value = this.and();
    while (this.take('-o') || (this.scope.extended && this.take('||'))) {
      const right = this.and();
      value = value || right;
    }
    return value;
  }

  private and(): boolean {
    let value = this.not();
    while (this.take('-a') || (this.scope.extended && this.take('&&'))) {
      const right = this.not();
      value = value && right;
    }
    return value;
  }

  private not(): boolean {
    if (
      this.next === '!' &&
      this.args.length - this.at > 1 &&
      !BINARY.has(this.args[this.at + 1] ?? '')
    ) {
      this.at++;
      return !this.not();
    }
    return this.primary();
  }

  private take(word: string): boolean {
    if (this.next !== word) return false;
    this.at++;
    return true;
  }

  private primary(): boolean {
    const first = this.args[this.at++] ?? '';
    const operator = this.next;
    if (operator !== undefined && BINARY.has(operator)) {
      this.at++;
      const right = this.args[this.at++];
      if (right === undefined) {
        this.error = `${operator}: argument expected`;
        return false;
      }
      return this.binary(first, operator, right);
    }
    if (first === '(' && this.args.includes(')')) {
      const value = this.or();
      this.take(')');
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && operator !== undefined && operator !== ')') {
      this.at++;
      return this.unary(first, operator);
    }
    return first !== '';
  }

  private binary(left: string, operator: string, right: string): boolean {
    switch (operator) {
      case '=':
      case '==':
        return this.scope.extended ? patternToRegExp(right).test(left) : left === right;
      case '!=':
        return this.scope.extended ? !patternToRegExp(right).test(left) : left !== right;
      case '<':
        return left < right;
      case '>':
        return left > right;
      case '=~':
        return matches(right, left);
      default:
        return this.numeric(left, operator, right);
    }
  }

  private numeric(left: string, operator: string, right: string): boolean {
    for (const text of [left, right]) {
      if (!/^\s*[-+]?\d+\s*$/.test(text)) {
        this.error = `${text}: integer expression expected`;
        return false;
      }
    }
    const difference = Number(left) - Number(right);
    switch (operator) {
      case '-eq':
        return difference === 0;
      case '-ne':
        return difference !== 0;
      case '-lt':
        return difference < 0;
      case '-le':
        return difference <= 0;
      case '-gt':
        return difference > 0;
      default:
        return difference >= 0;
    }
  }

  private unary(operator: string, operand: string): boolean {
    if (operator === '-n') return operand !== '';
    if (operator === '-z') return operand === '';
    if (operator === '-t') return false;
    const path = absolutePath(operand, this.scope.workingDir);
    const found =
      operator === '-L' || operator === '-h'
        ? this.scope.files.findLink(path)
        : this.scope.files.find(path);
    if (!found.ok) return false;
    const node = found.value;
    switch (operator) {
      case '-e':
      case '-r':
      case '-w':
        return true;
      case '-f':
        return node.kind === 'file' || (node.kind === 'generated' && !node.device);
      case '-d':
        return node.kind === 'directory';
      case '-L':
      case '-h':
        return node.kind === 'symlink';
      case '-c':
        return node.kind === 'generated' && node.device;
      case '-s':
        return node.kind === 'file' ? node.octets.length > 0 : node.kind === 'directory';
      case '-x':
        return node.kind === 'directory' || (node.kind === 'file' && (node.mode & 0o111) !== 0);
      default:
        return false;
    }
  }
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}
