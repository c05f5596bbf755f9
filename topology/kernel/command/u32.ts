import { fail, ok, type Result } from '../../base/index.js';
import type { NumberRange, U32Test } from '../ops.js';
import { parseInteger } from './extension.js';

/**
 * The language of `-m u32`: `LOCATION = RANGES && …`, where a location is a number with `&`, `<<`, `>>` and `@`
 * (extensions/libxt_u32.c).
 */

type Step = U32Test['location'][number];

const OPERATORS = ['<<', '>>', '&', '@'] as const;

/** Reads the tests of `--u32`; failures are iptables' own words. */
export function parseU32(text: string): Result<readonly U32Test[], string> {
  const tests: U32Test[] = [];
  let at = 0;
  const skip = (): void => {
    while (text[at] === ' ') at++;
  };
  const takeNumber = (): number | undefined => {
    skip();
    const word = /^(0[xX][0-9a-fA-F]+|\d+)/.exec(text.slice(at))?.[0];
    const value = word === undefined ? undefined : parseInteger(word);
    if (word === undefined || value === undefined || value > 0xffffffff) return undefined;
    at += word.length;
    skip();
    return value;
  };
  const wrong = () => fail(`u32: at char ${at}: not a number or out of range`);
  for (;;) {
    const first = takeNumber();
    if (first === undefined) return wrong();
    const location: Step[] = [{ op: 'at', number: first }];
    while (text[at] !== '=') {
      const operator = OPERATORS.find((each) => text.startsWith(each, at));
      if (operator === undefined) {
        return fail(
          at >= text.length
            ? 'u32: abrupt end of input after location specifier'
            : `u32: at char ${at}: operator expected`,
        );
      }
      at += operator.length;
      const number = takeNumber();
      if (number === undefined) return wrong();
      location.push({ op: operator, number });
    }
    at++;
    const values: NumberRange[] = [];
    for (;;) {
      const from = takeNumber();
      if (from === undefined) return wrong();
      let to = from;
      if (text[at] === ':') {
        at++;
        const end = takeNumber();
        if (end === undefined) return wrong();
        to = end;
      }
      values.push({ from, to });
      if (text[at] !== ',') break;
      at++;
      skip();
    }
    tests.push({ location, values });
    if (at >= text.length) return ok(tests);
    if (!text.startsWith('&&', at)) return fail(`u32: at char ${at}: expected "&&"`);
    at += 2;
  }
}

/** The tests as iptables-save prints them. */
export function printU32(tests: readonly U32Test[]): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  return tests
    .map(({ location, values }) => {
      const place = location
        .map(({ op, number }) => `${op === 'at' ? '' : op}${hex(number)}`)
        .join('');
      const ranges = values.map(({ from, to }) =>
        from === to ? hex(from) : `${hex(from)}:${hex(to)}`,
      );
      return `${place}=${ranges.join(',')}`;
    })
    .join('&&');
}
