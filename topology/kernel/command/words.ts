import type { Result } from '../../base/index.js';
import { fail, ok } from '../../base/index.js';

/** Why a command was not understood. */
export interface CommandError {
  /**
   * `command/read-only`: a command that shows and changes nothing; `command/unsupported`: real, but not
   * modelled; `command/incomplete`: ends too early; `command/bad-word`: a word that cannot stand there.
   */
  readonly code:
    | 'command/read-only'
    | 'command/unsupported'
    | 'command/incomplete'
    | 'command/bad-word';
  /** What the real tool prints, in its own words where it has some. */
  readonly message: string;
  /** The word at fault, '' at the end of the line. */
  readonly near: string;
  /** What would be right. */
  readonly expected: string;
  /** 1-based, in texts of several lines. */
  readonly line?: number;
  /** All that the real tool prints on standard error, and its status, where they are known. */
  readonly stderr?: string;
  readonly status?: number;
}

/**
 * The words of a command, read from the left. The first failure sticks: after it there are no more
 * words, so a reader runs to its end and asks `result` once.
 */
export class Words {
  private at = 0;
  private error: CommandError | undefined;
  private readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
  }

  /** Whether a word is left and nothing failed. */
  get more(): boolean {
    return this.error === undefined && this.at < this.words.length;
  }

  /** The next word without taking it, '' when there is none. */
  get peek(): string {
    return this.more ? (this.words[this.at] ?? '') : '';
  }

  /** Takes the next word, '' when there is none. */
  take(): string {
    const word = this.peek;
    this.at++;
    return word;
  }

  /** Takes the next word, or fails as incomplete. */
  need(expected: string, message = 'Command line is not complete. Try option "help"'): string {
    if (!this.more) this.fail({ code: 'command/incomplete', message, near: '', expected });
    return this.take();
  }

  /** Takes the next word if it is this one. */
  skip(word: string): boolean {
    if (!this.more || this.peek !== word) return false;
    this.at++;
    return true;
  }

  /** Takes all words that are left. */
  rest(): readonly string[] {
    const rest = this.more ? this.words.slice(this.at) : [];
    this.at = this.words.length;
    return rest;
  }

  /** Notes a failure; only the first counts. */
  fail(error: CommandError): void {
    this.error ??= error;
  }

  /** Notes that a word cannot stand where it stands. */
  bad(near: string, message: string, expected: string): void {
    this.fail({ code: 'command/bad-word', message, near, expected });
  }

  /** Notes a thing that the real tool knows and podnet does not model. */
  unsupported(near: string, expected: string): void {
    const message = `"${near}" is not modelled by podnet.`;
    this.fail({ code: 'command/unsupported', message, near, expected });
  }

  /** Takes a whole number within bounds (inclusive), decimal or 0x. */
  number(what: string, from: number, to: number): number {
    const word = this.need(`a number from ${from} to ${to}`);
    const value = wholeNumber(word);
    if (value === undefined || value < from || value > to) {
      const message = `Error: argument "${word}" is wrong: Invalid "${what}" value`;
      this.bad(word, message, `a number from ${from} to ${to}`);
      return from;
    }
    return value;
  }

  /** Takes a word that a reader understands. */
  read<T>(
    parse: (text: string) => Result<T, string>,
    message: (word: string) => string,
  ): T | undefined {
    const word = this.need('a value');
    if (this.error !== undefined) return undefined;
    const value = parse(word);
    if (value.ok) return value.value;
    this.bad(word, message(word), value.error);
    return undefined;
  }

  /** The value, unless something failed. */
  result<T>(value: T): Result<T, CommandError> {
    return this.error === undefined ? ok(value) : fail(this.error);
  }

  /** Whether something failed. */
  get failed(): boolean {
    return this.error !== undefined;
  }
}

/** Reads a whole number, decimal or hexadecimal with 0x; undefined when it is none. */
export function wholeNumber(text: string): number | undefined {
  return /^(\d+|0[xX][0-9a-fA-F]+)$/.test(text) ? Number(text) : undefined;
}

/** The first name of a list that begins with the word, as iproute2 completes abbreviations. */
export function complete<T extends string>(word: string, names: readonly T[]): T | undefined {
  return word === '' ? undefined : names.find((name) => name.startsWith(word));
}

/**
 * Splits a line into words as a shell does: quotes, backslashes, `#` comments.
 *
 * Fidelity: no expansion of any kind; an unclosed quote ends with the line.
 */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"' && at + 1 < line.length)
        word += line.charAt(++at);
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) break;
    else if (character === '\\' && at + 1 < line.length) word = (word ?? '') + line.charAt(++at);
    else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Writes a word so that a shell reads it back. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
