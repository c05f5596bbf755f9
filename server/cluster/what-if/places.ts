/** Network namespaces that a packet passed, and what holds there. */

import type { Host, NetNamespace } from '../../../topology/index.js';
import type { Hop } from '../../contract/journey.js';
import type { ShownChange, TypedRequest } from '../../contract/what-if.js';
import type { Cluster } from '../cluster.js';
import { findPlace } from '../fault/place.js';
import type { Case } from './case.js';

/** A network namespace of a pod or machine. */
export interface Space {
  readonly host: Host;
  readonly netns: NetNamespace;
  /** `pod default/web` or `worker-1`. */
  readonly label: string;
  readonly place: Pick<TypedRequest, 'pod' | 'machine'>;
}

/** The namespace of a hop; undefined for switches, which have no tables, and for what is gone. */
export function spaceOf(cluster: Cluster, { host, vertex }: Pick<Hop, 'host' | 'vertex'>) {
  return vertex.startsWith('pod:')
    ? podSpace(cluster, vertex.slice('pod:'.length))
    : machineSpace(cluster, host);
}

/** The namespace of a pod. */
export function podSpace(cluster: Cluster, pod: string): Space | undefined {
  const found = findPlace(cluster, { type: 'Sysctl', pod });
  if (!found.ok) return undefined;
  const { host, netns } = found.value;
  const space = netns === undefined ? undefined : host.netns(netns);
  return space === undefined
    ? undefined
    : { host, netns: space, label: `pod ${pod}`, place: { pod } };
}

/** The namespace of a machine. */
export function machineSpace(cluster: Cluster, machine: string): Space | undefined {
  const host = cluster.fabric.machines.get(machine)?.host;
  return host === undefined
    ? undefined
    : { host, netns: host.root, label: machine, place: { machine } };
}

/** The namespaces that packets of a trace passed, those where one was lost first, then the two ends. */
export function passedSpaces({
  cluster,
  failures,
  outcome,
  source,
  asked,
}: Case): readonly Space[] {
  const hops = [...failures.map(({ hop }) => hop).reverse(), ...(outcome.journey?.hops ?? [])];
  const found = new Map<string, Space>();
  const add = (space: Space | undefined) => {
    if (space !== undefined && !found.has(space.label)) found.set(space.label, space);
  };
  for (const hop of hops) add(spaceOf(cluster, hop));
  const pods = [...(source?.kind === 'pod' ? [source.pod] : []), ...asked.slice(0, 3)];
  for (const { metadata, spec } of pods) {
    add(podSpace(cluster, `${metadata.namespace}/${metadata.name}`));
    if (spec.nodeName !== undefined) add(machineSpace(cluster, spec.nodeName));
  }
  return [...found.values()];
}

/** Commands in a namespace, as a change. */
export function typedChange(space: Space, lines: readonly string[]) {
  const title = space.label;
  return {
    deeds: [{ command: 'typed', request: { ...space.place, lines } } as const],
    changes: [{ kind: 'commands', title, lines } satisfies ShownChange],
  };
}
