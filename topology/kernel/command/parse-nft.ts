import { fail, invariant, ok, type Result } from '../../base/index.js';
import type { KernelOp } from '../ops.js';
import type { NftError } from './nft/cursor.js';
import { formatNftErrors } from './nft/error.js';
import { nftOps } from './nft/ops.js';
import { parseNft } from './nft/parse-ruleset.js';
import type { CommandError } from './words.js';

/** Name that nft has for its standard input. */
const STDIN = '/dev/stdin';

/** Reads `nft COMMAND...` and `nft -f -`, as changes to the kernel. */
export function parseNftCommand(
  args: readonly string[],
  input: string,
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const at = args.findIndex((word) => word === '-f' || word === '--file');
  const file = at >= 0;
  if (file && args[at + 1] !== '-' && args[at + 1] !== STDIN) {
    return fail({
      code: 'command/unsupported',
      message: `nft: files are not read here: ${args[at + 1] ?? ''}`,
      near: args[at + 1] ?? '',
      expected: 'nft -f - with a here-document',
    });
  }
  const text = file ? input : `${args.filter((word) => !/^-\w$/.test(word)).join(' ')}\n`;
  if (text.trim() === '') {
    const message = 'nft: no command specified';
    return fail({ code: 'command/incomplete', message, near: '', expected: 'a command' });
  }
  const parsed = parseNft(text);
  if (!parsed.ok) return fail(asCommandError(parsed.error, text, file));
  const ops = nftOps(parsed.value, netns);
  if (ops.length > 0 || parsed.value.length === 0) return ok(ops);
  const message = 'nft list shows and changes nothing';
  return fail({ code: 'command/read-only', message, near: 'list', expected: 'a change' });
}

function asCommandError(errors: readonly NftError[], text: string, file: boolean): CommandError {
  const [error] = errors;
  invariant(error !== undefined, 'a refused text has an error');
  const line = text.split('\n')[error.at.line - 1] ?? '';
  return {
    code: error.message.endsWith('not modelled by podnet')
      ? 'command/unsupported'
      : 'command/bad-word',
    message: formatNftErrors(errors, text, file ? STDIN : undefined).trimEnd(),
    near: line.slice(error.at.from - 1, error.at.to),
    expected: "nft's syntax",
    ...(file ? { line: error.at.line } : {}),
  };
}
