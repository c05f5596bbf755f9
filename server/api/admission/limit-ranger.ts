/** LimitRanger: fills in what containers ask for, and keeps containers, pods and claims within bounds. */

import type { KubeObject } from '../../contract/kube.js';
import { amountsOf } from '../../kube/exact-quantity.js';
import { asObject, type JsonObject, objectsOf } from '../../kube/json.js';
import type { ObjectStore } from '../../store/store.js';
import { draftMeta } from '../object-meta.js';
import { refuse } from '../request.js';
import { forbidden } from '../status.js';
import { brokenClaimConstraints, brokenConstraints } from './limit-constraints.js';
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.js';
import { allContainers, containerAmounts, podAmounts } from './pod-amounts.js';

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Makes the plugin (upstream `plugin/pkg/admission/limitranger`). */
export function limitRanger(store: ObjectStore): AdmissionPlugin {
  return {
    name: 'LimitRanger',
    admit({ operation, info, namespace, object }) {
      const spec = asObject(object.spec);
      if (operation !== 'CREATE' || info.storage !== 'pods' || spec === undefined) return undefined;
      for (const range of store.list('limitranges', namespace)) {
        const changed = fillIn(spec, containerDefaults(range));
        if (changed.length === 0) continue;
        const meta = draftMeta(object);
        const said = `LimitRanger plugin set: ${changed.join('; ')}`;
        meta.annotations = { ...asObject(meta.annotations), [ANNOTATION]: said };
      }
      return undefined;
    },
    validate(attributes) {
      const { info, name, namespace } = attributes;
      if (!isLimited(attributes)) return undefined;
      for (const range of store.list('limitranges', namespace)) {
        const broken = itemsOf(range).flatMap((item) => brokenBy(item, attributes));
        const [first] = broken;
        if (first === undefined) continue;
        const unique = [...new Set(broken)];
        const text = unique.length === 1 ? first : `[${unique.join(', ')}]`;
        return refuse(forbidden(info, name, text));
      }
      return undefined;
    },
  };
}

/** Pods when they are made or resized, claims also when they are changed. */
function isLimited({ operation, info, subresource }: AdmissionAttributes): boolean {
  if (operation === 'DELETE') return false;
  if (info.storage === 'pods') return operation === 'CREATE' || subresource === 'resize';
  return info.storage === 'persistentvolumeclaims' && subresource === undefined;
}

function itemsOf(range: KubeObject): readonly JsonObject[] {
  return objectsOf(asObject(range.spec)?.limits);
}

interface Defaults {
  readonly requests: JsonObject;
  readonly limits: JsonObject;
}

function containerDefaults(range: KubeObject): Defaults {
  const items = itemsOf(range).filter(({ type }) => type === 'Container');
  return {
    requests: Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest)),
    limits: Object.assign({}, ...items.map((item) => item.default)),
  };
}

/** Gives containers what they lack; says what was given to whom. */
function fillIn(spec: JsonObject, defaults: Defaults): readonly string[] {
  const said: string[] = [];
  for (const [field, what] of [
    ['containers', 'container'],
    ['initContainers', 'init container'],
  ] as const) {
    const list = objectsOf(spec[field]);
    const filled = list.map((container) => withDefaults(container, defaults, what, said));
    if (filled.some((container, index) => container !== list[index])) spec[field] = filled;
  }
  return said;
}

function withDefaults(
  container: JsonObject,
  { requests, limits }: Defaults,
  what: string,
  said: string[],
): JsonObject {
  const own = asObject(container.resources) ?? {};
  const lacking = (field: 'requests' | 'limits', all: JsonObject) =>
    Object.keys(all)
      .filter((name) => asObject(own[field])?.[name] === undefined)
      .sort();
  const requested = lacking('requests', requests);
  const limited = lacking('limits', limits);
  if (requested.length === 0 && limited.length === 0) return container;
  if (requested.length > 0)
    said.push(`${requested.join(', ')} request for ${what} ${container.name}`);
  if (limited.length > 0) said.push(`${limited.join(', ')} limit for ${what} ${container.name}`);
  return {
    ...container,
    resources: {
      ...own,
      requests: { ...requests, ...asObject(own.requests) },
      limits: { ...limits, ...asObject(own.limits) },
    },
  };
}

function brokenBy(item: JsonObject, { info, object }: AdmissionAttributes): readonly string[] {
  const spec = asObject(object.spec) ?? {};
  if (info.storage === 'persistentvolumeclaims') {
    if (item.type !== 'PersistentVolumeClaim') return [];
    return brokenClaimConstraints(item, amountsOf(asObject(spec.resources)?.requests));
  }
  if (item.type === 'Pod') {
    const amounts = { requests: podAmounts(spec, 'requests'), limits: podAmounts(spec, 'limits') };
    return brokenConstraints(item, amounts);
  }
  if (item.type !== 'Container') return [];
  return allContainers(spec).flatMap((container) =>
    brokenConstraints(item, {
      requests: containerAmounts(container, 'requests'),
      limits: containerAmounts(container, 'limits'),
    }),
  );
}
