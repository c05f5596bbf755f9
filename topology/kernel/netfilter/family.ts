import type { RuleCheckpoint } from '../contract.js';
import type { Errno } from '../errno.js';
import type { RestoreTable, TableName } from '../ops.js';
import { TABLES } from './hooks.js';
import { RuleTable } from './table.js';

/** The iptables tables of one family in one namespace. */
export class FamilyRules {
  private readonly tables = new Map<TableName, RuleTable>();
  private readonly nextOrder: () => number;
  private readonly family: 'ipv4' | 'ipv6';

  constructor(nextOrder: () => number, family: 'ipv4' | 'ipv6') {
    this.nextOrder = nextOrder;
    this.family = family;
  }

  /** The tables that there are. */
  get present(): Iterable<RuleTable> {
    return this.tables.values();
  }

  /** How many rules name an ipset. */
  naming(set: string): number {
    let count = 0;
    for (const table of this.tables.values()) {
      for (const { chain } of table.states) {
        for (const { matches, target } of chain.rules) {
          const names = matches.some((match) => match.match === 'set' && match.name === set);
          if (names) count++;
          if (target?.target === 'SET' && target.name === set) count++;
        }
      }
    }
    return count;
  }

  /** Whether a rule asks how much connections carried. */
  get countsConnections(): boolean {
    for (const table of this.tables.values()) if (table.countsConnections) return true;
    return false;
  }

  /** Whether any rule needs connection tracking: a nat rule, or a match or target on connections. */
  get needsConntrack(): boolean {
    for (const [name, table] of this.tables) {
      if (table.usesConntrack || (name === 'nat' && table.size > 0)) return true;
    }
    return false;
  }

  table(name: TableName): RuleTable | undefined {
    return this.tables.get(name);
  }

  /** All or nothing over several tables. */
  restore(changes: readonly RestoreTable[], noflush: boolean): Errno | undefined {
    const applied: { readonly table: RuleTable; readonly before: RestoreTable }[] = [];
    for (const change of changes) {
      const table = this.ensure(change.table);
      // One table undoes itself; only those before it need their old chains.
      const before = changes.length > 1 ? table.save() : { table: change.table, chains: [] };
      const errno = table.restore(change, !noflush);
      if (errno !== undefined) {
        for (const done of applied) done.table.restore(done.before, true);
        return errno;
      }
      applied.push({ table, before });
    }
    return undefined;
  }

  save(): readonly RestoreTable[] {
    return TABLES.flatMap((name) => {
      const table = this.tables.get(name);
      return table === undefined ? [] : [table.save()];
    });
  }

  checkpoint(): RuleCheckpoint {
    const present = new Map([...this.tables].map(([name, table]) => [name, table.checkpoint()]));
    return {
      restore: () => {
        for (const name of [...this.tables.keys()]) {
          const table = present.get(name);
          if (table === undefined) this.tables.delete(name);
          else table.restore();
        }
      },
      release: () => {
        for (const table of present.values()) table.release();
      },
    };
  }

  ensure(name: TableName): RuleTable {
    const known = this.tables.get(name);
    if (known !== undefined) return known;
    const made = new RuleTable(name, this.nextOrder(), this.family);
    this.tables.set(name, made);
    return made;
  }
}
