import type { NodeVertex, ServiceVertex, Vertex } from '../../server/contract/graph.js';
import type { Box, Point } from './geometry.js';
import type { Layout } from './layout.js';

/** From a Service to one of its endpoints, or to what stands for several. */
export interface ServiceLine {
  readonly id: string;
  readonly service: string;
  readonly ready: boolean;
  readonly from: Point;
  readonly to: Point;
  /** `80 → 8080/TCP`. */
  readonly mapping: string;
}

/** A node port where it is taken: at a node. */
export interface NodeEntry {
  readonly id: string;
  readonly node: string;
  readonly at: Point;
  readonly services: readonly string[];
  /** Ports in words, as many as have room. */
  readonly words: string;
  /** What the node does with what comes there. */
  readonly way: 'cluster' | 'local' | 'none';
}

/** Lines from the chips of Services to their pods; pods that are drawn as one thing get one line. */
export function serviceLines(
  services: readonly ServiceVertex[],
  drawn: {
    readonly boxes: ReadonlyMap<string, Box>;
    readonly place: (id: string) => Box | undefined;
  },
): readonly ServiceLine[] {
  return services.flatMap((service) => {
    const chip = drawn.boxes.get(service.id);
    if (chip === undefined) return [];
    const from = { x: chip.x + chip.width / 2, y: chip.y + chip.height };
    const lines = new Map<string, ServiceLine>();
    for (const [pods, ready] of [
      [service.pods, true],
      [service.unready, false],
    ] as const) {
      for (const pod of pods) {
        const box = drawn.place(pod);
        if (box === undefined) continue;
        const to = { x: box.x + box.width / 2, y: box.y };
        const id = `${service.id}>${to.x},${to.y}`;
        if (lines.get(id)?.ready === true) continue;
        lines.set(id, {
          id,
          service: service.id,
          ready,
          from,
          to,
          mapping: service.mappings.join(', '),
        });
      }
    }
    return [...lines.values()];
  });
}

interface EntrySource {
  readonly nodes: readonly NodeVertex[];
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly layout: Layout;
  readonly scale: number;
}

/** Ports that are told at a node; more are counted. */
const MOST_PORTS = 2;

/** Where nodes take the node ports of Services: one mark at each node for those that it treats alike. */
export function nodeEntries(
  services: readonly ServiceVertex[],
  { nodes, vertices, layout, scale }: EntrySource,
): readonly NodeEntry[] {
  const open = services.filter(({ nodePorts }) => nodePorts.length > 0);
  if (open.length === 0) return [];
  return nodes.flatMap((node) => {
    const box = layout.boxes.get(node.id);
    if (box === undefined) return [];
    const kinds = new Map<NodeEntry['way'], ServiceVertex[]>();
    for (const service of open) {
      const way = wayAt(node.id, service, vertices);
      kinds.set(way, [...(kinds.get(way) ?? []), service]);
    }
    return [...kinds].map(([way, members], index): NodeEntry => {
      const ports = members.flatMap(({ nodePorts }) => nodePorts);
      const more = ports.length - MOST_PORTS;
      return {
        id: `${node.id} ${way}`,
        node: node.id,
        at: {
          x: box.x + 10 * scale,
          y: box.y + box.height + (4 + index * 17) * scale,
        },
        services: members.map(({ id }) => id),
        words: `${ports.slice(0, MOST_PORTS).join(' ')}${more > 0 ? ` +${more}` : ''}`,
        way,
      };
    });
  });
}

function wayAt(
  node: string,
  { externalTrafficPolicy, pods }: ServiceVertex,
  vertices: ReadonlyMap<string, Vertex>,
): NodeEntry['way'] {
  if (externalTrafficPolicy !== 'Local') return 'cluster';
  return pods.some((id) => vertices.get(id)?.parent === node) ? 'local' : 'none';
}
