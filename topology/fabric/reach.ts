import type { Fabric, FabricLink } from './fabric.js';

/**
 * The machines that cables lead to from one: over plugged cables between powered machines, whose devices are up and which
 * do not lose every frame. Routes and rules are not asked.
 */
export function cabledTo(fabric: Fabric, from: string): ReadonlySet<string> {
  const neighbors = new Map<string, string[]>();
  for (const link of fabric.links.values()) {
    if (!carries(fabric, link)) continue;
    const [a, b] = link.ends;
    neighbors.set(a.machine, [...(neighbors.get(a.machine) ?? []), b.machine]);
    neighbors.set(b.machine, [...(neighbors.get(b.machine) ?? []), a.machine]);
  }
  const reached = new Set([from]);
  // A set that grows while it is walked hands out what was added.
  for (const name of reached) {
    for (const next of neighbors.get(name) ?? []) reached.add(next);
  }
  return reached;
}

function carries(fabric: Fabric, { cable, ends }: FabricLink): boolean {
  if (!cable.up || cable.properties.loss >= 1) return false;
  return ends.every(
    ({ machine, device }) => fabric.machines.get(machine)?.host.root.device(device)?.up === true,
  );
}
