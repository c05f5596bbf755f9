/** Filters: tools that turn text into text. */
import { decodeUtf8 } from '../../../topology/index.js';
import { sleep, WorkMeter } from '../io/wait.js';
import { readLineFrom } from '../shell/streams.js';
import { awk } from './awk.js';
import { grep } from './grep.js';
import { headBytes, tailBytes } from './octet-tools.js';
import { posixClasses } from './regexp.js';
import { sed } from './sed.js';
import { linesOf, parseOptions, type Tool, type ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;

const cat: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'nAbEsTuv' });
  let status = 0;
  let number = 0;
  for (const name of options.rest.length > 0 ? options.rest : ['-']) {
    if (name === '-' && !options.flags.has('n')) {
      for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read()) {
        await io.out(piece);
      }
      continue;
    }
    const read = await io.read(name);
    if (!read.ok) status = await io.fail(io.fileError(name, read.error));
    else if (options.flags.has('n')) {
      for (const line of linesOf(decodeUtf8(read.value))) {
        await io.out(`${String(++number).padStart(6)}\t${line}\n`);
      }
    } else await io.out(read.value);
  }
  return status;
};

const head: Tool = async (io) => {
  const args = io.args.map((arg) => arg.replace(/^-(\d+)$/, '-n$1'));
  const options = parseOptions(args, { flags: 'qv', withValue: ['n', 'c'] });
  const bytes = options.values.get('c');
  if (bytes !== undefined) return headBytes(io, options.rest, Number(bytes));
  const count = Number(options.values.get('n') ?? 10);
  if (options.rest.length === 0 && count >= 0) {
    for (let index = 0; index < count; index++) {
      const line = await readLineFrom(io.input);
      if (line === undefined) break;
      await io.out(line);
    }
    io.input.close();
    return 0;
  }
  const { texts, status } = await io.readTexts(options.rest);
  for (const { text } of texts) {
    await io.out(
      linesOf(text)
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  return status;
};

const tail: Tool = async (io) => {
  const args = io.args.map((arg) => arg.replace(/^-(\d+)$/, '-n$1'));
  const options = parseOptions(args, {
    flags: 'fFqv',
    withValue: ['n', 'c', 's'],
    long: ['follow', 'retry'],
  });
  const bytes = options.values.get('c');
  if (bytes !== undefined) return tailBytes(io, options.rest, bytes);
  const amount = options.values.get('n') ?? '10';
  const count = Number(amount.replace('+', ''));
  const follows = options.flags.has('f') || options.flags.has('F') || options.flags.has('follow');
  const { texts, status } = await io.readTexts(options.rest);
  const seen = new Map<string, number>();
  for (const { name, text } of texts) {
    const lines = linesOf(text);
    const shown = amount.startsWith('+')
      ? lines.slice(count - 1)
      : lines.slice(Math.max(0, lines.length - count));
    await io.out(shown.map((line) => `${line}\n`).join(''));
    seen.set(name, text.length);
  }
  if (!follows || options.rest.length === 0) return status;
  for (;;) {
    await sleep(io.sys, SECOND_NS);
    for (const name of options.rest) {
      const read = io.files.readText(io.path(name));
      const before = seen.get(name) ?? 0;
      if (!read.ok || read.value.length === before) continue;
      await io.out(read.value.slice(read.value.length < before ? 0 : before));
      seen.set(name, read.value.length);
    }
  }
};

const cut: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 's', withValue: ['d', 'f', 'c', 'b'] });
  const delimiter = options.values.get('d') ?? '\t';
  const list = options.values.get('f') ?? options.values.get('c') ?? options.values.get('b') ?? '1';
  const wanted = (index: number): boolean =>
    list.split(',').some((item) => {
      const [from = '', to] = item.split('-');
      const start = from === '' ? 1 : Number(from);
      const end = to === undefined ? start : to === '' ? Number.POSITIVE_INFINITY : Number(to);
      return index >= start && index <= end;
    });
  return eachLine(io, options.rest, (line) => {
    if (!options.values.has('f')) return [...line].filter((_, index) => wanted(index + 1)).join('');
    if (!line.includes(delimiter)) return options.flags.has('s') ? undefined : line;
    return line
      .split(delimiter)
      .filter((_, index) => wanted(index + 1))
      .join(delimiter);
  });
};

/** Turns each line as it comes; undefined leaves it out. */
async function eachLine(
  io: ToolIo,
  names: readonly string[],
  turn: (line: string) => string | undefined,
): Promise<number> {
  if (names.length === 0) {
    for (
      let octets = await readLineFrom(io.input);
      octets !== undefined;
      octets = await readLineFrom(io.input)
    ) {
      const turned = turn(decodeUtf8(octets).replace(/\n$/, ''));
      if (turned !== undefined) await io.out(`${turned}\n`);
    }
    return 0;
  }
  const { texts, status } = await io.readTexts(names);
  for (const { text } of texts) {
    for (const line of linesOf(text)) {
      const turned = turn(line);
      if (turned !== undefined) await io.out(`${turned}\n`);
    }
  }
  return status;
}

function characterSet(text: string): string[] {
  const expanded = posixClasses(text.replace(/\[(:\w+:)\]/g, '[$1]'))
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/\\s/g, ' \t\n');
  return [
    ...expanded.replace(/(.)-(.)/g, (_, from: string, to: string) => {
      const start = from.charCodeAt(0);
      return String.fromCharCode(
        ...Array.from(
          { length: Math.max(0, to.charCodeAt(0) - start + 1) },
          (__, at) => start + at,
        ),
      );
    }),
  ];
}

const tr: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'dscC' });
  const first = characterSet(options.rest[0] ?? '');
  const second = characterSet(options.rest[1] ?? '');
  const inverted = options.flags.has('c') || options.flags.has('C');
  const holds = (character: string): boolean => first.includes(character) !== inverted;
  let last = '';
  for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read()) {
    let text = '';
    for (const character of decodeUtf8(piece)) {
      if (options.flags.has('d') && holds(character)) continue;
      const position = inverted
        ? holds(character)
          ? second.length - 1
          : -1
        : first.indexOf(character);
      const mapped =
        position < 0 || second.length === 0
          ? character
          : (second[Math.min(position, second.length - 1)] ?? character);
      const squeezes =
        options.flags.has('s') &&
        mapped === last &&
        (second.length > 0 ? second : first).includes(mapped);
      if (!squeezes) text += mapped;
      last = mapped;
    }
    await io.out(text);
  }
  return 0;
};

const sort: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'nrufhVb', withValue: ['k', 't'] });
  const { texts, status } = await io.readTexts(options.rest);
  const lines = texts.flatMap(({ text }) => linesOf(text));
  const field = Number((options.values.get('k') ?? '0').split(/[,.nr]/)[0]);
  const separator = options.values.get('t') ?? /\s+/;
  const keyOf = (line: string): string =>
    field > 0 ? (line.trim().split(separator)[field - 1] ?? '') : line;
  const numeric = options.flags.has('n') || /n/.test(options.values.get('k') ?? '');
  lines.sort((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    if (numeric) return (Number.parseFloat(left) || 0) - (Number.parseFloat(right) || 0);
    return left < right ? -1 : left > right ? 1 : 0;
  });
  if (options.flags.has('r')) lines.reverse();
  const shown = options.flags.has('u')
    ? lines.filter((line, index) => line !== lines[index - 1])
    : lines;
  await io.out(shown.map((line) => `${line}\n`).join(''));
  return status;
};

const uniq: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'cdui' });
  const { texts, status } = await io.readTexts(options.rest.slice(0, 1));
  const runs: { line: string; count: number }[] = [];
  for (const line of texts.flatMap(({ text }) => linesOf(text))) {
    const last = runs.at(-1);
    if (last?.line === line) last.count++;
    else runs.push({ line, count: 1 });
  }
  for (const { line, count } of runs) {
    if (options.flags.has('d') && count < 2) continue;
    await io.out(options.flags.has('c') ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`);
  }
  return status;
};

const tee: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'ai' });
  for (const name of options.rest) {
    if (!options.flags.has('a')) io.files.writeFile(io.path(name), '');
  }
  for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read()) {
    await io.out(piece);
    for (const name of options.rest) io.files.writeFile(io.path(name), piece, { append: true });
  }
  return 0;
};

const yes: Tool = async (io) => {
  const text = `${io.args.length > 0 ? io.args.join(' ') : 'y'}\n`;
  const meter = new WorkMeter(io.sys);
  for (;;) {
    await io.out(text);
    const pause = meter.charge(100_000);
    if (pause !== undefined) await pause;
  }
};

const seq: Tool = async (io) => {
  const options = parseOptions(
    io.args.map((arg) => (/^-\d/.test(arg) ? ` ${arg}` : arg)),
    { flags: 'w', withValue: ['s', 'f'] },
  );
  const numbers = options.rest.map(Number);
  const [from = 1, step = 1, to = 1] =
    numbers.length === 1
      ? [1, 1, numbers[0]]
      : numbers.length === 2
        ? [numbers[0], 1, numbers[1]]
        : numbers;
  const lines: string[] = [];
  for (let value = from; step > 0 ? value <= to : value >= to; value += step) {
    lines.push(String(value));
    if (lines.length > 1_000_000 || step === 0) break;
  }
  if (lines.length > 0) await io.out(`${lines.join(options.values.get('s') ?? '\n')}\n`);
  return 0;
};

const rev: Tool = (io) => eachLine(io, io.args, (line) => [...line].reverse().join(''));

/** Filters by name. */
export const TEXT_TOOLS: Readonly<Record<string, Tool>> = {
  cat,
  head,
  tail,
  grep,
  egrep: grep,
  fgrep: grep,
  cut,
  tr,
  sort,
  uniq,
  tee,
  yes,
  seq,
  rev,
  sed,
  awk,
  mawk: awk,
};
