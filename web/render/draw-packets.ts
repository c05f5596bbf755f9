import { type Selection, select } from 'd3-selection';
import 'd3-transition';
import { easeCubicInOut } from 'd3-ease';
import type { Flight, PacketMark } from '../model/flight.js';
import { type Point, pointAlong, roundedPath } from '../model/geometry.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Outline of a packet by what it is: requests point on, replies point back, ICMP and ARP are diamonds, the dead a cross. */
const OUTLINES: Readonly<Record<PacketMark['tone'], string>> = {
  request: 'M-12,-8H5L13,0L5,8H-12Z',
  none: 'M-12,-8H5L13,0L5,8H-12Z',
  reply: 'M12,-8H-5L-13,0L-5,8H12Z',
  related: 'M0,-12L12,0L0,12L-12,0Z',
  dropped: 'M-9,-13H9L13,-9V9L9,13H-9L-13,9V-9Z',
};

const SIGNS: Readonly<Record<PacketMark['tone'], string>> = {
  request: 'M-7,-3h10v7h-10zM-7,-3l5,4l5,-4',
  none: 'M-7,-3h10v7h-10zM-7,-3l5,4l5,-4',
  reply: 'M-3,-3h10v7h-10zM-3,-3l5,4l5,-4',
  related: 'M0,-5V2M0,5V5.5',
  dropped: 'M-6,-6L6,6M6,-6L-6,6',
};

/** Draws packets where they are; those that moved glide along the lines they took. */
export function drawPackets(layer: Group, flight: Flight | undefined, stepMs: number): void {
  layer
    .selectAll<SVGPathElement, readonly Point[]>('path.trail')
    .data(flight?.trail ?? [])
    .join('path')
    .attr('class', 'trail')
    .attr('d', (way) => roundedPath(way));
  const groups = layer
    .selectAll<SVGGElement, PacketMark>('g.packet')
    .data(flight?.marks ?? [], (mark) => mark.id)
    .join((enter) => {
      const group = enter.append('g');
      group.append('path').attr('class', 'shape');
      group.append('path').attr('class', 'envelope');
      group.append('text').attr('y', -18).attr('text-anchor', 'middle');
      return group;
    })
    .order();
  groups.attr('class', (mark) => `packet ${mark.tone}${mark.current ? ' current' : ''}`);
  groups.select('path.shape').attr('d', (mark) => OUTLINES[mark.tone]);
  groups.select('path.envelope').attr('d', (mark) => SIGNS[mark.tone]);
  groups.select('text').text((mark) => (mark.current ? mark.label : ''));
  groups.each(function (mark) {
    move(this, mark, stepMs);
  });
}

/** Where each packet was drawn last. */
const lastPlaces = new WeakMap<SVGGElement, Point>();

function move(element: SVGGElement, mark: PacketMark, stepMs: number): void {
  const group = select(element);
  const before = lastPlaces.get(element);
  lastPlaces.set(element, mark.at);
  const target = `translate(${mark.at.x},${mark.at.y})`;
  if (before !== undefined && before.x === mark.at.x && before.y === mark.at.y) return;
  group.interrupt();
  const way = wayFrom(before, mark);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (way === undefined || stepMs < 40 || still) {
    group.attr('transform', target);
    return;
  }
  group
    .transition()
    .duration(stepMs)
    .ease(easeCubicInOut)
    .attrTween('transform', () => (share) => {
      const at = pointAlong(way, share) ?? mark.at;
      return `translate(${at.x},${at.y})`;
    });
}

/** The way to glide, forward or back; undefined when the packet did not come from where it was drawn. */
function wayFrom(before: Point | undefined, mark: PacketMark): readonly Point[] | undefined {
  if (before === undefined || mark.way.length < 2) return undefined;
  const first = mark.way[0];
  return first !== undefined && Math.hypot(first.x - before.x, first.y - before.y) < 1
    ? mark.way
    : undefined;
}
