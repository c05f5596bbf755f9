import type { Pod } from '../contract/kube.js';
import { type ContainerSlot, isRunning } from './container-slot.js';
import { runHandler } from './handler.js';
import type { NodeContext } from './node-context.js';

/** An order to stop a container. */
export interface StopOrder {
  readonly pod: Pod;
  readonly slot: ContainerSlot;
  readonly podIp: string;
  readonly graceNs: number;
  /** Told of a preStop hook that failed. */
  readonly hookFailed: (words: string) => void;
}

const SECOND = 1_000_000_000;
/** What is left for the container when its hook has used up the grace period. */
const MINIMUM_GRACE_NS = 2 * SECOND;

/** Stops a container as the kubelet does: preStop, then the stop signal, then SIGKILL when the grace period is over. */
export function stopContainer(node: NodeContext, order: StopOrder): void {
  const { graceNs, slot } = order;
  const { run } = slot;
  if (run === undefined || !isRunning(slot)) return;
  slot.killing = true;
  slot.prober?.stop();
  const hook = slot.spec.lifecycle?.preStop;
  if (hook === undefined || graceNs === 0) {
    node.runtime.stopContainer(run, graceNs);
    return;
  }
  const { clock } = node.options;
  const beganNs = clock.nowNs;
  const stop = () => {
    const leftNs = graceNs - (clock.nowNs - beganNs);
    node.runtime.stopContainer(run, Math.max(leftNs, MINIMUM_GRACE_NS));
  };
  if (hook.sleep !== undefined) {
    clock.schedule(Math.min(hook.sleep.seconds * SECOND, graceNs), stop);
    return;
  }
  const context = {
    sys: node.sys,
    runtime: node.runtime,
    container: run,
    podIp: order.podIp,
    timeoutNs: graceNs,
  };
  runHandler(hook, context, ({ output, success }) => {
    if (!success) order.hookFailed(output);
    stop();
  });
}
