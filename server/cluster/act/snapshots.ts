import type { ApiServer, ResourceInfo } from '../../api/index.js';
import type { SavedSnapshot, SnapshotReport, SnapshotRequest } from '../../contract/acting.js';
import type { KubeObject } from '../../contract/kube.js';
import { type Reply, refuse, reply } from '../reply.js';
import { fingerprint } from './fingerprint.js';
import { type ObjectChange, putBack } from './undo-log.js';

/** How many snapshots are kept, and how many objects in all. */
const MOST_SNAPSHOTS = 20;
const MOST_OBJECTS = 200_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/;

/** What comes and goes by itself, or tells of the past. */
const PASSING = new Set([
  'events',
  'events.k8s.io/events',
  'coordination.k8s.io/leases',
  'endpoints',
  'discovery.k8s.io/endpointslices',
  'apps/controllerrevisions',
  'podnet.dev/traces',
]);
/** What is not made or removed by people: only its contents are put back. */
const FIXED = new Set(['nodes', 'podnet.dev/topologies']);
/** What others live in or are defined by is made first and removed last. */
const FIRST = ['namespaces', 'apiextensions.k8s.io/customresourcedefinitions'];

/** Where snapshots stand among the other objects; no group of the API can have that name. */
const STORAGE = 'internal/snapshots';

/** A saved state, as the store keeps it: its objects by kind and name. */
interface Snapshot extends KubeObject {
  readonly spec: { readonly objects: readonly (readonly [key: string, object: KubeObject])[] };
}

/**
 * Named states of all objects that people make, kept in the store and so for the next start. Objects never change in
 * place, so in memory a snapshot costs little.
 *
 * Fidelity: what runs is made anew from the objects; memory, queues, sockets and logs of processes are not restored.
 */
export class Snapshots {
  private readonly api: ApiServer;

  constructor(api: ApiServer) {
    this.api = api;
  }

  answer(request: SnapshotRequest): Reply<SnapshotReport> {
    if (request.snapshot === 'list') return reply(this.report('', []));
    const name = typeof request.name === 'string' ? request.name.trim() : '';
    if (!NAME.test(name))
      return refuse('a name has 1 to 63 letters, digits, spaces, dots, dashes or underscores');
    if (request.snapshot === 'save') return this.save(name);
    const snapshot = this.held().find(({ metadata }) => metadata.name === name);
    if (snapshot === undefined) return refuse(`no snapshot is named "${name}"`);
    if (request.snapshot === 'delete') {
      this.api.store.delete(STORAGE, undefined, name);
      return reply(this.report(`snapshot "${name}" deleted`, []));
    }
    return this.restore(snapshot);
  }

  private save(name: string): Reply<SnapshotReport> {
    const objects = [...this.objects()];
    const others = this.held().filter(({ metadata }) => metadata.name !== name);
    if (others.length >= MOST_SNAPSHOTS)
      return refuse(`at most ${MOST_SNAPSHOTS} snapshots are kept: delete one first`);
    const total = others.reduce((sum, { spec }) => sum + spec.objects.length, objects.length);
    if (total > MOST_OBJECTS)
      return refuse(`snapshots hold at most ${MOST_OBJECTS} objects in all: delete one first`);
    const { store } = this.api;
    store.delete(STORAGE, undefined, name);
    store.create<string & Record<never, never>>(STORAGE, {
      apiVersion: 'podnet.dev/v1',
      kind: 'Snapshot',
      metadata: { name, creationTimestamp: this.api.now() },
      spec: { objects },
    });
    return reply(this.report(`snapshot "${name}" holds ${objects.length} objects`, []));
  }

  private restore({ metadata, spec }: Snapshot): Reply<SnapshotReport> {
    const objects = new Map(spec.objects);
    const problems: string[] = [];
    let changed = 0;
    const now = this.objects();
    const put = (change: ObjectChange) => {
      const result = putBack(this.api, change);
      if (result.ok) changed += 1;
      else problems.push(result.error);
    };
    for (const [key, live] of [...now].reverse()) {
      const info = this.infoOf(live);
      if (objects.has(key) || info === undefined || FIXED.has(info.storage)) continue;
      put(changeOf(info, { before: undefined, after: live }));
    }
    for (const [key, before] of objects) {
      const info = this.infoOf(before);
      const after = now.get(key);
      if (info === undefined)
        problems.push(`${before.kind} is not a kind of this cluster any more`);
      else if (after === undefined && FIXED.has(info.storage))
        problems.push(`${before.kind}/${before.metadata.name} is gone and cannot be made here`);
      else if (after === undefined || fingerprint(after) !== fingerprint(before))
        put(changeOf(info, { before, after }));
    }
    const text = `restored "${metadata.name}": ${changed} objects put back`;
    return reply(this.report(text, problems.slice(0, 20)));
  }

  /** What people made, by kind and name, what holds others first. */
  private objects(): ReadonlyMap<string, KubeObject> {
    const storages = [...new Set(this.api.registry.all.map(({ storage }) => storage))];
    const rank = (storage: string) =>
      FIRST.includes(storage) ? FIRST.indexOf(storage) : FIRST.length;
    const found = new Map<string, KubeObject>();
    for (const storage of storages.sort((a, b) => rank(a) - rank(b))) {
      if (PASSING.has(storage)) continue;
      for (const object of this.api.store.list(storage)) {
        const { namespace = '', name, ownerReferences, deletionTimestamp } = object.metadata;
        if (deletionTimestamp !== undefined) continue;
        if (ownerReferences?.some(({ controller }) => controller === true)) continue;
        found.set(`${storage}/${namespace}/${name}`, object);
      }
    }
    return found;
  }

  private infoOf({ apiVersion, kind }: KubeObject): ResourceInfo | undefined {
    return this.api.registry.byKind(apiVersion, kind);
  }

  private held(): readonly Snapshot[] {
    // Nobody else writes there.
    return this.api.store.list(STORAGE) as readonly Snapshot[];
  }

  private report(text: string, problems: readonly string[]): SnapshotReport {
    return { text, snapshots: this.held().map(savedOf), problems };
  }
}

function savedOf({ metadata, spec }: Snapshot): SavedSnapshot {
  const { name, creationTimestamp = '' } = metadata;
  return { name, savedAt: creationTimestamp, objects: spec.objects.length };
}

function changeOf(
  info: ResourceInfo,
  states: Pick<ObjectChange, 'before' | 'after'>,
): ObjectChange {
  const { namespace, name } = (states.after ?? states.before)?.metadata ?? { name: '' };
  return { info, namespace, name, ...states };
}
