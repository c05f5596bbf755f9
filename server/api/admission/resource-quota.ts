/** ResourceQuota: nothing is made or raised beyond what a namespace may use. */

import type { KubeObject } from '../../contract/kube.js';
import {
  addExact,
  amountsText,
  type ExactQuantity,
  type ResourceAmounts,
  subtractExact,
  ZERO_QUANTITY,
} from '../../kube/exact-quantity.js';
import { asObject } from '../../kube/json.js';
import { countedUsage, type QuotaAccount, type QuotaLedger } from '../quota/ledger.js';
import { inScope } from '../quota/scope.js';
import { usedBy } from '../quota/usage.js';
import { type ApiFailure, refuse } from '../request.js';
import { forbidden } from '../status.js';
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.js';
import { allContainers } from './pod-amounts.js';

/** Kinds whose replacement may use more than they did. */
const CHARGED_ON_UPDATE: ReadonlySet<string> = new Set(['services', 'persistentvolumeclaims']);
/** What every container must name where a quota counts it. */
const COMPUTE: Readonly<Record<string, readonly ['requests' | 'limits', string]>> = {
  cpu: ['requests', 'cpu'],
  memory: ['requests', 'memory'],
  'requests.cpu': ['requests', 'cpu'],
  'requests.memory': ['requests', 'memory'],
  'limits.cpu': ['limits', 'cpu'],
  'limits.memory': ['limits', 'memory'],
};

/** Makes the plugin (upstream `apiserver/pkg/admission/plugin/resourcequota`); it is the last of all. */
export function resourceQuota(ledger: QuotaLedger): AdmissionPlugin {
  return {
    name: 'ResourceQuota',
    validate(attributes) {
      if (!isCharged(attributes)) return undefined;
      const { info, object } = attributes;
      const accounts = ledger
        .accountsIn(attributes.namespace)
        .filter(({ quota, hard }) => concerns(quota, hard, info.storage, asKube(object)));
      for (const account of accounts) {
        const refused = refuseUnnamed(account, attributes);
        if (refused !== undefined) return refused;
      }
      for (const account of accounts) {
        const refused = refuseExcess(account, attributes);
        if (refused !== undefined) return refused;
      }
      return undefined;
    },
  };
}

function isCharged({ operation, info, namespace, subresource }: AdmissionAttributes): boolean {
  if (namespace === undefined || operation === 'DELETE') return false;
  if (operation === 'CREATE') return true;
  if (subresource === 'resize') return true;
  return subresource === undefined && CHARGED_ON_UPDATE.has(info.storage);
}

function concerns(
  quota: KubeObject,
  hard: ResourceAmounts,
  storage: string,
  object: KubeObject,
): boolean {
  return (
    [...hard.keys()].some((resource) => usedBy(resource) === storage) &&
    inScope(asObject(quota.spec) ?? {}, storage, object)
  );
}

/** Where cpu or memory are counted, each container has to say how much. */
function refuseUnnamed(
  { quota, hard }: QuotaAccount,
  { info, name, object }: AdmissionAttributes,
): ApiFailure | undefined {
  const spec = asObject(object.spec);
  if (info.storage !== 'pods' || spec === undefined) return undefined;
  const missing = [...hard.keys()].sort().flatMap((resource) => {
    const [field, amount] = COMPUTE[resource] ?? [];
    if (field === undefined || amount === undefined) return [];
    const silent = allContainers(spec)
      .filter(({ resources }) => asObject(asObject(resources)?.[field])?.[amount] === undefined)
      .map((container) => String(container.name));
    return silent.length === 0 ? [] : [`${resource} for: ${[...new Set(silent)].sort().join(',')}`];
  });
  if (missing.length === 0) return undefined;
  const text = `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`;
  return refuse(forbidden(info, name, text));
}

function refuseExcess(
  account: QuotaAccount,
  { info, name, object, current }: AdmissionAttributes,
): ApiFailure | undefined {
  const before = current === undefined ? undefined : countedUsage(account, info.storage, current);
  const exceeded: string[] = [];
  const requested = new Map<string, ExactQuantity>();
  for (const [resource, amount] of countedUsage(account, info.storage, asKube(object))) {
    const delta = subtractExact(amount, before?.get(resource) ?? ZERO_QUANTITY);
    if (delta.milli <= 0n) continue;
    requested.set(resource, delta);
    const used = account.used.get(resource) ?? ZERO_QUANTITY;
    const hard = account.hard.get(resource) ?? ZERO_QUANTITY;
    if (addExact(used, delta).milli > hard.milli) exceeded.push(resource);
  }
  if (exceeded.length === 0) return undefined;
  const of = (amounts: ResourceAmounts) =>
    amountsText(new Map(exceeded.map((one) => [one, amounts.get(one) ?? ZERO_QUANTITY])));
  const text = `exceeded quota: ${account.quota.metadata.name}, requested: ${of(requested)}, used: ${of(account.used)}, limited: ${of(account.hard)}`;
  return refuse(forbidden(info, name, text));
}

/** A draft that was decoded and defaulted has the shape of an object. */
function asKube(object: AdmissionAttributes['object']): KubeObject {
  return object as unknown as KubeObject;
}
