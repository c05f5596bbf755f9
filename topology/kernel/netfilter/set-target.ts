import type { Target } from '../ops.js';
import { setPacket } from './match/compile.js';
import type { PacketFacts } from './match/facts.js';

/** Adds a packet to an ipset or takes it out, as `-j SET` does (net/netfilter/xt_set.c). */
export function changeSet(facts: PacketFacts, target: Target & { target: 'SET' }): void {
  const set = facts.memory.sets.get(target.name);
  const element = set?.elementOf(setPacket(facts), target.dims);
  if (set === undefined || element === undefined) return;
  const { nowNs } = facts.netns.host.clock;
  if (target.verb === 'del-set') {
    set.delete(element, nowNs, true);
    return;
  }
  const { timeoutSeconds, exist } = target;
  const timed =
    timeoutSeconds === undefined || set.spec.timeoutSeconds === undefined
      ? element
      : { ...element, timeoutSeconds };
  set.add(timed, nowNs, exist === true);
}
