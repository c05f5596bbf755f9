import type { TunnelVertex } from '../../server/contract/graph.js';
import type { Box, Point } from './geometry.js';

/** Two tunnel devices that send to each other. */
export interface TunnelArc {
  readonly id: string;
  readonly ends: readonly [TunnelVertex, TunnelVertex];
  readonly from: Point;
  readonly to: Point;
  /** How far below its ends it hangs. */
  readonly depth: number;
  readonly up: boolean;
  /** Only one of them has the other in its forwarding database. */
  readonly half: boolean;
}

/** Tunnels above which only those of the selected node are drawn. */
const MOST_ALL = 12;
/** Peers that a vertex tells at most: one that tells so many may have others. */
const MOST_TOLD = 64;

interface ArcSource {
  readonly place: (id: string) => Box | undefined;
  readonly selected: string | undefined;
  readonly scale: number;
}

/** The tunnels between the devices that are drawn: those that forwarding databases name, and no others. */
export function tunnelArcs(
  tunnels: readonly TunnelVertex[],
  { place, selected, scale }: ArcSource,
): readonly TunnelArc[] {
  const byVtep = new Map<string, TunnelVertex>();
  for (const tunnel of tunnels) if (tunnel.vtep !== undefined) byVtep.set(tunnel.vtep, tunnel);
  const arcs = new Map<string, TunnelArc>();
  for (const tunnel of tunnels) {
    for (const peer of tunnel.peers) {
      const other = byVtep.get(peer);
      if (other === undefined || other.vni !== tunnel.vni) continue;
      const shown =
        tunnels.length <= MOST_ALL ||
        [tunnel.id, other.id, tunnel.parent, other.parent].includes(selected ?? '');
      if (!shown) continue;
      const [a, b] = tunnel.id < other.id ? [tunnel, other] : [other, tunnel];
      const id = `${a.id}=${b.id}`;
      const known = arcs.get(id);
      if (known !== undefined) arcs.set(id, { ...known, half: false });
      else {
        const from = place(a.id);
        const to = place(b.id);
        if (from === undefined || to === undefined) continue;
        const way = { from: footOf(from), to: footOf(to) };
        const depth = scale * Math.min(96, 58 + Math.abs(way.to.x - way.from.x) * 0.05);
        arcs.set(id, {
          id,
          ends: [a, b],
          ...way,
          depth,
          up: a.up && b.up,
          half: other.peers.length < MOST_TOLD,
        });
      }
    }
  }
  return [...arcs.values()];
}

function footOf(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height };
}
