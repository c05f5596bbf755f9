import type {
  NodeVertex,
  PodVertex,
  PolicyVertex,
  ServiceVertex,
  TunnelVertex,
  Vertex,
} from '../../server/contract/graph.js';
import type { PolicyReach } from '../../server/contract/policy.js';
import { type ChipSlots, placeChips } from './chips.js';
import type { Box } from './geometry.js';
import type { LayerSet } from './layers.js';
import type { Layout } from './layout.js';
import { compareNames } from './names.js';
import { type PolicyPicture, policyPicture } from './policy-picture.js';
import { type NodeEntry, nodeEntries, type ServiceLine, serviceLines } from './service-lines.js';
import { type TunnelArc, tunnelArcs } from './tunnel-arcs.js';

/** A Service or a policy as it stands above the nodes. */
export interface Chip {
  readonly vertex: ServiceVertex | PolicyVertex;
  readonly box: Box;
}

/** What the layers add to the drawing. */
export interface Overlay {
  /** How much larger than at a zoom of 1 it is drawn; large drawings are seen from far. */
  readonly scale: number;
  readonly chips: readonly Chip[];
  readonly lines: readonly ServiceLine[];
  readonly entries: readonly NodeEntry[];
  readonly policies: PolicyPicture;
  readonly tunnels: readonly TunnelArc[];
  /** Around the drawing and all chips. */
  readonly extent: Box;
  readonly slots: ChipSlots;
}

/** What an overlay is made from. */
export interface OverlaySource {
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly layout: Layout;
  /** Where a thing, or what stands for it, is drawn. */
  readonly place: (id: string) => Box | undefined;
  readonly layers: LayerSet;
  readonly selected: string | undefined;
  /** What policies let pass of what is selected. */
  readonly reach: PolicyReach | undefined;
  /** Places that chips had before: they keep them. */
  readonly slots: ChipSlots;
  readonly scale: number;
}

/** Lines of all Services are drawn up to so many; above, those of the selected one. */
const MOST_LINES = 260;

/** Lays out what the layers show. */
export function overlayOf(source: OverlaySource): Overlay {
  const { vertices, layers, layout, scale, selected } = source;
  const found = sorted(vertices);
  const services = layers.has('services') ? found.services : [];
  const policies = layers.has('policies') ? found.policies : [];
  const placed = placeChips([services, policies], { ...source, extent: layout.extent });
  const chips = placed.chips;
  const total = services.reduce((sum, { pods, unready }) => sum + pods.length + unready.length, 0);
  const pod = vertices.get(selected ?? '');
  const shown =
    total <= MOST_LINES
      ? services
      : services.filter(
          ({ id, pods }) => id === selected || (pod?.kind === 'pod' && pods.includes(pod.id)),
        );
  const entered = scale === 1 ? services : services.filter(({ id }) => id === selected);
  return {
    scale,
    chips,
    lines: serviceLines(shown, { boxes: placed.boxes, place: source.place }),
    entries: nodeEntries(entered, { nodes: found.nodes, vertices, layout, scale }),
    policies: layers.has('policies') ? policyPicture(source, found.isolated) : NO_POLICIES,
    tunnels: layers.has('tunnels') ? tunnelArcs(found.tunnels, source) : [],
    extent: placed.extent,
    slots: placed.slots,
  };
}

const NO_POLICIES: PolicyPicture = { shields: [], arrows: [], tags: [] };

interface Found {
  readonly services: readonly ServiceVertex[];
  readonly policies: readonly PolicyVertex[];
  readonly tunnels: readonly TunnelVertex[];
  readonly nodes: readonly NodeVertex[];
  readonly isolated: readonly PodVertex[];
}

function sorted(vertices: ReadonlyMap<string, Vertex>): Found {
  const services: ServiceVertex[] = [];
  const policies: PolicyVertex[] = [];
  const tunnels: TunnelVertex[] = [];
  const nodes: NodeVertex[] = [];
  const isolated: PodVertex[] = [];
  for (const vertex of vertices.values()) {
    if (vertex.kind === 'service') services.push(vertex);
    else if (vertex.kind === 'policy') policies.push(vertex);
    else if (vertex.kind === 'tunnel') tunnels.push(vertex);
    else if (vertex.kind === 'node') nodes.push(vertex);
    else if (vertex.kind === 'pod' && vertex.isolatedBy !== undefined) isolated.push(vertex);
  }
  const byName = (a: ServiceVertex | PolicyVertex, b: ServiceVertex | PolicyVertex) =>
    compareNames(a.namespace, b.namespace) || compareNames(a.name, b.name);
  return {
    services: services.sort(byName),
    policies: policies.sort(byName),
    tunnels,
    nodes,
    isolated,
  };
}
