/**
 * sed(1).
 *
 * Fidelity: the commands s, y, d, p, q, a, i, c and =, with line numbers, `$` and patterns as addresses; no hold space or
 * branches.
 */
import { basicToExtended, posixClasses } from './regexp.js';
import { linesOf, parseOptions, type Tool } from './tool.js';

interface Address {
  readonly matches: (line: string, number: number, last: boolean) => boolean;
}

interface SedCommand {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
  readonly verb: string;
  readonly text: string;
  readonly pattern: RegExp | undefined;
  readonly prints: boolean;
  inRange: boolean;
}

/** sed. */
export const sed: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'nErsi',
    withValue: ['e', 'f'],
    long: ['quiet', 'in-place'],
  });
  const rest = [...options.rest];
  const script = options.values.get('e') ?? rest.shift();
  if (script === undefined) return io.fail('usage: sed [OPTION]... {script} [input-file]...');
  const extended = options.flags.has('E') || options.flags.has('r');
  const commands = parseSed(script, extended);
  if (commands === undefined)
    return io.fail(`-e expression #1, char 1: unknown command: \`${script}'`);
  const { texts, status } = await io.readTexts(rest);
  const quiet = options.flags.has('n');
  for (const { name, text } of texts) {
    const edited = runSed(commands, linesOf(text), quiet);
    if (options.flags.has('i')) io.files.writeFile(io.path(name), edited);
    else await io.out(edited);
  }
  return status;
};

function runSed(commands: readonly SedCommand[], lines: readonly string[], quiet: boolean): string {
  let output = '';
  for (const [index, original] of lines.entries()) {
    let line = original;
    let deleted = false;
    let quits = false;
    let after = '';
    for (const command of commands) {
      if (!selected(command, { line, number: index + 1, last: index === lines.length - 1 }))
        continue;
      if (command.verb === 's' && command.pattern !== undefined) {
        const replaced = line.replace(command.pattern, (...match: unknown[]) =>
          substitute(command.text, match),
        );
        if (command.prints && replaced !== line) output += `${replaced}\n`;
        line = replaced;
      } else if (command.verb === 'd') deleted = true;
      else if (command.verb === 'p') output += `${line}\n`;
      else if (command.verb === 'q') quits = true;
      else if (command.verb === '=') output += `${index + 1}\n`;
      else if (command.verb === 'i') output += `${command.text}\n`;
      else if (command.verb === 'a') after += `${command.text}\n`;
      else if (command.verb === 'c') line = command.text;
      else if (command.verb === 'y') line = transliterate(line, command.text);
      if (deleted || quits) break;
    }
    if (!deleted && !quiet) output += `${line}\n`;
    output += after;
    if (quits) break;
  }
  return output;
}

function transliterate(line: string, tables: string): string {
  const [from = '', to = ''] = tables.split('\0');
  return [...line]
    .map((character) =>
      from.includes(character) ? (to[from.indexOf(character)] ?? '') : character,
    )
    .join('');
}

function substitute(text: string, match: readonly unknown[]): string {
  return text.replace(/\\([0-9nt&\\/])|&/g, (whole, code?: string) => {
    if (whole === '&') return String(match[0]);
    if (code === 'n') return '\n';
    if (code === 't') return '\t';
    return /\d/.test(code ?? '') ? String(match[Number(code)] ?? '') : (code ?? '');
  });
}

function selected(
  command: SedCommand,
  at: { line: string; number: number; last: boolean },
): boolean {
  const { from, to } = command;
  if (from === undefined) return true;
  const starts = from.matches(at.line, at.number, at.last);
  if (to === undefined) return starts !== command.negated;
  let inside = command.inRange;
  if (inside) command.inRange = !to.matches(at.line, at.number, at.last);
  else if (starts) {
    inside = true;
    command.inRange = !to.matches(at.line, at.number, at.last) || at.number === 0;
  }
  return inside !== command.negated;
}

function parseSed(script: string, extended: boolean): SedCommand[] | undefined {
  const commands: SedCommand[] = [];
  let rest = script;
  while (rest.replace(/^[\s;]+/, '') !== '') {
    rest = rest.replace(/^[\s;{}]+/, '');
    if (rest === '') break;
    const first = takeAddress(rest, extended);
    rest = first.rest;
    let second: ReturnType<typeof takeAddress> | undefined;
    if (rest.startsWith(',')) {
      second = takeAddress(rest.slice(1), extended);
      rest = second.rest;
    }
    rest = rest.replace(/^\s+/, '');
    const negated = rest.startsWith('!');
    if (negated) rest = rest.slice(1).replace(/^\s+/, '');
    const verb = rest[0] ?? '';
    rest = rest.slice(1);
    const base = { from: first.address, to: second?.address, negated, verb, inRange: false };
    if (verb === 's' || verb === 'y') {
      const parsed = takeSubstitution(rest, verb === 'y' ? true : extended, verb);
      if (parsed === undefined) return undefined;
      rest = parsed.rest;
      commands.push({ ...base, text: parsed.text, pattern: parsed.pattern, prints: parsed.prints });
    } else if ('aic'.includes(verb) && verb !== '') {
      const text = /^\\?\s*([^\n]*)/.exec(rest)?.[1] ?? '';
      rest = rest.slice(rest.indexOf(text) + text.length);
      commands.push({ ...base, text, pattern: undefined, prints: false });
    } else if ('dpq='.includes(verb) && verb !== '') {
      commands.push({ ...base, text: '', pattern: undefined, prints: false });
    } else return undefined;
  }
  return commands;
}

function takeAddress(
  text: string,
  extended: boolean,
): { address: Address | undefined; rest: string } {
  const number = /^\d+/.exec(text)?.[0];
  if (number !== undefined) {
    return {
      address: { matches: (_, at) => at === Number(number) },
      rest: text.slice(number.length),
    };
  }
  if (text.startsWith('$'))
    return { address: { matches: (_line, _at, last) => last }, rest: text.slice(1) };
  const pattern = /^\/((?:\\.|[^/\\])*)\/(I?)/.exec(text);
  if (pattern === null) return { address: undefined, rest: text };
  const matcher = toRegExp(
    (pattern[1] ?? '').replaceAll('\\/', '/'),
    extended,
    pattern[2] === 'I' ? 'i' : '',
  );
  return {
    address: { matches: (line) => matcher?.test(line) === true },
    rest: text.slice(pattern[0].length),
  };
}

function takeSubstitution(text: string, extended: boolean, verb: string) {
  const delimiter = text[0] ?? '/';
  const parts: string[] = [''];
  let at = 1;
  for (; at < text.length && parts.length < 3; at++) {
    const character = text[at] ?? '';
    if (character === '\\' && text[at + 1] === delimiter)
      parts[parts.length - 1] += text[++at] ?? '';
    else if (character === '\\') parts[parts.length - 1] += character + (text[++at] ?? '');
    else if (character === delimiter) parts.push('');
    else parts[parts.length - 1] += character;
  }
  const [pattern = '', replacement = ''] = parts;
  const flags = /^[gipI0-9]*/.exec(text.slice(at))?.[0] ?? '';
  const rest = text.slice(at + flags.length);
  if (verb === 'y')
    return { pattern: undefined, text: `${pattern}\0${replacement}`, prints: false, rest };
  const compiled = toRegExp(
    pattern,
    extended,
    `${flags.includes('g') ? 'g' : ''}${/[iI]/.test(flags) ? 'i' : ''}`,
  );
  return compiled === undefined
    ? undefined
    : { pattern: compiled, text: replacement, prints: flags.includes('p'), rest };
}

function toRegExp(pattern: string, extended: boolean, flags: string): RegExp | undefined {
  try {
    return new RegExp(extended ? posixClasses(pattern) : basicToExtended(pattern), flags);
  } catch {
    return undefined;
  }
}
