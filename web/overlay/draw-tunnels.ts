import type { Selection } from 'd3-selection';
import type { Overlay } from '../model/overlay.js';
import type { TunnelArc } from '../model/tunnel-arcs.js';
import { OVERLAY } from './words.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Tunnels as pipes that hang between their devices. */
export function drawTunnels(layer: Group, { tunnels, scale }: Overlay, selected?: string): void {
  const groups = layer
    .selectAll<SVGGElement, TunnelArc>('g.tunnel-arc')
    .data(tunnels, ({ id }) => id)
    .join((enter) => {
      const group = enter.append('g');
      group.append('path').attr('class', 'pipe');
      group.append('path').attr('class', 'core');
      group.append('text').attr('text-anchor', 'middle');
      group.append('title');
      return group;
    });
  groups.attr('class', ({ ends, up, half }) => {
    const classes = ['tunnel-arc', up ? 'up' : 'down'];
    if (half) classes.push('half');
    if (ends.some(({ id, parent }) => id === selected || parent === selected))
      classes.push('selected');
    return classes.join(' ');
  });
  groups.select('path.pipe').attr('d', pathOf);
  groups.select('path.core').attr('d', pathOf);
  groups
    .select('text')
    .attr('transform', ({ from, to, depth }) => {
      const y = Math.max(from.y, to.y) + depth * 0.75;
      return `translate(${(from.x + to.x) / 2},${y + 15 * scale}) scale(${scale})`;
    })
    .text(wordsOf);
  groups.select('title').text(wordsOf);
}

function pathOf({ from, to, depth }: TunnelArc): string {
  const low = Math.max(from.y, to.y) + depth;
  return `M${from.x},${from.y}C${from.x},${low} ${to.x},${low} ${to.x},${to.y}`;
}

function wordsOf({ ends: [a, b], half }: TunnelArc): string {
  const words = OVERLAY.tunnel(a.vni, a.port ?? 0, a.vtep ?? '?', b.vtep ?? '?');
  return half ? `${words}${OVERLAY.half}` : words;
}
