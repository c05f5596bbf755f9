import { useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { Edge, Vertex } from '../../server/contract/graph.js';
import { censusOf } from '../model/census.js';
import { type Layout, layOut, type Pins } from '../model/layout.js';
import { MapKeeper, type MapLayout } from '../model/map-layout.js';
import { FOLDS, type FoldBy, type Folding } from '../model/map-rooms.js';
import type { Plan, Stage as Space } from '../model/plan.js';
import type { Slots } from '../model/slots.js';
import { layTracks, type Tracks } from '../model/tracks.js';
import { LayoutKept } from '../state/layout-kept.js';
import { linkedPart, useLinkPart } from '../state/link-parts.js';
import type { LiveState } from '../state/live-store.js';
import { loadPins, savePins } from '../state/pins.js';
import { onTheme, themeScale } from '../state/theme.js';

/** Pods and nodes from which on a cluster is drawn as a map, and below which no longer. */
const MAP_FROM = { pods: 160, nodes: 24 };
const MAP_UNTIL = { pods: 110, nodes: 18 };
/** Pods from which on nodes are folded until a person opens them. */
const FOLD_FROM = 4500;

/** Where things are drawn, and what a person may change about it. */
export interface Laid {
  readonly layout: Layout;
  /** Set where the cluster is drawn as a map. */
  readonly map: MapLayout | undefined;
  readonly pins: Pins;
  readonly pin: (id: string, at: { x: number; y: number }) => void;
  readonly tidy: () => void;
  readonly foldBy: FoldBy;
  readonly setFoldBy: (by: FoldBy) => void;
  /** Opens what is folded, or folds it again. */
  readonly fold: (id: string) => void;
}

/** Lays the cluster out: pods keep their place while they live, machines where they were put. */
export function useLayout(live: LiveState): Laid {
  const { vertices } = live;
  const places = useContext(LayoutKept);
  const [pins, setPins] = useState<Pins>(() => places.current?.pins ?? loadPins());
  const space = useSpace();
  const folds = useFolding(vertices);
  const { folding } = folds;
  const plans = useRef<{ readonly space: Space; readonly plan: Plan }>(undefined);
  const slots = useRef<Slots>(places.current?.slots ?? new Map());
  // What is folded is drawn by the map.
  const large = useLarge(vertices) || folding.by !== 'nothing';
  const small = useMemo(() => {
    if (large) return undefined;
    const before = plans.current?.space === space ? plans.current.plan : undefined;
    const kept = { slots: slots.current, plan: before };
    const next = layOut([...vertices.values()], { pins, stage: space, ...kept });
    slots.current = next.slots;
    plans.current = { space, plan: next.plan };
    return next.plan.density === 'map' ? undefined : next;
  }, [vertices, pins, space, large]);
  const keeper = useMemo(() => new MapKeeper({ stage: space, folding }), [space, folding]);
  const map = useMemo(
    () => (small === undefined ? keeper.update(vertices, pins) : undefined),
    [small, keeper, vertices, pins],
  );
  useEffect(() => {
    places.current = { pins, slots: small?.slots ?? new Map() };
  }, [places, pins, small]);
  const keep = useCallback((next: Pins) => {
    savePins(next);
    return next;
  }, []);
  const pin = useCallback(
    (id: string, at: { x: number; y: number }) =>
      setPins((before) => keep(new Map(before).set(id, at))),
    [keep],
  );
  const tidy = useCallback(() => {
    slots.current = new Map();
    plans.current = undefined;
    setPins(keep(new Map()));
  }, [keep]);
  return {
    layout: small ?? map ?? NOTHING,
    map: small === undefined ? map : undefined,
    pins,
    pin,
    tidy,
    foldBy: folding.by,
    setFoldBy: folds.setFoldBy,
    fold: folds.fold,
  };
}

const NOTHING = layOut([], {
  pins: new Map(),
  stage: { width: 320, height: 320 },
  slots: new Map(),
});

/** The lines of the drawing. On a map only those that are drawn from afar, and those that a journey passes. */
export function useTracks(live: LiveState, laid: Laid, passed: ReadonlySet<string>): Tracks {
  const { layout, map } = laid;
  const hosted = useSame(censusOf(live.vertices).hosted);
  const isMap = map !== undefined;
  const drawn = useMemo(() => {
    const all = [...live.edges.values()];
    return isMap ? all.filter((edge) => isDrawnFromAfar(edge) || passed.has(edge.from)) : all;
  }, [live.edges, isMap, passed]);
  const edges = useSame(drawn);
  // A map is kept up to date in place: its lines change where rooms are placed anew or something on a journey moves.
  const places = map === undefined ? layout : map.placing;
  const latest = useRef(layout);
  latest.current = layout;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `places` stands for the layout
  return useMemo(() => layTracks(latest.current, edges, hosted), [places, edges, hosted]);
}

function isDrawnFromAfar({ kind }: Edge): boolean {
  return kind === 'cable' || kind === 'uplink';
}

/** The list of before while it has the same elements. */
function useSame<T>(list: readonly T[]): readonly T[] {
  const kept = useRef(list);
  const same =
    kept.current.length === list.length && list.every((item, i) => item === kept.current[i]);
  if (!same) kept.current = list;
  return kept.current;
}

/** Whether the cluster is too large for one element each; with some play, so that one pod does not swap the picture. */
function useLarge(vertices: ReadonlyMap<string, Vertex>): boolean {
  const large = useRef(false);
  const limit = large.current ? MAP_UNTIL : MAP_FROM;
  const { pods, nodes } = censusOf(vertices);
  large.current = pods > limit.pods || nodes > limit.nodes;
  return large.current;
}

/** Most opened rooms that a link tells of. */
const MOST_LINKED = 40;

function linkedFold(): FoldBy | undefined {
  return FOLDS.find((by) => by === linkedPart('fold'));
}

function linkedOpened(): ReadonlySet<string> {
  return new Set(linkedPart('open')?.split(' ').slice(0, MOST_LINKED));
}

/** What is folded: by itself where there are very many pods, until a person says otherwise. */
function useFolding(vertices: ReadonlyMap<string, Vertex>) {
  const [chosen, setChosen] = useState(linkedFold);
  const [opened, setOpened] = useState(linkedOpened);
  useLinkPart('fold', chosen);
  useLinkPart('open', [...opened].slice(0, MOST_LINKED).join(' '));
  const many = vertices.size > FOLD_FROM;
  const by = chosen ?? (many ? 'nodes' : 'nothing');
  const folding: Folding = useMemo(() => ({ by, opened }), [by, opened]);
  const setFoldBy = useCallback((next: FoldBy) => {
    setChosen(next);
    setOpened(new Set());
  }, []);
  const fold = useCallback(
    (id: string) => {
      if (by === 'nothing') return;
      setOpened((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      });
    },
    [by],
  );
  return { folding, setFoldBy, fold };
}

/** Space for the graph, from the window alone: what opens and closes on the page does not move pods. */
function useSpace(): Space {
  const [space, setSpace] = useState(spaceOfWindow);
  useEffect(() => {
    const onResize = () =>
      setSpace((before) => {
        const now = spaceOfWindow();
        return now.width === before.width && now.height === before.height ? before : now;
      });
    window.addEventListener('resize', onResize);
    const forget = onTheme(onResize);
    return () => {
      window.removeEventListener('resize', onResize);
      forget();
    };
  }, []);
  return space;
}

/** In steps, so that a window that is dragged larger does not rearrange with every pixel. */
const STEP = 40;

/** Where the dock is below the graph; dock.css says the same. */
const DOCK_BELOW = '(max-width: 900px) and (orientation: portrait)';

/** What a graph needs to be drawn in detail; a theme that shows things larger leaves it that much. */
const LEAST_WINDOW = { width: 1000, height: 560 };

/** A theme that shows everything larger has room for less. */
function spaceOfWindow(): Space {
  const { innerWidth, innerHeight } = window;
  const largest = Math.min(innerWidth / LEAST_WINDOW.width, innerHeight / LEAST_WINDOW.height);
  const scale = Math.max(1, Math.min(themeScale(), largest));
  const windowWidth = innerWidth / scale;
  const windowHeight = innerHeight / scale;
  const isBelow = matchMedia(DOCK_BELOW).matches;
  const dock = isBelow ? 0 : Math.min(380, Math.max(300, windowWidth * 0.25));
  const round = (value: number) => Math.max(STEP * 8, Math.floor(value / STEP) * STEP);
  return {
    width: round(windowWidth - dock - 36),
    height: round((isBelow ? windowHeight * 0.64 : windowHeight) - 46 - 44 - 80),
  };
}
