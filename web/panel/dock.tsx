import { type CSSProperties, useState } from 'react';
import type { LoadedObject } from '../../server/contract/acting.js';
import type { TraceRequest } from '../../server/contract/live.js';
import { useKeys } from '../keys/use-keys.js';
import type { LiveState, LiveStore } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import { readStored, writeStored } from '../state/stored.js';
import type { Draft } from '../trace/draft.js';
import { StepList } from '../trace/step-list.js';
import { type Picking, TraceForm } from '../trace/trace-form.js';
import { DetailsPanel } from './details-panel.js';
import './dock.css';
import { DockEdge } from './dock-edge.js';
import { Legend } from './legend.js';
import { rove } from './roving.js';
import { DOCK } from './words.js';

/** Parts of the dock. */
export type DockTab = keyof typeof DOCK.tabs;

const TABS: readonly DockTab[] = ['trace', 'details'];

interface Props {
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly tab: DockTab;
  readonly hidden: boolean;
  readonly selected: string | undefined;
  readonly playback: Playback;
  readonly trace: {
    readonly draft: Draft;
    readonly picking: Picking;
    readonly onDraft: (draft: Draft) => void;
    readonly onPick: (picking: Picking) => void;
    readonly onSend: (request: TraceRequest) => Promise<string | undefined>;
  };
  readonly onTab: (tab: DockTab) => void;
  readonly onHidden: (hidden: boolean) => void;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
  readonly onChooseEnd: (end: 'from' | 'to', id: string) => void;
  readonly onDone: (text: string, undo: string | undefined) => void;
  readonly onEdit: (loaded: LoadedObject) => void;
}

/**
 * Beside the graph, or below it on an upright tablet: send a packet and read its steps, or read what is selected. Its
 * width changes only when a person drags its edge or hides it.
 */
export function Dock(props: Props) {
  const { tab, selected, playback, live, store, hidden, onHidden } = props;
  const [width, setWidth] = useDockWidth();
  const style: CSSProperties =
    hidden || width === undefined ? {} : { '--dock-width': `${width}px` };
  useKeys('page', { dock: () => onHidden(!hidden) });
  return (
    <aside className={hidden ? 'dock hidden' : 'dock'} aria-label={DOCK.label} style={style}>
      <div className="dock-head">
        {hidden ? null : <Tabs {...props} />}
        <button
          type="button"
          className="quiet dock-toggle"
          aria-label={hidden ? DOCK.show : DOCK.hide}
          title={hidden ? DOCK.show : DOCK.hide}
          aria-expanded={!hidden}
          onClick={() => onHidden(!hidden)}
        >
          {hidden ? '»' : '«'}
        </button>
      </div>
      <div className="dock-parts" id="dock-parts" hidden={hidden}>
        <div
          className="dock-body"
          role="tabpanel"
          id="dock-trace"
          aria-labelledby="tab-trace"
          hidden={tab !== 'trace'}
        >
          <TraceForm live={live} {...props.trace} />
          {playback.journey?.kind === 'packet' ? <StepList playback={playback} /> : <TraceHelp />}
        </div>
        <div
          className="dock-body scrolls"
          role="tabpanel"
          id="dock-details"
          aria-labelledby="tab-details"
          hidden={tab !== 'details'}
        >
          {selected === undefined ? (
            <p className="help">{DOCK.nothingSelected}</p>
          ) : (
            <DetailsPanel
              key={selected}
              id={selected}
              live={live}
              store={store}
              playback={playback}
              onTell={props.onTell}
              onChooseEnd={props.onChooseEnd}
              onDone={props.onDone}
              onEdit={props.onEdit}
            />
          )}
        </div>
        <Legend
          vertices={live.vertices}
          idle={tab === 'trace' ? playback.journey === undefined : selected === undefined}
        />
      </div>
      {hidden ? null : <DockEdge controls="dock-parts" width={width} onWidth={setWidth} />}
    </aside>
  );
}

function Tabs({ tab, onTab }: Pick<Props, 'tab' | 'onTab'>) {
  return (
    <div
      className="tabs"
      role="tablist"
      aria-label={DOCK.label}
      onKeyDown={(event) => rove(event, '[role=tab]')?.click()}
    >
      {TABS.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={tab === name}
          aria-controls={`dock-${name}`}
          tabIndex={tab === name ? 0 : -1}
          className={tab === name ? 'tab on' : 'tab'}
          onClick={() => onTab(name)}
        >
          {DOCK.tabs[name]}
        </button>
      ))}
    </div>
  );
}

function TraceHelp() {
  return (
    <div className="help">
      <p>{DOCK.help}</p>
      <p>{DOCK.helpKeys}</p>
    </div>
  );
}

/** A width that is kept between visits; undefined for the usual one. */
function useDockWidth(): readonly [number | undefined, (px: number | undefined) => void] {
  const [width, setWidth] = useState(() => {
    const stored = readStored('dock.width');
    return typeof stored === 'number' && Number.isFinite(stored) ? stored : undefined;
  });
  const set = (px: number | undefined) => {
    setWidth(px);
    writeStored('dock.width', px ?? null);
  };
  return [width, set];
}
