/** What was typed by hand is taken back: whoever broke it last changed something last. */

import {
  type KernelOp,
  type NetNamespace,
  printOp,
  type RouteOp,
} from '../../../../topology/index.js';
import type { Candidate, Family } from '../candidate.js';
import type { Case } from '../case.js';
import { passedSpaces, type Space, typedChange } from '../places.js';

const MOST = 10;

/** Takes back single commands that were typed in namespaces that the packet passed, the last one first. */
export const typedCommands: Family = (failed) => {
  const spaces = new Map(passedSpaces(failed).map((space) => [space.label, space]));
  return typedOn(failed, spaces)
    .reverse()
    .flatMap(({ op, space }): readonly Candidate[] => {
      const lines = inverse(op, space.netns).flatMap((back) => printOp(back));
      if (lines.length === 0) return [];
      const [typed = ''] = printOp(home(op));
      return [
        {
          ...typedChange(space, lines),
          text: `Type in ${space.label}: ${lines.join('; ')}`,
          because: `somebody typed ${typed} there`,
          size: 'field',
        },
      ];
    })
    .slice(0, MOST);
};

function typedOn({ likeness }: Case, spaces: ReadonlyMap<string, Space>) {
  return [...likeness.typed].flatMap(([machine, ops]) =>
    ops.flatMap((op) => {
      const netns = 'netns' in op ? (op.netns ?? '') : '';
      const label = netns === '' ? undefined : likeness.labels.get(`${machine} ${netns}`);
      const space = spaces.get(label === undefined ? machine : `pod ${label}`);
      return space === undefined ? [] : [{ op, space }];
    }),
  );
}

/** The same change without its namespace: it is typed inside. */
function home(op: KernelOp): KernelOp {
  if (!('netns' in op)) return op;
  const { netns: _, ...rest } = op;
  return rest as KernelOp;
}

/** What undoes a change; nothing for what is not undone by one command. */
function inverse(op: KernelOp, netns: NetNamespace): readonly KernelOp[] {
  const plain = home(op);
  switch (plain.op) {
    case 'iptables.append':
    case 'iptables.insert': {
      const { family, table, chain, rule } = plain;
      return [{ op: 'iptables.delete', family, table, chain, rule }];
    }
    case 'iptables.delete': {
      const { family, table, chain, rule } = plain;
      return [{ op: 'iptables.insert', family, table, chain, rule }];
    }
    case 'iptables.policy':
      return plain.policy === 'DROP' ? [{ ...plain, policy: 'ACCEPT' }] : [];
    case 'link.set':
      return plain.up === false ? [{ op: 'link.set', name: plain.name, up: true }] : [];
    case 'addr.add':
      return [{ ...plain, op: 'addr.del' }];
    case 'addr.del':
      return [{ ...plain, op: 'addr.add' }];
    case 'route.add':
    case 'route.replace':
      return [{ ...routeKey(plain), op: 'route.del' }];
    case 'route.del':
      return plain.via === undefined && plain.dev === undefined
        ? []
        : [{ ...plain, op: 'route.add' }];
    case 'rule.add':
      return [{ ...plain, op: 'rule.del' }];
    case 'rule.del':
      return [{ ...plain, op: 'rule.add' }];
    case 'neigh.replace':
      return [{ op: 'neigh.del', dev: plain.dev, dst: plain.dst }];
    case 'sysctl.set':
      return toggled(plain.key, netns.sysctls.read(plain.key));
    default:
      return [];
  }
}

function routeKey(op: RouteOp): Omit<RouteOp, 'op'> {
  const { op: _, ...rest } = op;
  return rest;
}

/** A switch is turned back; of other settings nobody knows what they were. */
function toggled(key: string, value: string | undefined): readonly KernelOp[] {
  if (value !== '0' && value !== '1') return [];
  return [{ op: 'sysctl.set', key, value: value === '0' ? '1' : '0' }];
}
