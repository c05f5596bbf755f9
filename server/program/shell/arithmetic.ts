/** Variables of an arithmetic expression. */
export interface ArithmeticScope {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

/** Thrown for an expression that cannot be computed; the message is the shell's. */
export class ArithmeticError extends Error {}

const TOKEN =
  /\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|\*\*|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),])/y;
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** Computes `$((…))` in whole numbers, with C's operators and assignment. */
export function evaluateArithmetic(text: string, scope: ArithmeticScope): number {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match?.[1] === undefined) {
      throw new ArithmeticError(`arithmetic syntax error near "${text.slice(at).trim()}"`);
    }
    tokens.push(match[1]);
  }
  if (tokens.length === 0) return 0;
  const evaluator = new Evaluator(tokens, scope);
  const value = evaluator.comma();
  if (!evaluator.done) throw new ArithmeticError('arithmetic syntax error');
  return value;
}

class Evaluator {
  private readonly tokens: readonly string[];
  private readonly scope: ArithmeticScope;
  private at = 0;
  /** Greater than 0 in a branch that is not taken. */
  private skipping = 0;

  constructor(tokens: readonly string[], scope: ArithmeticScope) {
    this.tokens = tokens;
    this.scope = scope;
  }

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  comma(): number {
    let value = this.assignment();
    while (this.take(',')) value = this.assignment();
    return value;
  }

  private take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private variable(name: string): number {
    const text = this.scope.get(name)?.trim() ?? '';
    if (text === '') return 0;
    const value = Number(text);
    if (Number.isNaN(value)) throw new ArithmeticError(`bad number '${text}'`);
    return Math.trunc(value);
  }

  private assign(name: string, value: number): number {
    if (this.skipping === 0) this.scope.set(name, String(value));
    return value;
  }

  private assignment(): number {
    const name = this.tokens[this.at] ?? '';
    const operator = this.tokens[this.at + 1] ?? '';
    if (/^[A-Za-z_]/.test(name) && /^(=|[-+*/%&|^]=|<<=|>>=)$/.test(operator)) {
      this.at += 2;
      const right = this.assignment();
      if (operator === '=') return this.assign(name, right);
      return this.assign(name, this.compute(operator.slice(0, -1), this.variable(name), right));
    }
    return this.conditional();
  }

  private conditional(): number {
    const condition = this.binary(0);
    if (!this.take('?')) return condition;
    if (condition === 0) this.skipping++;
    const yes = this.assignment();
    if (condition === 0) this.skipping--;
    if (!this.take(':')) throw new ArithmeticError('expecting ":"');
    if (condition !== 0) this.skipping++;
    const no = this.assignment();
    if (condition !== 0) this.skipping--;
    return condition !== 0 ? yes : no;
  }

  private binary(level: number): number {
    const operators = LEVELS[level];
    if (operators === undefined) return this.power();
    let left = this.binary(level + 1);
    for (;;) {
      const operator = this.tokens[this.at] ?? '';
      if (!operators.includes(operator)) return left;
      this.at++;
      const decided = (operator === '&&' && left === 0) || (operator === '||' && left !== 0);
      if (decided) this.skipping++;
      const right = this.binary(level + 1);
      if (decided) this.skipping--;
      left = this.compute(operator, left, right);
    }
  }

  private power(): number {
    const base = this.unary();
    return this.take('**') ? base ** this.power() : base;
  }

  private unary(): number {
    if (this.take('-')) return -this.unary();
    if (this.take('+')) return this.unary();
    if (this.take('!')) return this.unary() === 0 ? 1 : 0;
    if (this.take('~')) return ~this.unary();
    for (const [token, step] of [
      ['++', 1],
      ['--', -1],
    ] as const) {
      if (!this.take(token)) continue;
      const name = this.tokens[this.at++] ?? '';
      return this.assign(name, this.variable(name) + step);
    }
    return this.primary();
  }

  private primary(): number {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new ArithmeticError('arithmetic syntax error');
    if (token === '(') {
      const value = this.comma();
      if (!this.take(')')) throw new ArithmeticError('expecting ")"');
      return value;
    }
    if (/^\d/.test(token)) return /^0\d/.test(token) ? Number.parseInt(token, 8) : Number(token);
    if (!/^[A-Za-z_]/.test(token))
      throw new ArithmeticError(`arithmetic syntax error near "${token}"`);
    const value = this.variable(token);
    if (this.take('++')) this.assign(token, value + 1);
    else if (this.take('--')) this.assign(token, value - 1);
    return value;
  }

  private compute(operator: string, left: number, right: number): number {
    switch (operator) {
      case '+':
        return left + right;
      case '-':
        return left - right;
      case '*':
        return left * right;
      case '/':
      case '%':
        if (right === 0) {
          if (this.skipping > 0) return 0;
          throw new ArithmeticError('divide by zero');
        }
        return operator === '/' ? Math.trunc(left / right) : left % right;
      case '<<':
        return left << right;
      case '>>':
        return left >> right;
      case '&':
        return left & right;
      case '|':
        return left | right;
      case '^':
        return left ^ right;
      default:
        return this.compare(operator, left, right) ? 1 : 0;
    }
  }

  private compare(operator: string, left: number, right: number): boolean {
    switch (operator) {
      case '<':
        return left < right;
      case '<=':
        return left <= right;
      case '>':
        return left > right;
      case '>=':
        return left >= right;
      case '==':
        return left === right;
      case '!=':
        return left !== right;
      case '&&':
        return left !== 0 && right !== 0;
      default:
        return left !== 0 || right !== 0;
    }
  }
}
