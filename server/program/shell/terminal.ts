import { decodeUtf8, encodeUtf8 } from '../../../topology/index.js';
import type { OutputStream, WriteOutput } from '../contract.js';
import type { Output } from './streams.js';

const INTERRUPT = '\x03';
const END_OF_FILE = '\x04';
const ERASE = new Set(['\x7f', '\b']);

/**
 * A terminal's line discipline in canonical mode, termios(3): echo, erase, Ctrl-C, Ctrl-D, and `\n` written as `\r\n`.
 *
 * Fidelity: no raw mode, history or cursor keys; their escape sequences are dropped.
 */
export class Terminal {
  /** For the program: what it writes, line ends translated. */
  readonly write: WriteOutput;
  private readonly show: WriteOutput;
  private line = '';
  private target: Output | undefined;
  private interrupt: (() => void) | undefined;

  constructor(show: WriteOutput) {
    this.show = show;
    this.write = (stream: OutputStream, octets: Uint8Array) => {
      show(stream, encodeUtf8(decodeUtf8(octets).replace(/\r?\n/g, '\r\n')));
    };
  }

  /** Says where lines go and what Ctrl-C does. */
  attach(target: Output, interrupt: () => void): void {
    this.target = target;
    this.interrupt = interrupt;
  }

  /** Takes what was typed. */
  input(octets: Uint8Array): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of cursor keys start with ESC
    const text = decodeUtf8(octets).replace(/\x1b(\[[0-9;]*[A-Za-z~]|O.)/g, '');
    for (const character of text) this.key(character);
  }

  private echo(text: string): void {
    this.show('stdout', encodeUtf8(text));
  }

  private key(character: string): void {
    if (character === INTERRUPT) {
      this.echo('^C\r\n');
      this.line = '';
      this.interrupt?.();
    } else if (character === END_OF_FILE) {
      if (this.line === '') this.target?.close();
      else this.deliver('');
    } else if (ERASE.has(character)) {
      if (this.line === '') return;
      this.line = this.line.slice(0, -1);
      this.echo('\b \b');
    } else if (character === '\r' || character === '\n') {
      this.echo('\r\n');
      this.deliver('\n');
    } else {
      this.line += character;
      this.echo(character);
    }
  }

  private deliver(end: string): void {
    void this.target?.write(encodeUtf8(this.line + end));
    this.line = '';
  }
}
