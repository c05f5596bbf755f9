/** Something is broken on purpose, by a Fault or in the Topology: what is healed. */

import type { Fault } from '../../../contract/kube.js';
import { asObject, objectsOf } from '../../../kube/json.js';
import type { Candidate, Family } from '../candidate.js';
import type { Case } from '../case.js';
import { deleteObject, editObject } from '../edit.js';

const FAULTS = 'podnet.dev/faults';
const TOPOLOGIES = 'podnet.dev/topologies';
const MOST = 8;

/** Heals the faults in force, those near the place of the loss first. */
export const faults: Family = (failed) => {
  const near = placesOf(failed);
  return failed.cluster.store
    .list(FAULTS)
    .filter(
      ({ spec, metadata }) =>
        spec.type !== 'KillProcess' && metadata.deletionTimestamp === undefined,
    )
    .map((fault) => ({ fault, distance: distance(fault, near) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST)
    .map(
      ({ fault }): Candidate => ({
        ...deleteObject(failed.cluster, fault),
        text: `Heal fault ${fault.metadata.name} (${wordsOf(fault)})`,
        because: 'it is in force, and what was broken last is the first to look at',
        size: 'field',
      }),
    );
};

/** Names of pods and machines on the way, the place of the loss last. */
function placesOf({ failures, outcome }: Case): readonly string[] {
  const hops = [...(outcome.journey?.hops ?? []), ...failures.map(({ hop }) => hop)];
  return hops.flatMap(({ host, vertex }) => [host, vertex.replace(/^pod:/, '')]);
}

function distance({ spec }: Fault, near: readonly string[]): number {
  const named = [spec.node, spec.pod, ...(spec.cable ?? '').split(/[/:]|--/)];
  const last = Math.max(...named.map((name) => (name === undefined ? -1 : near.lastIndexOf(name))));
  return near.length - last;
}

function wordsOf({ spec }: Fault): string {
  const where = [spec.pod ?? spec.node ?? spec.cable, spec.device].filter(
    (part) => part !== undefined,
  );
  return [spec.type, 'of', ...where].join(' ');
}

/** A cable of the Topology loses frames: it is told to lose none. */
export const cables: Family = ({ cluster, failures }) => {
  const [topology] = cluster.store.list(TOPOLOGIES);
  if (topology === undefined) return [];
  const links = [...cluster.fabric.links.values()];
  const found = new Set(
    failures.flatMap(({ code, hop, step }) =>
      code === 'cable-loss'
        ? links.flatMap(({ ends }, index) =>
            ends.some(({ device, machine }) => machine === hop.host && device === step.device)
              ? [index]
              : [],
          )
        : [],
    ),
  );
  return [...found].flatMap((index): readonly Candidate[] => {
    const edit = editObject(cluster, topology, (body) => {
      const link = objectsOf(asObject(body.spec)?.links)[index];
      if (link !== undefined) delete link.loss;
    });
    if (edit === undefined) return [];
    const ends = links[index]?.ends.map(({ device, machine }) => `${machine}:${device}`) ?? [];
    return [
      {
        ...edit,
        text: `Let the cable ${ends.join(' -- ')} lose no frames`,
        because: `Topology ${topology.metadata.name} says that it loses some`,
        size: 'field',
      },
    ];
  });
};
