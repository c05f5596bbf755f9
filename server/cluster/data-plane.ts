import {
  createPolicyEngine,
  createProxy,
  type Fabric,
  invariant,
  type KernelOp,
  MILLISECOND,
  type PolicyEngine,
} from '../../topology/index.js';
import type { ObjectStore } from '../store/index.js';
import { followPolicies } from './policy-sync.js';
import { followServices } from './proxy-sync.js';

/**
 * How long changes are gathered before the nodes are programmed.
 *
 * Fidelity: kube-proxy's --iptables-min-sync-period is 1 s; podnet programs sooner, so that a page feels alive.
 */
const GATHER_NS = 20 * MILLISECOND;

/**
 * Keeps the rules of all nodes in step with Services, endpoints and policies; answers the engine of the latter.
 * `programmed` hears when they are.
 */
export function startDataPlane(
  store: ObjectStore,
  fabric: Fabric,
  programmed: (nodes: number) => void = () => {},
): PolicyEngine {
  const proxy = createProxy({ clusterCidr: fabric.network.clusterCidr });
  const policies = createPolicyEngine();
  let scheduled = false;
  const program = (): void => {
    scheduled = false;
    tellEndpoints();
    // The proxy's FORWARD rules accept marked packets, so policies go on top of them.
    applyAll(fabric, proxy.sync());
    applyAll(fabric, policies.sync());
    programmed(fabric.nodes.size);
  };
  const changed = (): void => {
    if (scheduled) return;
    scheduled = true;
    fabric.clock.schedule(GATHER_NS, program);
  };
  for (const name of fabric.nodes.keys()) {
    proxy.addNode(name);
    policies.resetNode(name);
  }
  const tellEndpoints = followServices(store, proxy, changed);
  followPolicies(store, policies, changed);
  changed();
  return policies;
}

function applyAll(fabric: Fabric, lists: ReadonlyMap<string, readonly KernelOp[]>): void {
  for (const [name, ops] of lists) {
    const applied = fabric.nodes.get(name)?.host.apply(ops);
    invariant(
      applied?.ok !== false,
      applied?.ok === false ? `${name}: ${applied.error.message}` : '',
    );
  }
}
