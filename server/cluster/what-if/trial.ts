/** One change, tried on a copy of its own. */

import type { Deed } from '../../contract/what-if.js';
import { applyText, deleteText } from '../act/apply-text.js';
import { act } from '../act/change-object.js';
import { UndoLog } from '../act/undo-log.js';
import type { Cluster } from '../cluster.js';
import { applyFault } from '../faults.js';
import { type Reply, refuse, reply } from '../reply.js';
import { typeCommands } from './typed-command.js';

const SECOND_NS = 1_000_000_000;
/** How long a change may take to take effect, in simulated time: at first, and when pods are still on their way. */
const SOON_NS = 20 * SECOND_NS;
const LATE_NS = 70 * SECOND_NS;

const FAULTS = 'podnet.dev/faults';

/** Carries out a change as the page's commands do; a sentence when one of them is refused. */
export async function carryOut(copy: Cluster, deeds: readonly Deed[]): Promise<Reply<undefined>> {
  const undo = new UndoLog(copy.api);
  for (const deed of deeds) {
    const problem = done(copy, undo, deed);
    if (problem !== undefined) return refuse(problem);
    for (const { metadata } of copy.store.list(FAULTS)) copy.faults.sync(metadata.name);
    await run(copy, SECOND_NS / 10);
  }
  return reply(undefined);
}

function done(copy: Cluster, undo: UndoLog, deed: Deed): string | undefined {
  switch (deed.command) {
    case 'apply':
      return applyText(copy, undo, deed.request).problems[0]?.message;
    case 'deleteManifest': {
      const { lines, objects, problems } = deleteText(copy, undo, deed.request);
      if (problems.length > 0) return problems[0]?.message;
      return objects.some(({ outcome }) => outcome === 'refused') ? lines[0] : undefined;
    }
    case 'act':
      return errorOf(act(copy, undo, deed.request));
    case 'fault':
      return errorOf(applyFault(copy, deed.request));
    case 'typed':
      return errorOf(typeCommands(copy, deed.request));
  }
}

function errorOf(answer: Reply<unknown>): string | undefined {
  return answer.ok ? undefined : answer.error;
}

/** Lets a change take effect: until no pod is on its way, or not much longer than that may take. */
export async function takeEffect(copy: Cluster, over: () => boolean): Promise<void> {
  await run(copy, SECOND_NS / 2);
  await untilSettled(copy, SOON_NS, over);
  await run(copy, 1.5 * SECOND_NS);
}

/** Waits for pods that are slow; false when none is. */
export async function takeLateEffect(copy: Cluster, over: () => boolean): Promise<boolean> {
  if (copy.settled.all) return false;
  await untilSettled(copy, LATE_NS, over);
  await run(copy, 1.5 * SECOND_NS);
  return true;
}

function untilSettled(copy: Cluster, limitNs: number, over: () => boolean): Promise<void> {
  const { driver, fabric, settled } = copy;
  return driver.runUntil(fabric.clock.nowNs + limitNs, () => settled.all || over());
}

function run({ driver, fabric }: Cluster, ns: number): Promise<void> {
  return driver.runUntil(fabric.clock.nowNs + ns);
}
