import type { RuleCheckpoint } from '../contract.js';
import type { Errno } from '../errno.js';
import type { HookName, RestoreTable, TableName } from '../ops.js';
import { HOOK_ORDER, HOOKS, type HookStep, TABLES } from './hooks.js';
import { RuleTable } from './table.js';

/** The tables of one family in one namespace, and what has to run at each hook because of them. */
export class FamilyRules {
  private readonly tables = new Map<TableName, RuleTable>();
  private plans: ReadonlyMap<HookName, readonly HookStep[]> = new Map();

  /** Whether any rule needs connection tracking: a nat rule, or a match or target on connections. */
  get needsConntrack(): boolean {
    for (const [name, table] of this.tables) {
      if (table.usesConntrack || (name === 'nat' && table.size > 0)) return true;
    }
    return false;
  }

  /** Whether the nat table has rules: its hooks then see every connection, to keep ports apart. */
  get translates(): boolean {
    return (this.tables.get('nat')?.size ?? 0) > 0;
  }

  /** Whether some chain may decide about packets. */
  get decides(): boolean {
    return HOOKS.some((hook) => {
      for (const table of this.tables.values()) if (table.decides(hook) !== undefined) return true;
      return false;
    });
  }

  table(name: TableName): RuleTable | undefined {
    return this.tables.get(name);
  }

  /** What runs at a hook, as planned last. */
  plan(hook: HookName): readonly HookStep[] {
    return this.plans.get(hook) ?? [];
  }

  /** Works out anew what runs at each hook, after a change. */
  replan(conntrack: boolean): void {
    const plans = new Map<HookName, readonly HookStep[]>();
    for (const hook of HOOKS) {
      const steps = HOOK_ORDER[hook].filter((step) => {
        if (step === 'conntrack' || step === 'confirm') return conntrack;
        if (step === 'nat') return this.translates;
        return this.tables.get(step)?.decides(hook) !== undefined;
      });
      plans.set(hook, steps);
    }
    this.plans = plans;
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
    const made = new RuleTable(name);
    this.tables.set(name, made);
    return made;
  }
}
