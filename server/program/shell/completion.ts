import { absolutePath } from '../fs/node.js';
import { BUILTINS } from './builtins.js';
import type { Shell } from './interpreter.js';

/** Where executables are looked for. */
const EXECUTABLES = '/bin';

/** What the word before the cursor may become: a command where one stands, else a file; directories end in a slash. */
export function completionsOf(
  shell: Shell,
  before: string,
): { readonly word: string; readonly candidates: readonly string[] } {
  const word = /[^\s;|&<>()"']*$/.exec(before)?.[0] ?? '';
  const head = before.slice(0, before.length - word.length).trimEnd();
  const isCommand = head === '' || /[;|&(]$/.test(head);
  return {
    word,
    candidates: isCommand && !word.includes('/') ? commands(shell, word) : files(shell, word),
  };
}

function commands(shell: Shell, word: string): readonly string[] {
  if (word === '') return [];
  const listed = shell.files.list(EXECUTABLES);
  const names = new Set([
    ...(listed.ok ? listed.value : []),
    ...BUILTINS.keys(),
    ...shell.functions.keys(),
  ]);
  return [...names].filter((name) => name.startsWith(word)).sort();
}

function files(shell: Shell, word: string): readonly string[] {
  const cut = word.lastIndexOf('/') + 1;
  const folder = word.slice(0, cut);
  const part = word.slice(cut);
  const path = absolutePath(folder === '' ? '.' : folder, shell.workingDir);
  const listed = shell.files.list(path);
  if (!listed.ok) return [];
  return listed.value
    .filter((name) => name.startsWith(part) && (part.startsWith('.') || !name.startsWith('.')))
    .map((name) => {
      const found = shell.files.find(`${path}/${name}`);
      return `${folder}${name}${found.ok && found.value.kind === 'directory' ? '/' : ''}`;
    });
}
