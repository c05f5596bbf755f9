import type { NftSetSpec, NftTableRef } from '../../nft.js';
import type { NftCommand, NftKnown } from './commands.js';
import type { NftError } from './cursor.js';
import type { Span } from './lexer.js';

/** Elements that a set holds which rules add to, unless it says otherwise. */
const DYNAMIC_SET_SIZE = 65535;

/** A rule's reference to a set. */
export interface SetUse {
  readonly table: NftTableRef;
  readonly name: string;
  readonly at: Span;
  /** Whether the rule adds elements to it. */
  readonly grows: boolean;
}

/** Sets that a text may refer to: those that it declares itself and those that are there. */
export class SetScope {
  private readonly known: NftKnown | undefined;
  private readonly declared = new Map<string, NftSetSpec>();
  private readonly uses: SetUse[] = [];

  constructor(known: NftKnown | undefined) {
    this.known = known;
  }

  /** Remembers a set that the text declares. */
  declare(ref: NftTableRef, set: NftSetSpec): void {
    this.declared.set(keyOf(ref, set.name), set);
  }

  /** Remembers that a rule refers to a set. */
  use(use: SetUse): void {
    this.uses.push(use);
  }

  /** The set of a name in a table. */
  find(ref: NftTableRef, name: string): NftSetSpec | undefined {
    return this.declared.get(keyOf(ref, name)) ?? this.known?.findSet(ref, name);
  }

  /** References to sets that are nowhere; none when it is not known what there is. */
  missing(): readonly NftError[] {
    if (this.known === undefined) return [];
    return this.uses
      .filter(({ table, name }) => this.find(table, name) === undefined)
      .map(({ at }) => ({ message: 'No such file or directory', at }));
  }

  /** The command, its set dynamic and with a limit when a rule of the text adds to it. */
  grown(command: NftCommand): NftCommand {
    if (command.kind !== 'change' || command.thing.what !== 'set') return command;
    const { thing } = command;
    const { set, family, table } = thing;
    const grows = this.uses.some(
      (use) =>
        use.grows &&
        use.name === set.name &&
        use.table.family === family &&
        use.table.table === table,
    );
    if (!grows) return command;
    const flags: NftSetSpec['flags'] = set.flags.includes('dynamic')
      ? set.flags
      : [...set.flags, 'dynamic'];
    return {
      ...command,
      thing: { ...thing, set: { ...set, flags, size: set.size ?? DYNAMIC_SET_SIZE } },
    };
  }
}

function keyOf({ family, table }: NftTableRef, name: string): string {
  return `${family} ${table} ${name}`;
}
