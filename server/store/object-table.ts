import type { KubeObject } from '../contract/kube.js';
import { OrderedObjects } from './ordered-objects.js';
import type { IndexKeys } from './store.js';

interface Index {
  readonly keysOf: IndexKeys<KubeObject>;
  readonly under: Map<string, OrderedObjects>;
}

const NONE: readonly KubeObject[] = Object.freeze([]);

/** The objects of one resource: by name, in order, and under the keys of its indexes. */
export class ObjectTable {
  private readonly all = new OrderedObjects();
  private readonly byNamespace = new Map<string, OrderedObjects>();
  private readonly indexes = new Map<string, Index>();

  get(key: string): KubeObject | undefined {
    return this.all.get(key);
  }

  list(namespace: string | undefined): readonly KubeObject[] {
    if (namespace === undefined) return this.all.list();
    return this.byNamespace.get(namespace)?.list() ?? NONE;
  }

  byIndex(index: string, key: string): readonly KubeObject[] {
    return this.indexes.get(index)?.under.get(key)?.list() ?? NONE;
  }

  addIndex(name: string, keysOf: IndexKeys<KubeObject>): void {
    if (this.indexes.has(name)) return;
    const index: Index = { keysOf, under: new Map() };
    this.indexes.set(name, index);
    for (const object of this.all.list()) {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      for (const under of keysOf(object)) place(index.under, under, key, object);
    }
  }

  put(key: string, object: KubeObject, previous: KubeObject | undefined): void {
    this.all.set(key, object);
    const namespace = object.metadata.namespace;
    if (namespace !== undefined) place(this.byNamespace, namespace, key, object);
    for (const index of this.indexes.values()) {
      const keys = index.keysOf(object);
      if (previous !== undefined) {
        for (const old of index.keysOf(previous)) {
          if (!keys.includes(old)) take(index.under, old, key);
        }
      }
      for (const under of keys) place(index.under, under, key, object);
    }
  }

  remove(key: string, previous: KubeObject): void {
    this.all.delete(key);
    const namespace = previous.metadata.namespace;
    if (namespace !== undefined) take(this.byNamespace, namespace, key);
    for (const index of this.indexes.values()) {
      for (const under of index.keysOf(previous)) take(index.under, under, key);
    }
  }
}

/** Sorts by namespace, then name, when compared as text: no name holds the separator. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}\u0000${name}`;
}

function place(
  into: Map<string, OrderedObjects>,
  under: string,
  key: string,
  object: KubeObject,
): void {
  let objects = into.get(under);
  if (objects === undefined) {
    objects = new OrderedObjects();
    into.set(under, objects);
  }
  objects.set(key, object);
}

function take(from: Map<string, OrderedObjects>, under: string, key: string): void {
  const objects = from.get(under);
  if (objects === undefined) return;
  objects.delete(key);
  if (objects.size === 0) from.delete(under);
}
