import { randomUUID } from 'node:crypto';
import type { ApiServer, ResourceInfo } from '../../api/index.js';
import type { KubeObject } from '../../contract/kube.js';
import { type Reply, refuse, reply } from '../reply.js';
import { fingerprint, recreatable } from './fingerprint.js';

/** One object before and after a change; absent where it was not there. */
export interface ObjectChange {
  readonly info: ResourceInfo;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** How many changes can be undone; older ones are forgotten. */
const MOST_CHANGES = 100;
/** How many objects are kept for them. */
const MOST_OBJECTS = 2000;

/** What was changed through the page, so that it can be undone: each change has an id that its page keeps. */
export class UndoLog {
  private readonly api: ApiServer;
  private readonly held = new Map<string, readonly ObjectChange[]>();
  private objects = 0;
  private nextId = 1;
  /** Ids of a server that ran before are not taken for this one's. */
  private readonly run = randomUUID();

  constructor(api: ApiServer) {
    this.api = api;
  }

  /** Keeps a change; undefined when there is nothing to undo, or too much to keep. */
  record(changes: readonly ObjectChange[]): string | undefined {
    if (changes.length === 0 || changes.length > MOST_OBJECTS) return undefined;
    const id = `${this.run}-${this.nextId}`;
    this.nextId += 1;
    this.held.set(id, changes);
    this.objects += changes.length;
    for (const oldest of this.held.keys()) {
      if (this.held.size <= MOST_CHANGES && this.objects <= MOST_OBJECTS) break;
      this.forget(oldest);
    }
    return id;
  }

  /** Puts every object of a change back to what it was, last changed first; says what could not be. */
  undo(id: string): Reply<string> {
    const changes = this.held.get(id);
    if (changes === undefined)
      return refuse('this change is not kept any more: it cannot be undone');
    const done: string[] = [];
    const failed: ObjectChange[] = [];
    const problems: string[] = [];
    for (const change of [...changes].reverse()) {
      const result = putBack(this.api, change);
      if (result.ok) done.push(result.value);
      else {
        failed.unshift(change);
        problems.push(result.error);
      }
    }
    this.forget(id);
    if (problems.length === 0) return reply(summary(done));
    this.held.set(id, failed);
    this.objects += failed.length;
    return refuse(
      [...(done.length === 0 ? [] : [summary(done)]), ...problems.slice(0, 5)].join('; '),
    );
  }

  private forget(id: string): void {
    this.objects -= this.held.get(id)?.length ?? 0;
    this.held.delete(id);
  }
}

/** Makes an object again what it was before a change, unless somebody changed it since. */
export function putBack(api: ApiServer, change: ObjectChange): Reply<string> {
  const { info, namespace, name, before, after } = change;
  const title = `${info.kind}/${name}`;
  const found = api.get({ resource: info, namespace, name });
  const live = found.ok ? found.value : undefined;
  if (live === undefined && before === undefined) return reply(`${title} is gone already`);
  if (live === undefined) return made(api, change, title);
  if (live.metadata.deletionTimestamp !== undefined)
    return refuse(`${title} is still terminating: try again when it is gone`);
  if (after !== undefined && fingerprint(live) !== fingerprint(after))
    return refuse(`${title} was changed by somebody else since: it stays as it is`);
  if (before === undefined) {
    const deleted = api.delete({ resource: info, namespace, name });
    return deleted.ok ? reply(`${title} deleted`) : refuse(deleted.error.message ?? 'refused');
  }
  if (after === undefined)
    return refuse(`${title} is there again under the same name: it stays as it is`);
  const { resourceVersion } = live.metadata;
  const body = recreatable(before);
  const spec = live.kind === 'Pod' ? { ...(body.spec as object), ...nodeOf(live) } : body.spec;
  const updated = api.update({
    resource: info,
    namespace,
    name,
    body: {
      ...body,
      ...(spec === undefined ? {} : { spec }),
      metadata: { ...(body.metadata as object), resourceVersion },
    },
  });
  return updated.ok ? reply(`${title} as before`) : refuse(`${title}: ${updated.error.message}`);
}

function made(api: ApiServer, change: ObjectChange, title: string): Reply<string> {
  const { info, namespace, before } = change;
  if (before === undefined) return reply('');
  const owner = before.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner !== undefined)
    return reply(`${title} stays gone: its ${owner.kind} ${owner.name} looks after that`);
  const result = api.create({ resource: info, namespace, body: recreatable(before) });
  if (!result.ok) return refuse(`${title}: ${result.error.message}`);
  const note = before.kind === 'Namespace' ? ' (empty: what was in it is not kept)' : '';
  return reply(`${title} made again${note}`);
}

function nodeOf(pod: KubeObject): { nodeName?: unknown } {
  const { nodeName } = pod.spec as { readonly nodeName?: unknown };
  return nodeName === undefined ? {} : { nodeName };
}

function summary(done: readonly string[]): string {
  return done.length <= 3 ? done.join('; ') : `${done.length} objects put back`;
}
