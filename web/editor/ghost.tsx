import type { AppliedLine, ApplyReport, ApplyRequest } from '../../server/contract/acting.js';
import type { PodVertex, Vertex } from '../../server/contract/graph.js';
import type { Foretold } from '../model/foretold.js';
import { podOwner } from '../model/owner.js';
import type { LiveState } from '../state/live-store.js';
import { Report } from './report.js';
import { GHOST, OUTCOMES } from './words.js';

/** A dry run that is shown on the graph, with what would carry it out. */
export interface DryRun {
  readonly command: 'apply' | 'deleteManifest';
  readonly report: ApplyReport;
  readonly request: ApplyRequest;
}

/** How many ghosts are drawn. */
const MOST_GHOSTS = 60;

/** The cluster with the pods that a dry run would make, where the scheduler would put them. */
export function withGhosts(live: LiveState, run: DryRun | undefined): LiveState {
  const ghosts = (run?.report.objects ?? []).flatMap(ghostsOf).slice(0, MOST_GHOSTS);
  if (ghosts.length === 0) return live;
  return {
    ...live,
    vertices: new Map([...live.vertices, ...ghosts.map((g) => [g.id, g] as const)]),
  };
}

function ghostsOf({ pods = [] }: AppliedLine): readonly PodVertex[] {
  return pods.map((pod) => ({
    id: `ghost:pod:${pod.namespace}/${pod.name}`,
    kind: 'pod',
    ...(pod.node === undefined ? {} : { parent: `node:${pod.node}` }),
    name: pod.name,
    namespace: pod.namespace,
    uid: '',
    status: pod.waits === undefined ? GHOST.status : GHOST.waits,
    phase: 'Pending',
    tone: pod.waits === undefined ? 'busy' : 'bad',
    ready: `0/${pod.containers.length}`,
    restarts: 0,
    hostNetwork: pod.hostNetwork,
    ...(pod.owner === undefined ? {} : { owner: pod.owner }),
    labels: {},
    containers: pod.containers.map(({ name, image }) => ({
      name,
      image,
      role: 'app',
      state: 'waiting',
      ready: false,
      restarts: 0,
      ports: [],
    })),
    problem: pod.waits ?? GHOST.problem,
  }));
}

const NOTHING: Foretold = new Map();

/** What a dry run would change or delete, by vertex id; pods of a controller go with it. */
export function foretoldBy(live: LiveState, run: DryRun | undefined): Foretold {
  if (run === undefined) return NOTHING;
  const foretold = new Map<string, 'configured' | 'deleted'>();
  for (const { kind, name, namespace, outcome } of run.report.objects) {
    if (outcome !== 'configured' && outcome !== 'deleted') continue;
    for (const vertex of live.vertices.values())
      if (isPartOf(vertex, { kind, name, namespace })) foretold.set(vertex.id, outcome);
  }
  return foretold;
}

/** Marks what a dry run would change or delete: outlined, and crossed. */
export function GhostMarks({ foretold }: { readonly foretold: Foretold }) {
  const rules = [...foretold].map(([id, outcome]) => {
    const at = `[data-id="${CSS.escape(id)}"]`;
    return outcome === 'configured'
      ? `${at} .body{stroke:var(--busy);stroke-width:3px;stroke-dasharray:7 3}`
      : `${at} .body{stroke:var(--bad);stroke-width:3px} ${at}{opacity:.55} ${at} text{text-decoration:line-through}`;
  });
  return <style>{rules.join('\n')}</style>;
}

function isPartOf(
  vertex: Vertex,
  { kind, name, namespace }: { kind: string; name: string; namespace: string | undefined },
): boolean {
  if (vertex.kind === 'node') return kind === 'Node' && vertex.name === name;
  if (vertex.kind === 'service')
    return kind === 'Service' && vertex.name === name && vertex.namespace === namespace;
  if (vertex.kind !== 'pod' || vertex.namespace !== namespace) return false;
  const owner = podOwner(vertex);
  return kind === 'Pod' ? vertex.name === name : owner?.kind === kind && owner.name === name;
}

interface BarProps {
  readonly run: DryRun;
  readonly onApply: () => void;
  readonly onBack: () => void;
  readonly onDiscard: () => void;
}

/** Says what a dry run would do, and carries it out or forgets it. */
export function GhostBar({ run, onApply, onBack, onDiscard }: BarProps) {
  const { objects } = run.report;
  const counts = (['created', 'configured', 'deleted', 'unchanged', 'refused'] as const).flatMap(
    (outcome) => {
      const count = objects.filter((object) => object.outcome === outcome).length;
      return count === 0 ? [] : [{ outcome, count }];
    },
  );
  return (
    <section className="ghost-bar" aria-label={GHOST.name}>
      <strong>{GHOST.title}</strong>
      {counts.map(({ outcome, count }) => (
        <span key={outcome} className={`outcome ${outcome}`}>
          <b aria-hidden="true">{OUTCOMES[outcome].sign}</b> {count} {OUTCOMES[outcome].dry}
        </span>
      ))}
      {objects.some(({ pods }) => pods !== undefined) ? (
        <span className="muted">{GHOST.legend}</span>
      ) : null}
      <span className="spacer" />
      <button type="button" className="primary" onClick={onApply}>
        {run.command === 'apply' ? GHOST.apply : GHOST.remove}
      </button>
      <button type="button" onClick={onBack}>
        {GHOST.back}
      </button>
      <button type="button" onClick={onDiscard}>
        {GHOST.discard}
      </button>
      <details open={objects.some(({ outcome }) => outcome === 'configured')}>
        <summary>{GHOST.what}</summary>
        <Report report={run.report} isDryRun onGo={onBack} />
      </details>
    </section>
  );
}
