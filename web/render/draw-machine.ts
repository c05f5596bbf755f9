import type { Selection } from 'd3-selection';
import type { NodeVertex, Vertex } from '../../server/contract/graph.js';
import type { Box } from '../model/geometry.js';
import type { Density } from '../model/plan.js';
import { FONTS, fitText, textWidth } from './fit-text.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Where and how a machine is drawn. */
export interface MachinePlace {
  readonly box: Box;
  readonly density: Density;
  /** Where the IP stack is drawn, relative to the node; only nodes have one. */
  readonly stack: Box | undefined;
  /** Pods of the node. */
  readonly pods: number;
  /** Seen from far: the name and whether it is well. */
  readonly far: boolean;
}

/** Draws a node, bridge, tunnel, switch, router or the outside. */
export function drawMachine(group: Group, vertex: Vertex, place: MachinePlace): void {
  const { box } = place;
  group.selectAll('*').remove();
  group.attr('aria-label', `${vertex.kind} ${vertex.name}`);
  group
    .append('rect')
    .attr('class', `body machine-box ${vertex.kind}${stateOf(vertex)}`)
    .attr('width', box.width)
    .attr('height', box.height)
    .attr('rx', vertex.kind === 'node' ? 12 : Math.min(7, box.height / 2));
  switch (vertex.kind) {
    case 'node':
      drawNode(group, vertex, place);
      break;
    case 'router':
    case 'outside':
      if (place.far) {
        const at = { x: 12, y: box.height / 2 + 10 };
        text(group, 'machine-name far', at, fitText(vertex.name, box.width - 20, FONTS.far));
        break;
      }
      label(group, 'machine-name', { x: box.width / 2, y: 21, room: box.width - 12 }, vertex.name);
      label(
        group,
        'machine-note',
        { x: box.width / 2, y: 39, room: box.width - 12 },
        `${vertex.kind === 'router' ? 'router ' : ''}${vertex.addresses.join(' ')}`,
      );
      break;
    case 'bridge':
      drawDevice(group, place, `${vertex.name} ${vertex.addresses.join(' ')}`);
      break;
    case 'tunnel':
      drawDevice(group, place, `${vertex.name} · VXLAN ${vertex.vni}`);
      break;
    case 'switch':
      drawDevice(group, { ...place, density: 'full' }, `switch ${vertex.name}`);
      break;
    default:
      break;
  }
}

function drawNode(group: Group, node: NodeVertex, place: MachinePlace): void {
  const { box } = place;
  if (place.far) {
    drawFarNode(group, node, box);
    return;
  }
  const ready = node.powered ? (node.ready ? '● Ready' : '▲ NotReady') : '⏻ powered off';
  const tone = node.ready && node.powered ? 'good' : 'bad';
  const state = `${ready}${node.schedulable ? '' : ' · cordoned'}`;
  const room = box.width - 36 - textWidth(state, FONTS.small);
  text(group, 'machine-name', { x: 14, y: 22 }, fitText(node.name, room, FONTS.machine));
  text(group, `machine-note end ${tone}`, { x: box.width - 12, y: 22 }, state);
  // The role is told once: a node that is called control-plane has said it.
  const role =
    node.role === 'control-plane' && node.name !== 'control-plane' ? 'control plane · ' : '';
  const note = `${role}pods ${node.podCidr ?? ''}`;
  text(group, 'machine-note', { x: 14, y: 40 }, fitText(note, box.width - 26, FONTS.small));
  drawStack(group, place);
  drawPort(group, box, node.addresses[0] ?? '');
}

/** What can be read of a node from far. */
function drawFarNode(group: Group, node: NodeVertex, box: Box): void {
  const well = node.ready && node.powered;
  const sign = node.powered ? (node.ready ? '' : '▲ ') : '⏻ ';
  const name = `machine-name far${well ? '' : ' bad'}`;
  const words = fitText(`${sign}${node.name}`, box.width - 24, FONTS.far);
  text(group, name, { x: 12, y: 35 }, words);
}

/** Where the node's kernel routes and filters. */
function drawStack(group: Group, { stack }: MachinePlace): void {
  if (stack === undefined) return;
  const pill = group
    .append('g')
    .attr('class', 'stack')
    .attr('transform', `translate(${stack.x},${stack.y})`);
  pill
    .append('rect')
    .attr('width', stack.width)
    .attr('height', stack.height)
    .attr('rx', stack.height / 2);
  pill
    .append('title')
    .text('The IP stack of this node: iptables, connection tracking, routing, neighbours');
  label(
    pill,
    'device-name',
    { x: stack.width / 2, y: stack.height / 2 + 4, room: stack.width - 10 },
    'iptables · routing',
  );
}

function stateOf(vertex: Vertex): string {
  if (vertex.kind === 'node' && !vertex.powered) return ' not-ready off';
  if (vertex.kind === 'node' && !vertex.ready) return ' not-ready';
  if ((vertex.kind === 'bridge' || vertex.kind === 'tunnel') && !vertex.up) return ' not-ready';
  return '';
}

function drawDevice(group: Group, { box }: MachinePlace, words: string): void {
  label(
    group,
    'device-name',
    { x: box.width / 2, y: box.height / 2 + 4.5, room: box.width - 10 },
    words,
  );
}

/** The network card: its name on one side of the wire, its address on the other. */
function drawPort(group: Group, box: Box, address: string | undefined): void {
  const x = box.width / 2;
  const radius = address === undefined ? 3 : 5;
  group
    .append('circle')
    .attr('class', 'port')
    .attr('cx', x)
    .attr('cy', box.height)
    .attr('r', radius);
  if (address === undefined) return;
  text(group, 'device-name end', { x: x - 10, y: box.height - 9 }, 'eth0');
  text(group, 'device-name', { x: x + 10, y: box.height - 9 }, address);
}

/** A text in the middle of some room. */
function label(
  group: Group,
  name: string,
  at: { x: number; y: number; room: number },
  words: string,
): void {
  const font = name === 'machine-name' ? FONTS.machine : FONTS.small;
  text(group, `${name} middle`, at, fitText(words, at.room, font));
}

function text(group: Group, name: string, at: { x: number; y: number }, words: string): void {
  const anchor = name.includes('middle') ? 'middle' : name.includes('end') ? 'end' : 'start';
  group
    .append('text')
    .attr('class', name)
    .attr('x', at.x)
    .attr('y', at.y)
    .attr('text-anchor', anchor)
    .text(words);
}
