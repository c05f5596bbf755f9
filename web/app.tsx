import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Journey } from '../server/contract/journey.js';
import type { TraceRequest } from '../server/contract/live.js';
import { anchorOf, vethPodsOf } from './model/anchors.js';
import { layOut, type Pins } from './model/layout.js';
import { framesOf } from './model/playback.js';
import { ApplyDialog } from './panel/apply-dialog.js';
import { DetailsPanel } from './panel/details-panel.js';
import { GraphView } from './panel/graph-view.js';
import { Player } from './panel/player.js';
import { ServiceList } from './panel/service-list.js';
import { Toolbar } from './panel/toolbar.js';
import { TraceForm } from './panel/trace-form.js';
import type { PacketMark } from './render/graph-renderer.js';
import type { LiveStore } from './state/live-store.js';
import { loadPins, savePins } from './state/pins.js';

/** The page: graph in the middle, questions on the left, answers on the right, the packet's way below. */
export function App({ store }: { readonly store: LiveStore }) {
  const live = useSyncExternalStore(store.subscribe, () => store.state);
  const [pins, setPins] = useState<Pins>(loadPins);
  const [selected, setSelected] = useState<string>();
  const [journey, setJourney] = useState<Journey>();
  const [position, setPosition] = useState(0);
  const [applying, setApplying] = useState(false);
  const [notice, setNotice] = useState<string>();
  const [fitRequest, setFitRequest] = useState(0);

  const layout = useMemo(() => layOut([...live.vertices.values()], pins), [live.vertices, pins]);
  const frames = useMemo(() => (journey === undefined ? [] : framesOf(journey)), [journey]);
  const frame = frames[Math.min(position, frames.length - 1)];
  const vethPods = useMemo(() => vethPodsOf(live.edges.values()), [live.edges]);
  const lit = useMemo(() => litBy(journey), [journey]);

  const packet = useMemo((): PacketMark | undefined => {
    if (frame === undefined) return undefined;
    const at = anchorOf(frame.hop.vertex, frame.step.device, layout, vethPods);
    if (at === undefined) return undefined;
    const tone = frame.step.code === undefined ? frame.hop.direction : 'dropped';
    return { at, label: shortLabel(frame.step.packet ?? ''), tone };
  }, [frame, layout, vethPods]);

  const send = useCallback(
    async (request: TraceRequest): Promise<string | undefined> => {
      const answer = await store.command('trace', request);
      if (!answer.ok) return answer.error;
      setJourney(answer.value);
      setPosition(0);
      return undefined;
    },
    [store],
  );

  const pin = useCallback((id: string, at: { x: number; y: number }) => {
    setPins((before) => {
      const next = new Map(before).set(id, at);
      savePins(next);
      return next;
    });
  }, []);

  useEffect(() => {
    if (notice === undefined) return undefined;
    const timer = setTimeout(() => setNotice(undefined), 6000);
    return () => clearTimeout(timer);
  }, [notice]);

  const tell = useCallback((text: string) => setNotice(text), []);

  return (
    <div className="page">
      <Toolbar
        live={live}
        store={store}
        onApply={() => setApplying(true)}
        onFit={() => {
          setPins(new Map());
          savePins(new Map());
          setFitRequest((n) => n + 1);
        }}
      />
      <div className="columns">
        <aside className="left">
          <TraceForm live={live} selected={selected} onSend={send} />
          <ServiceList live={live} selected={selected} onSelect={setSelected} />
        </aside>
        <main className="stage">
          <GraphView
            live={live}
            layout={layout}
            selected={selected}
            lit={lit}
            packet={packet}
            fitRequest={fitRequest}
            onSelect={setSelected}
            onPin={pin}
          />
          {live.vertices.size === 0 ? <p className="empty">Waiting for the cluster…</p> : null}
          {journey === undefined ? null : (
            <Player
              journey={journey}
              frames={frames}
              position={Math.min(position, frames.length - 1)}
              onMove={setPosition}
              onClose={() => setJourney(undefined)}
            />
          )}
        </main>
        {selected === undefined ? null : (
          <DetailsPanel
            key={selected}
            id={selected}
            live={live}
            store={store}
            onClose={() => setSelected(undefined)}
            onNotice={tell}
            onJourney={(shown) => {
              setJourney(shown);
              setPosition(0);
            }}
          />
        )}
      </div>
      {applying ? <ApplyDialog store={store} onClose={() => setApplying(false)} /> : null}
      <p className="notice" role="status">
        {notice}
      </p>
    </div>
  );
}

function litBy(journey: Journey | undefined): ReadonlySet<string> {
  const lit = new Set<string>();
  for (const hop of journey?.hops ?? []) {
    lit.add(hop.vertex);
    if (!hop.vertex.startsWith('node:')) continue;
    for (const step of hop.steps) {
      if (step.device !== undefined)
        lit.add(`bridge:${hop.vertex.slice('node:'.length)}/${step.device}`);
    }
  }
  return lit;
}

/** `TCP [S]`, `ARP who-has`: what fits over a packet. */
function shortLabel(line: string): string {
  const flags = /Flags \[[^\]]*\]/.exec(line)?.[0].replace('Flags ', 'TCP ');
  if (flags !== undefined) return flags;
  if (line.startsWith('ARP')) return line.includes('Reply') ? 'ARP reply' : 'ARP who-has';
  if (line.includes('ICMP')) return (/ICMP [^,]*/.exec(line)?.[0] ?? 'ICMP').slice(0, 34);
  return line.includes('UDP') ? 'UDP' : '';
}
