import type { NftOp } from '../../ops.js';
import type { NftCommand } from './commands.js';

/** The changes among the commands of a text as ops, in order; questions are left out. */
export function nftOps(commands: readonly NftCommand[], netns?: string): readonly NftOp[] {
  const place = netns === undefined ? {} : { netns };
  return commands.flatMap((command): readonly NftOp[] =>
    command.kind === 'change'
      ? [{ op: `nft.${command.verb}`, ...place, thing: command.thing }]
      : [],
  );
}
