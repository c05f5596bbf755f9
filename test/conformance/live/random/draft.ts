import type { Rng } from '../../../../topology/base/index.js';
import type { RecordedChange, RecordedProbe, RecordedTopology } from '../../recorded.js';
import type { LabPlan } from '../record.js';

/** A thing that may still be changed. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A device under construction. */
export type DraftDevice = Mutable<Omit<RecordedTopology['bridges'][number], 'addrs' | 'sysctl'>> & {
  addrs: string[];
  sysctl?: Record<string, number>;
};

/** A namespace under construction. */
export interface DraftNetns {
  name: string;
  role: 'node' | 'pod' | 'external' | 'switch' | 'router';
  sysctl: Record<string, number>;
  lo?: boolean;
}

/** A rule set under construction. */
export interface DraftRules {
  ns: string;
  family: 4 | 6;
  table: string;
  chains: string[];
  policy: Record<string, string>;
  rules: string[];
}

/** An address that a probe may go to, and why it is interesting. */
export interface Target {
  readonly address: string;
  readonly ports: readonly number[];
}

/** Words of a route. */
export type DraftRoute = Mutable<RecordedTopology['routes'][number]>;

/** A lab under construction: plain lists that shapes fill and faults spoil. */
export class Draft {
  readonly rng: Rng;
  /** Whether the lab has IPv6 beside IPv4. */
  readonly six: boolean;
  readonly netns: DraftNetns[] = [];
  readonly bridges: DraftDevice[] = [];
  readonly veths: { a: DraftDevice; b: DraftDevice }[] = [];
  readonly vxlans: (DraftDevice & { vni: number; local: string; dev: string; port: number })[] = [];
  readonly macvlans: (DraftDevice & { parent_ns: string; parent: string; mode: string })[] = [];
  readonly routes: DraftRoute[] = [];
  readonly neigh: Mutable<RecordedTopology['neigh'][number]>[] = [];
  readonly fdb: Mutable<RecordedTopology['fdb'][number]>[] = [];
  readonly rules: DraftRules[] = [];
  readonly nft: { ns: string; ruleset: string }[] = [];
  /** Rules of policy routing: `from 10.1.0.1 table 100`. */
  readonly policies: Mutable<NonNullable<RecordedTopology['rules']>[number]>[] = [];
  readonly listeners: Mutable<RecordedTopology['listeners'][number]>[] = [];
  /** Namespaces that probes may come from. */
  readonly sources: string[] = [];
  readonly targets: Target[] = [];
  readonly steps: ({ change: RecordedChange } | { probe: RecordedProbe })[] = [];
  /** What was done to the lab, for people. */
  readonly notes: string[] = [];

  constructor(rng: Rng, six: boolean) {
    this.rng = rng;
    this.six = six;
  }

  /** One of several, evenly. */
  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.rng.below(choices.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  /** One of several, or nothing where there are none. */
  maybe<T>(choices: readonly T[]): T | undefined {
    return choices.length === 0 ? undefined : this.pick(choices);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.rng.below(n) === 0;
  }

  add(name: string, role: DraftNetns['role'], sysctl: Record<string, number> = {}): DraftNetns {
    const made: DraftNetns = { name, role, sysctl };
    this.netns.push(made);
    return made;
  }

  ofRole(...roles: readonly DraftNetns['role'][]): DraftNetns[] {
    return this.netns.filter(({ role }) => roles.includes(role));
  }

  /** Every device whose name probes and faults may use. */
  devices(): DraftDevice[] {
    return [
      ...this.bridges,
      ...this.veths.flatMap(({ a, b }) => [a, b]),
      ...this.vxlans,
      ...this.macvlans,
    ];
  }

  device(ns: string, name: string): DraftDevice | undefined {
    return this.devices().find((device) => device.ns === ns && device.if === name);
  }

  bridge(ns: string, name: string, addrs: string[] = []): DraftDevice {
    const made = blank(ns, name, addrs);
    this.bridges.push(made);
    return made;
  }

  veth(a: DraftDevice, b: DraftDevice): void {
    this.veths.push({ a, b });
  }

  route(ns: string, dst: string, more: Partial<DraftRoute>): void {
    this.routes.push({ ns, dst, ...more });
  }

  /** The rules of a table of a namespace, made when they are first asked for. */
  table(ns: string, table: string, family: 4 | 6 = 4): DraftRules {
    let found = this.rules.find(
      (rules) => rules.ns === ns && rules.table === table && rules.family === family,
    );
    if (found === undefined) {
      found = { ns, family, table, chains: [], policy: {}, rules: [] };
      this.rules.push(found);
    }
    return found;
  }

  listen(ns: string, proto: 'tcp' | 'udp', addr: string, port: number): void {
    const taken = this.listeners.some(
      (other) => other.ns === ns && other.proto === proto && other.port === port,
    );
    if (!taken) this.listeners.push({ ns, proto, addr, port });
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** The plan, with MAC addresses in the order in which devices are made. */
  finish(id: string): LabPlan {
    const macs: Record<string, string> = {};
    for (const [index, device] of this.devices().entries()) {
      const mac = device.mac ?? macOf(index + 1);
      device.mac = mac;
      macs[mac] ??= `${device.ns}/${device.if}`;
    }
    const { netns, bridges, veths, vxlans, macvlans, routes, neigh, fdb, listeners } = this;
    const { nft, policies } = this;
    const topology: RecordedTopology = {
      netns,
      bridges,
      veths,
      vxlans,
      macvlans,
      routes,
      neigh: neigh.map((entry) => ({ ...entry, lladdr: this.macOfRole(entry.lladdr ?? '') })),
      fdb: fdb.map((entry) => ({ ...entry, lladdr: this.macOfRole(entry.lladdr) })),
      iptables: this.rules.map(({ family, ...rules }) =>
        family === 6 ? { ...rules, family } : rules,
      ),
      listeners,
      ...(nft.length === 0 ? {} : { nft }),
      ...(policies.length === 0 ? {} : { rules: policies }),
      ...(this.six ? { ipv6: true } : {}),
      // Frames are compared as they go on a wire, not as offloads join them.
      offload: false,
    };
    return { id, title: this.notes.join('; '), topology, macs, steps: this.steps };
  }

  /** `n2/flannel.1` stands for the MAC address of that device. */
  private macOfRole(text: string): string {
    const [ns = '', name = ''] = text.split('/');
    return this.device(ns, name)?.mac ?? text;
  }
}

/** A device without anything set; its MAC address comes later. */
export function blank(ns: string, name: string, addrs: string[] = []): DraftDevice {
  return { ns, if: name, addrs };
}

function macOf(number: number): string {
  return `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;
}
