import {
  type Cidr,
  cidr4,
  contains,
  IPV4_ANY,
  type Ip,
  type Ipv4,
  isCidr4,
  isIpv4,
  maskOf4,
} from '../../addr/index.js';
import type { NetDevice } from '../link/device.js';
import type { RuleAction } from '../ops.js';
import { RouteEntry, type RouteInit } from './route.js';

/** Routing tables with names. */
export const TABLE = { local: 255, main: 254, default: 253 } as const;

/** One row of `ip rule`. */
export interface RoutingRule {
  readonly priority: number;
  readonly from?: Cidr | undefined;
  readonly to?: Cidr | undefined;
  readonly fwmark?: number | undefined;
  readonly fwmask?: number | undefined;
  readonly iif?: string | undefined;
  readonly oif?: string | undefined;
  readonly not?: boolean | undefined;
  readonly action?: RuleAction | undefined;
  readonly suppressPrefixLength?: number | undefined;
  readonly table: number;
}

/** The rules of a fresh namespace; those of IPv6 have no `default` table. */
export const DEFAULT_RULES: readonly RoutingRule[] = [
  { priority: 0, table: TABLE.local },
  { priority: 32766, table: TABLE.main },
  { priority: 32767, table: TABLE.default },
];
const DEFAULT_RULES6: readonly RoutingRule[] = DEFAULT_RULES.slice(0, 2);

const CACHE_SLOTS = 32;
const CACHE6_ENTRIES = 1024;

/** Routes of one table: for each prefix length a map from network to routes, best metric first. */
class RouteTable {
  readonly id: number;
  private readonly byLength: (Map<Ip, RouteEntry[]> | undefined)[] = [];
  private lengths4: number[] = [];
  private lengths6: number[] = [];

  constructor(id: number) {
    this.id = id;
  }

  find(dst: Ip, oif: NetDevice | undefined): RouteEntry | undefined {
    if (isIpv4(dst)) {
      for (let index = 0; index < this.lengths4.length; index++) {
        const length = this.lengths4[index] ?? 0;
        const network = ((dst & maskOf4(length)) >>> 0) as Ipv4;
        const found = pick(this.byLength[length]?.get(network), oif);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    for (const length of this.lengths6) {
      const shift = BigInt(128 - length);
      const network = ((dst >> shift) << shift) as Ip;
      const found = pick(this.byLength[V6 + length]?.get(network), oif);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  at(dst: Cidr): readonly RouteEntry[] {
    return this.byLength[slotOf(dst)]?.get(dst.network) ?? [];
  }

  add(entry: RouteEntry): void {
    const slot = slotOf(entry.dst);
    let networks = this.byLength[slot];
    if (networks === undefined) {
      networks = new Map();
      this.byLength[slot] = networks;
      if (slot < V6) this.lengths4 = [...this.lengths4, slot].sort(descending);
      else this.lengths6 = [...this.lengths6, slot - V6].sort(descending);
    }
    const routes = networks.get(entry.dst.network);
    if (routes === undefined) {
      networks.set(entry.dst.network, [entry]);
      return;
    }
    const place = routes.findIndex((other) => other.metric > entry.metric);
    if (place < 0) routes.push(entry);
    else routes.splice(place, 0, entry);
  }

  remove(entry: RouteEntry): void {
    const slot = slotOf(entry.dst);
    const networks = this.byLength[slot];
    const routes = networks?.get(entry.dst.network);
    const place = routes?.indexOf(entry) ?? -1;
    if (networks === undefined || routes === undefined || place < 0) return;
    routes.splice(place, 1);
    if (routes.length > 0) return;
    networks.delete(entry.dst.network);
    if (networks.size > 0) return;
    this.byLength[slot] = undefined;
    if (slot < V6) this.lengths4 = this.lengths4.filter((length) => length !== slot);
    else this.lengths6 = this.lengths6.filter((length) => length !== slot - V6);
  }

  *all(): Iterable<RouteEntry> {
    for (const networks of this.byLength) {
      if (networks === undefined) continue;
      for (const routes of networks.values()) yield* routes;
    }
  }
}

/** IPv6 prefix lengths follow IPv4's 0 to 32 in the same array. */
const V6 = 33;

function descending(a: number, b: number): number {
  return b - a;
}

/**
 * The forwarding information base of a namespace: rules, tables, longest prefix match
 * (net/ipv4/fib_trie.c, net/ipv6/ip6_fib.c, fib_rules.c). A lookup costs one hash probe per prefix length in use; answers of
 * plain lookups are remembered until anything changes.
 *
 * Fidelity: no multipath routes, no TOS routes; rules do not look at protocols, ports or users.
 */
export class Fib {
  /** Goes up with every change of a route, rule, address or device: what was derived before is void. */
  generation = 0;
  private readonly tables = new Map<number, RouteTable>();
  private ruleList: readonly RoutingRule[] = DEFAULT_RULES;
  private ruleList6: readonly RoutingRule[] = DEFAULT_RULES6;
  private readonly cache6 = new Map<Ip, RouteEntry | undefined>();
  private cache6Generation = -1;
  private cacheDst: Float64Array | undefined = undefined;
  private cacheEntry: (RouteEntry | undefined)[] = [];
  private cacheGeneration = -1;

  /** Rules of IPv4 in order of priority. */
  get rules(): readonly RoutingRule[] {
    return this.ruleList;
  }

  /** Rules of a family in order of priority. */
  rulesOf(family: 'ipv4' | 'ipv6'): readonly RoutingRule[] {
    return family === 'ipv4' ? this.ruleList : this.ruleList6;
  }

  /** Replaces the rules of a family. */
  setRules(family: 'ipv4' | 'ipv6', rules: readonly RoutingRule[]): void {
    const ordered = rules.toSorted((a, b) => a.priority - b.priority);
    if (family === 'ipv4') this.ruleList = ordered;
    else this.ruleList6 = ordered;
    this.generation++;
  }

  /** Whether lookups of IPv4 depend on more than the destination. */
  get customRules(): boolean {
    return this.ruleList !== DEFAULT_RULES;
  }

  /** As `customRules`, for IPv6. */
  get customRules6(): boolean {
    return this.ruleList6 !== DEFAULT_RULES6;
  }

  /** The route to a destination with nothing else asked; 'throw' and no match are undefined. */
  lookup(dst: Ip): RouteEntry | undefined {
    if (!isIpv4(dst)) return this.lookup6(dst);
    if (this.customRules) return this.walk(dst, undefined, undefined, 0, undefined);
    let keys = this.cacheDst;
    if (keys === undefined || this.cacheGeneration !== this.generation) {
      keys ??= new Float64Array(CACHE_SLOTS);
      keys.fill(-1);
      this.cacheDst = keys;
      this.cacheGeneration = this.generation;
    }
    const slot = (dst ^ (dst >>> 8) ^ (dst >>> 16)) & (CACHE_SLOTS - 1);
    if (keys[slot] === dst) return this.cacheEntry[slot];
    const entry = this.walk(dst, undefined, undefined, 0, undefined);
    keys[slot] = dst;
    this.cacheEntry[slot] = entry;
    return entry;
  }

  /** The route for a destination, source, mark and devices. */
  lookupFor(question: {
    readonly dst: Ip;
    readonly src: Ip | undefined;
    readonly iif: NetDevice | undefined;
    readonly oif: NetDevice | undefined;
    readonly mark: number;
  }): RouteEntry | undefined {
    const { dst, src, iif, mark, oif } = question;
    const plain = isIpv4(dst) ? !this.customRules : !this.customRules6;
    if (oif === undefined && plain) return this.lookup(dst);
    return this.walk(dst, src, iif, mark, oif);
  }

  /** Adds a route that may already be there: then nothing changes. */
  put(init: RouteInit): void {
    const same = this.at(init.table, init.dst).some(
      (entry) =>
        entry.dev === init.dev &&
        entry.type === init.type &&
        entry.metric === (init.metric ?? 0) &&
        entry.prefSrc === init.src,
    );
    if (!same) this.add(new RouteEntry(init));
  }

  add(entry: RouteEntry): void {
    let table = this.tables.get(entry.table);
    if (table === undefined) {
      table = new RouteTable(entry.table);
      this.tables.set(entry.table, table);
    }
    table.add(entry);
    this.generation++;
  }

  remove(entry: RouteEntry): void {
    this.tables.get(entry.table)?.remove(entry);
    this.generation++;
  }

  removeWhere(unwanted: (entry: RouteEntry) => boolean): readonly RouteEntry[] {
    const found = [...this.all()].filter(unwanted);
    for (const entry of found) this.remove(entry);
    return found;
  }

  /** Routes to exactly this prefix, best metric first. */
  at(table: number, dst: Cidr): readonly RouteEntry[] {
    return this.tables.get(table)?.at(dst) ?? [];
  }

  /** Numbers of the tables that have been used. */
  get tableIds(): Iterable<number> {
    return this.tables.keys();
  }

  /** Every route as it stands now, for `restore`. */
  save(): readonly RouteEntry[] {
    return [...this.all()];
  }

  /** Puts back what was saved, equal routes in their order. */
  restore(saved: readonly RouteEntry[]): void {
    this.tables.clear();
    for (const entry of saved) this.add(entry);
    this.generation++;
  }

  /** Puts back the routes to one prefix, as `at` gave them. */
  restoreAt(table: number, dst: Cidr, saved: readonly RouteEntry[]): void {
    for (const entry of [...this.at(table, dst)]) this.remove(entry);
    for (const entry of saved) this.add(entry);
  }

  /** Every route of a table, or of all. */
  *all(table?: number): Iterable<RouteEntry> {
    for (const each of this.tables.values()) {
      if (table === undefined || table === each.id) yield* each.all();
    }
  }

  /** A route matched only by a table, for checking a gateway. */
  inTable(table: number, dst: Ip, oif: NetDevice | undefined): RouteEntry | undefined {
    return this.tables.get(table)?.find(dst, oif);
  }

  private lookup6(dst: Ip): RouteEntry | undefined {
    if (this.customRules6) return this.walk(dst, undefined, undefined, 0, undefined);
    const { cache6 } = this;
    if (this.cache6Generation !== this.generation || cache6.size >= CACHE6_ENTRIES) {
      cache6.clear();
      this.cache6Generation = this.generation;
    }
    let entry = cache6.get(dst);
    if (entry === undefined && !cache6.has(dst)) {
      entry = this.walk(dst, undefined, undefined, 0, undefined);
      cache6.set(dst, entry);
    }
    return entry;
  }

  private walk(
    dst: Ip,
    src: Ip | undefined,
    iif: NetDevice | undefined,
    mark: number,
    oif: NetDevice | undefined,
  ): RouteEntry | undefined {
    const rules = isIpv4(dst) ? this.ruleList : this.ruleList6;
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index];
      if (rule === undefined) continue;
      const fits = matches(rule, dst, src, iif, mark) && sentBy(rule, oif);
      if (fits === (rule.not === true)) continue;
      // As where nothing matches: a rule's "unreachable" is ENETUNREACH, a route's EHOSTUNREACH.
      if (rule.action === 'unreachable') return undefined;
      if (rule.action !== undefined) return REFUSALS[rule.action];
      const entry = this.tables.get(rule.table)?.find(dst, oif);
      if (entry === undefined || entry.type === 'throw') continue;
      const { suppressPrefixLength } = rule;
      if (suppressPrefixLength === undefined || entry.dst.prefixLength > suppressPrefixLength) {
        return entry;
      }
    }
    return undefined;
  }
}

/** What a lookup answers where a rule refuses (fib4_rule_action, fib6_rule_action). */
const REFUSALS = { prohibit: refusal('prohibit'), blackhole: refusal('blackhole') } as const;

function refusal(type: 'prohibit' | 'blackhole'): RouteEntry {
  const dst = cidr4(IPV4_ANY, 0);
  return new RouteEntry({ table: 0, dst, type, scope: 'global', proto: 'unspec' });
}

function sentBy({ oif: name }: RoutingRule, oif: NetDevice | undefined): boolean {
  return name === undefined || name === oif?.name;
}

function matches(
  rule: RoutingRule,
  dst: Ip,
  src: Ip | undefined,
  iif: NetDevice | undefined,
  mark: number,
): boolean {
  if (rule.from !== undefined && (src === undefined || !contains(rule.from, src))) return false;
  if (rule.to !== undefined && !contains(rule.to, dst)) return false;
  if (rule.fwmark !== undefined) {
    const mask = rule.fwmask ?? 0xffffffff;
    if ((mark & mask) >>> 0 !== (rule.fwmark & mask) >>> 0) return false;
  }
  // A packet of this host itself counts as coming from lo.
  return rule.iif === undefined || rule.iif === (iif?.name ?? 'lo');
}

function pick(
  routes: readonly RouteEntry[] | undefined,
  oif: NetDevice | undefined,
): RouteEntry | undefined {
  if (routes === undefined) return undefined;
  if (oif === undefined) return routes[0];
  return routes.find((entry) => entry.dev === undefined || entry.dev === oif);
}

function slotOf(dst: Cidr): number {
  return isCidr4(dst) ? dst.prefixLength : V6 + dst.prefixLength;
}
