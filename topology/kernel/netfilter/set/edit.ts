import type { Errno } from '../../errno.js';
import type { IpsetOp } from '../../ops.js';
import type { IpSet, SetFailure } from './ip-set.js';
import type { IpSets } from './sets.js';

/** Why a change of sets was refused, in ipset's words. */
export interface SetProblem {
  readonly errno: Errno;
  readonly message: string;
}

const NO_SET: SetProblem = {
  errno: 'ENOENT',
  message: 'The set with the given name does not exist',
};
const IN_USE: SetProblem = {
  errno: 'EBUSY',
  message: 'Set cannot be destroyed: it is in use by a kernel component',
};

const FAILURES: Readonly<Record<SetFailure, SetProblem>> = {
  exists: {
    errno: 'EEXIST',
    message: "Element cannot be added to the set: it's already added",
  },
  missing: {
    errno: 'ENOENT',
    message: "Element cannot be deleted from the set: it's not added",
  },
  range: { errno: 'EINVAL', message: 'Element is out of the range of the set' },
  full: { errno: 'ENOSPC', message: 'Hash is full, cannot add more elements' },
  'no-timeout': {
    errno: 'EINVAL',
    message: 'Timeout cannot be used: set was created without timeout support',
  },
  'no-set': {
    errno: 'ENOENT',
    message: 'Set to be added/deleted/tested as element does not exist.',
  },
  cidr: {
    errno: 'EINVAL',
    message: 'The value of the CIDR parameter of the IP address is invalid',
  },
};

/** Where sets are changed: `usedByRules` counts the rules that name one. */
export interface SetContext {
  readonly sets: IpSets;
  readonly nowNs: number;
  usedByRules(name: string): number;
}

/** How many rules and lists name a set. */
export function referencesOf(context: SetContext, name: string): number {
  const lists = context.sets.all.filter((set) => set.members.includes(name)).length;
  return context.usedByRules(name) + lists;
}

/** Changes the sets of a namespace, or says why not. */
export function editSets(context: SetContext, op: IpsetOp): SetProblem | undefined {
  const { sets, nowNs } = context;
  switch (op.op) {
    case 'ipset.create': {
      const present = sets.get(op.name);
      if (present !== undefined) {
        if (op.exist === true && sameSpec(present, op)) return undefined;
        const message = 'Set cannot be created: set with the same name already exists';
        return { errno: 'EEXIST', message };
      }
      sets.create(op.name, op.spec);
      return undefined;
    }
    case 'ipset.add':
    case 'ipset.del': {
      const set = sets.get(op.name);
      if (set === undefined) return NO_SET;
      const exist = op.exist === true;
      const failure =
        op.op === 'ipset.add'
          ? set.add(op.element, nowNs, exist)
          : set.delete(op.element, nowNs, exist);
      return failure === undefined ? undefined : FAILURES[failure];
    }
    case 'ipset.destroy':
      return destroy(context, op.name);
    case 'ipset.flush': {
      if (op.name === undefined) for (const set of sets.all) set.flush();
      else if (sets.get(op.name) === undefined) return NO_SET;
      else sets.get(op.name)?.flush();
      return undefined;
    }
    case 'ipset.swap':
      return swap(sets, op.from, op.to);
    case 'ipset.rename':
      return rename(context, op.from, op.to);
  }
}

function sameSpec(present: IpSet, op: Extract<IpsetOp, { op: 'ipset.create' }>): boolean {
  return JSON.stringify(present.spec) === JSON.stringify(op.spec);
}

function destroy(context: SetContext, name: string | undefined): SetProblem | undefined {
  const { sets } = context;
  if (name !== undefined) {
    if (sets.get(name) === undefined) return NO_SET;
    if (referencesOf(context, name) > 0) return IN_USE;
    sets.destroy(name);
    return undefined;
  }
  // Lists go with what they hold, but a rule keeps everything.
  if (sets.all.some((set) => context.usedByRules(set.name) > 0)) return IN_USE;
  for (const set of sets.all) sets.destroy(set.name);
  return undefined;
}

function swap(sets: IpSets, from: string, to: string): SetProblem | undefined {
  const a = sets.get(from);
  const b = sets.get(to);
  if (a === undefined) return NO_SET;
  if (b === undefined) {
    return { errno: 'ENOENT', message: 'Sets cannot be swapped: the second set does not exist' };
  }
  if (a.spec.type !== b.spec.type || a.spec.family !== b.spec.family) {
    return { errno: 'EINVAL', message: 'The sets cannot be swapped: their type does not match' };
  }
  sets.swap(from, to);
  return undefined;
}

function rename(context: SetContext, from: string, to: string): SetProblem | undefined {
  const { sets } = context;
  if (sets.get(from) === undefined) return NO_SET;
  if (referencesOf(context, from) > 0) {
    return { errno: 'EBUSY', message: 'Set cannot be renamed: it is in use by another system' };
  }
  if (sets.get(to) !== undefined) {
    const message = 'Set cannot be renamed: a set with the new name already exists';
    return { errno: 'EEXIST', message };
  }
  sets.rename(from, to);
  return undefined;
}
