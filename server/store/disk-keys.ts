import type { Change, ResourceName } from './store.js';

const REVISION_DIGITS = 16;

/**
 * Names under which the objects of one cluster stand in a file: `/apps/deployments//default/web` an object,
 * `log/0000000000000042` a change, `revision` the newest one; behind `@NAME@` where the cluster is not the default one.
 */
export class DiskKeys {
  readonly revision: string;
  /** Everything from `start` up to, not with, `end`. */
  readonly objects: { readonly start: string; readonly end: string };
  readonly log: { readonly start: string; readonly end: string };
  private readonly prefix: string;

  constructor(cluster: string | undefined) {
    this.prefix = cluster === undefined ? '' : `@${cluster}@`;
    this.revision = `${this.prefix}revision`;
    this.objects = { start: `${this.prefix}/`, end: `${this.prefix}0` };
    this.log = { start: `${this.prefix}log/`, end: `${this.prefix}log0` };
  }

  object({ resource, object }: Change): string {
    const { namespace, name } = object.metadata;
    return `${this.prefix}/${resource}//${namespace ?? ''}/${name}`;
  }

  /** The resource of an object's key: it holds single slashes only, and namespaces and names none. */
  resourceOf(key: string): ResourceName {
    const from = this.prefix.length;
    const end = key.indexOf('//', from);
    if (key[from] !== '/' || end < 0) throw new Error(`the key ${key} is not one of podnet's`);
    return key.slice(from + 1, end);
  }

  change(revision: number): string {
    return `${this.log.start}${String(revision).padStart(REVISION_DIGITS, '0')}`;
  }

  revisionOf(key: string): number {
    return Number(key.slice(this.log.start.length));
  }
}
