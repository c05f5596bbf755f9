/**
 * An independent cluster in memory that is like another one: docs/adr/0012-a-copy-is-built-anew.md.
 *
 * Fidelity: what is known to programs alone is not copied: content of files, messages in queues, open connections,
 * commands that people started in shells. Neighbours that were learned, and connections that are tracked, are learned
 * anew. Whoever uses a copy must see first that the packet fares there as it did here.
 */

import type { Host, KernelOp } from '../../../topology/index.js';
import type { Fault, KubeObject, Pod } from '../../contract/kube.js';
import { createMemoryStore, type ResourceName } from '../../store/index.js';
import { Cluster } from '../cluster.js';
import { type Reply, refuse, reply } from '../reply.js';
import { typedOps } from '../typed-ops.js';
import { createZone } from '../zone.js';

const SECOND_NS = 1_000_000_000;
/** Largest clusters that are copied. */
const MOST_PODS = 5000;
const MOST_NODES = 100;
/** Up to so many pods all run in a copy; of more, those alone that the question is about, and of these at most so many. */
const ALL_RUN = 100;
const MOST_RUNNING = 150;
/** How long pods of a copy may take to become what they were, in simulated time. */
const PATIENCE_NS = 90 * SECOND_NS;
/** How long endpoints, rules and faults take to follow. */
const FOLLOW_NS = SECOND_NS;

const FAULTS = 'podnet.dev/faults';
const TOPOLOGIES = 'podnet.dev/topologies';
const SLICES = 'discovery.k8s.io/endpointslices';

/** Records of the past, which nothing in a copy asks for, and what comes when the pods are there. */
const LEFT_OUT: ReadonlySet<string> = new Set(['events', 'podnet.dev/traces', FAULTS]);

/** The state of a cluster at one moment, from which any number of copies can be made. */
export interface Likeness {
  readonly live: Pick<Cluster, 'options' | 'fabric'>;
  readonly revision: number;
  readonly nowMs: number;
  readonly objects: readonly (readonly [ResourceName, KubeObject])[];
  readonly faults: readonly Fault[];
  /** Pods that run in a copy; the others are objects and nothing more. */
  readonly running: readonly Pod[];
  /** Uids of those that do not. */
  readonly still: ReadonlySet<string>;
  /** Changes that were typed, by machine. */
  readonly typed: ReadonlyMap<string, readonly KernelOp[]>;
  /** Labels of the namespaces that typed changes name, by machine and name. */
  readonly labels: ReadonlyMap<string, string>;
}

/** What may end the making of a copy early. */
export interface Patience {
  /** True when the answer is not wanted any more, or took too long. */
  readonly over: () => boolean;
}

/**
 * Notes what a cluster is like now; nothing in it is touched. In a large cluster only the pods that `concerns` names run
 * in a copy: whoever asks knows which those are.
 *
 * Failures: a sentence when the cluster is too large, or more was typed than is kept.
 */
export function likenessOf(live: Cluster, concerns: (pod: Pod) => boolean): Reply<Likeness> {
  const { api, fabric, store } = live;
  const pods = store.list('pods');
  if (pods.length > MOST_PODS || fabric.nodes.size > MOST_NODES)
    return refuse(
      `changes are tried on a copy of the cluster, and this one is too large to be copied: ${pods.length} pods on ${fabric.nodes.size} nodes, where ${MOST_PODS} pods on ${MOST_NODES} nodes may be`,
    );
  const running = pods.length <= ALL_RUN ? pods : pods.filter(concerns);
  if (running.length > MOST_RUNNING)
    return refuse(
      `changes are tried on a copy of the pods that the packet may meet, and these are too many: ${running.length}, where ${MOST_RUNNING} may be`,
    );
  const runs = new Set(running);
  const typed = new Map<string, readonly KernelOp[]>();
  const labels = new Map<string, string>();
  for (const { name, host } of fabric.machines.values()) {
    const { ops, overflown } = typedOps(host);
    if (overflown)
      return refuse(`more was typed on ${name} than is kept: the cluster cannot be copied`);
    if (ops.length > 0) typed.set(name, ops);
    for (const netns of host.netnsNames) {
      const label = host.netns(netns)?.label;
      if (label !== undefined && label !== '') labels.set(`${name} ${netns}`, label);
    }
  }
  const storages = [...new Set(api.registry.all.map(({ storage }) => storage))];
  return reply({
    live,
    revision: store.revision,
    nowMs: live.nowMs,
    objects: storages
      .filter((storage) => !LEFT_OUT.has(storage))
      .flatMap((storage) => store.list(storage).map((object) => [storage, object] as const)),
    faults: store.list(FAULTS),
    running,
    still: new Set(pods.flatMap((pod) => (runs.has(pod) ? [] : (pod.metadata.uid ?? '')))),
    typed,
    labels,
  });
}

/**
 * Makes a cluster of its own from a likeness: the control plane starts from the objects as after a restart, the kubelets
 * build every pod with the address it had, and then what was typed and the faults come over it. Nothing paces its clock.
 *
 * Failures: a sentence when it took too long.
 */
export async function copyCluster(likeness: Likeness, patience: Patience): Promise<Reply<Cluster>> {
  const copy = build(likeness);
  await becomeReady(copy, likeness, patience);
  if (patience.over()) return given(copy, 'making a copy took too long');
  continueAddresses(copy, likeness);
  for (const fault of likeness.faults) copy.store.create(FAULTS, fault);
  restoreTopology(copy, likeness);
  retype(copy, likeness);
  for (const { metadata } of likeness.faults) copy.faults.sync(metadata.name);
  await fallBack(copy, likeness, patience);
  return patience.over() ? given(copy, 'making a copy took too long') : reply(copy);
}

async function given(copy: Cluster, error: string): Promise<Reply<Cluster>> {
  await copy.stop();
  return refuse(error);
}

function build({ live, nowMs, objects, running, revision, still }: Likeness): Cluster {
  const { topology, seed, secret, rootCa } = live.options;
  return new Cluster(
    {
      topology,
      seed,
      epochMs: nowMs,
      store: createMemoryStore({ revision, objects }),
      podAddresses: addressesOf(running),
      runsPod: ({ metadata }) => !still.has(metadata.uid ?? ''),
      ...(secret === undefined ? {} : { secret }),
      ...(rootCa === undefined ? {} : { rootCa }),
    },
    createZone,
  );
}

function addressesOf(pods: readonly Pod[]): ReadonlyMap<string, string> {
  return new Map(
    pods.flatMap(({ metadata, spec, status }) =>
      status?.podIP === undefined || spec.hostNetwork === true
        ? []
        : [[`${metadata.namespace}/${metadata.name}`, status.podIP] as const],
    ),
  );
}

/** Runs until the pods that were Ready are Ready again, and what follows from them has followed. */
async function becomeReady(
  copy: Cluster,
  { running }: Likeness,
  { over }: Patience,
): Promise<void> {
  const { driver, fabric, store } = copy;
  // Objects say what pods were before the copy: a first second lets the kubelets tell what they are.
  await driver.runUntil(SECOND_NS / 10, over);
  const missing = new Set(running.filter(isReady).map(({ metadata }) => metadata.uid ?? ''));
  for (const { metadata } of running) {
    const pod = store.get('pods', metadata.namespace, metadata.name);
    if (pod !== undefined && isReady(pod)) missing.delete(pod.metadata.uid ?? '');
  }
  const end = store.watch('pods', ({ object }) => {
    if (isReady(object)) missing.delete(object.metadata.uid ?? '');
  });
  await driver.runUntil(fabric.clock.nowNs + PATIENCE_NS, () => missing.size === 0 || over());
  end();
  await driver.runUntil(fabric.clock.nowNs + FOLLOW_NS, over);
}

/** Runs until the endpoints are those of the likeness: faults take some out after a while. */
async function fallBack(copy: Cluster, likeness: Likeness, { over }: Patience): Promise<void> {
  const { driver, fabric, store } = copy;
  await driver.runUntil(fabric.clock.nowNs + FOLLOW_NS / 10, over);
  const wanted = likeness.objects.filter(([storage]) => storage === SLICES);
  const same = () =>
    wanted.every(([, slice]) => {
      const { namespace, name } = slice.metadata;
      return endpointsText(store.get(SLICES, namespace, name)) === endpointsText(slice);
    });
  let revision = -1;
  let reached = false;
  await driver.runUntil(fabric.clock.nowNs + PATIENCE_NS, () => {
    if (store.revision !== revision) {
      revision = store.revision;
      reached = same();
    }
    return reached || over();
  });
  await driver.runUntil(fabric.clock.nowNs + FOLLOW_NS / 10, over);
}

function endpointsText(slice: KubeObject | undefined): string {
  const { endpoints } = (slice ?? {}) as { readonly endpoints?: readonly Endpoint[] };
  return (endpoints ?? [])
    .map(({ addresses, conditions }) => `${addresses.join()} ${conditions?.ready !== false}`)
    .sort()
    .join();
}

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean };
}

/** New pods get the addresses that they would get in the original: one that was free for long is in nobody's neighbour table. */
function continueAddresses(copy: Cluster, { live }: Likeness): void {
  for (const { cni, name } of live.fabric.nodes.values()) {
    const { lastAddress } = cni;
    if (lastAddress !== undefined) copy.fabric.nodes.get(name)?.cni.continueAfter(lastAddress);
  }
}

/** The object was put back to what the cluster was started with: what was changed in it since comes again. */
function restoreTopology({ store }: Cluster, { objects }: Likeness): void {
  for (const [storage, object] of objects) {
    if (storage !== TOPOLOGIES) continue;
    const now = store.get(TOPOLOGIES, undefined, object.metadata.name);
    const { spec } = object as KubeObject & { readonly spec?: unknown };
    if (now !== undefined) store.update(TOPOLOGIES, { ...now, spec } as typeof now);
  }
}

/** Types again what was typed: each change by itself, in the namespace of the same pod. */
function retype(copy: Cluster, { labels, typed }: Likeness): void {
  for (const [machine, ops] of typed) {
    const host = copy.fabric.machines.get(machine)?.host;
    if (host === undefined) continue;
    const names = namesByLabel(host);
    const nameOf = (name: string): string => {
      const label = labels.get(`${machine} ${name}`);
      return label === undefined ? name : (names.get(label) ?? name);
    };
    // A change that a program has made again by itself is refused, which leaves things as they should be.
    for (const op of ops) host.apply([moved(op, nameOf)]);
  }
}

function namesByLabel(host: Host): ReadonlyMap<string, string> {
  return new Map(host.netnsNames.map((name) => [host.netns(name)?.label ?? '', name] as const));
}

/** The same change with namespaces renamed. */
function moved(op: KernelOp, nameOf: (name: string) => string): KernelOp {
  const netns = 'netns' in op && op.netns !== undefined ? { netns: nameOf(op.netns) } : {};
  if (op.op === 'link.set' && op.toNetns !== undefined)
    return { ...op, ...netns, toNetns: nameOf(op.toNetns) };
  if (op.op === 'link.add' && op.spec.type === 'veth' && op.spec.peer.netns !== undefined) {
    const peer = { ...op.spec.peer, netns: nameOf(op.spec.peer.netns) };
    return { ...op, ...netns, spec: { ...op.spec, peer } };
  }
  return { ...op, ...netns };
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
}
