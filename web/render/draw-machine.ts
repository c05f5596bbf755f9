import type { Selection } from 'd3-selection';
import type { Vertex } from '../../server/contract/graph.js';
import type { Placed } from './graph-renderer.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Draws a node, bridge, tunnel, switch, router or the outside. */
export function drawMachine(group: Group, placed: Placed): void {
  const { vertex, box } = placed;
  const node = group.node();
  const signature = JSON.stringify([vertex, box.width, box.height]);
  if (node === null || node.dataset.signature === signature) return;
  node.dataset.signature = signature;
  group.selectAll('*').remove();
  group.attr('aria-label', `${vertex.kind} ${vertex.name}`);
  group
    .append('rect')
    .attr('class', `machine-box ${vertex.kind}${stateOf(vertex)}`)
    .attr('width', box.width)
    .attr('height', box.height)
    .attr('rx', vertex.kind === 'node' ? 12 : 6);
  switch (vertex.kind) {
    case 'node':
      text(group, 'machine-name', 14, 22, vertex.name);
      text(group, 'machine-note end', box.width - 12, 22, nodeNote(vertex));
      drawPort(group, box.width / 2, box.height, vertex.addresses[0] ?? '');
      break;
    case 'router':
    case 'outside':
      text(group, 'machine-name middle', box.width / 2, 19, vertex.name);
      text(group, 'machine-note middle', box.width / 2, 36, vertex.addresses.join(' '));
      break;
    case 'bridge':
      text(
        group,
        'device-name middle',
        box.width / 2,
        17,
        `${vertex.name}  ${vertex.addresses.join(' ')}`,
      );
      break;
    case 'tunnel':
      text(group, 'device-name middle', box.width / 2, 17, `${vertex.name}  VXLAN ${vertex.vni}`);
      break;
    case 'switch':
      text(group, 'device-name middle', box.width / 2, 19, `switch ${vertex.name}`);
      break;
    default:
      break;
  }
}

function stateOf(vertex: Vertex): string {
  if (vertex.kind === 'node' && !vertex.ready) return ' not-ready';
  if ((vertex.kind === 'bridge' || vertex.kind === 'tunnel') && !vertex.up) return ' not-ready';
  return '';
}

function nodeNote(vertex: Vertex & { kind: 'node' | 'router' | 'outside' }): string {
  const ready = vertex.ready ? '● Ready' : '▲ NotReady';
  const cordon = vertex.schedulable ? '' : ' · cordoned';
  return `${vertex.role === 'control-plane' ? 'control plane · ' : ''}${vertex.podCidr ?? ''} · ${ready}${cordon}`;
}

function drawPort(group: Group, x: number, y: number, address: string): void {
  group.append('circle').attr('class', 'port').attr('cx', x).attr('cy', y).attr('r', 5);
  text(group, 'device-name', x + 10, y - 8, `eth0 ${address}`);
}

function text(group: Group, name: string, x: number, y: number, value: string): void {
  const anchor = name.endsWith('middle') ? 'middle' : name.endsWith('end') ? 'end' : 'start';
  group
    .append('text')
    .attr('class', name)
    .attr('x', x)
    .attr('y', y)
    .attr('text-anchor', anchor)
    .text(value);
}
