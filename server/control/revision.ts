import type { KubeObject, PodTemplateSpec } from '../contract/kube.js';
import { deepEqual } from '../kube/json.js';
import type { ControlContext } from './context.js';
import { templateHash } from './naming.js';
import { ownedBy } from './pod/owned.js';
import { controllerReference } from './pod/pod-state.js';

/** The label with the hash of the revision a pod was made of. */
export const REVISION_HASH = 'controller-revision-hash';
const DEFAULT_HISTORY = 10;

/** A template as it once was. */
export interface Revision {
  readonly name: string;
  readonly hash: string;
  readonly number: number;
  readonly template: PodTemplateSpec;
}

/** The revision of an owner's present template, kept as a ControllerRevision (upstream `pkg/controller/history`). */
export function ensureRevision(
  context: ControlContext,
  owner: KubeObject,
  template: PodTemplateSpec,
): Revision {
  const { client } = context;
  const known = revisionsOf(context, owner);
  const newest = known.at(-1);
  const same = known.find((revision) => deepEqual(revision.template, template));
  if (same !== undefined && same === newest) return same;
  const number = (newest?.number ?? 0) + 1;
  const hash = same?.hash ?? templateHash(template, 0);
  const name = `${owner.metadata.name}-${hash}`;
  const { namespace } = owner.metadata;
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata?.labels, [REVISION_HASH]: hash },
      ownerReferences: [controllerReference(owner)],
    },
    data: { spec: { template } },
    revision: number,
  };
  const existing = client.store.get('apps/controllerrevisions', namespace, name);
  // Going back to an older template makes its revision the newest again.
  if (existing === undefined) client.create('apps/controllerrevisions', body);
  else client.update('apps/controllerrevisions', { ...existing, revision: number });
  return { name, hash, number, template };
}

/** Revisions, oldest first. */
export function revisionsOf(context: ControlContext, owner: KubeObject): readonly Revision[] {
  return ownedBy(context.client.store, 'apps/controllerrevisions', owner)
    .map((object) => ({
      name: object.metadata.name,
      hash: object.metadata.labels?.[REVISION_HASH] ?? '',
      number: Number(object.revision ?? 0),
      template: (object.data as { readonly spec: { readonly template: PodTemplateSpec } }).spec
        .template,
    }))
    .sort((a, b) => a.number - b.number);
}

/** Deletes the oldest revisions that nothing uses, beyond the history that is kept. */
export function trimRevisions(
  context: ControlContext,
  owner: KubeObject,
  options: { readonly used: ReadonlySet<string>; readonly limit: number | undefined },
): void {
  const unused = revisionsOf(context, owner).filter(({ hash }) => !options.used.has(hash));
  const surplus = unused.length - (options.limit ?? DEFAULT_HISTORY);
  for (const { name } of unused.slice(0, Math.max(0, surplus))) {
    context.client.delete('apps/controllerrevisions', owner.metadata.namespace, name);
  }
}
