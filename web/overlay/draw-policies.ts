import type { Selection } from 'd3-selection';
import type { Point } from '../model/geometry.js';
import type { Overlay } from '../model/overlay.js';
import type { PolicyArrow, PolicyTag, Shield } from '../model/policy-picture.js';
import { FONTS, fitText, textWidth } from '../render/fit-text.js';
import { SHIELD } from './draw-chips.js';
import { OVERLAY } from './words.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Longest words of a tag, in units at a scale of 1. */
const TAG_ROOM = 168;

/** Shields on isolated pods; arrows and tags of what is let pass. */
export function drawPolicies(layer: Group, { policies, scale }: Overlay): void {
  drawArrows(layer, policies.arrows, scale);
  drawTags(layer, policies.tags, scale);
  const shields = layer
    .selectAll<SVGGElement, Shield>('g.shield')
    .data(policies.shields, ({ pod }) => pod)
    .join((enter) => {
      const group = enter.append('g').attr('class', 'shield');
      group.append('path').attr('d', SHIELD).attr('transform', 'scale(1.35)');
      group.append('text').attr('y', 4).attr('text-anchor', 'middle');
      group.append('title');
      return group;
    });
  shields.attr('transform', ({ at }) => `translate(${at.x},${at.y + 8})`);
  shields.select('text').text(({ ingress, egress }) => wayOf(ingress, egress));
  shields.select('title').text(({ ingress, egress }) => {
    const ways = [
      ...(ingress.length > 0 ? [`ingress by ${ingress.join(', ')}`] : []),
      ...(egress.length > 0 ? [`egress by ${egress.join(', ')}`] : []),
    ];
    return OVERLAY.isolated(ways.join('; '));
  });
}

/** A sign for each way that is closed: told by shape. */
function wayOf(ingress: readonly string[], egress: readonly string[]): string {
  if (ingress.length > 0 && egress.length > 0) return '⇅';
  return ingress.length > 0 ? '↓' : '↑';
}

function drawArrows(layer: Group, arrows: readonly PolicyArrow[], scale: number): void {
  const groups = layer
    .selectAll<SVGGElement, PolicyArrow>('g.policy-arrow')
    .data(arrows, ({ id }) => id)
    .join((enter) => {
      const group = enter.append('g');
      group.append('path').attr('class', 'wire');
      group.append('path').attr('class', 'head').attr('d', 'M0,0L-11,-5L-11,5Z');
      group.append('text').attr('text-anchor', 'middle');
      return group;
    });
  groups.attr('class', ({ direction }) => `policy-arrow ${direction}`);
  groups
    .select('path.wire')
    .attr('d', ({ from, bend, to }) => `M${from.x},${from.y}Q${bend.x},${bend.y} ${to.x},${to.y}`);
  groups
    .select('path.head')
    .attr(
      'transform',
      ({ bend, to }) => `translate(${to.x},${to.y}) rotate(${angleOf(bend, to)}) scale(${scale})`,
    );
  groups
    .select('text')
    .attr('transform', (arrow) => {
      const at = middleOf(arrow);
      return `translate(${at.x},${at.y}) scale(${scale})`;
    })
    .text(({ ports }) => fitText(ports, TAG_ROOM, FONTS.small));
}

function angleOf(from: Point, to: Point): number {
  return (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
}

/** The middle of a quadratic curve. */
function middleOf({ from, bend, to }: PolicyArrow): Point {
  return { x: (from.x + 2 * bend.x + to.x) / 4, y: (from.y + 2 * bend.y + to.y) / 4 };
}

function drawTags(layer: Group, tags: readonly PolicyTag[], scale: number): void {
  const groups = layer
    .selectAll<SVGGElement, PolicyTag>('g.policy-tag')
    .data(tags, ({ id }) => id)
    .join((enter) => {
      const group = enter.append('g');
      group.append('rect').attr('y', -9).attr('height', 18).attr('rx', 9);
      group.append('text').attr('x', 8).attr('y', 4);
      group.append('title');
      return group;
    });
  groups
    .attr('class', ({ peers, direction }) => {
      return `policy-tag ${direction}${peers.length === 0 ? ' nobody' : ''}`;
    })
    .attr('transform', ({ at }) => `translate(${at.x},${at.y}) scale(${scale})`);
  groups.select('rect').attr('width', (tag) => textWidth(tagWords(tag), FONTS.small) + 16);
  groups.select('text').text(tagWords);
  groups.select('title').text(({ peers }) => peers.join('\n') || OVERLAY.nobody);
}

function tagWords({ direction, peers }: PolicyTag): string {
  const sign = direction === 'ingress' ? OVERLAY.into : OVERLAY.outOf;
  const words = peers
    .map((peer) =>
      peer.startsWith('everyone') ? peer.replace('everyone', OVERLAY.everyone) : peer,
    )
    .join(', ');
  return fitText(`${sign} ${words || OVERLAY.nobody}`, TAG_ROOM, FONTS.small);
}
