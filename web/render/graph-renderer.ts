import { type D3DragEvent, drag } from 'd3-drag';
import { type Selection, select } from 'd3-selection';
import 'd3-transition';
import type { Vertex } from '../../server/contract/graph.js';
import { boxToFollow } from '../model/follow.js';
import type { Box, Point } from '../model/geometry.js';
import type { Layout } from '../model/layout.js';
import { type Level, levelOf, podsIn } from '../model/level.js';
import { type Direction, neighbourOf } from '../model/neighbours.js';
import { PENDING_BOX } from '../model/slots.js';
import { drawOverlay } from '../overlay/draw-overlay.js';
import { drawEdges } from './draw-edges.js';
import { drawMachine } from './draw-machine.js';
import { drawPackets } from './draw-packets.js';
import { drawPodAt } from './draw-pod-at.js';
import { GraphCamera, still } from './graph-camera.js';
import type { Picture, PictureFile } from './picture.js';
import type { Scene, SceneEvents } from './scene.js';
import { pictureOf } from './svg-picture.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

interface Placed {
  readonly vertex: Vertex;
  readonly box: Box;
}

const MOVE_MS = 260;
/** How long something that was looked for stays marked. */
const FOUND_MS = 2500;

/** Draws scenes into an SVG element with D3; keeps elements by id, so nothing jumps that did not move. */
export class GraphRenderer implements Picture {
  private readonly svg: Selection<SVGSVGElement, unknown, null, undefined>;
  private readonly world: Group;
  private readonly machines: Group;
  private readonly cables: Group;
  private readonly devices: Group;
  private readonly pods: Group;
  private readonly behind: Group;
  private readonly overlay: Group;
  private readonly packets: Group;
  private readonly events: SceneEvents;
  private readonly camera: GraphCamera;
  /** What each element was last drawn from, to leave alone what did not change. */
  private readonly drawnFrom = new WeakMap<Element, readonly unknown[]>();
  private boxes: ReadonlyMap<string, Box> = new Map();
  private followed: Box | undefined;
  private level: Level = 'normal';
  private scene: Scene | undefined;
  /** Id of what the keyboard is at, or comes back to. */
  private keyed: string | undefined;

  constructor(element: SVGSVGElement, events: SceneEvents) {
    this.events = events;
    this.svg = select(element);
    this.svg.selectAll('*').remove();
    this.world = this.svg.append('g');
    this.machines = this.world.append('g');
    this.cables = this.world.append('g').attr('class', 'cables');
    this.devices = this.world.append('g');
    this.behind = this.world.append('g').attr('class', 'overlay');
    this.pods = this.world.append('g');
    this.overlay = this.world.append('g').attr('class', 'overlay');
    this.packets = this.world.append('g').attr('class', 'packets');
    this.camera = new GraphCamera(element, this.world, () => this.moved());
    this.svg.on('focusin', (event: FocusEvent) => {
      const stop = event.target instanceof Element ? event.target.closest('[data-id]') : null;
      this.keyed = stop?.getAttribute('data-id') ?? this.keyed;
      this.keepOneStop();
    });
  }

  draw(scene: Scene): void {
    const { layout } = scene;
    this.scene = scene;
    this.boxes = layout.boxes;
    this.level = this.levelNow(scene);
    const placed = [...scene.vertices.values()].flatMap((vertex): Placed[] => {
      const box = layout.boxes.get(vertex.id);
      return box === undefined ? [] : [{ vertex, box }];
    });
    const inNode = (v: Vertex) => v.kind === 'bridge' || v.kind === 'tunnel';
    this.svg
      .attr('data-density', layout.plan.density)
      .attr('data-level', this.level)
      .classed('picking', scene.picking);
    this.drawPending(layout);
    this.drawMachines(
      this.machines,
      placed.filter((p) => p.vertex.kind !== 'pod' && !inNode(p.vertex)),
      scene,
    );
    this.drawMachines(
      this.devices,
      placed.filter((p) => inNode(p.vertex)),
      scene,
    );
    drawEdges(this.cables, { ...scene, level: this.level }, this.events);
    this.drawPods(
      placed.filter((p) => p.vertex.kind === 'pod'),
      scene,
    );
    drawOverlay({ behind: this.behind, before: this.overlay }, scene, this.events);
    drawPackets(this.packets, scene.flight, scene.stepMs);
    this.keepOneStop();
    if (!this.camera.touched && placed.length > 0) this.fit(layout);
  }

  /** The drawing was zoomed or moved: another level draws other things, and other pods may be in sight. */
  private moved(): void {
    const { scene } = this;
    if (scene === undefined) return;
    if (this.levelNow(scene) !== this.level) this.draw(scene);
    this.events.lookInto(this.lookedInto(scene));
  }

  private levelNow({ layout }: Scene): Level {
    return levelOf(layout.plan.podWidth * this.camera.scale, this.level);
  }

  private lookedInto({ layout }: Scene): readonly string[] {
    const view = this.camera.visibleBox();
    const near = this.level === 'near' || this.level === 'nearest';
    return near && view !== undefined ? podsIn(layout.boxes, view) : [];
  }

  toSvg(part: 'whole' | 'inSight'): PictureFile | undefined {
    const world = this.world.node();
    if (world === null) return undefined;
    return pictureOf(world, part === 'whole' ? undefined : this.visibleBox());
  }

  visibleBox(): Box | undefined {
    return this.camera.visibleBox();
  }

  /** Tells whoever draws over the graph where it is. */
  tellView(): void {
    this.camera.tell();
  }

  /** Shows everything, and goes on doing so until a person zooms. */
  fit(layout: Layout): void {
    this.camera.fit(layout.extent);
  }

  /** The part of the drawing that a packet is in, unless a person has chosen another; undefined for everything. */
  follow(scene: Scene): void {
    if (this.camera.byHand) return;
    const box = boxToFollow(scene, this.camera.size, this.followed);
    if (box !== undefined && box !== this.followed) this.camera.show(box);
    else if (box === undefined && this.followed !== undefined) this.fit(scene.layout);
    this.followed = box;
  }

  show(box: Box): void {
    this.camera.put(box);
  }

  chosenBox(): Box | undefined {
    return this.camera.byHand ? this.visibleBox() : undefined;
  }

  /** Brings a point of the drawing into the middle. */
  goTo(at: Point): void {
    this.camera.centre(at);
  }

  /** Zooms about the middle. */
  zoomBy(factor: number): void {
    this.camera.zoomBy(factor);
  }

  /** Brings something into view, and marks it for a moment. */
  flyTo(id: string): void {
    const box = this.boxes.get(id);
    const element = this.elementOf(id);
    if (box === undefined || element === undefined) return;
    this.camera.flyTo(box);
    element.classList.add('found');
    setTimeout(() => element.classList.remove('found'), FOUND_MS);
  }

  /** Gives the keyboard to the neighbour in a direction of what has it; false when there is none. */
  move(direction: Direction): boolean {
    const { activeElement } = document;
    const stops = new Map(this.stops().map((stop) => [stop.dataset.id ?? '', stop]));
    const from = activeElement?.getAttribute('data-id') ?? '';
    if (activeElement === null || !stops.has(from)) return false;
    const inNode = from.startsWith('pod:');
    const candidates = [...stops]
      .filter(([id]) => id !== from && !(inNode && id.startsWith('node:')))
      .map(([id, stop]) => [id, stop.getBoundingClientRect()] as const);
    const next = neighbourOf(activeElement.getBoundingClientRect(), direction, candidates);
    stops.get(next ?? '')?.focus();
    return next !== undefined;
  }

  /** What the keyboard can go to. */
  private stops(): SVGGElement[] {
    return this.world.selectAll<SVGGElement, unknown>('g[data-id][role]').nodes();
  }

  /** The drawing is one stop of Tab: what had the keyboard last, or the first thing drawn. */
  private keepOneStop(): void {
    const stops = this.stops();
    const kept = stops.find((stop) => stop.dataset.id === this.keyed) ?? stops[0];
    for (const stop of stops) {
      const index = stop === kept ? '0' : '-1';
      if (stop.getAttribute('tabindex') !== index) stop.setAttribute('tabindex', index);
    }
  }

  private elementOf(id: string): SVGGElement | undefined {
    return this.world
      .selectAll<SVGGElement, unknown>('g[data-id]')
      .nodes()
      .find((element) => element.dataset.id === id);
  }

  private drawMachines(layer: Group, placed: readonly Placed[], scene: Scene): void {
    const { layout } = scene;
    const podsOf = podCounts(scene);
    const groups = layer
      .selectAll<SVGGElement, Placed>('g.machine')
      .data(placed, (p) => p.vertex.id)
      .join((enter) => enter.append('g').attr('class', 'machine'));
    groups.each((p, index, elements) => {
      const element = elements[index];
      if (element === undefined) return;
      const stack = layout.boxes.get(`stack:${p.vertex.id}`);
      const place = {
        box: p.box,
        density: layout.plan.density,
        stack:
          stack === undefined
            ? undefined
            : { ...stack, x: stack.x - p.box.x, y: stack.y - p.box.y },
        pods: podsOf.get(p.vertex.id) ?? 0,
        far: this.level === 'far',
      };
      const shape = JSON.stringify([
        place.box.width,
        place.box.height,
        place.density,
        place.stack,
        place.pods,
        place.far,
      ]);
      if (this.unchanged(element, [p.vertex, shape])) return;
      drawMachine(select(element), p.vertex, place);
    });
    this.finish(groups, scene);
    groups.filter((p) => !p.vertex.id.includes('/')).call(this.dragging(scene));
  }

  private dragging(scene: Scene) {
    return drag<SVGGElement, Placed>()
      .clickDistance(4)
      .filter((event: MouseEvent) => !scene.locked && !event.ctrlKey && event.button === 0)
      .subject((_event, p) => ({ x: p.box.x, y: p.box.y }))
      .on('drag', (event: D3DragEvent<SVGGElement, Placed, { x: number; y: number }>, p) => {
        if (scene.layout.boxes.has(p.vertex.id)) {
          this.camera.touched = true;
          this.events.pin(p.vertex.id, { x: event.x, y: event.y });
        }
      });
  }

  private drawPods(placed: readonly Placed[], scene: Scene): void {
    const { density } = scene.layout.plan;
    const groups = this.pods
      .selectAll<SVGGElement, Placed>('g.pod:not(.leaving)')
      .data(placed, (p) => p.vertex.id)
      .join(
        (enter) => {
          const entering = enter.append('g').attr('class', 'pod').style('opacity', 0);
          entering
            .transition()
            .duration(still() ? 0 : MOVE_MS)
            .style('opacity', 1)
            .on('end', function () {
              select(this).style('opacity', null);
            });
          return entering;
        },
        (update) => update,
        (exit) =>
          exit
            .classed('leaving', true)
            .transition()
            .duration(still() ? 0 : MOVE_MS)
            .style('opacity', 0)
            .remove(),
      );
    groups.each((p, index, elements) => {
      const element = elements[index];
      if (element === undefined || p.vertex.kind !== 'pod') return;
      const inside = scene.inside.get(p.vertex.id);
      const shape = `${p.box.width} ${p.box.height} ${density} ${this.level}`;
      if (this.unchanged(element, [p.vertex, shape, inside])) return;
      drawPodAt(this.level, select(element), p.vertex, { box: p.box, density, inside });
    });
    this.finish(groups, scene);
  }

  /** True when an element shows these already; remembers them otherwise. */
  private unchanged(element: Element, parts: readonly unknown[]): boolean {
    const before = this.drawnFrom.get(element);
    if (before !== undefined && parts.every((part, index) => part === before[index])) return true;
    this.drawnFrom.set(element, parts);
    return false;
  }

  /** What all vertices have in common: place, marks, what clicks and keys do. */
  private finish(groups: Selection<SVGGElement, Placed, SVGGElement, unknown>, scene: Scene): void {
    const { flight } = scene;
    groups
      .attr('data-id', (p) => p.vertex.id)
      .attr('transform', (p) => `translate(${p.box.x},${p.box.y})`)
      .attr('role', 'group')
      .attr('aria-current', (p) => (p.vertex.id === scene.selected ? 'true' : null))
      .classed('selected', (p) => p.vertex.id === scene.selected)
      .classed('related', (p) => scene.related.has(p.vertex.id))
      .classed('dimmed', (p) => scene.dimmed.has(p.vertex.id))
      .classed('ahead', (p) => flight?.ahead.has(p.vertex.id) === true)
      .classed('lit', (p) => flight?.lit.has(p.vertex.id) === true)
      .on('click', (event: MouseEvent, p) => {
        if (event.defaultPrevented) return;
        event.stopPropagation();
        this.events.select(p.vertex.id);
      })
      .on('keydown', (event: KeyboardEvent, p) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        this.events.select(p.vertex.id);
      });
  }

  private drawPending(layout: Layout): void {
    const box = layout.boxes.get(PENDING_BOX);
    const groups = this.machines
      .selectAll<SVGGElement, Box>('g.pending')
      .data(box === undefined ? [] : [box])
      .join((enter) => {
        const group = enter.append('g').attr('class', 'pending');
        group.append('rect').attr('rx', 10);
        group.append('text').attr('x', 12).attr('y', 21).text('▲ not scheduled: on no node yet');
        return group;
      });
    groups.attr('transform', (b) => `translate(${b.x},${b.y})`);
    groups
      .select('rect')
      .attr('width', (b) => b.width)
      .attr('height', (b) => b.height);
  }
}

function podCounts(scene: Scene): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { group } of scene.layout.slots.values())
    counts.set(group, (counts.get(group) ?? 0) + 1);
  return counts;
}
