import { type Cidr, type Ip, isIpv4 } from '../addr/index.js';
import type { KernelOp, RuleChain, TableName } from '../kernel/ops.js';
import type { PortRules } from './compile-port.js';
import {
  fixedFilterChains,
  fixedNatChains,
  GATHERING_CHAINS,
  jumpOps,
  nodePortJumps,
} from './frame.js';
import { GatheringChain, type OrderedPorts } from './gathering.js';
import { compilePortState, type PortState, rulesFor } from './port-state.js';
import type { ServiceSnapshot } from './stale.js';

/** What differs between families. */
export interface FamilyOptions {
  readonly family: 'ipv4' | 'ipv6';
  readonly clusterCidr: Cidr | undefined;
  readonly nodePortAddresses: readonly Ip[] | undefined;
}

/** What one Service looked like when nodes were last told, and looks like now. */
interface ServiceChange {
  readonly before: ReadonlyMap<string, PortState>;
  readonly after: ReadonlyMap<string, PortState>;
}

/** Chains of Services to write and to remove. */
interface ChainDelta {
  readonly set: readonly RuleChain[];
  readonly remove: readonly string[];
}

/** What a node has. */
interface NodeState {
  /** The gathering chains, in the order of `GATHERING_CHAINS`. */
  gathered: readonly RuleChain[];
  /** Names of the Services' chains, when the node was set up while changes were waiting. */
  ownNames: ReadonlySet<string> | undefined;
}

const NO_PORTS: ReadonlyMap<string, PortState> = new Map();

/** The proxy's rules of one family on all nodes, and what of them the nodes were not told yet. */
export class FamilyProxy {
  private readonly options: FamilyOptions;
  private readonly services = new Map<string, ReadonlyMap<string, PortState>>();
  /** All ports, by `namespace/name` and their number in the Service. */
  private readonly states = new Map<string, PortState>();
  private ordered: OrderedPorts | undefined = undefined;
  /** Ids of the ports whose policy Local finds endpoints on a node. */
  private readonly localIds = new Map<string, Set<string>>();
  private changes = new Map<string, ServiceChange>();
  private readonly gathering: readonly GatheringChain[];
  private readonly nodes = new Map<string, NodeState>();

  constructor(options: FamilyOptions) {
    this.options = options;
    this.gathering = GATHERING_CHAINS.map(({ chain, lines }) => {
      const tail = lines === 'natServices' ? nodePortJumps(options.nodePortAddresses) : [];
      return new GatheringChain(chain, lines, tail);
    });
  }

  /** Compiles a Service anew, or forgets it. */
  update(key: string, snapshot: ServiceSnapshot | undefined): void {
    const before = this.services.get(key) ?? NO_PORTS;
    const after = snapshot === undefined ? NO_PORTS : this.compile(key, snapshot, before);
    for (const [id, { byNode }] of before) {
      this.states.delete(id);
      for (const nodeName of byNode.keys()) this.localIds.get(nodeName)?.delete(id);
    }
    for (const [id, state] of after) {
      this.states.set(id, state);
      for (const nodeName of state.byNode.keys()) {
        this.localIds.set(nodeName, (this.localIds.get(nodeName) ?? new Set()).add(id));
      }
    }
    if (after.size === 0) this.services.delete(key);
    else this.services.set(key, after);
    if (before.size > 0 || after.size > 0) this.ordered = undefined;
    for (const chain of this.gathering) chain.noteChange(before, after);
    this.changes.set(key, { before: this.changes.get(key)?.before ?? before, after });
  }

  /** Forgets what a node has. */
  removeNode(nodeName: string): void {
    this.nodes.delete(nodeName);
  }

  /** Everything that a fresh node needs; from then on `sync` speaks of it. */
  initialOps(nodeName: string): readonly KernelOp[] {
    const { family } = this.options;
    const gathered = this.gatheredFor(nodeName);
    const own = this.orderedPorts().flatMap(({ state }) => rulesFor(state, nodeName)?.chains ?? []);
    const ownNames = this.changes.size === 0 ? undefined : new Set(own.map((chain) => chain.name));
    this.nodes.set(nodeName, { gathered, ownNames });
    return [
      {
        op: 'iptables.restore',
        family,
        noflush: true,
        tables: [
          {
            table: 'filter',
            chains: [...pick('filter', gathered), ...fixedFilterChains(family)],
          },
          { table: 'nat', chains: [...pick('nat', gathered), ...fixedNatChains(), ...own] },
        ],
      },
      ...jumpOps(family),
    ];
  }

  /** The restore of each node whose rules changed since; nodes with the same change share the op. */
  sync(): ReadonlyMap<string, KernelOp> {
    const ops = new Map<string, KernelOp>();
    if (this.changes.size === 0) return ops;
    const shared = this.deltaFor(undefined);
    const special = new Set<string>();
    for (const { before, after } of this.changes.values()) {
      for (const ports of [before, after]) {
        for (const { byNode } of ports.values()) {
          for (const nodeName of byNode.keys()) special.add(nodeName);
        }
      }
    }
    const sharedOps = new Map<string, KernelOp | undefined>();
    const numbers = new Map<RuleChain, number>();
    for (const [nodeName, node] of this.nodes) {
      const gathered = this.gatheredFor(nodeName);
      const fresh = gathered.filter((chain, index) => chain !== node.gathered[index]);
      const marks = gathered.map((chain, index) =>
        chain === node.gathered[index] ? undefined : chain,
      );
      node.gathered = gathered;
      let op: KernelOp | undefined;
      if (special.has(nodeName) || node.ownNames !== undefined) {
        const delta = this.deltaFor(nodeName);
        const remove =
          node.ownNames === undefined ? delta.remove : this.gone(nodeName, node.ownNames);
        op = this.restoreOp(marks, { set: delta.set, remove });
        node.ownNames = undefined;
      } else {
        const key = fresh.map((chain) => numberOf(numbers, chain)).join(' ');
        op = sharedOps.has(key) ? sharedOps.get(key) : this.restoreOp(marks, shared);
        sharedOps.set(key, op);
      }
      if (op !== undefined) ops.set(nodeName, op);
    }
    this.changes = new Map();
    return ops;
  }

  private compile(
    key: string,
    { service, endpoints }: ServiceSnapshot,
    before: ReadonlyMap<string, PortState>,
  ): ReadonlyMap<string, PortState> {
    const { family, clusterCidr } = this.options;
    const states = new Map<string, PortState>();
    service.ports.forEach((port, index) => {
      const id = `${key} ${index}`;
      const own = endpoints.filter(
        (endpoint) =>
          endpoint.portName === port.name && isIpv4(endpoint.ip) === (family === 'ipv4'),
      );
      const input = { service, port, endpoints: own, family, clusterCidr };
      const state = compilePortState(input, before.get(id));
      if (state !== undefined) states.set(id, state);
    });
    return states;
  }

  private orderedPorts(): OrderedPorts {
    this.ordered ??= [...this.services.keys()]
      .sort()
      .flatMap((key) => [...(this.services.get(key) ?? NO_PORTS)])
      .map(([id, state]) => ({ id, state }));
    return this.ordered;
  }

  private gatheredFor(nodeName: string): readonly RuleChain[] {
    const localIds = [...(this.localIds.get(nodeName) ?? [])].sort();
    const ports = (): OrderedPorts => this.orderedPorts();
    return this.gathering.map((chain) =>
      chain.chainFor({ nodeName, localIds, ports, states: this.states }),
    );
  }

  /** What changed in the Services' own chains for a node; for any node without endpoints of Local policies when absent. */
  private deltaFor(nodeName: string | undefined): ChainDelta {
    const set: RuleChain[] = [];
    const remove: string[] = [];
    for (const { before, after } of this.changes.values()) {
      const old = new Map(chainsOf(before, nodeName).map((chain) => [chain.name, chain]));
      for (const chain of chainsOf(after, nodeName)) {
        if (old.get(chain.name) !== chain) set.push(chain);
        old.delete(chain.name);
      }
      remove.push(...old.keys());
    }
    return { set, remove };
  }

  /** Of chains a node once got, those that no Service has any more. */
  private gone(nodeName: string, names: ReadonlySet<string>): readonly string[] {
    const left = new Set(names);
    for (const { state } of this.orderedPorts()) {
      for (const chain of rulesFor(state, nodeName)?.chains ?? []) left.delete(chain.name);
    }
    return [...left];
  }

  private restoreOp(
    marks: readonly (RuleChain | undefined)[],
    own: ChainDelta,
  ): KernelOp | undefined {
    const filter = pick('filter', marks);
    const nat = [...pick('nat', marks), ...own.set];
    if (filter.length === 0 && nat.length === 0 && own.remove.length === 0) return undefined;
    const removed = own.remove.length > 0 ? { removeChains: own.remove } : {};
    return {
      op: 'iptables.restore',
      family: this.options.family,
      noflush: true,
      tables: [
        ...(filter.length > 0 ? [{ table: 'filter' as const, chains: filter }] : []),
        ...(nat.length > 0 || own.remove.length > 0
          ? [{ table: 'nat' as const, chains: nat, ...removed }]
          : []),
      ],
    };
  }
}

/** Of the gathering chains, those of a table. */
function pick(table: TableName, gathered: readonly (RuleChain | undefined)[]): RuleChain[] {
  return GATHERING_CHAINS.flatMap((place, index) => {
    const chain = gathered[index];
    return place.table === table && chain !== undefined ? [chain] : [];
  });
}

function chainsOf(
  ports: ReadonlyMap<string, PortState>,
  nodeName: string | undefined,
): readonly RuleChain[] {
  return [...ports.values()].flatMap((state): PortRules['chains'] =>
    nodeName === undefined ? state.elsewhere.chains : (rulesFor(state, nodeName)?.chains ?? []),
  );
}

function numberOf(numbers: Map<RuleChain, number>, chain: RuleChain): number {
  const known = numbers.get(chain);
  if (known !== undefined) return known;
  numbers.set(chain, numbers.size);
  return numbers.size - 1;
}
