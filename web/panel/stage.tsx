import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { dimmedBy, type Search } from '../model/filter.js';
import { flightAt, translatedServices } from '../model/flight.js';
import { type Layout, layOut, type Pins } from '../model/layout.js';
import type { Stage as Space } from '../model/plan.js';
import type { Slots } from '../model/slots.js';
import { layTracks } from '../model/tracks.js';
import type { Scene } from '../render/scene.js';
import type { LiveState } from '../state/live-store.js';
import { loadPins, savePins } from '../state/pins.js';
import type { Playback } from '../state/playback.js';
import type { Picking } from '../trace/trace-form.js';
import { GraphView } from './graph-view.js';
import { StageBar } from './stage-bar.js';

interface Props {
  readonly live: LiveState;
  readonly selected: string | undefined;
  readonly playback: Playback;
  readonly picking: Picking;
  readonly onSelect: (id: string | undefined) => void;
}

/** The graph with what is laid over it. */
export function Stage({ live, selected, playback, picking, onSelect }: Props) {
  const [search, setSearch] = useState<Search>({ namespace: '', text: '' });
  const [fitRequest, setFitRequest] = useState(0);
  const { layout, pins, pin, tidy } = useLayout(live);
  const tracks = useMemo(() => layTracks(layout, live.edges.values()), [layout, live.edges]);
  const { journey, frames, position, stepMs } = playback;
  const flight = useMemo(
    () =>
      journey === undefined ? undefined : flightAt({ journey, frames, position }, tracks.graph),
    [journey, frames, position, tracks],
  );
  const translated = useMemo(
    () => translatedServices(frames, position, servicesByIp(live)),
    [frames, position, live],
  );
  const dimmed = useMemo(() => dimmedBy(live.vertices.values(), search), [live.vertices, search]);
  const related = useMemo(() => relatedTo(selected, live), [selected, live]);
  const scene: Scene = useMemo(
    () => ({
      vertices: live.vertices,
      edges: live.edges,
      layout,
      tracks,
      selected,
      related,
      dimmed,
      flight,
      stepMs: Math.min(stepMs * 0.85, 900),
      picking: picking !== undefined,
    }),
    [live.vertices, live.edges, layout, tracks, selected, related, dimmed, flight, stepMs, picking],
  );
  return (
    <div className="stage">
      <StageBar
        live={live}
        search={search}
        dimmed={dimmed}
        selected={selected}
        translated={translated}
        onSearch={setSearch}
        onSelect={onSelect}
      />
      <div className="canvas">
        <GraphView scene={scene} fitRequest={fitRequest} select={onSelect} pin={pin} />
        {pins.size === 0 ? null : (
          <button
            type="button"
            className="tidy"
            title="Put everything back in its computed place"
            onClick={() => {
              tidy();
              setFitRequest((n) => n + 1);
            }}
          >
            tidy up
          </button>
        )}
        {live.vertices.size === 0 ? (
          <p className="empty">
            {live.connected ? 'Nothing is here yet.' : 'Waiting for the cluster…'}
          </p>
        ) : null}
      </div>
    </div>
  );
}

/** Where things are drawn; pods keep their place while they live, machines where they were put. */
function useLayout(live: LiveState) {
  const [pins, setPins] = useState<Pins>(loadPins);
  const space = useSpace();
  const slots = useRef<Slots>(new Map());
  const layout: Layout = useMemo(() => {
    const next = layOut([...live.vertices.values()], { pins, stage: space, slots: slots.current });
    slots.current = next.slots;
    return next;
  }, [live.vertices, pins, space]);
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
    setPins(keep(new Map()));
  }, [keep]);
  return { layout, pins, pin, tidy };
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
    return () => window.removeEventListener('resize', onResize);
  }, []);
  return space;
}

/** In steps, so that a window that is dragged larger does not rearrange with every pixel. */
const STEP = 40;

function spaceOfWindow(): Space {
  const dock = Math.min(380, Math.max(300, window.innerWidth * 0.25));
  const round = (value: number) => Math.max(STEP * 8, Math.floor(value / STEP) * STEP);
  return {
    width: round(window.innerWidth - dock - 36),
    height: round(window.innerHeight - 46 - 44 - 80),
  };
}

function servicesByIp(live: LiveState): ReadonlyMap<string, string> {
  const byIp = new Map<string, string>();
  for (const vertex of live.vertices.values()) {
    if (vertex.kind === 'service' && vertex.clusterIp !== '') byIp.set(vertex.clusterIp, vertex.id);
  }
  return byIp;
}

/** The pods behind a selected Service, the Services in front of a selected pod's. */
function relatedTo(selected: string | undefined, live: LiveState): ReadonlySet<string> {
  const vertex = live.vertices.get(selected ?? '');
  return new Set(vertex?.kind === 'service' ? vertex.pods : []);
}
