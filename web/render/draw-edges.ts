import { type Selection, select } from 'd3-selection';
import type { Edge } from '../../server/contract/graph.js';
import { lengthOf, type Point, pointAlong, roundedPath } from '../model/geometry.js';
import type { Level } from '../model/level.js';
import { FONTS, textWidth } from './fit-text.js';
import type { Scene, SceneEvents } from './scene.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

interface DrawnEdge {
  readonly edge: Edge;
  readonly line: readonly Point[];
}

/** Draws veths, uplinks and cables, and the lines inside nodes that no edge stands for. */
export function drawEdges(
  layer: Group,
  scene: Scene & { readonly level: Level },
  events: Pick<SceneEvents, 'select'>,
): void {
  layer
    .selectAll<SVGPathElement, readonly Point[]>('path.inner')
    .data(scene.tracks.inner)
    .join('path')
    .attr('class', 'inner')
    .attr('d', (line) => roundedPath(line));
  layer
    .selectAll<SVGPathElement, readonly Point[]>('path.hosted')
    .data(scene.layers.has('hosted') ? [...scene.tracks.hosted.values()] : [])
    .join('path')
    .attr('class', 'hosted')
    .attr('d', (line) => roundedPath(line, 5));
  const drawn = [...scene.edges.values()].flatMap((edge): DrawnEdge[] => {
    const line = scene.tracks.lines.get(edge.id);
    return line === undefined ? [] : [{ edge, line }];
  });
  const groups = layer
    .selectAll<SVGGElement, DrawnEdge>('g.edge')
    .data(drawn, (d) => d.edge.id)
    .join((enter) => {
      const group = enter.append('g');
      group.append('path').attr('class', 'hit');
      group.append('path').attr('class', 'line');
      group.append('title');
      return group;
    });
  groups
    .attr('class', (d) => classOf(d.edge, scene))
    .attr('data-id', (d) => d.edge.id)
    .attr('role', (d) => (d.edge.kind === 'cable' ? 'group' : null))
    .attr('aria-label', (d) => titleOf(d.edge))
    .on('click', (event: MouseEvent, d) => {
      event.stopPropagation();
      events.select(d.edge.id);
    })
    .on('keydown', (event: KeyboardEvent, d) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      events.select(d.edge.id);
    })
    .each(function (d) {
      const path = roundedPath(d.line);
      const group = select(this);
      if (group.attr('data-path') !== path) {
        group.attr('data-path', path);
        group.selectAll('path').attr('d', path);
      }
      group.select('title').text(titleOf(d.edge));
      drawCut(group, d);
    });
  drawLabels(layer, drawn, scene);
  drawPorts(layer, drawn, { level: scene.level, lanes: scene.layout.plan.podRows });
}

/** Devices, delay and rate beside cables, where they are asked for. */
function drawLabels(layer: Group, drawn: readonly DrawnEdge[], scene: Scene): void {
  const told = scene.layers.has('labels') ? drawn.filter(({ edge }) => edge.kind === 'cable') : [];
  layer
    .selectAll<SVGTextElement, DrawnEdge>('text.edge-label')
    .data(told, ({ edge }) => edge.id)
    .join('text')
    .attr('class', 'edge-label')
    .attr('transform', ({ line }) => {
      const at = pointAlong(line, 0.5) ?? { x: 0, y: 0 };
      return isFlat(line) ? `translate(${at.x},${at.y - 7})` : `translate(${at.x + 8},${at.y + 4})`;
    })
    .attr('text-anchor', ({ line }) => (isFlat(line) ? 'middle' : 'start'))
    .text(({ edge, line }) => {
      const room = isFlat(line) ? lengthOf(line) - 8 : Number.POSITIVE_INFINITY;
      const short = edge.delayUs === undefined ? '' : `${edge.delayUs} µs`;
      return textWidth(labelOf(edge), FONTS.small) <= room ? labelOf(edge) : short;
    });
}

/** Lanes of veths beside each other between which their names have room. */
const MOST_LANES = 2;

/** From near: the names of veths at the bridge that they are ports of. */
function drawPorts(
  layer: Group,
  drawn: readonly DrawnEdge[],
  { level, lanes }: { readonly level: Level; readonly lanes: number },
): void {
  const near = level === 'near' || level === 'nearest';
  layer
    .selectAll<SVGTextElement, DrawnEdge>('text.port-name')
    .data(
      near && lanes <= MOST_LANES ? drawn.filter(({ edge }) => edge.kind === 'veth') : [],
      ({ edge }) => edge.id,
    )
    .join('text')
    .attr('class', 'port-name')
    .attr('transform', ({ line }) => {
      const end = line.at(-1) ?? { x: 0, y: 0 };
      return `translate(${end.x - 1.5},${end.y - 3}) rotate(-90)`;
    })
    .text(({ edge }) => edge.toDevice);
}

function isFlat(line: readonly Point[]): boolean {
  const [a] = line;
  const b = line.at(-1);
  return Math.abs((a?.y ?? 0) - (b?.y ?? 0)) < 1;
}

/** A cross where a link is cut: told by shape, not by colour alone. */
function drawCut(group: Group, { edge, line }: DrawnEdge): void {
  const at = edge.up ? undefined : pointAlong(line, 0.5);
  group
    .selectAll<SVGPathElement, Point>('path.cut')
    .data(at === undefined ? [] : [at])
    .join('path')
    .attr('class', 'cut')
    .attr('d', 'M-5,-5L5,5M5,-5L-5,5')
    .attr('transform', (p) => `translate(${p.x},${p.y})`);
}

function classOf(edge: Edge, scene: Scene): string {
  const classes = ['edge', edge.kind, edge.up ? 'up' : 'down'];
  if (edge.id === scene.selected) classes.push('selected');
  if (scene.dimmed.has(edge.from)) classes.push('dimmed');
  return classes.join(' ');
}

/** `eth0 – p1 · 50 µs · 1000 Mbit/s`. */
export function labelOf({ fromDevice, toDevice, delayUs, rateBitsPerSecond, up }: Edge): string {
  return [
    `${fromDevice} – ${toDevice}`,
    ...(delayUs === undefined ? [] : [`${delayUs} µs`]),
    ...(rateBitsPerSecond === undefined ? [] : [`${rateBitsPerSecond / 1e6} Mbit/s`]),
    ...(up ? [] : ['down']),
  ].join(' · ');
}

function titleOf(edge: Edge): string {
  const ends = `${edge.kind}: ${edge.fromDevice} – ${edge.toDevice}`;
  const delay = edge.delayUs === undefined ? '' : `, ${edge.delayUs} µs`;
  return `${ends}${delay}${edge.up ? '' : ' (down)'}`;
}
