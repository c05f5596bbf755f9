import type { Rule, RuleChain } from '../kernel/ops.js';
import type { SharedLines } from './compile-port.js';
import type { PortState } from './port-state.js';

/** Every port of every Service in the order of the rules, with a name that is unique among them. */
export type OrderedPorts = readonly { readonly id: string; readonly state: PortState }[];

/**
 * One chain that gathers lines of all Services, such as KUBE-SERVICES in nat. Most nodes share one object; nodes on
 * which policy Local finds endpoints of the same ports share another.
 */
export class GatheringChain {
  readonly name: string;
  private readonly lines: keyof SharedLines;
  private readonly tail: readonly Rule[];
  private variants = new Map<string, RuleChain>();
  private outdated = new Map<string, RuleChain>();

  constructor(name: string, lines: keyof SharedLines, tail: readonly Rule[]) {
    this.name = name;
    this.lines = lines;
    this.tail = tail;
  }

  /** Notes that a Service changed from one set of ports to another; the chain is made anew if that shows in it. */
  noteChange(before: ReadonlyMap<string, PortState>, after: ReadonlyMap<string, PortState>): void {
    if (this.variants.size === 0) return;
    const shows = [...new Set([...before.keys(), ...after.keys()])].some((id) => {
      const old = before.get(id);
      const now = after.get(id);
      return (
        old === undefined ||
        now === undefined ||
        old.elsewhere.lines[this.lines] !== now.elsewhere.lines[this.lines] ||
        // Which nodes have endpoints decides their signature; the lines of those that have do not differ.
        this.localLines(old) !== this.localLines(now)
      );
    });
    if (!shows) return;
    this.outdated = this.variants;
    this.variants = new Map();
  }

  /**
   * The chain for a node, given the ids of the ports that have local endpoints there. The same object as long as its
   * rules are the same.
   */
  chainFor(place: {
    readonly nodeName: string;
    readonly localIds: readonly string[];
    readonly ports: () => OrderedPorts;
    readonly states: ReadonlyMap<string, PortState>;
  }): RuleChain {
    const { nodeName, localIds, ports, states } = place;
    const special = localIds.filter((id) => {
      const state = states.get(id);
      const here = state?.byNode.get(nodeName);
      return here !== undefined && here.lines[this.lines] !== state?.elsewhere.lines[this.lines];
    });
    const signature = special.join(' ');
    const known = this.variants.get(signature);
    if (known !== undefined) return known;
    const wanted = new Set(special);
    const rules: Rule[] = [];
    for (const { id, state } of ports()) {
      const own = wanted.has(id) ? state.byNode.get(nodeName) : undefined;
      rules.push(...(own ?? state.elsewhere).lines[this.lines]);
    }
    rules.push(...this.tail);
    const old = this.outdated.get(signature);
    const made =
      old !== undefined && sameObjects(old.rules, rules) ? old : { name: this.name, rules };
    this.variants.set(signature, made);
    return made;
  }

  private localLines(state: PortState): readonly Rule[] | undefined {
    for (const rules of state.byNode.values()) return rules.lines[this.lines];
    return undefined;
  }
}

function sameObjects(a: readonly Rule[], b: readonly Rule[]): boolean {
  return a.length === b.length && a.every((rule, index) => rule === b[index]);
}
