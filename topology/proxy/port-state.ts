import type { Cidr } from '../addr/index.js';
import type { Rule, RuleChain } from '../kernel/ops.js';
import { compilePort, type PortInput, type PortRules, type SharedLines } from './compile-port.js';
import {
  type ProxyEndpoint,
  type ProxyService,
  type ProxyServicePort,
  usesLocalEndpoints,
} from './service.js';

/** The rules of one Service port of one family: the same for most nodes, others where Local policies find endpoints. */
export interface PortState {
  /** For nodes without endpoints of their own, or for all when no policy is Local. */
  readonly elsewhere: PortRules;
  /** For nodes where policy Local finds endpoints. */
  readonly byNode: ReadonlyMap<string, PortRules>;
}

/** What a port state is made from. */
export interface PortStateInput {
  readonly service: ProxyService;
  readonly port: ProxyServicePort;
  readonly endpoints: readonly ProxyEndpoint[];
  readonly family: 'ipv4' | 'ipv6';
  readonly clusterCidr: Cidr | undefined;
}

/** Compiles a port for every kind of node; chains and lines that did not change stay the same objects. */
export function compilePortState(
  input: PortStateInput,
  before: PortState | undefined,
): PortState | undefined {
  const forNode = (nodeName: string | undefined, old: PortRules | undefined) => {
    const full: PortInput = { ...input, nodeName };
    const made = compilePort(full);
    return made === undefined ? undefined : keepSame(made, old);
  };
  const elsewhere = forNode(undefined, before?.elsewhere);
  if (elsewhere === undefined) return undefined;
  const byNode = new Map<string, PortRules>();
  if (usesLocalEndpoints(input.service, input.port)) {
    for (const nodeName of new Set(input.endpoints.map((endpoint) => endpoint.nodeName))) {
      if (nodeName === undefined) continue;
      const rules = forNode(nodeName, before?.byNode.get(nodeName) ?? elsewhere);
      // A chain that is as elsewhere is the same object as elsewhere.
      if (rules !== undefined) byNode.set(nodeName, keepSame(rules, elsewhere));
    }
  }
  return { elsewhere, byNode };
}

/** The rules for one node. */
export function rulesFor(state: PortState | undefined, nodeName: string): PortRules | undefined {
  return state?.byNode.get(nodeName) ?? state?.elsewhere;
}

function keepSame(made: PortRules, old: PortRules | undefined): PortRules {
  if (old === undefined) return made;
  const oldChains = new Map(old.chains.map((chain) => [chain.name, chain]));
  const chains = made.chains.map((chain) => {
    const known = oldChains.get(chain.name);
    return known !== undefined && sameRules(known.rules, chain.rules) ? known : chain;
  });
  return { chains: sameList(chains, old.chains), lines: keepLines(made.lines, old.lines) };
}

function keepLines(made: SharedLines, old: SharedLines): SharedLines {
  const keep = (name: keyof SharedLines): readonly Rule[] =>
    sameRules(made[name], old[name]) ? old[name] : made[name];
  return {
    natServices: keep('natServices'),
    natNodePorts: keep('natNodePorts'),
    filterServices: keep('filterServices'),
    filterExternalServices: keep('filterExternalServices'),
    filterNodePorts: keep('filterNodePorts'),
    filterFirewall: keep('filterFirewall'),
  };
}

function sameList(made: readonly RuleChain[], old: readonly RuleChain[]): readonly RuleChain[] {
  const same = made.length === old.length && made.every((chain, index) => chain === old[index]);
  return same ? old : made;
}

/** Rules made by the same compiler are equal when their text as data is. */
function sameRules(a: readonly Rule[], b: readonly Rule[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((rule, index) => {
    const other = b[index];
    return rule === other || (other !== undefined && dataText(rule) === dataText(other));
  });
}

function dataText(rule: Rule): string {
  return JSON.stringify(rule, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
