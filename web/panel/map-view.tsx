import { useEffect, useRef, useState } from 'react';
import type { Box, Point } from '../model/geometry.js';
import { type Hit, machineBoxes } from '../model/map-hit.js';
import { totalOf } from '../model/map-rooms.js';
import { directionOf, neighbourOf } from '../model/neighbours.js';
import { tooltipOf } from '../render/draw-pod.js';
import { type MapEvents, MapRenderer } from '../render/map/map-renderer.js';
import type { MapScene } from '../render/map/map-scene.js';
import { MAP_WORDS } from '../render/map/words.js';
import { offerPicture } from '../render/picture.js';
import { onTheme } from '../state/theme.js';
import { takeLinkedBox } from '../trace/linked.js';
import type { Fly } from './graph-view.js';

interface Props extends Pick<MapEvents, 'select' | 'fold' | 'lookInto' | 'pin'> {
  readonly scene: MapScene;
  /** A new number asks to show everything. */
  readonly fitRequest: number;
  readonly fly: Fly | undefined;
}

/** Hosts the map of a large cluster: a canvas, what lies over it, and a small picture of the whole. */
export function MapView({ scene, fitRequest, fly, select, fold, lookInto, pin }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<MapRenderer>(undefined);
  const current = useRef({ scene, select, fold, lookInto, pin });
  current.current = { scene, select, fold, lookInto, pin };
  const [tip, setTip] = useState<{ readonly words: string; readonly at: Point }>();
  const [focused, setFocused] = useState<string>();

  useEffect(() => {
    if (canvas.current === null || svg.current === null || minimap.current === null)
      return undefined;
    const made = new MapRenderer(
      { canvas: canvas.current, svg: svg.current, minimap: minimap.current },
      {
        select: (id) => {
          setFocused(id);
          current.current.select(id);
        },
        fold: (id) => current.current.fold(id),
        pin: (id, at) => current.current.pin(id, at),
        lookInto: (ids) => current.current.lookInto(ids),
        hover: (hit, at) => {
          const words = hit === undefined ? '' : wordsFor(hit.id, current.current.scene, hit);
          setTip(words === '' ? undefined : { words, at });
        },
      },
    );
    renderer.current = made;
    const withdraw = offerPicture(made);
    made.draw(current.current.scene);
    made.resize();
    const box = takeLinkedBox();
    if (box !== undefined) made.show(box);
    const sizes = new ResizeObserver(() => made.resize());
    sizes.observe(svg.current);
    const forget = onTheme(() => made.recolour());
    return () => {
      sizes.disconnect();
      forget();
      made.stop();
      withdraw();
      renderer.current = undefined;
    };
  }, []);

  useEffect(() => renderer.current?.draw(scene), [scene]);

  const answered = useRef(fitRequest);
  useEffect(() => {
    if (answered.current === fitRequest) return;
    answered.current = fitRequest;
    renderer.current?.fit();
  }, [fitRequest]);

  useEffect(() => {
    if (fly === undefined) return;
    renderer.current?.flyTo(fly.id);
    setFocused(fly.id);
  }, [fly]);

  const tracing = scene.flight !== undefined;
  useEffect(() => {
    if (tracing) renderer.current?.followAnew();
  }, [tracing]);

  function focus(id: string) {
    setFocused(id);
    renderer.current?.focus(id);
    renderer.current?.reveal(id);
  }

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // While a packet is played the arrows step.
    const direction = tracing ? undefined : directionOf(event.key);
    if (direction !== undefined) {
      const from = focused === undefined ? undefined : renderer.current?.boxOf(focused);
      const next =
        focused === undefined || from === undefined
          ? firstOf(scene)
          : neighbourOf(from, direction, candidatesFor(focused, scene));
      if (next !== undefined) focus(next);
    } else if (event.key === 'Enter' && focused !== undefined) {
      if (focused.startsWith('fold:')) fold(focused);
      else select(focused);
    } else if (event.key === ' ' && !tracing && focused !== undefined) {
      const other = inOrOut(focused, scene);
      if (other !== undefined) focus(other);
    } else if (event.key === 'o' && focused !== undefined) fold(focused);
    else if (event.key === '+' || event.key === '=') renderer.current?.zoomBy(1.6);
    else if (event.key === '-') renderer.current?.zoomBy(1 / 1.6);
    else if (event.key === '0') renderer.current?.fit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function goTo(event: React.PointerEvent<HTMLCanvasElement>) {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    renderer.current?.goTo({
      x: (event.clientX - left) / width,
      y: (event.clientY - top) / height,
    });
  }

  return (
    <>
      <canvas ref={canvas} className="map-canvas" />
      <svg
        ref={svg}
        className={`map-overlay${tracing ? ' tracing' : ''}`}
        role="application"
        aria-label={MAP_WORDS.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is moved about in by keys
        tabIndex={0}
        onKeyDown={onKeyDown}
      />
      <p className="unseen" aria-live="polite">
        {focused === undefined ? '' : wordsFor(focused, scene)}
      </p>
      <canvas
        ref={minimap}
        className="minimap"
        width={300}
        height={208}
        title={MAP_WORDS.minimap}
        role="img"
        aria-label={MAP_WORDS.minimap}
        onPointerDown={goTo}
        onPointerMove={(event) => {
          if (event.buttons === 1) goTo(event);
        }}
      />
      {tip === undefined ? null : (
        <div className="map-tip" style={{ left: tip.at.x + 14, top: tip.at.y + 12 }}>
          {tip.words}
        </div>
      )}
      <div className="zoom-buttons">
        <button
          type="button"
          title={MAP_WORDS.larger}
          onClick={() => renderer.current?.zoomBy(1.6)}
        >
          +
        </button>
        <button
          type="button"
          title={MAP_WORDS.smaller}
          onClick={() => renderer.current?.zoomBy(1 / 1.6)}
        >
          −
        </button>
        <button type="button" title={MAP_WORDS.everything} onClick={() => renderer.current?.fit()}>
          ⤢
        </button>
      </div>
    </>
  );
}

/** What is told of a thing that the pointer or the keyboard is on. */
function wordsFor(id: string, { vertices, layout, edges }: MapScene, hit?: Hit): string {
  const vertex = vertices.get(id);
  const placed = layout.rooms.get(id);
  if (vertex?.kind === 'pod') return tooltipOf(vertex);
  if (hit?.kind === 'fold' || id.startsWith('fold:')) {
    const [room = '', namespace = ''] = id.slice('fold:'.length).split('|');
    return `${namespace} on ${room.slice('node:'.length)}\n${MAP_WORDS.openFold}`;
  }
  if (placed !== undefined) {
    const { tally, folded } = placed.room;
    return [
      vertex?.name ?? MAP_WORDS.pending,
      `${totalOf(tally)} pods: ● ${tally.good} ◐ ${tally.busy} ▲ ${tally.bad} ■ ${tally.done}`,
      folded ? MAP_WORDS.openRoom : '',
    ]
      .filter((line) => line !== '')
      .join('\n');
  }
  const edge = edges.get(id);
  if (edge !== undefined)
    return `${edge.kind}: ${edge.fromDevice} – ${edge.toDevice}${edge.up ? '' : ' (down)'}`;
  return vertex === undefined ? '' : `${vertex.kind} ${vertex.name}`;
}

/** Pods are among pods, rooms and machines among their own. */
function* candidatesFor(id: string, { layout }: MapScene): Iterable<readonly [string, Box]> {
  const room = layout.rooms.has(id) || id.startsWith('switch:') || id.startsWith('node:');
  if (!room) {
    for (const entry of layout.boxes) if (/^(pod|fold):/.test(entry[0])) yield entry;
    return;
  }
  for (const placed of layout.rooms.values()) yield [placed.room.id, placed.box];
  yield* machineBoxes(layout);
}

function firstOf({ layout }: MapScene): string | undefined {
  return layout.rooms.keys().next().value;
}

/** From a room to its first pod, from a pod to its room. */
function inOrOut(id: string, { layout, vertices }: MapScene): string | undefined {
  const placed = layout.rooms.get(id);
  if (placed !== undefined) return placed.room.cells.find((cell) => cell !== undefined)?.id;
  return vertices.get(id)?.parent ?? id.slice('fold:'.length).split('|')[0];
}
