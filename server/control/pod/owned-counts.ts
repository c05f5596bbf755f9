import type { Pod } from '../../contract/kube.js';
import type { Change } from '../../store/index.js';
import { canonicalJson } from '../naming.js';
import { controllerOf, isActive, isReady } from './pod-state.js';

/** What the pods of one controller add up to. */
export interface OwnedCounts {
  /** Neither ended nor being deleted. */
  readonly active: number;
  /** Active and Ready. */
  readonly ready: number;
  /** The sets of labels that any of the pods carry, each once. */
  readonly labels: Iterable<Labels>;
}

type Labels = Readonly<Record<string, string>>;

class Counts implements OwnedCounts {
  active = 0;
  ready = 0;
  private readonly byLabels = new Map<string, { readonly labels: Labels; pods: number }>();

  get empty(): boolean {
    return this.byLabels.size === 0;
  }

  get labels(): Iterable<Labels> {
    return this.distinct();
  }

  countState(pod: Pod, sign: 1 | -1): void {
    if (!isActive(pod)) return;
    this.active += sign;
    if (isReady(pod)) this.ready += sign;
  }

  countLabels({ metadata: { labels = {} } }: Pod, sign: 1 | -1): void {
    const key = canonicalJson(labels);
    const known = this.byLabels.get(key) ?? { labels, pods: 0 };
    known.pods += sign;
    if (known.pods === 0) this.byLabels.delete(key);
    else this.byLabels.set(key, known);
  }

  private *distinct(): Iterable<Labels> {
    for (const { labels } of this.byLabels.values()) yield labels;
  }
}

const NONE: OwnedCounts = new Counts();

/** Counts of the pods of controllers of one kind, kept change by change: nobody has to look at all pods for one. */
export class OwnedPodCounts {
  private readonly kind: string;
  private readonly byOwner = new Map<string, Counts>();

  constructor(kind: string, pods: Iterable<Pod>) {
    this.kind = kind;
    for (const pod of pods) this.count(pod, 1);
  }

  /** By the owner's uid. */
  of(ownerUid: string): OwnedCounts {
    return this.byOwner.get(ownerUid) ?? NONE;
  }

  /** Takes a change of a pod. */
  take({ type, object, previous }: Change<Pod>): void {
    const owner = controllerOf(object)?.uid ?? '';
    const counts = this.byOwner.get(owner);
    const stays =
      type === 'MODIFIED' &&
      previous?.metadata.labels === object.metadata.labels &&
      controllerOf(previous ?? object)?.uid === owner;
    if (stays && counts !== undefined && previous !== undefined) {
      counts.countState(previous, -1);
      counts.countState(object, 1);
      return;
    }
    if (previous !== undefined) this.count(previous, -1);
    if (type !== 'DELETED') this.count(object, 1);
  }

  private count(pod: Pod, sign: 1 | -1): void {
    const owner = controllerOf(pod);
    if (owner === undefined || owner.kind !== this.kind) return;
    const counts = this.byOwner.get(owner.uid) ?? new Counts();
    counts.countState(pod, sign);
    counts.countLabels(pod, sign);
    if (counts.empty) this.byOwner.delete(owner.uid);
    else this.byOwner.set(owner.uid, counts);
  }
}
