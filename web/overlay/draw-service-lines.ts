import type { Selection } from 'd3-selection';
import type { Overlay } from '../model/overlay.js';
import type { NodeEntry, ServiceLine } from '../model/service-lines.js';
import { FONTS, textWidth } from '../render/fit-text.js';
import { OVERLAY } from './words.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Lines from Services to their pods; whole to those that get packets. */
export function drawServiceLines(
  layer: Group,
  { lines, scale }: Overlay,
  selected: string | undefined,
): void {
  const groups = layer
    .selectAll<SVGGElement, ServiceLine>('g.service-line')
    .data(lines, ({ id }) => id)
    .join((enter) => {
      const group = enter.append('g');
      group.append('path').attr('class', 'hit');
      group.append('path').attr('class', 'wire');
      group.append('circle');
      group.append('text').attr('text-anchor', 'middle');
      return group;
    });
  groups
    .attr('class', ({ service, ready }) => {
      const classes = ['service-line', ready ? 'ready' : 'unready'];
      if (service === selected) classes.push('selected');
      else if (selected?.startsWith('service:') === true) classes.push('aside');
      return classes.join(' ');
    })
    .attr('data-service', ({ service }) => service);
  groups.select('path.hit').attr('d', pathOf);
  groups.select('path.wire').attr('d', pathOf);
  groups
    .select('circle')
    .attr('cx', ({ to }) => to.x)
    .attr('cy', ({ to }) => to.y)
    .attr('r', 4 * scale);
  groups
    .select('text')
    .attr('transform', ({ to }) => `translate(${to.x},${to.y - 9 * scale}) scale(${scale})`)
    .text(({ mapping }) => mapping);
}

/** Down from the Service, and from above into the pod. */
function pathOf({ from, to }: ServiceLine): string {
  const middle = from.y + Math.max((to.y - from.y) * 0.5, 0);
  return `M${from.x},${from.y}C${from.x},${middle} ${to.x},${middle} ${to.x},${to.y}`;
}

const ENTRY_HEIGHT = 16;

/** Node ports below the nodes that take them. */
export function drawEntries(
  layer: Group,
  { entries, scale }: Overlay,
  selected: string | undefined,
): void {
  const groups = layer
    .selectAll<SVGGElement, NodeEntry>('g.entry')
    .data(entries, ({ id }) => id)
    .join((enter) => {
      const group = enter.append('g');
      group
        .append('rect')
        .attr('height', ENTRY_HEIGHT)
        .attr('rx', ENTRY_HEIGHT / 2);
      group.append('text').attr('x', 8).attr('y', 12);
      group.append('title');
      return group;
    });
  groups
    .attr('class', ({ way, services }) => {
      const on = selected !== undefined && services.includes(selected);
      return `entry ${way}${on ? ' selected' : ''}`;
    })
    .attr('transform', ({ at }) => `translate(${at.x},${at.y}) scale(${scale})`);
  groups.select('rect').attr('width', (entry) => textWidth(wordsOf(entry), FONTS.small) + 16);
  groups.select('text').text(wordsOf);
  groups.select('title').text(({ way, services }) => {
    const what =
      way === 'cluster'
        ? OVERLAY.nodePortOpen
        : way === 'local'
          ? OVERLAY.nodePortLocal
          : OVERLAY.nodePortNone;
    return `${services.map((id) => id.slice('service:'.length)).join(', ')}: ${what}`;
  });
}

function wordsOf({ way, words }: NodeEntry): string {
  return `${way === 'none' ? '✕ ' : '⇥ '}${OVERLAY.nodePort(words)}`;
}
