/** Shows the cluster's machines and cables as a Topology object, and carries out what is changed in it. */

import type { Topology } from '../contract/kube.js';
import { type ControlClient, type Controller, WorkQueue } from '../control/index.js';
import { deepEqual } from '../kube/json.js';
import type { Cluster } from './cluster.js';
import { type Impairment, impairmentId } from './fault/knobs.js';
import { nanoseconds } from './fault/plan.js';
import { bitsPerSecond, topologySpec, topologyStatus } from './topology-object.js';

const TOPOLOGIES = 'podnet.dev/topologies';
/** Changes of many cables at one time make one change of the status. */
const STATUS_DELAY_NS = 10_000_000;

/** What the keeper works with. */
export interface TopologyKeeperParts {
  readonly cluster: Cluster;
  readonly client: ControlClient;
  readonly newUid: () => string;
}

/** Starts the keeper: the object is there when this returns. */
export function startTopologyKeeper({ cluster, client, newUid }: TopologyKeeperParts): Controller {
  const { fabric, store } = cluster;
  const { name } = fabric.spec;
  place(cluster, client, newUid);

  function sync(): 'done' {
    const topology = store.get(TOPOLOGIES, undefined, name);
    if (topology === undefined) return 'done';
    carryOut(cluster, topology);
    const status = topologyStatus(fabric);
    if (!deepEqual(status, topology.status))
      client.updateStatus(TOPOLOGIES, { ...topology, status });
    return 'done';
  }

  const queue: WorkQueue = new WorkQueue({ clock: fabric.clock, sync });
  const onLink = () => queue.addAfter(name, STATUS_DELAY_NS);
  cluster.linkListeners.add(onLink);
  const end = store.watch(TOPOLOGIES, ({ type }) => {
    if (type !== 'DELETED') queue.add(name);
  });
  queue.add(name);
  return {
    get pendingWork() {
      return queue.pending;
    },
    stop() {
      end();
      cluster.linkListeners.delete(onLink);
      queue.stop();
    },
  };
}

/** What the cluster was started with counts; an object of an earlier run gives way. */
function place({ fabric, store }: Cluster, client: ControlClient, newUid: () => string): void {
  const { name } = fabric.spec;
  for (const { metadata } of store.list(TOPOLOGIES))
    if (metadata.name !== name) store.delete(TOPOLOGIES, undefined, metadata.name);
  const spec = topologySpec(fabric.spec, fabric);
  const known = store.get(TOPOLOGIES, undefined, name);
  if (known === undefined)
    client.create(TOPOLOGIES, {
      apiVersion: 'podnet.dev/v1',
      kind: 'Topology',
      metadata: { name, uid: newUid() },
      spec,
      status: topologyStatus(fabric),
    });
  else if (!deepEqual(known.spec, spec)) client.update(TOPOLOGIES, { ...known, spec });
}

/** Faults of a cable lie over what the Topology says of it. */
function carryOut(cluster: Cluster, { spec }: Topology): void {
  const links = [...cluster.fabric.links.values()];
  (spec.links ?? []).forEach(({ delay, rate, loss = 0 }, index) => {
    const link = links[index];
    if (link === undefined) return;
    const wanted = { delayNs: nanoseconds(delay), loss };
    const rateBitsPerSecond = bitsPerSecond(rate);
    const { cable } = link;
    if (cable.properties.rateBitsPerSecond !== rateBitsPerSecond)
      cable.properties = { ...cable.properties, rateBitsPerSecond };
    const rebased = cluster.faults.layers.rebase<Impairment>(impairmentId(link), (base) => ({
      ...base,
      ...wanted,
    }));
    const { properties } = cable;
    if (rebased || (properties.delayNs === wanted.delayNs && properties.loss === loss)) return;
    cable.properties = { ...properties, ...wanted };
    cluster.linkChanged(link.id);
  });
}
