import { type ReactNode, useEffect } from 'react';
import type { PodVertex } from '../../server/contract/graph.js';
import type { DetailTab, VertexDetails } from '../../server/contract/live.js';
import { CaptureView } from '../capture/capture-view.js';
import { DetailSectionView } from '../panel/detail-section.js';
import { PodJourney } from '../panel/pod-journey.js';
import { rove } from '../panel/roving.js';
import type { LiveStore } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import { useStoredChoice } from '../state/stored.js';
import { TrafficSection } from '../traffic/traffic-section.js';
import { BindForm } from './bind-form.js';
import { LogView } from './log-view.js';
import { PortMap } from './port-map.js';
import { QueueForm } from './queue-form.js';
import { WORDS } from './words.js';
import './inspector.css';

interface Props {
  readonly pod: PodVertex;
  readonly details: VertexDetails;
  readonly store: LiveStore;
  readonly playback: Playback;
  /** Asks for the details again, after something was done. */
  readonly onChanged: () => void;
}

type Tab = DetailTab | 'logs' | 'capture';

const TABS: readonly Tab[] = [
  'overview',
  'namespaces',
  'ports',
  'queues',
  'network',
  'capture',
  'logs',
  'object',
];

/** Devices of a pod. */
const POD_DEVICES = ['eth0', 'lo'];

/** What a pod is made of, a part at a time; the part stays chosen from pod to pod. */
export function PodInspector(props: Props) {
  const { details, playback } = props;
  const [tab, setTab] = useStoredChoice<Tab>('inspector.tab', TABS, 'overview');
  const { refresh } = playback;
  const { journey } = details;
  useEffect(() => {
    if (journey !== undefined) refresh(journey);
  }, [journey, refresh]);
  return (
    <>
      <div
        className="inspector-tabs"
        role="tablist"
        aria-label={WORDS.tabsLabel}
        onKeyDown={(event) => rove(event, '[role=tab]')?.click()}
      >
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={name === tab}
            tabIndex={name === tab ? 0 : -1}
            onClick={() => setTab(name)}
          >
            {WORDS.tabs[name]}
            {marksOf(name, details)}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-label={WORDS.tabs[tab]} className="inspector-part">
        <Part {...props} tab={tab} />
      </div>
    </>
  );
}

function Part(props: Props & { readonly tab: Tab }): ReactNode {
  const { tab, pod, details, store, playback, onChanged } = props;
  if (tab === 'logs') return <LogView pod={pod} />;
  if (tab === 'capture') return <CaptureView of={pod.id} devices={POD_DEVICES} store={store} />;
  const sections = details.sections
    .filter((section) => section.tab === tab)
    .map((section) => (
      <DetailSectionView key={`${section.kind} ${section.title}`} section={section} />
    ));
  if (tab === 'overview') {
    return (
      <>
        {sections.slice(0, 2)}
        {details.journey === undefined ? null : (
          <PodJourney journey={details.journey} playback={playback} />
        )}
        {sections.slice(2)}
      </>
    );
  }
  return (
    <>
      {tab === 'network' ? <TrafficSection id={pod.id} /> : null}
      {sections.length === 0 && tab !== 'ports' ? (
        <p className="muted">{WORDS.nothing}</p>
      ) : (
        sections
      )}
      {tab === 'ports' ? (
        <>
          {details.ports === undefined ? null : <PortMap report={details.ports} />}
          <BindForm pod={pod} store={store} />
        </>
      ) : null}
      {tab === 'queues' && sections.length > 0 ? (
        <QueueForm pod={pod} queues={details.queues ?? []} store={store} onChanged={onChanged} />
      ) : null}
    </>
  );
}

/** A sign on a tab where something is wrong. */
function marksOf(tab: Tab, { ports }: VertexDetails): ReactNode {
  const wrong = tab === 'ports' && (ports?.conflicts.length ?? 0) > 0;
  return wrong ? <b className="bad"> ▲</b> : null;
}
