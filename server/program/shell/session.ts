/** Reading commands from standard input: a session at a terminal, or a script. */
import { decodeUtf8 } from '../../../topology/index.js';
import { SIGNALS } from '../guest.js';
import { completionsOf } from './completion.js';
import type { Shell } from './interpreter.js';
import { LineEditor, type TypedLine } from './line-editor.js';
import { parseScript } from './parser.js';
import { primaryPrompt, secondaryPrompt } from './prompt.js';
import { type Input, readLineFrom } from './streams.js';
import type { Terminal } from './terminal.js';

const SYNTAX_ERROR = 2;
const INTERRUPTED = 130;
/** What the parser says of a command that goes on in the next line. */
const GOES_ON = /unexpected end of file|unterminated/;

/** Runs what standard input says until it ends or the shell does; gives the status. */
export function runInput(shell: Shell): Promise<number> {
  const input = shell.descriptors.get(0)?.input;
  if (input === undefined) return Promise.resolve(0);
  return input.terminal === undefined
    ? runLines(shell, async () => lineOf(await readLineFrom(input)))
    : runSession(shell, input, input.terminal);
}

async function runSession(shell: Shell, input: Input, terminal: Terminal): Promise<number> {
  prepare(shell, terminal);
  const show = (text: string) => shell.print(text, 2);
  // dash reads lines as the terminal gives them; bash and busybox edit them themselves.
  if (shell.name === 'dash') {
    return runLines(shell, async (prompt) => {
      await show(prompt);
      const line = await readLineFrom(input);
      if (line !== undefined) return lineOf(line);
      await show('\n');
      return { kind: 'end' };
    });
  }
  const complete = (before: string) => completionsOf(shell, before);
  const editor = new LineEditor({ terminal, input, show, complete });
  shell.history = editor.history;
  return runLines(shell, async (prompt) => {
    const typed = await editor.read(prompt);
    if (typed.kind === 'end' && shell.name === 'bash') await show('exit\n');
    return typed.kind === 'line' ? { ...typed, text: `${typed.text}\n` } : typed;
  });
}

/** An interactive shell outlives the signals of its terminal. */
function prepare(shell: Shell, terminal: Terminal): void {
  const { sys } = shell.guest;
  shell.interactive = true;
  sys.onSignal(SIGNALS.INT, () => shell.interrupt());
  sys.onSignal(SIGNALS.QUIT, () => undefined);
  sys.onSignal(SIGNALS.TERM, () => undefined);
  if (shell.name !== 'bash') return;
  const measure = () => {
    shell.set('COLUMNS', String(terminal.size.columns));
    shell.set('LINES', String(terminal.size.rows));
  };
  measure();
  sys.onSignal(SIGNALS.WINCH, measure);
}

async function runLines(
  shell: Shell,
  read: (prompt: string) => Promise<TypedLine>,
): Promise<number> {
  let pending = '';
  for (;;) {
    const typed = await read(pending === '' ? primaryPrompt(shell) : secondaryPrompt(shell));
    if (typed.kind === 'end') break;
    if (typed.kind === 'interrupt') {
      pending = '';
      shell.lastStatus = INTERRUPTED;
      continue;
    }
    pending += typed.text;
    const parsed = parseScript(pending);
    if (!parsed.ok && GOES_ON.test(parsed.error)) continue;
    pending = '';
    if (!parsed.ok) {
      shell.complain(parsed.error);
      shell.lastStatus = SYNTAX_ERROR;
      continue;
    }
    shell.clearInterrupt();
    const ended = await shell.runLine(parsed.value);
    if (ended) return shell.lastStatus;
  }
  if (pending === '') return shell.runExitTrap(shell.lastStatus);
  const parsed = parseScript(pending);
  if (parsed.ok) return shell.runToEnd(parsed.value);
  shell.complain(parsed.error);
  return SYNTAX_ERROR;
}

function lineOf(octets: Uint8Array | undefined): TypedLine {
  return octets === undefined ? { kind: 'end' } : { kind: 'line', text: decodeUtf8(octets) };
}
