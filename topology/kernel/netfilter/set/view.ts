import { SECOND } from '../../../base/index.js';
import type { SetsView, SetView } from '../../contract.js';
import type { SetElement } from '../../ops.js';
import { referencesOf, type SetContext } from './edit.js';
import type { IpSet } from './ip-set.js';

/** The sets of a namespace as tools read them. */
export class NamespaceSets implements SetsView {
  private readonly context: SetContext;

  constructor(context: SetContext) {
    this.context = context;
  }

  list(): readonly SetView[] {
    const { sets, nowNs } = this.context;
    // Lists come last, so that a dump can be restored (ip_set_dump_do).
    const isList = (set: IpSet): number => (set.spec.type === 'list:set' ? 1 : 0);
    return sets.all
      .toSorted((a, b) => isList(a) - isList(b))
      .map((set) => ({
        name: set.name,
        spec: set.spec,
        references: referencesOf(this.context, set.name),
        entries: set.live(nowNs).map((entry) => ({
          text: entry.text,
          nomatch: entry.nomatch,
          comment: entry.comment,
          timeoutSeconds:
            entry.expiresAtNs === undefined
              ? undefined
              : Math.floor((entry.expiresAtNs - nowNs) / SECOND),
          packets: entry.packets,
          bytes: entry.bytes,
        })),
      }));
  }

  test(name: string, element: SetElement): boolean | undefined {
    return this.context.sets.get(name)?.has(element, this.context.nowNs);
  }
}
