import type { Shell } from './interpreter.js';

/** What a shell shows when it waits for a command: PS1, or what the shell has when nobody set it. */
export function primaryPrompt(shell: Shell): string {
  const set = shell.variables.get('PS1');
  if (set !== undefined) return expandPrompt(shell, set);
  const mark = markOf(shell);
  if (shell.name === 'dash') return `${mark} `;
  return expandPrompt(shell, shell.name === 'bash' ? '\\u@\\h:\\w\\$ ' : '\\w \\$ ');
}

/** What it shows when a command is not whole: PS2. */
export function secondaryPrompt(shell: Shell): string {
  return shell.variables.get('PS2') ?? '> ';
}

function markOf(shell: Shell): string {
  return shell.guest.sys.uid === 0 ? '#' : '$';
}

/** The escapes of bash(1) PROMPTING and of busybox's editor that people use; dash has none. */
function expandPrompt(shell: Shell, text: string): string {
  if (shell.name === 'dash') return text;
  const { sys } = shell.guest;
  const home = shell.get('HOME') ?? '/root';
  const { workingDir } = shell;
  const isBelow = home !== '/' && (workingDir === home || workingDir.startsWith(`${home}/`));
  const where = isBelow ? `~${workingDir.slice(home.length)}` : workingDir;
  const values: Readonly<Record<string, string>> = {
    u: sys.uid === 0 ? 'root' : 'I have no name!',
    h: sys.hostname.split('.')[0] ?? '',
    H: sys.hostname,
    w: where,
    W: where === '/' ? '/' : (where.split('/').at(-1) ?? ''),
    $: markOf(shell),
    n: '\n',
    e: '\x1b',
    '[': '',
    ']': '',
    '\\': '\\',
    s: shell.name,
  };
  return text
    .replace(/\\(033|.)/g, (whole, key: string) =>
      key === '033' ? '\x1b' : (values[key] ?? whole),
    )
    .replace(
      /\$(\w+)|\$\{(\w+)\}/g,
      (_whole, a?: string, b?: string) => shell.get(a ?? b ?? '') ?? '',
    );
}
