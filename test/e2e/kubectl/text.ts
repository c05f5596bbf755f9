/**
 * Comparing what a command printed with what was written down by hand: runs of spaces count as one, and `<age>` stands for
 * any age.
 */

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  // Where simulated time runs ahead of kubectl's clock, ages that kubectl works out itself are invalid.
  age: '(?:(?:\\d+[smhdy])+|<invalid>)',
  hash: '[bcdfghjklmnpqrstvwxz2456789]{6,10}',
  id: '[bcdfghjklmnpqrstvwxz2456789]{5}',
  ip: '\\d+\\.\\d+\\.\\d+\\.\\d+',
  port: '\\d{4,5}',
  nodeport: '3[0-2]\\d{3}',
  number: '\\d+',
  release: 'v\\d+\\.\\d+\\.\\d+\\S*',
  worker: 'worker-[12]',
  time: '\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d [+-]\\d{4}',
  timestamp: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ',
  sha256: '[0-9a-f]{64}',
  uid: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  // kubectl 1.33 words it anew.
  optional: '(?:Optional: false|ConfigMapOptional: <nil>)',
  any: '.*',
};

/** A text with runs of spaces squeezed and without spaces around lines or lines at its ends. */
export function squeeze(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/[ \t]+/g, ' ').trim());
  return lines.join('\n').replace(/^\n+|\n+$/g, '');
}

/**
 * The text as it must read to be equal to what is expected: each line that fits the expected one, placeholders
 * considered, is given as the expected one, so that a comparison shows only what differs.
 */
export function aligned(actual: string, expected: string): string {
  const wanted = squeeze(expected).split('\n');
  const got = squeeze(actual).split('\n');
  return got
    .map((line, index) => {
      const fitting = [wanted[index], ...wanted].find(
        (candidate) => candidate !== undefined && fits(line, candidate),
      );
      return fitting ?? line;
    })
    .join('\n');
}

function fits(line: string, expected: string): boolean {
  const pattern = expected
    .split(/(<\w+>)/)
    .map((part) => PLACEHOLDERS[part.slice(1, -1)] ?? escapeForPattern(part));
  return new RegExp(`^${pattern.join('')}$`).test(line);
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
