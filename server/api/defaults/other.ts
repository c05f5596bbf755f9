/** Defaults of kinds with few of them. */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, type JsonObject, objectsOf, stringsOf } from '../../kube/json.js';
import { draftMeta } from '../object-meta.js';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Every Namespace carries its name as a label. */
export function setNamespaceDefaults(draft: JsonObject): void {
  const meta = draftMeta(draft);
  if (typeof meta.name !== 'string') return;
  meta.labels = { ...asObject(meta.labels), [NAME_LABEL]: meta.name };
}

/** A new Namespace is active, and is emptied before it goes. */
export function prepareNamespace(draft: JsonObject): void {
  draft.spec = { finalizers: ['kubernetes'], ...asObject(draft.spec) };
  draft.status = { phase: 'Active' };
}

/** Fills in a Secret: `stringData` becomes part of `data`. */
export function setSecretDefaults(draft: JsonObject): void {
  draft.type ??= 'Opaque';
  const plain = asObject(draft.stringData);
  delete draft.stringData;
  if (plain === undefined) return;
  const encoded = Object.entries(plain).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  draft.data = { ...asObject(draft.data), ...Object.fromEntries(encoded) };
}

/** A Node has a spec even when its manifest has none: upstream's is a struct, not a pointer. */
export function setNodeDefaults(draft: JsonObject): void {
  draft.spec ??= {};
}

/** The same holds for what an Event is about. */
export function setEventDefaults(draft: JsonObject): void {
  draft.involvedObject ??= {};
}

/** Fills in a NetworkPolicy: Ingress always, Egress when there are egress rules; without a spec it isolates all pods. */
export function setNetworkPolicyDefaults(draft: JsonObject): void {
  draft.spec ??= {};
  const spec = asObject(draft.spec);
  if (spec === undefined) return;
  spec.podSelector ??= {};
  for (const rule of [...objectsOf(spec.ingress), ...objectsOf(spec.egress)]) {
    for (const port of objectsOf(rule.ports)) port.protocol ??= 'TCP';
  }
  if (Array.isArray(spec.policyTypes) && spec.policyTypes.length > 0) return;
  spec.policyTypes = objectsOf(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Fills in the groups of a binding's role and subjects. */
export function setBindingDefaults(draft: JsonObject): void {
  const role = asObject(draft.roleRef);
  if (role !== undefined) role.apiGroup ??= RBAC_GROUP;
  for (const subject of objectsOf(draft.subjects)) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= RBAC_GROUP;
  }
}

/** Fills in a PersistentVolumeClaim. */
export function setClaimDefaults(draft: JsonObject): void {
  const spec = asObject(draft.spec);
  if (spec !== undefined) spec.volumeMode ??= 'Filesystem';
}

/** A new claim waits for its volume. */
export function prepareClaim(draft: JsonObject): void {
  draft.status = { phase: 'Pending' };
}

/** Fills in a PersistentVolume. */
export function setVolumeDefaults(draft: JsonObject): void {
  const spec = asObject(draft.spec);
  if (spec === undefined) return;
  spec.persistentVolumeReclaimPolicy ??= 'Retain';
  spec.volumeMode ??= 'Filesystem';
}

/** A new volume is free. */
export function prepareVolume(draft: JsonObject): void {
  draft.status = { phase: 'Available' };
}

/** Fills in a StorageClass. */
export function setStorageClassDefaults(draft: JsonObject): void {
  draft.reclaimPolicy ??= 'Delete';
  draft.volumeBindingMode ??= 'Immediate';
}

/** Fills in a PriorityClass; kubectl relies on it. */
export function setPriorityClassDefaults(draft: JsonObject): void {
  draft.preemptionPolicy ??= 'PreemptLowerPriority';
}

const DEFAULT_CPU_PERCENT = 80;

/** Fills in a HorizontalPodAutoscaler: without metrics it goes by cpu. */
export function setAutoscalerDefaults(draft: JsonObject): void {
  const spec = asObject(draft.spec);
  if (spec === undefined) return;
  spec.minReplicas ??= 1;
  if (objectsOf(spec.metrics).length > 0) return;
  const target = { type: 'Utilization', averageUtilization: DEFAULT_CPU_PERCENT };
  spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
}

/** A new definition is served at once. */
export function prepareDefinition(draft: JsonObject): void {
  const spec = asObject(draft.spec) ?? {};
  const names = definedNames(spec);
  const at = draftMeta(draft).creationTimestamp;
  const stored = objectsOf(spec.versions).filter((version) => version.storage === true);
  draft.status = {
    acceptedNames: names,
    storedVersions: stored.map((version) => version.name),
    conditions: [
      {
        type: 'NamesAccepted',
        status: 'True',
        reason: 'NoConflicts',
        message: 'no conflicts found',
        lastTransitionTime: at,
      },
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
        lastTransitionTime: at,
      },
    ],
  };
}

/** A definition that changes accepts its new names, and remembers every version in which objects were stored. */
export function prepareDefinitionUpdate(draft: JsonObject, { status }: KubeObject): void {
  const spec = asObject(draft.spec) ?? {};
  const before = asObject(status) ?? {};
  const stored = objectsOf(spec.versions).filter((version) => version.storage === true);
  const versions = stringsOf(before.storedVersions);
  const fresh = stringsOf(stored.map(({ name }) => name)).filter((one) => !versions.includes(one));
  draft.status = {
    ...before,
    acceptedNames: definedNames(spec),
    storedVersions: [...versions, ...fresh],
  };
}

function definedNames(spec: JsonObject): JsonObject {
  const names = asObject(spec.names) ?? {};
  if (typeof names.kind === 'string') {
    names.singular ??= names.kind.toLowerCase();
    names.listKind ??= `${names.kind}List`;
  }
  return names;
}
