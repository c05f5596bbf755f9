import type { Edge, Vertex } from '../../server/contract/graph.js';
import type { Journey } from '../../server/contract/journey.js';
import type { Answer } from '../../server/contract/live.js';
import { layersText } from '../model/layers.js';
import type { Frame } from '../model/playback.js';
import { clusterBase } from '../state/cluster-base.js';
import { layersNow } from '../state/layers.js';
import type { PlacesKept } from '../state/layout-kept.js';
import type { LiveState, LiveStore } from '../state/live-store.js';
import { readStored } from '../state/stored.js';
import { htmlOf, type Recording } from './recording.js';
import { RECORD } from './words.js';

/** What a page is asked to record. */
export interface RecordRequest {
  readonly title: string;
  readonly description: string;
  readonly withCapture: boolean;
  readonly journey: Journey;
  /** The graph while the trace was under way. */
  readonly graph: Pick<LiveState, 'vertices' | 'edges'>;
  readonly live: LiveState;
  readonly places: PlacesKept | undefined;
  readonly filter: Recording['player']['filter'];
  /** The step that is shown first; undefined for the beginning. */
  readonly frame: Frame | undefined;
}

/** Gathers what a recording holds; fails in a sentence when the server no longer has the trace. */
export async function gatherRecording(
  store: LiveStore,
  request: RecordRequest,
): Promise<Answer<Recording>> {
  const { title, description, journey, graph, live, places, filter, frame } = request;
  const packets = await store.command('tracePackets', { id: journey.id });
  if (!packets.ok) return packets;
  const capture = request.withCapture
    ? await store.command('traceCapture', { id: journey.id })
    : ({ ok: true, value: '' } as const);
  if (!capture.ok) return capture;
  return {
    ok: true,
    value: {
      format: 1,
      title,
      description,
      recordedAt: live.clock?.now ?? '',
      cluster: live.cluster,
      ...pickedGraph(graph, journey),
      layers: layersText(layersNow()) ?? '',
      pins: [...(places?.pins ?? [])],
      slots: [...(places?.slots ?? [])].map(([id, { group, index }]) => [id, group, index]),
      journey,
      packets: packets.value,
      capture: capture.value,
      player: {
        filter,
        hop: frame?.hop.number ?? 1,
        step: frame === undefined ? 0 : frame.hop.steps.indexOf(frame.step),
        octets: readStored('player-octets') === true,
      },
    },
  };
}

/** The file; fails when the server was built without its template. */
export async function recordedPage(recording: Recording): Promise<Answer<string>> {
  const missing = { ok: false, error: RECORD.noTemplate } as const;
  try {
    const response = await fetch(`${clusterBase(location.pathname)}/recording.html`);
    const html = response.ok ? htmlOf(await response.text(), recording) : undefined;
    return html === undefined ? missing : { ok: true, value: html };
  } catch {
    return missing;
  }
}

/** Pods from which on only what is drawn of them from afar is recorded. */
const MANY_PODS = 400;

/** What a file needs of the graph: in a large cluster, nothing of pods that is told only from near. */
function pickedGraph(
  { vertices, edges }: Pick<LiveState, 'vertices' | 'edges'>,
  journey: Journey,
): { readonly vertices: readonly Vertex[]; readonly edges: readonly Edge[] } {
  const all = { vertices: [...vertices.values()], edges: [...edges.values()] };
  if (all.vertices.filter(({ kind }) => kind === 'pod').length <= MANY_PODS) return all;
  const passed = new Set(journey.hops.map(({ vertex }) => vertex));
  return {
    vertices: all.vertices.map((vertex) => {
      if (vertex.kind !== 'pod' || passed.has(vertex.id)) return vertex;
      return { ...vertex, uid: '', labels: {}, containers: [] };
    }),
    edges: all.edges.filter(({ kind, from }) => kind !== 'veth' || passed.has(from)),
  };
}
