import type { Candidate } from './candidate.js';
import type { Case } from './case.js';
import { asBuilt } from './family/as-built.js';
import { cables, faults } from './family/faults.js';
import { names, rules, settings, sizes, timeToLive } from './family/packets.js';
import { policyRules } from './family/policies.js';
import { deadPods, images, loopbackBinds, portConflicts } from './family/programs.js';
import {
  listeningPorts,
  nodePorts,
  readiness,
  selectors,
  servicePorts,
  targetPorts,
} from './family/services.js';
import { typedCommands } from './family/typed.js';

/** Everything that is tried, the likeliest reason first: each family knows one way in which packets are lost. */
const FAMILIES = [
  policyRules,
  selectors,
  targetPorts,
  readiness,
  loopbackBinds,
  nodePorts,
  servicePorts,
  rules,
  typedCommands,
  faults,
  cables,
  asBuilt,
  settings,
  portConflicts,
  images,
  deadPods,
  sizes,
  timeToLive,
  names,
  listeningPorts,
] as const;

/** The candidates of a failed trace in the order in which they are tried: changes of the cluster before those of the question. */
export function candidatesOf(failed: Case): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const family of FAMILIES)
    for (const candidate of family(failed)) {
      const key = JSON.stringify([candidate.deeds, candidate.ask]);
      if (!found.has(key)) found.set(key, candidate);
    }
  return [...found.values()].sort(
    (a, b) => Number(a.deeds.length === 0) - Number(b.deeds.length === 0),
  );
}
