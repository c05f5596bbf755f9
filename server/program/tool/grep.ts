/** grep(1) and its relatives. */
import { decodeUtf8 } from '../../../topology/index.js';
import { escapeRegExp } from '../shell/glob.js';
import { readLineFrom } from '../shell/streams.js';
import { basicToExtended, posixClasses } from './regexp.js';
import { linesOf, parseOptions, type Tool, type ToolIo } from './tool.js';

/** grep, egrep and fgrep. */
export const grep: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'EFivqnchlorwxsHP',
    withValue: ['e', 'A', 'B', 'C', 'm', 'color'],
    long: ['color', 'line-buffered', 'ignore-case'],
  });
  const rest = [...options.rest];
  const pattern = options.values.get('e') ?? rest.shift();
  if (pattern === undefined) return io.fail('usage: grep [OPTION]... PATTERNS [FILE]...', 2);
  const extended = options.flags.has('E') || options.flags.has('P') || io.name === 'egrep';
  const fixed = options.flags.has('F') || io.name === 'fgrep';
  const matcher = grepPattern(pattern, { extended, fixed, flags: options.flags });
  if (matcher === undefined) return io.fail(`bad regex '${pattern}'`, 2);
  if (rest.length === 0) return grepStream(io, matcher, options);
  const { texts, status } = await io.readTexts(rest);
  let found = false;
  for (const { name, text } of texts) {
    const lines = linesOf(text).map((line, index) => ({ line, number: index + 1 }));
    const matched = lines.filter(({ line }) => matcher.test(line) !== options.flags.has('v'));
    found ||= matched.length > 0;
    if (options.flags.has('q')) continue;
    const prefix = rest.length > 1 && !options.flags.has('h') ? `${name}:` : '';
    if (options.flags.has('l')) {
      if (matched.length > 0) await io.out(`${name}\n`);
    } else if (options.flags.has('c')) await io.out(`${prefix}${matched.length}\n`);
    else {
      for (const { line, number } of withContext(lines, matched, options.values)) {
        await printMatch(io, { line, number, prefix, matcher, flags: options.flags });
      }
    }
  }
  return found ? 0 : status > 0 ? 2 : 1;
};

interface NumberedLine {
  readonly line: string;
  readonly number: number;
}

function withContext(
  lines: readonly NumberedLine[],
  matched: readonly NumberedLine[],
  values: ReadonlyMap<string, string>,
): readonly NumberedLine[] {
  const before = Number(values.get('B') ?? values.get('C') ?? 0);
  const after = Number(values.get('A') ?? values.get('C') ?? 0);
  if (before === 0 && after === 0) return matched;
  return lines.filter(({ number }) =>
    matched.some((each) => number >= each.number - before && number <= each.number + after),
  );
}

async function grepStream(
  io: ToolIo,
  matcher: RegExp,
  options: ReturnType<typeof parseOptions>,
): Promise<number> {
  let count = 0;
  let number = 0;
  const limit = Number(options.values.get('m') ?? Number.POSITIVE_INFINITY);
  while (count < limit) {
    const octets = await readLineFrom(io.input);
    if (octets === undefined) break;
    number++;
    const line = decodeUtf8(octets).replace(/\n$/, '');
    if (matcher.test(line) === options.flags.has('v')) continue;
    count++;
    if (options.flags.has('q')) break;
    if (!options.flags.has('c'))
      await printMatch(io, { line, number, prefix: '', matcher, flags: options.flags });
  }
  if (options.flags.has('c')) await io.out(`${count}\n`);
  return count > 0 ? 0 : 1;
}

async function printMatch(
  io: ToolIo,
  found: NumberedLine & {
    readonly prefix: string;
    readonly matcher: RegExp;
    readonly flags: ReadonlySet<string>;
  },
): Promise<void> {
  const number = found.flags.has('n') ? `${found.number}:` : '';
  if (!found.flags.has('o')) {
    await io.out(`${found.prefix}${number}${found.line}\n`);
    return;
  }
  for (const match of found.line.matchAll(
    new RegExp(found.matcher.source, `${found.matcher.flags}g`),
  )) {
    if (match[0] !== '') await io.out(`${found.prefix}${number}${match[0]}\n`);
  }
}

function grepPattern(
  pattern: string,
  how: { readonly extended: boolean; readonly fixed: boolean; readonly flags: ReadonlySet<string> },
): RegExp | undefined {
  const alternatives = pattern
    .split('\n')
    .map((each) =>
      how.fixed ? escapeRegExp(each) : how.extended ? posixClasses(each) : basicToExtended(each),
    );
  let source = alternatives.join('|');
  if (how.flags.has('w')) source = `\\b(?:${source})\\b`;
  if (how.flags.has('x')) source = `^(?:${source})$`;
  try {
    return new RegExp(source, how.flags.has('i') ? 'i' : '');
  } catch {
    return undefined;
  }
}
