import { type D3DragEvent, drag } from 'd3-drag';
import { type Selection, select } from 'd3-selection';
import 'd3-transition';
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity } from 'd3-zoom';
import type { Edge, Vertex } from '../../server/contract/graph.js';
import { type Point, pathOf } from '../model/anchors.js';
import { type Box, type Layout, PENDING_BOX } from '../model/layout.js';
import { drawMachine } from './draw-machine.js';
import { drawPod } from './draw-pod.js';

/** What the drawing shows at one moment. */
export interface Scene {
  readonly vertices: readonly Vertex[];
  readonly edges: readonly Edge[];
  readonly layout: Layout;
  readonly selected: string | undefined;
  /** Vertices that the shown journey passes. */
  readonly lit: ReadonlySet<string>;
  readonly packet: PacketMark | undefined;
}

/** The packet of the shown step. */
export interface PacketMark {
  readonly at: Point;
  readonly label: string;
  readonly tone: 'request' | 'reply' | 'related' | 'none' | 'dropped';
}

/** What a person does to the drawing. */
export interface SceneEvents {
  select(id: string): void;
  selectEdge(id: string): void;
  pin(id: string, at: Point): void;
}

type Group = Selection<SVGGElement, unknown, null, undefined>;
/** A vertex with its place; the parent's box comes with pods so that veths can be drawn. */
export interface Placed {
  readonly vertex: Vertex;
  readonly box: Box;
}

const MOVE_MS = 260;

/** Draws scenes into an SVG element with D3; keeps elements by id, so nothing jumps that did not move. */
export class GraphRenderer {
  private readonly svg: Selection<SVGSVGElement, unknown, null, undefined>;
  private readonly world: Group;
  private readonly machines: Group;
  private readonly cables: Group;
  private readonly pods: Group;
  private readonly packets: Group;
  private readonly events: SceneEvents;
  private readonly zooming: ZoomBehavior<SVGSVGElement, unknown>;
  private fitted = false;
  private touched = false;

  constructor(element: SVGSVGElement, events: SceneEvents) {
    this.events = events;
    this.svg = select(element);
    this.world = this.svg.append('g');
    this.machines = this.world.append('g');
    this.cables = this.world.append('g');
    this.pods = this.world.append('g');
    this.packets = this.world.append('g').attr('class', 'packets');
    this.zooming = zoom<SVGSVGElement, unknown>()
      .scaleExtent([0.08, 4])
      .on('zoom', (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
        this.world.attr('transform', event.transform.toString());
        if (event.sourceEvent !== null) this.touched = true;
      });
    this.svg.call(this.zooming).on('dblclick.zoom', null);
  }

  draw(scene: Scene): void {
    const placed = scene.vertices.flatMap((vertex): Placed[] => {
      const box = scene.layout.boxes.get(vertex.id);
      return box === undefined ? [] : [{ vertex, box }];
    });
    this.drawMachines(
      placed.filter(({ vertex }) => vertex.kind !== 'pod'),
      scene,
    );
    this.drawPending(scene);
    this.drawEdges(scene);
    this.drawPods(
      placed.filter(({ vertex }) => vertex.kind === 'pod'),
      scene,
    );
    this.drawPacket(scene.packet);
    if (!this.touched && (placed.length > 0 || !this.fitted)) this.fit(scene.layout);
  }

  /** Shows everything. */
  fit(layout: Layout): void {
    const { clientWidth, clientHeight } = this.svg.node() ?? { clientWidth: 0, clientHeight: 0 };
    if (clientWidth === 0 || layout.width === 0) return;
    const margin = 28;
    const scale = Math.min(
      (clientWidth - 2 * margin) / layout.width,
      (clientHeight - 2 * margin) / layout.height,
      1.5,
    );
    const x = (clientWidth - layout.width * scale) / 2;
    const y = Math.max(margin, (clientHeight - layout.height * scale) / 2);
    const target = zoomIdentity.translate(x, y).scale(scale);
    if (this.fitted) this.svg.transition().duration(MOVE_MS).call(this.zooming.transform, target);
    else this.svg.call(this.zooming.transform, target);
    this.fitted = true;
    this.touched = false;
  }

  private drawMachines(placed: readonly Placed[], scene: Scene): void {
    const groups = this.machines
      .selectAll<SVGGElement, Placed>('g.machine')
      .data(placed, (p) => p.vertex.id)
      .join((enter) => enter.append('g').attr('class', 'machine'));
    groups
      .attr('data-id', (p) => p.vertex.id)
      .classed('selected', (p) => p.vertex.id === scene.selected)
      .classed('lit', (p) => scene.lit.has(p.vertex.id))
      .attr('tabindex', 0)
      .attr('role', 'button')
      .on('click', (event: MouseEvent, p) => this.pick(event, p.vertex.id))
      .on('keydown', (event: KeyboardEvent, p) => this.key(event, p.vertex.id))
      .each(function (p) {
        drawMachine(select(this), p);
      });
    this.moveTo(groups);
    groups
      .filter((p) => p.vertex.kind !== 'bridge' && p.vertex.kind !== 'tunnel')
      .call(
        drag<SVGGElement, Placed>().on(
          'drag',
          (event: D3DragEvent<SVGGElement, Placed, Placed>, p) => {
            const { box } = p;
            this.events.pin(p.vertex.id, { x: box.x + event.dx, y: box.y + event.dy });
          },
        ),
      );
  }

  private drawPods(placed: readonly Placed[], scene: Scene): void {
    const groups = this.pods
      .selectAll<SVGGElement, Placed>('g.pod')
      .data(placed, (p) => p.vertex.id)
      .join(
        (enter) =>
          enter
            .append('g')
            .attr('class', 'pod')
            .style('opacity', 0)
            .call((g) => g.transition().duration(MOVE_MS).style('opacity', 1)),
        (update) => update,
        (exit) => exit.transition().duration(MOVE_MS).style('opacity', 0).remove(),
      );
    groups
      .attr('data-id', (p) => p.vertex.id)
      .classed('selected', (p) => p.vertex.id === scene.selected)
      .classed('lit', (p) => scene.lit.has(p.vertex.id))
      .attr('tabindex', 0)
      .attr('role', 'button')
      .on('click', (event: MouseEvent, p) => this.pick(event, p.vertex.id))
      .on('keydown', (event: KeyboardEvent, p) => this.key(event, p.vertex.id))
      .each(function (p) {
        if (p.vertex.kind === 'pod') drawPod(select(this), p.vertex);
      });
    this.moveTo(groups);
  }

  /** New marks appear in place; known ones glide when their place changed. */
  private moveTo(groups: Selection<SVGGElement, Placed, SVGGElement, unknown>): void {
    groups.each(function (p) {
      const target = `translate(${p.box.x},${p.box.y})`;
      const group = select(this);
      const before = group.attr('transform');
      if (before === target) return;
      group.attr('transform', target);
    });
  }

  private drawPending(scene: Scene): void {
    const box = scene.layout.boxes.get(PENDING_BOX);
    const groups = this.machines
      .selectAll<SVGGElement, Box>('g.pending')
      .data(box === undefined ? [] : [box])
      .join((enter) => {
        const group = enter.append('g').attr('class', 'pending');
        group.append('rect').attr('rx', 10);
        group
          .append('text')
          .attr('x', 12)
          .attr('y', 21)
          .text('not scheduled: no node will take these');
        return group;
      });
    groups.attr('transform', (b) => `translate(${b.x},${b.y})`);
    groups
      .select('rect')
      .attr('width', (b) => b.width)
      .attr('height', (b) => b.height);
  }

  private drawEdges(scene: Scene): void {
    const drawn = scene.edges.flatMap((edge) => {
      const path = pathOf(edge, scene.layout);
      return path === undefined ? [] : [{ edge, path }];
    });
    const groups = this.cables
      .selectAll<SVGGElement, { edge: Edge; path: string }>('g.edge')
      .data(drawn, (d) => d.edge.id)
      .join((enter) => {
        const group = enter.append('g');
        group.append('path').attr('class', 'hit');
        group.append('path').attr('class', 'line');
        group.append('title');
        return group;
      });
    groups
      .attr('class', (d) => `edge ${d.edge.kind} ${d.edge.up ? 'up' : 'down'}`)
      .classed('selected', (d) => d.edge.id === scene.selected)
      .classed('lit', (d) => scene.lit.has(d.edge.from) && scene.lit.has(d.edge.to))
      .on('click', (event: MouseEvent, d) => {
        event.stopPropagation();
        this.events.selectEdge(d.edge.id);
      });
    groups.selectAll<SVGPathElement, { path: string }>('path').attr('d', function () {
      const parent = select<SVGGElement, { path: string }>(this.parentNode as SVGGElement).datum();
      return parent.path;
    });
    groups.select('title').text((d) => {
      const state = d.edge.up ? '' : ' (down)';
      return `${d.edge.fromDevice} – ${d.edge.toDevice}${state}`;
    });
  }

  private drawPacket(packet: PacketMark | undefined): void {
    const groups = this.packets
      .selectAll<SVGGElement, PacketMark>('g.packet')
      .data(packet === undefined ? [] : [packet])
      .join((enter) => {
        const group = enter.append('g').attr('transform', (d) => `translate(${d.at.x},${d.at.y})`);
        group.append('circle').attr('r', 9);
        group
          .append('path')
          .attr('d', 'M-5,-3.5h10v7h-10zM-5,-3.5l5,4l5,-4')
          .attr('class', 'envelope');
        group.append('text').attr('y', -15).attr('text-anchor', 'middle');
        return group;
      });
    groups.attr('class', (d) => `packet ${d.tone}`);
    groups.select('text').text((d) => d.label);
    groups
      .transition()
      .duration(MOVE_MS)
      .attr('transform', (d) => `translate(${d.at.x},${d.at.y})`);
  }

  private pick(event: MouseEvent, id: string): void {
    if (event.defaultPrevented) return;
    event.stopPropagation();
    this.events.select(id);
  }

  private key(event: KeyboardEvent, id: string): void {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    this.events.select(id);
  }
}
