import { Rng } from '../../../../topology/base/index.js';
import type { LabPlan } from '../record.js';
import * as connections from './connection-rules.js';
import { Draft } from './draft.js';
import * as faults from './faults.js';
import * as nft from './nft-rules.js';
import * as policies from './policy-rules.js';
import { addSteps } from './probes.js';
import * as rules from './rules.js';
import { addSeries } from './series.js';
import * as shapes from './shapes.js';
import * as six from './six-rules.js';

/** What random labs are about; each leaves the others' parts out. */
export const THEMES = [
  'mixed',
  'routing',
  'bridge',
  'filter',
  'nat',
  'tunnel',
  'ipv6',
  'sixfilter',
  'nft',
  'policy',
  'connections',
] as const;

/** One of THEMES. */
export type Theme = (typeof THEMES)[number];

const { oneNode, overlay, pointToPoint, row, sharedCard, twoNodes } = shapes;

const SHAPES: Readonly<Record<Theme, readonly shapes.Shape[]>> = {
  mixed: [oneNode, oneNode, twoNodes, overlay, row, pointToPoint, sharedCard],
  routing: [row, row, twoNodes, pointToPoint],
  bridge: [oneNode, oneNode, sharedCard],
  filter: [oneNode, twoNodes, row],
  nat: [oneNode, twoNodes, overlay],
  tunnel: [overlay],
  ipv6: [oneNode, twoNodes, row],
  sixfilter: [oneNode, oneNode, twoNodes, row],
  nft: [oneNode, oneNode, twoNodes, row],
  policy: [policies.twoWays, policies.twoWays, row, twoNodes],
  connections: [oneNode, oneNode, twoNodes, row, overlay, pointToPoint],
};

const RULES: Readonly<Record<Theme, readonly rules.RuleMaker[]>> = {
  mixed: [
    rules.service,
    rules.masquerade,
    rules.policy,
    rules.oddRule,
    rules.dropPolicy,
    rules.emptyService,
  ],
  routing: [],
  bridge: [rules.policy, rules.oddRule],
  filter: [rules.oddRule, rules.oddRule, rules.policy, rules.dropPolicy, rules.emptyService],
  nat: [rules.service, rules.service, rules.masquerade, rules.oddRule],
  tunnel: [rules.masquerade, rules.service, rules.policy],
  ipv6: [],
  sixfilter: [
    six.service6,
    six.service6,
    six.oddRule6,
    six.oddRule6,
    six.policy6,
    six.masquerade6,
    six.dropPolicy6,
    six.bridgedPast6,
  ],
  nft: [nft.nftService, nft.nftFilter, nft.nftFilter, nft.nftNat, nft.nftNotrack],
  policy: [
    policies.tableRule,
    policies.tableRule,
    policies.tableRule,
    policies.reversePath,
    policies.markedReplies,
  ],
  connections: [
    connections.statefulRule,
    connections.statefulRule,
    connections.translation,
    connections.translation,
    connections.setRule,
    connections.bridgedPast,
    rules.service,
    rules.masquerade,
  ],
};

/** Themes that have more rules, and probes that belong together. */
const DENSE: ReadonlySet<Theme> = new Set(['sixfilter', 'nft', 'policy', 'connections']);

const FAULTS: readonly faults.Fault[] = [
  faults.missingRoute,
  faults.wrongGateway,
  faults.refusingRoute,
  faults.noForwarding,
  faults.linkDown,
  faults.loopbackDown,
  faults.oddSetting,
  faults.oddSetting,
  faults.smallMtu,
  faults.sameMac,
  faults.sameAddress,
  faults.wrongMask,
  faults.oddPort,
  faults.oddTunnel,
  faults.oddTunnel,
  faults.secondWay,
  faults.staticNeighbor,
];

/** A lab made from a seed: the same seed gives the same lab. */
export function generateLab(seed: number, theme: Theme = 'mixed'): LabPlan {
  const draft = new Draft(new Rng(seed).fork(theme), theme === 'ipv6' || theme === 'sixfilter');
  draft.pick(SHAPES[theme])(draft);
  const makers = RULES[theme];
  const dense = DENSE.has(theme);
  for (let count = draft.rng.below(3) + (dense ? 1 : 0); count > 0 && makers.length > 0; count--)
    draft.pick(makers)(draft);
  for (let count = draft.rng.below(dense ? 2 : 3); count > 0; count--) {
    const fault = draft.pick(FAULTS);
    if (draft.vxlans.length === 0 && fault === faults.oddTunnel) continue;
    // Which port learns a shared address first hangs on reports that are sent at random moments.
    if (draft.six && fault === faults.sameMac) continue;
    fault(draft);
  }
  (dense ? addSeries : addSteps)(draft);
  return draft.finish(`${theme}-${seed}`);
}
