import { useEffect, useMemo, useRef, useState } from 'react';
import { type Page, PageContext } from '../page.js';
import { Stage } from '../panel/stage.js';
import { LayoutKept } from '../state/layout-kept.js';
import { usePlayback } from '../state/playback.js';
import { EMPTY_DRAFT } from '../trace/draft.js';
import { Player } from '../trace/player.js';
import { StepList } from '../trace/step-list.js';
import { useHistory } from '../trace/use-history.js';
import { PrintedSteps } from './printed-steps.js';
import { RecordedHead } from './recorded-head.js';
import { recordedStore } from './recorded-store.js';
import type { Recording } from './recording.js';
import { RECORDED } from './words.js';

/** A recording, played without a server: the graph as it was, the packet on its way, and every step. */
export function RecordedPage({ recording }: { readonly recording: Recording }) {
  const { journey, player } = recording;
  const store = useMemo(() => recordedStore(recording), [recording]);
  const places = useRef(placesOf(recording));
  const playback = usePlayback();
  const history = useHistory();
  const [selected, setSelected] = useState<string>();
  const { show } = playback;
  useEffect(() => show(journey, player), [show, journey, player]);
  const page: Page = {
    live: store.state,
    store,
    playback,
    history,
    draft: EMPTY_DRAFT,
    selected,
    undo: { label: undefined, done: nothing, undo: async () => {} },
    tell: nothing,
    openEditor: nothing,
  };
  return (
    <PageContext value={page}>
      <LayoutKept value={places}>
        <div className="page recorded">
          <RecordedHead recording={recording} />
          <div className="columns">
            <aside className="recorded-steps" aria-label={RECORDED.list}>
              <div className="dock-body">
                <StepList playback={playback} />
              </div>
            </aside>
            <main className="main">
              <Stage
                live={store.state}
                selected={selected}
                playback={playback}
                picking={undefined}
                onSelect={setSelected}
              />
              {playback.journey === undefined ? null : (
                <Player
                  store={store}
                  playback={playback}
                  comparable={false}
                  octetsAtFirst={player.octets}
                />
              )}
            </main>
          </div>
        </div>
        <PrintedSteps journey={journey} frames={playback.frames} />
      </LayoutKept>
    </PageContext>
  );
}

function nothing(): void {}

function placesOf({ pins, slots }: Recording) {
  return {
    pins: new Map(pins),
    slots: new Map(slots.map(([id, group, index]) => [id, { group, index }])),
  };
}
