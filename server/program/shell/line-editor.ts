import { decodeUtf8, encodeUtf8 } from '../../../topology/index.js';
import type { Input } from './streams.js';
import type { Terminal } from './terminal.js';

/** Lines that can be called back. */
const MAX_HISTORY = 500;
const MAX_LINE = 16_384;
const ESCAPE = '\x1b';
/** A whole escape sequence of a key: CSI, SS3, or Meta with a character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of keys start with ESC
const SEQUENCE = /^\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z]|[^[O])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, not whole yet
const UNFINISHED = /^\x1b(?:\[[0-9;]*|O)?$/;
/** Characters that stand for themselves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is left out are the keys
const PLAIN = /^[^\x00-\x1f\x7f]+/;

/** What a key does, by what the terminal sends for it. */
const KEYS: Readonly<Record<string, EditCommand>> = {
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'end-of-file',
  '\x05': 'end',
  '\x06': 'right',
  '\b': 'erase',
  '\t': 'complete',
  '\n': 'accept',
  '\r': 'accept',
  '\x0b': 'cut-after',
  '\x0c': 'clear',
  '\x0e': 'next',
  '\x10': 'previous',
  '\x15': 'cut-before',
  '\x17': 'erase-word',
  '\x7f': 'erase',
  '\x1b[A': 'previous',
  '\x1bOA': 'previous',
  '\x1b[B': 'next',
  '\x1bOB': 'next',
  '\x1b[C': 'right',
  '\x1bOC': 'right',
  '\x1b[D': 'left',
  '\x1bOD': 'left',
  '\x1b[H': 'home',
  '\x1bOH': 'home',
  '\x1b[1~': 'home',
  '\x1b[F': 'end',
  '\x1bOF': 'end',
  '\x1b[4~': 'end',
  '\x1b[3~': 'delete',
  '\x1bb': 'word-left',
  '\x1b[1;5D': 'word-left',
  '\x1bf': 'word-right',
  '\x1b[1;5C': 'word-right',
};

type EditCommand =
  | 'accept'
  | 'clear'
  | 'complete'
  | 'cut-after'
  | 'cut-before'
  | 'delete'
  | 'end'
  | 'end-of-file'
  | 'erase'
  | 'erase-word'
  | 'home'
  | 'interrupt'
  | 'left'
  | 'next'
  | 'previous'
  | 'right'
  | 'word-left'
  | 'word-right';

/** What was typed at a prompt. */
export type TypedLine =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'end' };

/** What a line editor works with. */
export interface LineEditorOptions {
  readonly terminal: Terminal;
  readonly input: Input;
  readonly show: (text: string) => Promise<void>;
  /** Ways to go on from what stands before the cursor: the word that is completed, and what it may become. */
  readonly complete: (before: string) => {
    readonly word: string;
    readonly candidates: readonly string[];
  };
}

/**
 * Reads lines from a terminal with cursor keys, history and completion, as busybox's and bash's editors do with the keys
 * that people know.
 *
 * Fidelity: no search in history, no undo, no vi mode; every character counts as one column wide.
 */
export class LineEditor {
  readonly history: string[] = [];
  private readonly options: LineEditorOptions;
  private pending = '';
  private prompt = '';
  private text: readonly string[] = [];
  private cursor = 0;
  private at = 0;
  private draft = '';

  constructor(options: LineEditorOptions) {
    this.options = options;
  }

  /** Shows the prompt and reads one line. Outside of it the terminal has its own mode. */
  async read(prompt: string): Promise<TypedLine> {
    const { input, show, terminal } = this.options;
    this.prompt = prompt;
    this.text = [];
    this.cursor = 0;
    this.at = this.history.length;
    const before = { ...terminal.mode };
    terminal.setMode({ canonical: false, echo: false, signals: false });
    try {
      await show(prompt);
      for (;;) {
        const done = await this.takeKeys();
        if (done !== undefined) return done;
        const more = await input.read();
        if (more === undefined) return { kind: 'end' };
        this.pending += decodeUtf8(more);
      }
    } finally {
      terminal.setMode(before);
      // What was typed ahead is for the command that runs next.
      if (this.pending !== '') input.unread(encodeUtf8(this.pending));
      this.pending = '';
    }
  }

  private async takeKeys(): Promise<TypedLine | undefined> {
    while (this.pending !== '') {
      // What is pasted comes at once, and is put in at once.
      const plain = PLAIN.exec(this.pending)?.[0];
      if (plain !== undefined) {
        this.pending = this.pending.slice(plain.length);
        await this.insert(plain);
        continue;
      }
      const key = nextKey(this.pending);
      if (key === undefined) return undefined;
      this.pending = this.pending.slice(key.length);
      const command = KEYS[key];
      if (command === undefined) continue;
      const done = await this.act(command);
      if (done !== undefined) return done;
    }
    return undefined;
  }

  private async act(command: EditCommand): Promise<TypedLine | undefined> {
    switch (command) {
      case 'accept':
        await this.options.show('\n');
        this.remember(this.text.join(''));
        return { kind: 'line', text: this.text.join('') };
      case 'interrupt':
        await this.options.show('^C\n');
        return { kind: 'interrupt' };
      case 'end-of-file':
        if (this.text.length === 0) return { kind: 'end' };
        await this.replace(this.cursor, this.cursor + 1);
        return undefined;
      case 'complete':
        await this.complete();
        return undefined;
      case 'clear':
        await this.options.show('\x1b[H\x1b[J');
        await this.redraw(0);
        return undefined;
      default:
        await this.edit(command);
        return undefined;
    }
  }

  private async edit(command: EditCommand): Promise<void> {
    const { cursor, text } = this;
    switch (command) {
      case 'erase':
        return this.replace(cursor - 1, cursor);
      case 'delete':
        return this.replace(cursor, cursor + 1);
      case 'erase-word':
        return this.replace(wordStart(text, cursor), cursor);
      case 'cut-before':
        return this.replace(0, cursor);
      case 'cut-after':
        return this.replace(cursor, text.length);
      case 'home':
        return this.move(0);
      case 'end':
        return this.move(text.length);
      case 'left':
        return this.move(cursor - 1);
      case 'right':
        return this.move(cursor + 1);
      case 'word-left':
        return this.move(wordStart(text, cursor));
      case 'word-right':
        return this.move(wordEnd(text, cursor));
      case 'previous':
        return this.recall(this.at - 1);
      case 'next':
        return this.recall(this.at + 1);
      default:
        return undefined;
    }
  }

  private async insert(added: string): Promise<void> {
    const characters = [...added].slice(0, MAX_LINE - this.text.length);
    if (characters.length === 0) return;
    const atEnd = this.cursor === this.text.length;
    const shown = this.cursor;
    this.text = [...this.text.slice(0, shown), ...characters, ...this.text.slice(shown)];
    this.cursor += characters.length;
    if (atEnd) await this.options.show(characters.join(''));
    else await this.redraw(shown);
  }

  private async replace(from: number, to: number): Promise<void> {
    const start = Math.max(0, from);
    if (start >= to || start >= this.text.length) return;
    const shown = this.cursor;
    const atEnd = shown === this.text.length && to === shown;
    this.text = [...this.text.slice(0, start), ...this.text.slice(to)];
    this.cursor = start;
    const oneRow = this.columnsBefore(shown) < this.options.terminal.size.columns;
    if (atEnd && to - start === 1 && oneRow) await this.options.show('\b \b');
    else await this.redraw(shown);
  }

  private async move(to: number): Promise<void> {
    const target = Math.min(Math.max(0, to), this.text.length);
    if (target === this.cursor) return;
    const shown = this.cursor;
    this.cursor = target;
    await this.options.show(this.travel(shown, target));
  }

  private async recall(at: number): Promise<void> {
    if (at < 0 || at > this.history.length) return;
    if (this.at === this.history.length) this.draft = this.text.join('');
    const shown = this.cursor;
    this.at = at;
    this.text = [...(this.history[at] ?? this.draft)];
    this.cursor = this.text.length;
    await this.redraw(shown);
  }

  private remember(line: string): void {
    if (line.trim() === '' || this.history.at(-1) === line) return;
    this.history.push(line);
    if (this.history.length > MAX_HISTORY) this.history.shift();
  }

  private async complete(): Promise<void> {
    const before = this.text.slice(0, this.cursor).join('');
    const { candidates, word } = this.options.complete(before);
    const [only] = candidates;
    if (only === undefined) return;
    const common = commonPrefix(candidates);
    if (candidates.length === 1)
      await this.insert(only.slice(word.length) + (only.endsWith('/') ? '' : ' '));
    else if (common.length > word.length) await this.insert(common.slice(word.length));
    else {
      await this.options.show(`\n${candidates.join('  ')}\n`);
      await this.redraw(0);
    }
  }

  /** Draws prompt and line anew; `shown` is where the cursor stood, 0 for a fresh row. */
  private async redraw(shown: number): Promise<void> {
    const { columns } = this.options.terminal.size;
    const rows = Math.floor(this.columnsBefore(shown) / Math.max(1, columns));
    const up = rows > 0 ? `\x1b[${rows}A` : '';
    const lastLine = this.prompt.slice(this.prompt.lastIndexOf('\n') + 1);
    const back = this.travel(this.text.length, this.cursor);
    await this.options.show(`${up}\r${lastLine}${this.text.join('')}\x1b[J${back}`);
  }

  /** Moves the cursor from one character of the line to another. */
  private travel(from: number, to: number): string {
    const columns = Math.max(1, this.options.terminal.size.columns);
    const start = this.columnsBefore(from);
    const end = this.columnsBefore(to);
    const rows = Math.floor(end / columns) - Math.floor(start / columns);
    const sideways = (end % columns) - (start % columns);
    return (
      (rows < 0 ? `\x1b[${-rows}A` : rows > 0 ? `\x1b[${rows}B` : '') +
      (sideways < 0 ? (sideways === -1 ? '\b' : `\x1b[${-sideways}D`) : '') +
      (sideways > 0 ? `\x1b[${sideways}C` : '')
    );
  }

  private columnsBefore(position: number): number {
    const lastLine = this.prompt.slice(this.prompt.lastIndexOf('\n') + 1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no room
    const visible = lastLine.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');
    return [...visible].length + position;
  }
}

/** The first key of what was typed; undefined when it is not whole yet. */
function nextKey(typed: string): string | undefined {
  if (!typed.startsWith(ESCAPE)) return String.fromCodePoint(typed.codePointAt(0) ?? 0);
  return SEQUENCE.exec(typed)?.[0] ?? (UNFINISHED.test(typed) ? undefined : ESCAPE);
}

function wordStart(text: readonly string[], from: number): number {
  let at = from;
  while (at > 0 && text[at - 1] === ' ') at--;
  while (at > 0 && text[at - 1] !== ' ') at--;
  return at;
}

function wordEnd(text: readonly string[], from: number): number {
  let at = from;
  while (at < text.length && text[at] === ' ') at++;
  while (at < text.length && text[at] !== ' ') at++;
  return at;
}

function commonPrefix(words: readonly string[]): string {
  const [first = '', ...rest] = words;
  let length = first.length;
  for (const word of rest) {
    let same = 0;
    while (same < length && word[same] === first[same]) same++;
    length = same;
  }
  return first.slice(0, length);
}
