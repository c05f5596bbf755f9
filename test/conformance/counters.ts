import type { DropReason, Host } from '../../topology/kernel/index.js';

/** Drops of every namespace so far. */
export type DropTally = ReadonlyMap<string, ReadonlyMap<DropReason, number>>;

/** How many of the counters that Linux keeps agree with podnet's drops. */
export interface CounterFigure {
  readonly agree: number;
  readonly compared: number;
  /** Counters that podnet keeps nothing alike of. */
  readonly unmapped: number;
  readonly differing: readonly string[];
}

/** Drop reasons behind a counter of /proc/net/snmp and /proc/net/netstat. */
const REASONS: Readonly<Record<string, readonly DropReason[]>> = {
  'Ip.InHdrErrors': ['ttl-expired'],
  Ip6InHdrErrors: ['ttl-expired'],
  'Ip.InAddrErrors': ['forwarding-disabled'],
  'Ip.FragFails': ['mtu-exceeded'],
  Ip6InTooBigErrors: ['mtu-exceeded'],
  'IpExt.InNoRoutes': ['no-route'],
  'Ip.OutNoRoutes': ['no-route'],
  Ip6InNoRoutes: ['no-route'],
  Ip6OutNoRoutes: ['no-route'],
  'TcpExt.IPReversePathFilter': ['rp-filter'],
  'Udp.NoPorts': ['no-socket'],
};

/** Counts what was dropped so far. */
export function tallyDrops(host: Host): DropTally {
  return new Map([...host.namespaces].map(({ name, dropCounts }) => [name, new Map(dropCounts)]));
}

/** Compares the counters of a probe with what was dropped meanwhile. */
export function compareCounters(
  recorded: Readonly<Record<string, Readonly<Record<string, number>>>>,
  before: DropTally,
  after: DropTally,
): CounterFigure {
  let agree = 0;
  let compared = 0;
  let unmapped = 0;
  const differing: string[] = [];
  for (const [ns, counters] of Object.entries(recorded)) {
    for (const [name, value] of Object.entries(counters)) {
      const reasons = REASONS[name];
      if (reasons === undefined) {
        unmapped++;
        continue;
      }
      compared++;
      const count = reasons.reduce((sum, reason) => sum + dropped(ns, reason, before, after), 0);
      if (count === value) agree++;
      else differing.push(`${ns} ${name}: ${value} in Linux, ${count} here`);
    }
  }
  return { agree, compared, unmapped, differing };
}

function dropped(ns: string, reason: DropReason, before: DropTally, after: DropTally): number {
  return (after.get(ns)?.get(reason) ?? 0) - (before.get(ns)?.get(reason) ?? 0);
}
