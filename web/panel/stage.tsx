import { type ComponentType, useCallback, useMemo, useRef, useState } from 'react';
import type { PolicyVertex } from '../../server/contract/graph.js';
import { withBuildUp } from '../model/build-up.js';
import { censusOf } from '../model/census.js';
import { dimmedBy, isEmpty } from '../model/filter.js';
import { flightAt, translatedServices } from '../model/flight.js';
import type { Foretold } from '../model/foretold.js';
import type { Box } from '../model/geometry.js';
import type { Layout } from '../model/layout.js';
import { withoutNoise } from '../model/noise.js';
import { LayersMenu } from '../overlay/layers-menu.js';
import { useEmptyLayers, useOverlay } from '../overlay/use-overlay.js';
import type { Scene } from '../render/scene.js';
import { useLayers } from '../state/layers.js';
import type { LiveState } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import { useStoredSwitch } from '../state/stored.js';
import type { Picking } from '../trace/trace-form.js';
import { type Fly, GraphView } from './graph-view.js';
import { MapView } from './map-view.js';
import { StageBar } from './stage-bar.js';
import { useDrawn } from './use-drawn.js';
import { useInside } from './use-inside.js';
import { useLayout, useTracks } from './use-layout.js';
import { useLinkedSearch } from './use-linked-search.js';
import { ViewOptions } from './view-options.js';
import { GRAPH } from './words.js';

interface Props {
  readonly live: LiveState;
  readonly selected: string | undefined;
  readonly playback: Playback;
  readonly picking: Picking;
  readonly onSelect: (id: string | undefined) => void;
  /** What a dry run would do. */
  readonly foretold?: Foretold;
  /** What only a running cluster has to show over the drawing. */
  readonly over?: ComponentType<{ readonly live: LiveState; readonly scene: Scene }>;
}

const NONE_FORETOLD: Foretold = new Map();

/** The graph with what is laid over it. */
export function Stage({
  live: all,
  selected,
  playback,
  picking,
  onSelect,
  over: Over,
  foretold = NONE_FORETOLD,
}: Props) {
  const [search, setSearch] = useLinkedSearch();
  const [fitRequest, setFitRequest] = useState(0);
  const [quiet, setQuiet] = useStoredSwitch('hide-system', false);
  const [locked, setLocked] = useStoredSwitch('lock-places', false);
  const passed = useMemo(
    () => new Set(playback.frames.map(({ hop }) => hop.vertex)),
    [playback.frames],
  );
  const { live, hidden } = useQuiet(all, quiet, { passed, selected });
  const laid = useLayout(live);
  const { layout, map, pins, pin, tidy } = laid;
  const tracks = useTracks(live, laid, passed);
  const { journey, frames, position, stepMs } = playback;
  const flight = useMemo(
    () =>
      journey === undefined ? undefined : flightAt({ journey, frames, position }, tracks.graph),
    [journey, frames, position, tracks],
  );
  const translated = useMemo(
    () => translatedServices(frames, position, censusOf(live.vertices).serviceByIp),
    [frames, position, live.vertices],
  );
  const layers = useLayers();
  const overlay = useOverlay({ live, layout, large: map !== undefined, layers, selected });
  const { inside, lookInto } = useInside(live);
  const emptyLayers = useEmptyLayers(live);
  const dimmed = useMemo(() => dimmedBy(live.vertices.values(), search), [live.vertices, search]);
  const related = useMemo(() => relatedTo(selected, live), [selected, live]);
  const built = useMemo(
    () => withBuildUp(live, { journey, frames, position }),
    [live, journey, frames, position],
  );
  const scene: Scene = useMemo(
    () => ({
      vertices: built.vertices,
      edges: built.edges,
      layout: withExtent(layout, overlay.extent),
      tracks,
      layers,
      overlay,
      inside,
      selected,
      related,
      dimmed,
      flight,
      stepMs: Math.min(stepMs * 0.85, 900),
      picking: picking !== undefined,
      locked,
      foretold,
    }),
    [
      built,
      layout,
      tracks,
      layers,
      overlay,
      inside,
      selected,
      related,
      dimmed,
      flight,
      stepMs,
      picking,
      locked,
      foretold,
    ],
  );
  const mapScene = useMemo(
    () => (map === undefined ? undefined : { ...scene, layout: withExtent(map, overlay.extent) }),
    [scene, map, overlay],
  );
  const [fly, setFly] = useState<Fly>();
  const found = useRef(0);
  const matches = useMemo(
    () =>
      isEmpty(search)
        ? undefined
        : [...live.vertices.values()]
            .filter(({ id, kind }) => kind === 'pod' && !dimmed.has(id))
            .map(({ id }) => id),
    [search, live.vertices, dimmed],
  );
  const findNext = useCallback(() => {
    if (matches === undefined || matches.length === 0) return;
    const id = matches[found.current % matches.length];
    found.current += 1;
    if (id !== undefined) setFly((before) => ({ id, request: (before?.request ?? 0) + 1 }));
  }, [matches]);
  const drawn = useDrawn(live);
  return (
    <div className="stage" ref={drawn}>
      <StageBar
        live={live}
        search={search}
        dimmed={dimmed}
        selected={selected}
        translated={translated}
        matches={matches?.length}
        hidden={hidden}
        onSearch={(next) => {
          found.current = 0;
          setSearch(next);
        }}
        onFind={findNext}
        onSelect={onSelect}
      >
        <LayersMenu layers={layers} nothing={emptyLayers}>
          <ViewOptions
            foldBy={laid.foldBy}
            onFoldBy={laid.setFoldBy}
            quiet={quiet}
            onQuiet={setQuiet}
            locked={locked}
            onLocked={setLocked}
            moved={pins.size > 0}
            onTidy={() => {
              tidy();
              setFitRequest((n) => n + 1);
            }}
          />
        </LayersMenu>
      </StageBar>
      <div className="canvas">
        {mapScene === undefined ? (
          <GraphView
            scene={scene}
            fitRequest={fitRequest}
            fly={fly}
            select={onSelect}
            pin={pin}
            lookInto={lookInto}
          />
        ) : (
          <MapView
            scene={mapScene}
            fitRequest={fitRequest}
            fly={fly}
            select={onSelect}
            fold={laid.fold}
            pin={pin}
            lookInto={lookInto}
          />
        )}
        {Over === undefined ? null : <Over live={live} scene={scene} />}
        {live.vertices.size === 0 ? (
          <p className="empty">{live.connected ? GRAPH.nothing : GRAPH.waiting}</p>
        ) : null}
      </div>
    </div>
  );
}

/** What is drawn: everything, or all but the system; what a person or a packet is at stays. */
function useQuiet(
  all: LiveState,
  quiet: boolean,
  looked: { readonly passed: ReadonlySet<string>; readonly selected: string | undefined },
): { readonly live: LiveState; readonly hidden: number } {
  const { passed, selected } = looked;
  return useMemo(() => {
    if (!quiet) return { live: all, hidden: 0 };
    const { vertices, hidden } = withoutNoise(all.vertices, new Set([...passed, selected ?? '']));
    return { live: { ...all, vertices }, hidden };
  }, [all, quiet, passed, selected]);
}

/** The layout with room for what the layers add. */
function withExtent<T extends Layout>(layout: T, extent: Box): T {
  return extent === layout.extent ? layout : { ...layout, extent };
}

/** The pods behind a selected Service, the Services in front of a selected pod's. */
function relatedTo(selected: string | undefined, live: LiveState): ReadonlySet<string> {
  const vertex = live.vertices.get(selected ?? '');
  if (vertex?.kind === 'service') return new Set([...vertex.pods, ...vertex.unready]);
  if (vertex?.kind === 'policy') return new Set(isolatedBy(vertex, live));
  return new Set();
}

function* isolatedBy({ namespace, name }: PolicyVertex, live: LiveState): Iterable<string> {
  for (const vertex of live.vertices.values()) {
    if (vertex.kind !== 'pod' || vertex.namespace !== namespace) continue;
    const { ingress = [], egress = [] } = vertex.isolatedBy ?? {};
    if (ingress.includes(name) || egress.includes(name)) yield vertex.id;
  }
}
