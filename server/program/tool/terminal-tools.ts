/** Tools about the terminal. */
import type { Terminal, TerminalMode } from '../shell/terminal.js';
import type { Tool, ToolIo } from './tool.js';

const NO_TERMINAL = 'Inappropriate ioctl for device';
const CLEAR = '\x1b[H\x1b[2J\x1b[3J';
/** Settings by the names of stty(1). */
const SETTINGS: Readonly<Record<string, keyof TerminalMode>> = {
  echo: 'echo',
  icanon: 'canonical',
  isig: 'signals',
  opost: 'translatesOutput',
};

const stty: Tool = async (io) => {
  const { terminal } = io.input;
  if (terminal === undefined) {
    return io.fail(`${io.busybox ? 'standard input' : "'standard input'"}: ${NO_TERMINAL}`);
  }
  const [first] = io.args;
  if (first === undefined || first === '-a') {
    await io.out(describe(terminal, first === '-a'));
    return 0;
  }
  const { columns, rows } = terminal.size;
  for (let at = 0; at < io.args.length; at++) {
    const word = io.args[at] ?? '';
    const setting = SETTINGS[word.replace(/^-/, '')];
    if (word === 'size') await io.out(`${rows} ${columns}\n`);
    else if (word === 'sane' || word === '-raw' || word === 'cooked') terminal.reset();
    else if (word === 'raw' || word === '-cooked') {
      terminal.setMode({ canonical: false, signals: false, translatesOutput: false });
    } else if (setting !== undefined) terminal.setMode({ [setting]: !word.startsWith('-') });
    else if (['rows', 'cols', 'columns'].includes(word)) {
      const value = Number(io.args[++at]);
      if (!Number.isInteger(value) || value < 0) return invalid(io, io.args[at] ?? '');
      terminal.resize(
        word === 'rows' ? { ...terminal.size, rows: value } : { ...terminal.size, columns: value },
      );
    } else return invalid(io, word);
  }
  return 0;
};

function invalid(io: ToolIo, word: string): Promise<number> {
  return io.fail(`invalid argument '${word}'`);
}

function describe({ mode, size }: Terminal, all: boolean): string {
  const flag = (name: keyof TerminalMode, word: string) => `${mode[name] ? '' : '-'}${word}`;
  const sized = all ? ` rows ${size.rows}; columns ${size.columns};` : '';
  const flags = [
    flag('signals', 'isig'),
    flag('canonical', 'icanon'),
    flag('echo', 'echo'),
    flag('translatesOutput', 'opost'),
  ];
  return `speed 38400 baud;${sized} line = 0;\n${all ? `${flags.join(' ')}\n` : ''}`;
}

const tty: Tool = async (io) => {
  const isTerminal = io.input.terminal !== undefined;
  if (!io.args.includes('-s')) await io.out(isTerminal ? '/dev/pts/0\n' : 'not a tty\n');
  return isTerminal ? 0 : 1;
};

const clear: Tool = async (io) => {
  await io.out(CLEAR);
  return 0;
};

/** Tools about the terminal by name. */
export const TERMINAL_TOOLS: Readonly<Record<string, Tool>> = { stty, tty, clear, reset: clear };
