import type { SetSpec } from '../../set-spec.js';
import { IpSet } from './ip-set.js';

/** The sets of one namespace, in the order they were made. */
export class IpSets {
  private sets = new Map<string, IpSet>();

  get(name: string): IpSet | undefined {
    return this.sets.get(name);
  }

  /** Every set. */
  get all(): readonly IpSet[] {
    return [...this.sets.values()];
  }

  /** Makes a set; the name must be free. */
  create(name: string, spec: SetSpec): IpSet {
    const made = new IpSet(name, spec, (other) => this.get(other));
    this.sets.set(name, made);
    return made;
  }

  /** Puts a set in, under its name. */
  put(set: IpSet): void {
    this.sets.set(set.name, set);
  }

  /** The sets as they are now, kept apart. */
  copy(): IpSets {
    const made = new IpSets();
    for (const set of this.sets.values()) made.put(set.copy((name) => this.get(name)));
    return made;
  }

  /** Takes the sets of a copy. */
  become(copy: IpSets): void {
    this.sets = copy.sets;
  }

  destroy(name: string): void {
    this.sets.delete(name);
  }

  /** Gives a set another name, at its place. */
  rename(from: string, to: string): void {
    const renamed = [...this.sets].map(([name, set]): [string, IpSet] => {
      if (name !== from) return [name, set];
      set.name = to;
      return [to, set];
    });
    this.sets = new Map(renamed);
  }

  /** Exchanges the contents of two sets: rules that name the one see the other's. */
  swap(a: string, b: string): void {
    const first = this.sets.get(a);
    const second = this.sets.get(b);
    if (first === undefined || second === undefined) return;
    first.name = b;
    second.name = a;
    this.sets = new Map(
      [...this.sets].map(([name, set]) => {
        if (name === a) return [a, second];
        return name === b ? [b, first] : [name, set];
      }),
    );
  }
}
