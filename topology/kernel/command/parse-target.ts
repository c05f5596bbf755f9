import type { RejectWith, Target } from '../ops.js';
import type { Extension } from './extension.js';
import type { RuleDraft } from './rule-draft.js';
import { CHANGE_TARGETS, plain } from './target-change.js';
import { HEADER_TARGETS, TTL_TARGETS } from './target-header.js';
import { LOG_TARGETS } from './target-log.js';
import { NAT_TARGETS, type TargetMaker } from './target-nat.js';

/** Types of `--reject-with` in the order of the help text, with the other name of each; a unique beginning will do. */
const REJECTS: Readonly<Record<'ipv4' | 'ipv6', readonly (readonly [RejectWith, string])[]>> = {
  ipv4: [
    ['icmp-net-unreachable', 'net-unreach'],
    ['icmp-host-unreachable', 'host-unreach'],
    ['icmp-proto-unreachable', 'proto-unreach'],
    ['icmp-port-unreachable', 'port-unreach'],
    ['icmp-net-prohibited', 'net-prohib'],
    ['icmp-host-prohibited', 'host-prohib'],
    ['tcp-reset', 'tcp-rst'],
    ['icmp-admin-prohibited', 'admin-prohib'],
  ],
  ipv6: [
    ['icmp6-no-route', 'no-route'],
    ['icmp6-adm-prohibited', 'adm-prohibited'],
    ['icmp6-addr-unreachable', 'addr-unreach'],
    ['icmp6-port-unreachable', 'port-unreach'],
    ['tcp-reset', 'tcp-reset'],
    ['icmp6-policy-fail', 'policy-fail'],
    ['icmp6-reject-route', 'reject-route'],
  ],
};

const SHARED: Readonly<Record<string, TargetMaker>> = {
  ACCEPT: () => plain('ACCEPT'),
  DROP: () => plain('DROP'),
  RETURN: () => plain('RETURN'),
  REJECT: reject,
  ...NAT_TARGETS,
  ...CHANGE_TARGETS,
  ...HEADER_TARGETS,
  ...LOG_TARGETS,
};

const BY_FAMILY: Readonly<Record<'ipv4' | 'ipv6', ReadonlyMap<string, TargetMaker>>> = {
  ipv4: new Map(Object.entries({ ...SHARED, ...TTL_TARGETS.ipv4 })),
  ipv6: new Map(Object.entries({ ...SHARED, ...TTL_TARGETS.ipv6 })),
};

/** Targets of Linux that podnet does not have; any other unknown name is a chain. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'AUDIT',
  'CHECKSUM',
  'CONNSECMARK',
  'ECN',
  'HMARK',
  'IDLETIMER',
  'LED',
  'NFQUEUE',
  'QUEUE',
  'RATEEST',
  'SECMARK',
  'SYNPROXY',
  'TCPOPTSTRIP',
  'TEE',
  'TPROXY',
  'ULOG',
]);

/** The target of a name in a family; 'unsupported' when iptables has it and podnet has not, else a chain. */
export function findTarget(
  name: string,
  family: 'ipv4' | 'ipv6',
): TargetMaker | 'unsupported' | undefined {
  return BY_FAMILY[family].get(name) ?? (UNSUPPORTED.has(name) ? 'unsupported' : undefined);
}

function reject(draft: RuleDraft): Extension<Target | undefined> {
  const rows = REJECTS[draft.family];
  let type: RejectWith =
    draft.family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  return {
    name: 'REJECT',
    options: {
      'reject-with': {
        read: (words) => {
          const word = words.take();
          const found = rows.find(
            ([name, alias]) => name.startsWith(word) || alias.startsWith(word),
          );
          if (found !== undefined && word !== '') [type] = found;
          else {
            const names = rows.map(([name]) => name).join(', ');
            words.bad(word, `unknown reject type "${word}"`, `one of ${names}`);
          }
        },
      },
    },
    finish: () => ({ target: 'REJECT', with: type }),
  };
}
