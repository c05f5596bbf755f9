import { useCallback, useEffect, useState } from 'react';
import type { ActRequest, Done, LoadedObject, ObjectName } from '../../server/contract/acting.js';
import type { Edge } from '../../server/contract/graph.js';
import type {
  Answer,
  DetailSection,
  FaultRequest,
  VertexDetails,
} from '../../server/contract/live.js';
import { VertexActions } from '../act/vertex-actions.js';
import { CaptureView } from '../capture/capture-view.js';
import { CAPTURE } from '../capture/words.js';
import { PodInspector } from '../inspector/pod-inspector.js';
import type { LiveState, LiveStore } from '../state/live-store.js';
import type { Playback } from '../state/playback.js';
import { ShellButtons } from '../terminal/shell-buttons.js';
import { TrafficSection } from '../traffic/traffic-section.js';
import { DetailSectionView, Section } from './detail-section.js';
import { DETAILS, LINK } from './words.js';

interface Props {
  readonly id: string;
  readonly live: LiveState;
  readonly store: LiveStore;
  readonly playback: Playback;
  readonly onTell: (tone: 'good' | 'bad', text: string) => void;
  readonly onChooseEnd: (end: 'from' | 'to', id: string) => void;
  readonly onDone: (text: string, undo: string | undefined) => void;
  readonly onEdit: (loaded: LoadedObject) => void;
}

/** How often an open panel asks again, in milliseconds: kernels change without a diff of the graph. */
const REFRESH_MS = 1500;

/** What the selected thing is made of, read from its kernel, and what can be done to it. */
export function DetailsPanel(props: Props) {
  const { id, live, store, playback, onTell, onChooseEnd, onDone, onEdit } = props;
  const { details, error, load } = useDetails(id, store);
  const vertex = live.vertices.get(id);
  const edge = live.edges.get(id);

  async function fault(request: FaultRequest) {
    outcome(await store.command('fault', request));
  }

  /** Tells and keeps what was done; answers what was wrong. */
  function outcome(answer: Answer<Done>): string | undefined {
    if (answer.ok) onDone(answer.value.text, answer.value.undo);
    else onTell('bad', answer.error);
    load();
    return answer.ok ? undefined : answer.error;
  }

  async function act(request: ActRequest) {
    return outcome(await store.command('act', request));
  }

  async function create(object: object, label: string) {
    const answer = await store.command('apply', { text: JSON.stringify(object) });
    if (!answer.ok) return outcome(answer);
    const [problem] = answer.value.problems;
    if (problem !== undefined) return problem.message;
    return outcome({ ok: true, value: { ...answer.value, text: label } });
  }

  async function edit(target: ObjectName) {
    const answer = await store.command('load', target);
    if (answer.ok) onEdit(answer.value);
    else onTell('bad', answer.error);
  }

  const sections = details?.sections ?? [];
  const gone = vertex === undefined && edge === undefined && details !== undefined;
  return (
    <div className="details-panel">
      <h2>{details?.title ?? vertex?.name ?? id}</h2>
      <p className="muted">
        {details?.subtitle ?? '…'}
        {gone ? DETAILS.gone : ''}
      </p>
      {vertex?.kind === 'pod' && vertex.problem !== undefined ? (
        <p className="problem">▲ {vertex.problem}</p>
      ) : null}
      <VertexActions
        vertex={vertex}
        edge={edge}
        actions={{ fault, act, create, edit, chooseEnd: onChooseEnd }}
      >
        <ShellButtons vertex={vertex} />
      </VertexActions>
      {error === undefined || gone ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {edge === undefined ? null : <DetailSectionView section={linkSection(edge)} />}
      {edge === undefined ? null : <TrafficSection id={id} />}
      {vertex?.kind === 'pod' && details !== undefined ? (
        <PodInspector
          pod={vertex}
          details={details}
          store={store}
          playback={playback}
          onChanged={load}
        />
      ) : (
        <>
          {sections.map((section) => (
            <DetailSectionView key={`${section.kind} ${section.title}`} section={section} />
          ))}
          {edge === undefined ? <TrafficSection id={id} /> : null}
          {vertex !== undefined && MACHINES.has(vertex.kind) ? (
            <Section title={CAPTURE.title}>
              <CaptureView of={id} devices={devicesIn(sections)} store={store} />
            </Section>
          ) : null}
        </>
      )}
    </div>
  );
}

/** What has devices to listen on. */
const MACHINES: ReadonlySet<string> = new Set(['node', 'router', 'outside', 'switch']);

/** Names of the devices that a machine lists; the ends of its pods' veths come last. */
function devicesIn(sections: readonly DetailSection[]): readonly string[] {
  const found = sections.find(({ title }) => title === 'Devices');
  const names =
    found?.kind === 'table' ? found.rows.map(([name = '']) => name.split('@')[0] ?? '') : [];
  const isVeth = (name: string) => name.startsWith('veth');
  return [...names.filter((name) => !isVeth(name)), ...names.filter(isVeth)];
}

/** Asks for details now and again; what was told last stays until there is something else. */
function useDetails(id: string, store: LiveStore) {
  const [details, setDetails] = useState<VertexDetails>();
  const [error, setError] = useState<string>();
  const load = useCallback(async () => {
    const answer = await store.command('details', { id });
    if (answer.ok) setDetails(answer.value);
    setError(answer.ok ? undefined : answer.error);
  }, [id, store]);
  useEffect(() => {
    load();
    const timer = setInterval(() => {
      if (!document.hidden) load();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [load]);
  return { details, error, load };
}

function linkSection(edge: Edge): DetailSection {
  const rows: (readonly [string, string])[] = [
    [LINK.kind, edge.kind],
    [LINK.oneEnd, LINK.deviceOf(edge.fromDevice, edge.from)],
    [LINK.otherEnd, LINK.deviceOf(edge.toDevice, edge.to)],
    [LINK.state, edge.up ? LINK.up : LINK.down],
  ];
  if (edge.delayUs !== undefined) rows.push([LINK.delay, LINK.oneWay(edge.delayUs)]);
  if (edge.rateBitsPerSecond !== undefined) {
    rows.push([LINK.rate, LINK.megabits(edge.rateBitsPerSecond / 1e6)]);
  }
  return { kind: 'facts', title: LINK.title, rows };
}
