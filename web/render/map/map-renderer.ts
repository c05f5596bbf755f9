import { type Selection, select } from 'd3-selection';
import 'd3-transition';
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity } from 'd3-zoom';
import { boxToFollow } from '../../model/follow.js';
import { type Box, centreOf, type Point } from '../../model/geometry.js';
import { type Level, levelOf, podsIn } from '../../model/level.js';
import { type Hit, hitAt } from '../../model/map-hit.js';
import { drawOverlay } from '../../overlay/draw-overlay.js';
import { drawPackets } from '../draw-packets.js';
import type { Picture, PictureFile } from '../picture.js';
import type { SceneEvents } from '../scene.js';
import { viewport } from '../viewport.js';
import { type Brush, inWorld, meets, onScreen, type View } from './canvas-tools.js';
import { drawNearPods } from './draw-near-pods.js';
import { hearDrags } from './map-drag.js';
import type { MapScene } from './map-scene.js';
import { Minimap } from './minimap.js';
import { paintMap } from './paint-map.js';
import { paintSvg } from './paint-svg.js';
import { type Palette, readPalette } from './palette.js';

/** Elements that the map is drawn into. */
export interface MapElements {
  readonly canvas: HTMLCanvasElement;
  /** Over the canvas: packets, the mark of the keyboard, and what takes the pointer. */
  readonly svg: SVGSVGElement;
  readonly minimap: HTMLCanvasElement;
}

/** What a person does to the map besides selecting. */
export interface MapEvents extends Pick<SceneEvents, 'select' | 'lookInto' | 'pin'> {
  /** A room or fold was opened or closed. */
  fold(id: string): void;
  /** The pointer is over something else; undefined for nothing. */
  hover(hit: Hit | undefined, at: Point): void;
}

const MARGIN = 18;
const MOVE_MS = 420;
const LARGEST = 5;
/** Zoom at which a pod that is flown to can be read. */
const READABLE = 0.95;
/** Zoom at which the devices that a packet passes can be told. */
const FOLLOWED_ZOOM = 0.5;

/** Paints large scenes on a canvas: a frame is painted when something is different, and only where it is. */
export class MapRenderer implements Picture {
  private readonly elements: MapElements;
  private readonly events: MapEvents;
  private readonly minimap: Minimap;
  private readonly overlay: Selection<SVGGElement, unknown, null, undefined>;
  private readonly layers: Selection<SVGGElement, unknown, null, undefined>;
  private readonly nearPods: Selection<SVGGElement, unknown, null, undefined>;
  private readonly packets: Selection<SVGGElement, unknown, null, undefined>;
  private readonly ring: Selection<SVGRectElement, unknown, null, undefined>;
  private readonly zooming: ZoomBehavior<SVGSVGElement, unknown>;
  private palette: Palette;
  private scene: MapScene | undefined;
  private view: View = { x: 0, y: 0, k: 0.1 };
  private frame = 0;
  /** Parts of the canvas to paint in the next frame; undefined for all of it. */
  private dirty: Box[] | undefined = [];
  private touched = false;
  private focused: string | undefined;
  private painted = 0;
  /** A person has zoomed or moved the map since a packet was first followed. */
  private byHand = false;
  private followed: Box | undefined;
  private readonly deafen: () => void;
  /** A drag has just ended: the click that follows it chooses nothing. */
  private dragged = false;
  private level: Level = 'far';

  constructor(elements: MapElements, events: MapEvents) {
    this.elements = elements;
    this.events = events;
    this.minimap = new Minimap(elements.minimap);
    this.palette = readPalette(elements.canvas.parentElement ?? document.body);
    const svg = select(elements.svg);
    svg.selectAll('*').remove();
    this.overlay = svg.append('g');
    this.layers = this.overlay.append('g').attr('class', 'overlay');
    this.nearPods = this.overlay.append('g').attr('class', 'near-pods');
    this.packets = this.overlay.append('g').attr('class', 'packets');
    this.ring = this.overlay.append('rect').attr('class', 'focus-ring');
    this.zooming = zoom<SVGSVGElement, unknown>()
      .scaleExtent([0.02, LARGEST])
      .clickDistance(4)
      .filter((event: MouseEvent) => {
        const wheel = event.type === 'wheel';
        return wheel || (!event.ctrlKey && !event.shiftKey && event.button === 0);
      })
      .on('zoom', (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
        const { x, y, k } = event.transform;
        this.view = { x, y, k };
        this.overlay.attr('transform', event.transform.toString());
        elements.svg.style.setProperty('--mark-scale', `${Math.max(1, 0.85 / k)}`);
        if (event.sourceEvent !== null) this.leave();
        this.tellView();
        this.drawNear();
        this.paintAll();
      });
    svg.call(this.zooming).on('dblclick.zoom', null);
    this.deafen = hearDrags({
      svg: elements.svg,
      take: (event) => this.takenBy(event),
      scale: () => this.view.k,
      preview: (box) => {
        this.dragged = box !== undefined || this.dragged;
        if (box === undefined) this.placeRing();
        else this.ringAt(box);
      },
      drop: (id, at) => this.events.pin(id, at),
    });
    svg.on('click.map', (event: MouseEvent) => {
      const dragged = this.dragged;
      this.dragged = false;
      if (event.defaultPrevented || dragged) return;
      event.stopPropagation();
      const hit = this.hit(event);
      this.focus(hit?.id);
      if (hit?.kind === 'fold') this.events.fold(hit.id);
      else this.events.select(hit?.id === 'pending' ? undefined : hit?.id);
    });
    svg.on('dblclick.map', (event: MouseEvent) => {
      const hit = this.hit(event);
      if (hit?.kind === 'room') this.events.fold(hit.id);
    });
    svg.on('pointermove.map', (event: PointerEvent) => {
      const { left, top } = elements.svg.getBoundingClientRect();
      const at = { x: event.clientX - left, y: event.clientY - top };
      this.events.hover(event.buttons === 0 ? this.hit(event) : undefined, at);
    });
    svg.on('pointerleave.map', () => this.events.hover(undefined, { x: 0, y: 0 }));
  }

  /** Forgets frames that are not painted yet and what is heard. */
  stop(): void {
    cancelAnimationFrame(this.frame);
    this.deafen();
    select(this.elements.svg).on('.map', null).on('.zoom', null);
  }

  /** The theme is another one now. */
  recolour(): void {
    this.palette = readPalette(this.elements.canvas.parentElement ?? document.body);
    this.paintAll();
  }

  /** The window is another size now. */
  resize(): void {
    const { canvas, svg } = this.elements;
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(svg.clientWidth * ratio);
    canvas.height = Math.round(svg.clientHeight * ratio);
    if (!this.touched) this.fit();
    this.tellView();
    this.paintAll();
  }

  toSvg(part: 'whole' | 'inSight'): PictureFile | undefined {
    const { scene, palette, view } = this;
    const { clientWidth: width, clientHeight: height } = this.elements.svg;
    if (scene === undefined || width === 0) return undefined;
    if (part === 'inSight') return paintSvg(scene, { palette, view, width, height });
    return paintSvg(scene, { palette, ...viewOfAll(scene.layout.extent) });
  }

  visibleBox(): Box | undefined {
    const { clientWidth: width, clientHeight: height } = this.elements.svg;
    return width === 0 ? undefined : inWorld({ x: 0, y: 0, width, height }, this.view);
  }

  show(box: Box): void {
    const { clientWidth, clientHeight } = this.elements.svg;
    if (clientWidth === 0) return;
    this.touched = true;
    const k = Math.min(clientWidth / box.width, clientHeight / box.height, LARGEST);
    const { x, y } = centreOf(box);
    const target = zoomIdentity.translate(clientWidth / 2 - x * k, clientHeight / 2 - y * k);
    select(this.elements.svg).call(this.zooming.transform, target.scale(k));
  }

  chosenBox(): Box | undefined {
    return this.touched ? this.visibleBox() : undefined;
  }

  /** Pods that are seen from near are drawn over the canvas, with what is inside them. */
  private drawNear(): void {
    const { scene } = this;
    const shown = this.visibleBox();
    if (scene === undefined || shown === undefined) return;
    this.level = levelOf(scene.layout.plan.podWidth * this.view.k, this.level);
    this.elements.svg.dataset.level = this.level;
    const ids = this.level.startsWith('near') ? podsIn(scene.layout.boxes, shown) : [];
    this.events.lookInto(ids);
    drawNearPods(this.nearPods, scene, { ids, level: this.level });
  }

  private tellView(): void {
    const { clientWidth: width, clientHeight: height } = this.elements.svg;
    viewport.set({ ...this.view, width, height });
  }

  draw(scene: MapScene): void {
    const before = this.scene;
    this.scene = scene;
    this.drawNear();
    drawOverlay({ behind: this.layers, before: this.layers }, scene, this.events);
    drawPackets(this.packets, scene.flight, scene.stepMs);
    this.elements.svg.classList.toggle('picking', scene.picking);
    if (before === undefined || before.layout.placing !== scene.layout.placing) {
      if (!this.touched) this.fit();
      this.paintAll();
      this.placeRing();
    } else if (before.layout.extent !== scene.layout.extent) {
      if (!this.touched) this.fit();
      this.paintAll();
    } else if (
      scene.selected !== before.selected ||
      scene.related !== before.related ||
      scene.dimmed !== before.dimmed ||
      scene.layers !== before.layers ||
      scene.foretold !== before.foretold ||
      scene.flight !== before.flight ||
      scene.tracks !== before.tracks
    ) {
      this.paintAll();
    } else this.paintChanges(before, scene);
    if (before?.flight !== scene.flight) this.follow();
  }

  /** Shows everything, and goes on doing so until a person zooms. */
  fit(): void {
    if (this.scene === undefined) return;
    this.touched = false;
    this.byHand = false;
    this.bring(this.scene.layout.extent, { most: 1.3, glide: this.painted > 0 });
  }

  /** A person chose what to look at. */
  private leave(): void {
    this.touched = true;
    this.byHand = true;
  }

  /** Goes with the packet that is played from now on, until a person looks elsewhere. */
  followAnew(): void {
    this.byHand = false;
    this.followed = undefined;
    this.follow();
  }

  /** Brings into sight what the played packet passes, or as much around it as can be read. */
  private follow(): void {
    const { scene } = this;
    if (this.byHand || scene?.flight === undefined) return;
    const { clientWidth: width, clientHeight: height } = this.elements.svg;
    const box = boxToFollow(scene, { width, height }, this.followed, FOLLOWED_ZOOM);
    if (box !== undefined && box !== this.followed) {
      this.touched = true;
      this.bring(box, { most: 1.3, glide: true });
    }
    this.followed = box;
  }

  zoomBy(factor: number): void {
    this.leave();
    select(this.elements.svg)
      .transition()
      .duration(still() ? 0 : MOVE_MS / 3)
      .call(this.zooming.scaleBy, factor);
  }

  /** Brings something into view, near enough to be read, and puts the mark of the keyboard on it. */
  flyTo(id: string): void {
    const box = this.boxOf(id);
    if (box === undefined) return;
    this.leave();
    this.focus(id);
    const { x, y } = centreOf(box);
    const room = { x: x - box.width * 1.6, y: y - box.height * 2.2 };
    this.bring(
      { ...room, width: box.width * 3.2, height: box.height * 4.4 },
      { most: READABLE, glide: true },
    );
  }

  /** Puts the mark of the keyboard on something, and brings it into the window. */
  focus(id: string | undefined): void {
    this.focused = id;
    this.placeRing();
  }

  /** Moves the window until something is in it. */
  reveal(id: string): void {
    const box = this.boxOf(id);
    const { svg } = this.elements;
    if (box === undefined) return;
    const at = onScreen(box, this.view);
    const inside =
      at.x >= 0 &&
      at.y >= 0 &&
      at.x + at.width <= svg.clientWidth &&
      at.y + at.height <= svg.clientHeight;
    if (inside) return;
    const { x, y } = centreOf(box);
    this.leave();
    select(svg).call(this.zooming.translateTo, x, y);
  }

  /** Goes to where a click on the small picture points, given as shares of its sides. */
  goTo(share: Point): void {
    if (this.scene === undefined) return;
    const { x, y } = this.minimap.pointAt(this.scene.layout, share);
    this.leave();
    select(this.elements.svg).call(this.zooming.translateTo, x, y);
  }

  /** Where a pod, or the fold or room that stands for it, a machine or a device is drawn. */
  boxOf(id: string): Box | undefined {
    const { layout } = this.scene ?? {};
    const home = layout?.book.homeOf(id);
    const vertex = this.scene?.vertices.get(id);
    return (
      layout?.boxes.get(id) ??
      layout?.boxes.get(home?.occupant.id ?? '') ??
      layout?.boxes.get(vertex?.parent ?? '')
    );
  }

  private hit(event: MouseEvent): Hit | undefined {
    const { left, top } = this.elements.svg.getBoundingClientRect();
    const { x, y, k } = this.view;
    const at = { x: (event.clientX - left - x) / k, y: (event.clientY - top - y) / k };
    return this.scene === undefined ? undefined : hitAt(this.scene, at, 6 / k);
  }

  private bring(box: Box, how: { readonly most: number; readonly glide: boolean }): void {
    const { svg } = this.elements;
    const { clientWidth, clientHeight } = svg;
    if (clientWidth === 0 || box.width === 0) return;
    const k = Math.min(
      (clientWidth - 2 * MARGIN) / box.width,
      (clientHeight - 2 * MARGIN) / Math.max(1, box.height),
      how.most,
    );
    const { x, y } = centreOf(box);
    const target = zoomIdentity
      .translate(clientWidth / 2 - x * k, clientHeight / 2 - y * k)
      .scale(k);
    const glide = how.glide && !still();
    if (glide) select(svg).transition().duration(MOVE_MS).call(this.zooming.transform, target);
    else select(svg).call(this.zooming.transform, target);
  }

  /** The machine or room that a pointer can move. */
  private takenBy(event: PointerEvent): { readonly id: string; readonly box: Box } | undefined {
    const { scene } = this;
    const hit = scene === undefined || scene.locked ? undefined : this.hit(event);
    if (hit === undefined || hit.kind === 'edge') return undefined;
    const owner = scene?.vertices.get(hit.id)?.parent;
    const id = hit.id.includes('/') ? (owner ?? 'pending') : hit.id;
    const box = scene?.layout.boxes.get(id);
    return box === undefined ? undefined : { id, box };
  }

  private ringAt({ x, y, width, height }: Box): void {
    this.ring.attr('display', null).attr('x', x).attr('y', y);
    this.ring.attr('width', width).attr('height', height);
  }

  private placeRing(): void {
    const box = this.focused === undefined ? undefined : this.boxOf(this.focused);
    this.ring.attr('display', box === undefined ? 'none' : null);
    if (box !== undefined) this.ringAt(box);
  }

  private paintChanges(before: MapScene, scene: MapScene): void {
    if (before.layout === scene.layout) return;
    const { touched } = scene.layout;
    if (touched === undefined) {
      this.paintAll();
      return;
    }
    for (const id of touched) {
      // A room is painted whole: what left it has no place any more.
      const box = scene.layout.boxes.get(id) ?? before.layout.boxes.get(id);
      if (box !== undefined) this.paintPart(onScreen(box, this.view));
    }
  }

  private paintPart(box: Box): void {
    const edge = 4;
    this.dirty?.push({
      x: box.x - edge,
      y: box.y - edge,
      width: box.width + 2 * edge,
      height: box.height + 2 * edge,
    });
    this.schedule();
  }

  private paintAll(): void {
    this.dirty = undefined;
    this.schedule();
  }

  private schedule(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  private paint(): void {
    const { canvas, svg } = this.elements;
    const context = canvas.getContext('2d', { alpha: false });
    const { scene, palette, view } = this;
    if (context === null || scene === undefined) return;
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const brush: Brush = { context, palette, view };
    const whole = { x: 0, y: 0, width: svg.clientWidth, height: svg.clientHeight };
    const parts = this.dirty === undefined || this.dirty.length > 40 ? [whole] : this.dirty;
    for (const part of parts) if (meets(part, whole)) paintMap(brush, scene, part);
    this.dirty = [];
    const shown = inWorld(whole, view);
    const all = covers(shown, scene.layout.extent);
    this.elements.minimap.hidden = all;
    if (!all) this.minimap.draw(scene.layout, palette, shown);
    this.painted += 1;
    canvas.dataset.painted = `${this.painted}`;
    canvas.dataset.pods = `${scene.layout.book.podCount}`;
  }
}

/** Sides of a picture of a whole map, in CSS pixels: large enough for the names of nodes. */
const WHOLE = { width: 2400, height: 1600 };

function viewOfAll(extent: Box) {
  const k = Math.min(
    (WHOLE.width - 2 * MARGIN) / extent.width,
    (WHOLE.height - 2 * MARGIN) / extent.height,
    LARGEST,
  );
  return {
    view: { x: MARGIN - extent.x * k, y: MARGIN - extent.y * k, k },
    width: Math.ceil(extent.width * k + 2 * MARGIN),
    height: Math.ceil(extent.height * k + 2 * MARGIN),
  };
}

function covers(outer: Box, inner: Box): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.width >= inner.x + inner.width &&
    outer.y + outer.height >= inner.y + inner.height
  );
}

function still(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
