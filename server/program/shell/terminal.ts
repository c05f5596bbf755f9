import { encodeUtf8 } from '../../../topology/index.js';
import type { Console, OutputStream, TerminalSize, WriteOutput } from '../contract.js';
import { SIGNALS } from '../guest.js';
import type { Output } from './streams.js';

/** What termios(3) lets a program switch. */
export interface TerminalMode {
  /** ICANON: whole lines, with erasing. */
  canonical: boolean;
  echo: boolean;
  /** ISIG: Ctrl-C and Ctrl-\ are signals. */
  signals: boolean;
  /** OPOST and ONLCR: `\n` is written as `\r\n`. */
  translatesOutput: boolean;
}

const SANE: TerminalMode = { canonical: true, echo: true, signals: true, translatesOutput: true };
/** Longest line, N_TTY_BUF_SIZE of the kernel; what is typed beyond it is lost. */
const MAX_LINE = 4095;
const NEWLINE = 10;
const RETURN = 13;
const ERASE = ['\x7f', '\b'];
const KILL_LINE = '\x15';
const ERASE_WORD = '\x17';
const END_OF_FILE = '\x04';
const REPRINT = '\x12';
const LITERAL_NEXT = '\x16';
const SIGNAL_KEYS: Readonly<Record<string, number>> = {
  '\x03': SIGNALS.INT,
  '\x1c': SIGNALS.QUIT,
};

/**
 * A pseudo terminal: the line discipline of termios(3) between what is typed and what a program reads, and between what
 * it writes and what is shown.
 *
 * Fidelity: no job control (Ctrl-Z and `TOSTOP` do nothing), no flow control by Ctrl-S.
 */
export class Terminal implements Console {
  /** For the program: what it writes, line ends translated. */
  readonly write: WriteOutput;
  readonly mode: TerminalMode = { ...SANE };
  size: TerminalSize = { columns: 80, rows: 24 };
  private readonly target: Output;
  private readonly foreground = new Set<(signal: number) => void>();
  private readonly decoder = new TextDecoder();
  private line = '';
  private isLiteral = false;
  private waiting: Promise<unknown> | undefined;

  /** `target` is where the program reads, `show` takes what is seen. */
  constructor(target: Output, show: WriteOutput) {
    this.target = target;
    this.write = (_stream: OutputStream, octets: Uint8Array) =>
      show('stdout', this.mode.translatesOutput ? withReturns(octets) : octets);
  }

  /** Makes a process one that the keyboard's signals go to; returns the call that ends it. */
  enterForeground(signal: (signal: number) => void): () => void {
    this.foreground.add(signal);
    return () => this.foreground.delete(signal);
  }

  /** tcsetattr(3). A line that was begun can be read when lines no longer count. */
  setMode(mode: Partial<TerminalMode>): void {
    Object.assign(this.mode, mode);
    if (!this.mode.canonical && this.line !== '') this.deliver('');
  }

  /** `stty sane`. */
  reset(): void {
    this.setMode(SANE);
  }

  resize(size: TerminalSize): void {
    if (size.columns === this.size.columns && size.rows === this.size.rows) return;
    this.size = size;
    this.signal(SIGNALS.WINCH);
  }

  /** Takes what was typed; a promise when the program has to read first. */
  writeInput(octets: Uint8Array): Promise<void> | undefined {
    let run = '';
    for (const character of this.decoder.decode(octets, { stream: true })) {
      if (this.passes(character)) {
        run += character;
        continue;
      }
      if (run !== '') this.send(run);
      run = '';
      this.key(character);
    }
    if (run !== '') this.send(run);
    const { waiting } = this;
    this.waiting = undefined;
    return waiting?.then(() => undefined);
  }

  /** The other end is gone: the program reads the end. */
  closeInput(): void {
    this.target.close();
  }

  private signal(number: number): void {
    for (const send of [...this.foreground]) send(number);
  }

  /** Whether a character goes to the program as it is, with others beside it. */
  private passes(character: string): boolean {
    const { canonical, echo, signals } = this.mode;
    if (canonical || echo || character === '\r') return false;
    return !(signals && character in SIGNAL_KEYS);
  }

  private key(typed: string): void {
    const character = typed === '\r' ? '\n' : typed;
    const signal = this.isLiteral ? undefined : SIGNAL_KEYS[character];
    if (signal !== undefined && this.mode.signals) {
      this.line = '';
      this.echo(character === '\x03' ? '^C' : '^\\');
      this.signal(signal);
    } else if (this.mode.canonical) this.edit(character);
    else {
      this.echo(character);
      this.send(character);
    }
  }

  private edit(character: string): void {
    if (this.isLiteral) {
      this.isLiteral = false;
      this.add(character);
    } else if (character === LITERAL_NEXT) this.isLiteral = true;
    else if (character === END_OF_FILE) {
      if (this.line === '') this.target.endOfFile?.();
      else this.deliver('');
    } else if (ERASE.includes(character)) this.erase(1);
    else if (character === KILL_LINE) this.erase([...this.line].length);
    else if (character === ERASE_WORD)
      this.erase([...(/\S*\s*$/.exec(this.line)?.[0] ?? '')].length);
    else if (character === REPRINT) this.echo(`^R\n${this.line}`);
    else if (character === '\n') {
      this.echo('\n');
      this.deliver('\n');
    } else this.add(character);
  }

  private add(character: string): void {
    if (this.line.length >= MAX_LINE) return;
    this.line += character;
    this.echo(caret(character));
  }

  private erase(count: number): void {
    for (let left = count; left > 0 && this.line !== ''; left--) {
      const last = [...this.line].at(-1) ?? '';
      this.line = this.line.slice(0, -last.length);
      this.echo('\b \b'.repeat(caret(last).length));
    }
  }

  private echo(text: string): void {
    if (this.mode.echo) void this.write('stdout', encodeUtf8(text));
  }

  private deliver(end: string): void {
    const text = this.line + end;
    this.line = '';
    this.send(text);
  }

  private send(text: string): void {
    const taken = this.target.write(encodeUtf8(text));
    if (typeof taken !== 'boolean') this.waiting = taken;
  }
}

/** How the terminal shows a character: control characters as `^A`. */
function caret(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 && character !== '\t' ? `^${String.fromCharCode(code + 0x40)}` : character;
}

function withReturns(octets: Uint8Array): Uint8Array {
  if (!octets.includes(NEWLINE)) return octets;
  const translated: number[] = [];
  for (const octet of octets) {
    if (octet === NEWLINE) translated.push(RETURN);
    translated.push(octet);
  }
  return Uint8Array.from(translated);
}
