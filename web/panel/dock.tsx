import type { LoadedObject } from '../../server/contract/acting.js';
import type { TraceRequest } from '../../server/contract/live.js';
import type { LiveState, LiveStore } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import type { Draft } from '../trace/draft.js';
import { StepList } from '../trace/step-list.js';
import { type Picking, TraceForm } from '../trace/trace-form.js';
import { DetailsPanel } from './details-panel.js';
import { Legend } from './legend.js';

interface Props {
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly tab: 'trace' | 'details';
  readonly selected: string | undefined;
  readonly playback: Playback;
  readonly trace: {
    readonly draft: Draft;
    readonly picking: Picking;
    readonly onDraft: (draft: Draft) => void;
    readonly onPick: (picking: Picking) => void;
    readonly onSend: (request: TraceRequest) => Promise<string | undefined>;
  };
  readonly onTab: (tab: 'trace' | 'details') => void;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
  readonly onChooseEnd: (end: 'from' | 'to', id: string) => void;
  readonly onDone: (text: string, undo: string | undefined) => void;
  readonly onEdit: (loaded: LoadedObject) => void;
}

/** Beside the graph: send a packet and read its steps, or read what is selected. Its width never changes. */
export function Dock(props: Props) {
  const { tab, selected, playback, live, store } = props;
  return (
    <aside className="dock">
      <div className="tabs" role="tablist">
        <Tab name="trace" label="Send a packet" {...props} />
        <Tab name="details" label="Details" {...props} />
      </div>
      <div className="dock-body" hidden={tab !== 'trace'}>
        <TraceForm live={live} {...props.trace} />
        {playback.journey === undefined ? <TraceHelp /> : <StepList playback={playback} />}
      </div>
      <div className="dock-body scrolls" hidden={tab !== 'details'}>
        {selected === undefined ? (
          <p className="help">
            Click a pod, a node, a bridge, a Service, a veth or a cable to see what it is made of,
            and to break it.
          </p>
        ) : (
          <DetailsPanel
            key={selected}
            id={selected}
            live={live}
            store={store}
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
    </aside>
  );
}

function Tab({
  name,
  label,
  tab,
  onTab,
}: Props & { readonly name: 'trace' | 'details'; readonly label: string }) {
  return (
    <button
      type="button"
      role="tab"
      aria-selected={tab === name}
      className={tab === name ? 'tab on' : 'tab'}
      onClick={() => onTab(name)}
    >
      {label}
    </button>
  );
}

function TraceHelp() {
  return (
    <div className="help">
      <p>
        Choose who sends and who receives: type a name, or press <b>pick</b> and click in the graph.
        The packet then travels along the lines, and every step says what happened and why.
      </p>
      <p>
        Keys: <kbd>←</kbd> <kbd>→</kbd> step, <kbd>space</kbd> plays, <kbd>Esc</kbd> closes,{' '}
        <kbd>?</kbd> lists them all.
      </p>
    </div>
  );
}
