import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { LoadedObject } from '../server/contract/acting.js';
import type { TraceRequest } from '../server/contract/live.js';
import { LostBanner } from './act/lost-banner.js';
import { useUndo } from './act/undo.js';
import { ApplyDialog } from './editor/apply-dialog.js';
import { type DryRun, foretoldBy, GhostBar, GhostMarks, withGhosts } from './editor/ghost.js';
import { useKeys } from './keys/use-keys.js';
import { endFor } from './model/ends.js';
import { type Page, PageContext } from './page.js';
import { Dock, type DockTab } from './panel/dock.js';
import { Stage } from './panel/stage.js';
import { Toasts } from './panel/toasts.js';
import { PAGE } from './panel/words.js';
import { clusterBase } from './state/cluster-base.js';
import type { LiveStore } from './state/live-store.js';
import { usePlayback } from './state/playback.js';
import { readStored, useStoredSwitch } from './state/stored.js';
import { useToasts } from './state/toasts.js';
import { TerminalDock } from './terminal/terminal-dock.js';
import { TerminalsContext, useTerminalList } from './terminal/use-terminals.js';
import { Toolbar } from './toolbar/toolbar.js';
import { type Draft, draftFrom } from './trace/draft.js';
import { linked } from './trace/linked.js';
import { Player } from './trace/player.js';
import type { Picking } from './trace/trace-form.js';
import { useHistory } from './trace/use-history.js';
import { useLinkedTrace } from './trace/use-linked-trace.js';
import { TrafficLayer } from './traffic/traffic-layer.js';
import { usePredict } from './what-if/predict/use-predict.js';
import { SuggestDialog } from './what-if/suggest-dialog.js';

/** The page: questions and answers in the dock, the graph beside it, the packet's way below. */
export function App({ store }: { readonly store: LiveStore }) {
  const live = useSyncExternalStore(store.subscribe, () => store.state);
  const playback = usePredict(usePlayback(), store);
  const { toasts, tell, dismiss } = useToasts();
  const terminals = useTerminalList();
  const history = useHistory();
  const [selected, setSelected] = useState<string | undefined>(linked.selected);
  const [tab, setTab] = useState<DockTab>('trace');
  const [draft, setDraft] = useState<Draft>(
    () => linked.draft ?? draftFrom(readStored('trace-draft')),
  );
  const [dockHidden, setDockHidden] = useStoredSwitch('dock.hidden', false);
  const main = useRef<HTMLElement>(null);
  const [picking, setPicking] = useState<Picking>();
  const [applying, setApplying] = useState(false);
  const [loaded, setLoaded] = useState<LoadedObject>();
  const [dryRun, setDryRun] = useState<DryRun>();
  const undo = useUndo(store, tell);
  const shown = useMemo(() => withGhosts(live, dryRun), [live, dryRun]);
  const foretold = useMemo(() => foretoldBy(live, dryRun), [live, dryRun]);

  const chooseEnd = useCallback(
    (end: 'from' | 'to', id: string) => {
      const vertex = live.vertices.get(id);
      const text = vertex === undefined ? undefined : endFor(vertex, end, draft.protocol);
      if (text === undefined) {
        tell('bad', end === 'from' ? PAGE.badSender : PAGE.badReceiver);
        return;
      }
      setDraft((before) => ({ ...before, [end]: text }));
      setTab('trace');
      setPicking((before) =>
        before === 'from' || draft.to === '' ? (end === 'from' ? 'to' : undefined) : undefined,
      );
    },
    [live.vertices, draft.protocol, draft.to, tell],
  );

  const select = useCallback(
    (id: string | undefined) => {
      if (picking !== undefined && id !== undefined) {
        chooseEnd(picking, id);
        return;
      }
      setSelected(id);
      if (id === undefined) return;
      setTab('details');
      const vertex = live.vertices.get(id);
      // An end that is still open is the one that was selected.
      setDraft((before) => {
        const end = before.from === '' ? 'from' : before.to === '' ? 'to' : undefined;
        const text =
          vertex === undefined || end === undefined
            ? undefined
            : endFor(vertex, end, before.protocol);
        return end === undefined || text === undefined || text === before.from
          ? before
          : { ...before, [end]: text };
      });
    },
    [picking, chooseEnd, live.vertices],
  );

  const send = useCallback(
    async (request: TraceRequest): Promise<string | undefined> => {
      const answer = await store.command('trace', request);
      if (!answer.ok) return answer.error;
      history.keep(request, answer.value, store.state);
      playback.show(answer.value);
      return undefined;
    },
    [store, playback.show, history.keep],
  );

  useLinkedTrace({
    linked,
    store,
    ready: live.vertices.size > 0,
    playback,
    history,
    send,
    tell,
  });

  useKeys('page', {
    escape: () => {
      if (picking !== undefined) setPicking(undefined);
      else if (selected !== undefined) setSelected(undefined);
      else playback.show(undefined);
      // What had the keyboard may be gone with what was closed.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) main.current?.focus();
      });
    },
    send: () => {
      setTab('trace');
      setDockHidden(false);
      requestAnimationFrame(() => document.getElementById('end-from')?.focus());
    },
  });

  const closeEditor = useCallback(() => {
    setApplying(false);
    setLoaded(undefined);
  }, []);
  const edit = useCallback((object: LoadedObject) => {
    setLoaded(object);
    setApplying(true);
  }, []);
  const openEditor = () => {
    setDryRun(undefined);
    setApplying(true);
  };

  async function carryOut(run: DryRun) {
    const answer = await store.command(run.command, run.request);
    if (!answer.ok) {
      tell('bad', answer.error);
      return;
    }
    setDryRun(undefined);
    if (answer.value.lines.length > 0)
      undo.done(answer.value.lines.slice(0, 4).join(', '), answer.value.undo);
    for (const { message } of answer.value.problems.slice(0, 3)) tell('bad', message);
  }

  const trace = useMemo(
    () => ({ draft, picking, onDraft: setDraft, onPick: setPicking, onSend: send }),
    [draft, picking, send],
  );
  const page: Page = {
    live,
    store,
    playback,
    history,
    draft,
    selected,
    undo,
    tell,
    openEditor,
  };
  return (
    <PageContext value={page}>
      <TerminalsContext value={terminals}>
        <div className="page">
          <button type="button" className="skip-link" onClick={() => main.current?.focus()}>
            {PAGE.skip}
          </button>
          <Toolbar />
          <LostBanner live={live} />
          <p className="visually-hidden" role="status">
            {playback.journey === undefined
              ? ''
              : PAGE.outcome(playback.journey.disposition, playback.journey.summary)}
          </p>
          <div className="columns">
            <Dock
              live={live}
              store={store}
              tab={tab}
              hidden={dockHidden}
              selected={selected}
              playback={playback}
              trace={trace}
              onTab={setTab}
              onHidden={setDockHidden}
              onTell={tell}
              onChooseEnd={chooseEnd}
              onDone={undo.done}
              onEdit={edit}
            />
            <main ref={main} className="main" tabIndex={-1} aria-label={PAGE.graph}>
              <Stage
                live={shown}
                selected={selected}
                playback={playback}
                picking={picking}
                onSelect={select}
                over={TrafficLayer}
                foretold={foretold}
              />
              {dryRun === undefined ? null : (
                <>
                  <GhostMarks foretold={foretold} />
                  <GhostBar
                    run={dryRun}
                    onApply={() => carryOut(dryRun)}
                    onBack={openEditor}
                    onDiscard={() => setDryRun(undefined)}
                  />
                </>
              )}
              {playback.journey === undefined ? null : (
                <Player
                  store={store}
                  playback={playback}
                  comparable
                  onClose={() => playback.show(undefined)}
                />
              )}
              <TerminalDock base={clusterBase(location.pathname)} terminals={terminals} />
            </main>
          </div>
          {applying ? (
            <ApplyDialog
              store={store}
              loaded={loaded}
              onClose={closeEditor}
              onTell={tell}
              onDone={undo.done}
              onDryRun={(run) => {
                setDryRun(run);
                closeEditor();
              }}
            />
          ) : null}
          <SuggestDialog />
          <Toasts toasts={toasts} onDismiss={dismiss} />
        </div>
      </TerminalsContext>
    </PageContext>
  );
}
