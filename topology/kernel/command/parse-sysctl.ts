import type { Result } from '../../base/index.js';
import type { KernelOp } from '../ops.js';
import { inNetns } from './ip-words.js';
import { type CommandError, Words } from './words.js';

/** Reads the words of a `sysctl` command after `sysctl`: `[-w] KEY=VALUE ...`; slashes separate too. */
export function parseSysctlCommand(
  args: readonly string[],
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const words = new Words(args);
  const ops: KernelOp[] = [];
  const place = inNetns(netns === undefined ? {} : { netns });
  while (words.more) {
    const word = words.take();
    if (/^-(w|q|e|qw|wq|ew)$/.test(word) || word === '--write' || word === '--quiet') continue;
    if (/^-(a|n|N|A|X|r)$/.test(word) || word === '--all') {
      const message = `sysctl ${word} shows and changes nothing`;
      words.fail({ code: 'command/read-only', message, near: word, expected: '-w KEY=VALUE' });
    } else if (word.startsWith('-')) words.unsupported(word, '-w KEY=VALUE');
    else if (!word.includes('=')) {
      const message = `sysctl: "${word}" must be of the form name=value`;
      const shows = ops.length === 0 && !args.includes('-w');
      const code = shows ? 'command/read-only' : 'command/bad-word';
      words.fail({ code, message, near: word, expected: `${word}=VALUE` });
    } else {
      const at = word.indexOf('=');
      const key = dottedKey(word.slice(0, at).trim());
      ops.push({ op: 'sysctl.set', ...place, key, value: word.slice(at + 1).trim() });
    }
  }
  if (ops.length === 0 && !words.failed) words.need('KEY=VALUE', 'sysctl: no variables specified');
  return words.result(ops);
}

/** With slashes first, dots stand for themselves and the two change places (sysctl(8)). */
function dottedKey(key: string): string {
  const slash = key.indexOf('/');
  const dot = key.indexOf('.');
  if (slash < 0 || (dot >= 0 && dot < slash)) return key;
  return key.replaceAll(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}
