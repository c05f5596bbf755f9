/** What is used of each quota, kept change by change. */

import type { KubeObject } from '../../contract/kube.js';
import {
  addExact,
  amountsOf,
  type ExactQuantity,
  type ResourceAmounts,
  subtractExact,
  ZERO_QUANTITY,
} from '../../kube/exact-quantity.js';
import { asObject, type JsonObject } from '../../kube/json.js';
import type { Change, ObjectStore, ResourceName } from '../../store/store.js';
import { inScope } from './scope.js';
import { usageOf, usedBy } from './usage.js';

const QUOTAS = 'resourcequotas';

/** One quota and what is used of it. */
export interface QuotaAccount {
  readonly quota: KubeObject;
  /** What may be used, by resource. */
  readonly hard: ResourceAmounts;
  /** What is used, for each resource in `hard`. */
  readonly used: ResourceAmounts;
}

interface Account extends QuotaAccount {
  readonly spec: JsonObject;
  /** The kinds of objects that are counted. */
  readonly kinds: ReadonlySet<ResourceName>;
  readonly used: Map<string, ExactQuantity>;
}

/**
 * Accounts of all quotas. A commit is what charges and what releases, so an admitted write that is not stored costs
 * nothing; since writes are synchronous, two of them never see the same balance.
 *
 * Fidelity: upstream charges a quota's status at admission and recounts every five minutes.
 */
export class QuotaLedger {
  /** Told when the balance or the bounds of a quota have changed. */
  onChange: (quota: KubeObject) => void = () => {};
  private readonly store: ObjectStore;
  private readonly byNamespace = new Map<string, Map<string, Account>>();
  private seen: number;

  constructor(store: ObjectStore) {
    this.store = store;
    this.seen = store.revision;
    for (const quota of store.list(QUOTAS)) this.open(quota);
    store.watch('*', (change) => this.take(change));
  }

  /** The accounts of a namespace, in order of name. */
  accountsIn(namespace: string | undefined): readonly QuotaAccount[] {
    if (this.byNamespace.size === 0 && this.seen === this.store.revision) return [];
    // Within a commit's own watchers, changes that wait to be delivered count too.
    for (const change of this.store.since('*', this.seen) ?? []) this.take(change);
    const accounts = [...(this.byNamespace.get(namespace ?? '')?.values() ?? [])];
    return accounts.sort((a, b) => (a.quota.metadata.name < b.quota.metadata.name ? -1 : 1));
  }

  /** The account of one quota. */
  accountOf(namespace: string | undefined, name: string): QuotaAccount | undefined {
    return this.byNamespace.get(namespace ?? '')?.get(name);
  }

  private take({ type, resource, object, previous, revision }: Change): void {
    if (revision <= this.seen) return;
    this.seen = revision;
    if (resource === QUOTAS) this.takeQuota(type, object);
    const accounts = this.byNamespace.get(object.metadata.namespace ?? '');
    if (accounts === undefined) return;
    const after = type === 'DELETED' ? undefined : object;
    for (const account of accounts.values()) {
      if (!account.kinds.has(resource)) continue;
      // A new quota has counted itself already.
      if (resource === QUOTAS && account.quota === object) continue;
      const less =
        previous === undefined ? false : charge(account, resource, previous, subtractExact);
      const more = after === undefined ? false : charge(account, resource, after, addExact);
      if (less || more) this.onChange(account.quota);
    }
  }

  private takeQuota(type: Change['type'], quota: KubeObject): void {
    const { namespace = '', name } = quota.metadata;
    const accounts = this.byNamespace.get(namespace);
    const known = accounts?.get(name);
    if (type === 'DELETED') {
      accounts?.delete(name);
      if (accounts?.size === 0) this.byNamespace.delete(namespace);
    } else if (known !== undefined && known.quota.spec === quota.spec) {
      accounts?.set(name, { ...known, quota });
    } else {
      this.open(quota);
      this.onChange(quota);
    }
  }

  /** Counts what is there: once for each new or changed quota. */
  private open(quota: KubeObject): void {
    const { namespace = '', name } = quota.metadata;
    const spec = asObject(quota.spec) ?? {};
    const hard = amountsOf(spec.hard);
    const kinds = new Set([...hard.keys()].flatMap((resource) => usedBy(resource) ?? []));
    const used = new Map([...hard.keys()].map((resource) => [resource, ZERO_QUANTITY] as const));
    const account: Account = { quota, spec, hard, kinds, used };
    for (const kind of kinds) {
      for (const object of this.store.list(kind, namespace)) {
        charge(account, kind, object, addExact);
      }
    }
    const accounts = this.byNamespace.get(namespace) ?? new Map<string, Account>();
    accounts.set(name, account);
    this.byNamespace.set(namespace, accounts);
  }
}

/** The part of an object's usage that a quota counts. */
export function countedUsage(
  account: Pick<QuotaAccount, 'quota' | 'hard'>,
  storage: ResourceName,
  object: KubeObject,
): ResourceAmounts {
  const counted = new Map<string, ExactQuantity>();
  if (!inScope(asObject(account.quota.spec) ?? {}, storage, object)) return counted;
  for (const [resource, amount] of usageOf(storage, object)) {
    if (account.hard.has(resource)) counted.set(resource, amount);
  }
  return counted;
}

function charge(
  account: Account,
  storage: ResourceName,
  object: KubeObject,
  apply: typeof addExact,
): boolean {
  let changed = false;
  for (const [resource, amount] of countedUsage(account, storage, object)) {
    if (amount.milli === 0n) continue;
    account.used.set(resource, apply(account.used.get(resource) ?? ZERO_QUANTITY, amount));
    changed = true;
  }
  return changed;
}
