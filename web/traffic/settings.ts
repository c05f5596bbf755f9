import type { TrafficKind } from '../../server/contract/traffic.js';
import { readStored, writeStored } from '../state/stored.js';

/** What a person chose to see of live traffic. */
export interface TrafficSettings {
  readonly on: boolean;
  /** Kinds that are not shown. */
  readonly hidden: ReadonlySet<TrafficKind>;
}

/** Kinds that a person may hide. */
export const CHOICES: readonly TrafficKind[] = [
  'tcp',
  'udp',
  'icmp',
  'dns',
  'arp',
  'probe',
  'other',
];
/** Probes come every few seconds to every pod, and each makes ARP ask again: nothing is to be learned from the second one. */
const HIDDEN_AT_FIRST: readonly TrafficKind[] = ['probe', 'arp'];
const KEY = 'traffic';

/** What was chosen before in this browser; on, without probes and ARP, at first. */
export function readSettings(): TrafficSettings {
  const stored = readStored(KEY);
  const { on, hidden } = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<
    string,
    unknown
  >;
  const chosen = Array.isArray(hidden)
    ? CHOICES.filter((kind) => hidden.includes(kind))
    : undefined;
  return { on: on !== false, hidden: new Set(chosen ?? HIDDEN_AT_FIRST) };
}

/** Keeps a choice in this browser. */
export function keepSettings({ on, hidden }: TrafficSettings): void {
  writeStored(KEY, { on, hidden: [...hidden] });
}
