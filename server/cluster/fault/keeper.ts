/**
 * Keeps the network as broken as the Faults say: applies each, applies it again to a pod that comes anew and after a
 * restart, and heals it before the object goes.
 */

import type { Condition, Fault, FaultStatus } from '../../contract/kube.js';
import { type ControlClient, type Controller, WorkQueue } from '../../control/index.js';
import type { Cluster } from '../cluster.js';
import type { Reply } from '../reply.js';
import { routeId } from './knobs.js';
import { Layers } from './layers.js';
import { NetnsMemory } from './netns-memory.js';
import { type Place, podKey } from './place.js';
import { locate, type Plan, planFault } from './plan.js';

const FAULTS = 'podnet.dev/faults';
const HEAL_FINALIZER = 'podnet.dev/heal';

interface InForce {
  readonly uid: string;
  readonly plan: Plan;
}

/** A running keeper of Faults. */
export interface FaultKeeper extends Controller {
  /** Applies or heals one Fault now, rather than in an event of its own. */
  sync(name: string): void;
  /** What faults have laid over the network. */
  readonly layers: Layers;
}

/** Starts the keeper. */
export function startFaultKeeper(cluster: Cluster, client: ControlClient): FaultKeeper {
  const { store } = cluster;
  const layers = new Layers();
  const memory = new NetnsMemory();
  const inForce = new Map<string, InForce>();
  const byPod = new Map<string, Set<string>>();

  function sync(name: string): 'done' {
    const fault = store.get(FAULTS, undefined, name);
    const known = inForce.get(name);
    const uid = fault?.metadata.uid ?? '';
    if (known !== undefined && known.uid !== uid) {
      heal(name, known);
      unwatchPod(name);
    }
    if (fault === undefined) return 'done';
    if (fault.metadata.deletionTimestamp !== undefined) {
      finish(fault, name);
      return 'done';
    }
    watchPod(fault);
    enforce(fault, name);
    return 'done';
  }

  function enforce(fault: Fault, name: string): void {
    // What is done once is not done again, neither to a later pod nor after a restart.
    if (fault.spec.type === 'KillProcess' && fault.status?.phase === 'Active') return;
    const located = locate(cluster, fault.spec);
    const known = inForce.get(name);
    if (located.ok && known?.plan.target === located.value.target) return;
    if (known !== undefined) forget(name, known);
    if (!located.ok) {
      const phase = located.mayCome ? 'Pending' : 'Failed';
      const reason = located.mayCome ? 'WaitingForTarget' : 'CannotApply';
      write(fault, phase, { reason, message: located.error });
      return;
    }
    const plan = planFault(cluster, fault, located.value);
    if (plan.ok) apply(fault, name, plan.value);
    else write(fault, 'Failed', { reason: 'CannotApply', message: plan.error });
  }

  function apply(fault: Fault, name: string, plan: Plan): void {
    const uid = fault.metadata.uid ?? '';
    const { act, label: target } = plan;
    if (act.kind === 'once') {
      const done = act.run();
      if (!done.ok) write(fault, 'Failed', { reason: 'CannotApply', message: done.error, target });
      else
        write(fault, 'Active', {
          reason: 'Done',
          message: `${target}: done once, nothing is to be healed`,
          target,
          commands: done.value,
          heal: [],
        });
      return;
    }
    if (plan.place !== undefined) memory.hold(uid, plan.place);
    const applied = act.apply(layers, uid);
    if (!applied.ok) {
      memory.forget(uid);
      write(fault, 'Failed', { reason: 'CannotApply', message: applied.error, target });
      return;
    }
    inForce.set(name, { uid, plan });
    write(fault, 'Active', {
      reason: 'Applied',
      message: `in force on ${target}`,
      target,
      ...applied.value,
    });
  }

  /** A Fault whose target somebody has changed meanwhile is let go as well: there is nothing to be put back to. */
  function finish(fault: Fault, name: string): void {
    const known = inForce.get(name);
    const healed = known === undefined ? undefined : heal(name, known);
    unwatchPod(name);
    const before = fault.metadata.finalizers ?? [];
    if (!before.includes(HEAL_FINALIZER)) return;
    const finalizers = before.filter((one) => one !== HEAL_FINALIZER);
    if (finalizers.length > 0)
      write(
        fault,
        'Healed',
        healed?.ok === false
          ? { reason: 'ChangedMeanwhile', message: `left as it is: ${healed.error}` }
          : { reason: 'Healed', message: 'what it broke is mended' },
      );
    const { resourceVersion: _old, ...metadata } = fault.metadata;
    client.update(FAULTS, { ...fault, metadata: { ...metadata, finalizers } });
  }

  function heal(name: string, { uid, plan }: InForce): Reply<undefined> {
    const healed: Reply<undefined> =
      plan.act.kind === 'layer'
        ? layers.remove(uid, plan.act.knobId)
        : { ok: true, value: undefined };
    inForce.delete(name);
    memory.release(uid, isBrokenRoute);
    if (inForce.size === 0) memory.clear();
    return healed;
  }

  function forget(name: string, { uid, plan }: InForce): void {
    if (plan.act.kind === 'layer') layers.forget(uid, plan.act.knobId);
    memory.forget(uid);
    inForce.delete(name);
  }

  function isBrokenRoute(place: Place, dst: string): boolean {
    const id = routeId(place, dst);
    for (const { plan } of inForce.values())
      if (plan.act.kind === 'layer' && plan.act.knobId === id) return true;
    return false;
  }

  function watchPod({ spec, metadata }: Fault): void {
    if (spec.pod === undefined) return;
    const key = podKey(spec.pod);
    const names = byPod.get(key) ?? new Set();
    byPod.set(key, names.add(metadata.name));
  }

  function unwatchPod(name: string): void {
    for (const [key, names] of byPod) if (names.delete(name) && names.size === 0) byPod.delete(key);
  }

  interface Said {
    readonly reason: string;
    readonly message: string;
    readonly target?: string;
    readonly commands?: readonly string[];
    readonly heal?: readonly string[];
  }

  function write(fault: Fault, phase: FaultStatus['phase'], said: Said): void {
    const { reason, message, ...rest } = said;
    const before = fault.status?.conditions?.[0];
    const status = phase === 'Active' ? 'True' : 'False';
    if (fault.status?.phase === phase && before?.message === message && rest.target === undefined)
      return;
    const lastTransitionTime =
      before?.status === status ? (before.lastTransitionTime ?? cluster.now()) : cluster.now();
    const condition: Condition = { type: 'Active', status, reason, message, lastTransitionTime };
    client.updateStatus(FAULTS, {
      ...fault,
      status: {
        phase,
        conditions: [condition],
        ...(phase === 'Active' ? { startTime: fault.status?.startTime ?? cluster.now() } : {}),
        ...rest,
      },
    });
  }

  const queue: WorkQueue = new WorkQueue({ clock: cluster.fabric.clock, sync });
  const ends = [
    store.watch(FAULTS, ({ object }) => queue.add(object.metadata.name)),
    store.watch('pods', ({ object: { metadata } }) => {
      for (const name of byPod.get(`${metadata.namespace}/${metadata.name}`) ?? []) queue.add(name);
    }),
  ];
  for (const fault of store.list(FAULTS)) queue.add(fault.metadata.name);
  return {
    layers,
    sync,
    get pendingWork() {
      return queue.pending;
    },
    stop() {
      for (const end of ends) end();
      queue.stop();
    },
  };
}
