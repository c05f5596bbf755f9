import { type Errno, strerror } from '../../errno.js';
import type { NftRefusal } from '../../nft.js';
import type { NftSpans } from './commands.js';
import type { NftError } from './cursor.js';
import type { Span } from './lexer.js';

/**
 * An error as nft prints it: where, what, the line, and what of it is meant. `name` is the file's, absent for a
 * command line.
 */
export function formatNftError(error: NftError, text: string, name?: string): string {
  const { at, also, message } = error;
  const line = text.split('\n')[at.line - 1] ?? '';
  const place = name === undefined ? '' : `${name}:${at.line}:${at.from}-${at.to}: `;
  const width = Math.max(at.to, also?.line === at.line ? also.to : 0);
  const marks = Array.from({ length: width }, (_, index) => {
    const column = index + 1;
    if (within(at, column)) return '^';
    if (also !== undefined && also.line === at.line && within(also, column)) return '~';
    // Tabs keep their width, so that marks stand below what they mean.
    return line.charAt(index) === '\t' ? '\t' : ' ';
  }).join('');
  return `${place}Error: ${message}\n${line}\n${marks}\n`;
}

function within({ from, to }: Span, column: number): boolean {
  return column >= from && column <= to;
}

/** What nft says of a thing to show that is not there. */
export function missingError(part: 'table' | 'chain' | 'set', at: NftSpans): NftError {
  return { message: 'No such file or directory', at: at[part] ?? at.whole };
}

/** Several errors, one after the other. */
export function formatNftErrors(errors: readonly NftError[], text: string, name?: string): string {
  return errors.map((error) => formatNftError(error, text, name)).join('');
}

/** What nft finds out itself about sets of intervals, as it reads them before it changes them. */
const INTERVAL_TEXTS: Partial<Record<Errno, string>> = {
  EEXIST: 'interval overlaps with an existing one',
  ENOENT: 'element does not exist',
};

/** What nft says of a command that the kernel refused. */
export function kernelError(errno: Errno, refusal: NftRefusal | undefined, at: NftSpans): NftError {
  const own = refusal?.interval === true ? INTERVAL_TEXTS[errno] : undefined;
  const message = own ?? `Could not process rule: ${strerror(errno)}`;
  return { message, at: spanOf(refusal, at) };
}

function spanOf(refusal: NftRefusal | undefined, at: NftSpans): Span {
  switch (refusal?.part) {
    case 'table':
      return at.table ?? at.whole;
    case 'chain':
      return at.chain ?? at.whole;
    case 'set':
      return at.set ?? at.whole;
    case 'handle':
      return at.handle ?? at.whole;
    case 'target':
      return at.statements?.[refusal.index ?? 0] ?? at.whole;
    case 'element':
      return at.elements?.[refusal.index ?? 0] ?? at.whole;
    default:
      return at.whole;
  }
}
