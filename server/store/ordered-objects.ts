import type { KubeObject } from '../contract/kube.js';

/**
 * Objects by key, listed in order of key. The order is mended when someone lists: new keys are sorted
 * among themselves and merged in, so a burst of writes costs no sorting and a list without writes
 * before it costs nothing.
 */
export class OrderedObjects {
  private readonly objects = new Map<string, KubeObject>();
  private ordered: string[] = [];
  private added: string[] = [];
  private gaps = false;
  private listed: readonly KubeObject[] | undefined;

  get size(): number {
    return this.objects.size;
  }

  get(key: string): KubeObject | undefined {
    return this.objects.get(key);
  }

  set(key: string, object: KubeObject): void {
    if (!this.objects.has(key)) this.added.push(key);
    this.objects.set(key, object);
    this.listed = undefined;
  }

  delete(key: string): void {
    if (!this.objects.delete(key)) return;
    this.gaps = true;
    this.listed = undefined;
  }

  /** A frozen snapshot; the same one until something changes. */
  list(): readonly KubeObject[] {
    if (this.listed !== undefined) return this.listed;
    this.mend();
    const list: KubeObject[] = [];
    for (const key of this.ordered) {
      const object = this.objects.get(key);
      if (object !== undefined) list.push(object);
    }
    this.listed = Object.freeze(list);
    return list;
  }

  private mend(): void {
    // A key removed and added again stands in both lists; removing it from the old one first keeps it single.
    if (this.gaps) {
      const fresh = new Set(this.added);
      this.ordered = this.ordered.filter((key) => this.objects.has(key) && !fresh.has(key));
      this.added = [...fresh].filter((key) => this.objects.has(key));
      this.gaps = false;
    }
    if (this.added.length === 0) return;
    this.added.sort();
    this.ordered = merge(this.ordered, this.added);
    this.added = [];
  }
}

function merge(a: readonly string[], b: readonly string[]): string[] {
  const last = a.at(-1);
  const first = b[0];
  if (last === undefined || first === undefined || last < first) return [...a, ...b];
  const merged: string[] = [];
  let j = 0;
  for (const key of a) {
    for (let next = b[j]; next !== undefined && next < key; next = b[j]) {
      merged.push(next);
      j++;
    }
    merged.push(key);
  }
  for (; j < b.length; j++) merged.push(b[j] ?? '');
  return merged;
}
