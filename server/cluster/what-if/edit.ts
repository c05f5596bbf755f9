/** Changes of objects as commands of the page: what a person would do with `kubectl edit`. */

import { parse, stringify } from 'yaml';
import type { ObjectName } from '../../contract/acting.js';
import type { KubeObject, Pod } from '../../contract/kube.js';
import type { Deed, ShownChange } from '../../contract/what-if.js';
import { asObject, type JsonObject, objectsOf } from '../../kube/json.js';
import { loadText } from '../act/apply-text.js';
import { recreatable } from '../act/fingerprint.js';
import type { Cluster } from '../cluster.js';

/** Commands that carry out a change, and what it looks like. */
export interface Edit {
  readonly deeds: readonly Deed[];
  readonly changes: readonly ShownChange[];
}

/** Edits the text of an object; undefined when it is gone or the edit changes nothing. */
export function editObject(
  cluster: Cluster,
  object: KubeObject,
  change: (body: JsonObject) => void,
): Edit | undefined {
  const loaded = loadText(cluster, nameOf(object));
  if (!loaded.ok) return undefined;
  const { text, loaded: version } = loaded.value;
  const body = asObject(parse(text));
  if (body === undefined) return undefined;
  change(body);
  const after = yaml(body);
  if (after === text) return undefined;
  return {
    deeds: [{ command: 'apply', request: { text: after, edited: [version] } }],
    changes: [{ kind: 'text', title: titleOf(object), before: text, after }],
  };
}

/** Makes an object that is not there. */
export function createObject(body: JsonObject & { readonly kind: string }): Edit {
  const after = yaml(body);
  const name = String(asObject(body.metadata)?.name ?? '');
  return {
    deeds: [{ command: 'apply', request: { text: after } }],
    changes: [{ kind: 'text', title: `${body.kind}/${name}`, before: '', after }],
  };
}

/** Deletes an object. */
export function deleteObject(cluster: Cluster, object: KubeObject): Edit {
  const loaded = loadText(cluster, nameOf(object));
  const text = yaml({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: metadataOf(object),
  });
  return {
    deeds: [{ command: 'deleteManifest', request: { text } }],
    changes: [
      {
        kind: 'text',
        title: titleOf(object),
        before: loaded.ok ? loaded.value.text : text,
        after: '',
      },
    ],
  };
}

/**
 * Edits what a pod is made from: the template of its workload, whose pods are then replaced; a pod of nobody's is deleted
 * and made again, because most of its fields cannot be changed. Undefined for pods of Jobs, whose template is fixed.
 */
export function editPods(
  cluster: Cluster,
  pod: Pod,
  change: (spec: JsonObject) => void,
): { readonly edit: Edit; readonly owner: string } | undefined {
  const owner = workloadOf(cluster, pod);
  if (owner === 'fixed') return undefined;
  if (owner === undefined) {
    const edit = remake(pod, change);
    return edit === undefined ? undefined : { edit, owner: titleOf(pod) };
  }
  const edit = editObject(cluster, owner, (body) => {
    const template = asObject(asObject(body.spec)?.template);
    const spec = asObject(template?.spec);
    if (spec !== undefined) change(spec);
  });
  return edit === undefined ? undefined : { edit, owner: titleOf(owner) };
}

/** Deletes a pod and makes it again with another spec. */
export function remake(pod: Pod, change: (spec: JsonObject) => void): Edit | undefined {
  const before = yaml(recreatable(pod));
  const body = asObject(parse(before));
  const spec = asObject(body?.spec);
  if (body === undefined || spec === undefined) return undefined;
  change(spec);
  const after = yaml(body);
  return {
    deeds: [
      { command: 'act', request: { act: 'delete', ...nameOf(pod), gracePeriodSeconds: 0 } },
      { command: 'apply', request: { text: after } },
    ],
    changes: [{ kind: 'text', title: `${titleOf(pod)}, made again`, before, after }],
  };
}

/** Finds a container of a pod's spec by name. */
export function containerOf(spec: JsonObject, name: string): JsonObject | undefined {
  return objectsOf(spec.containers).find((container) => container.name === name);
}

/** `Service default/web`. */
export function titleOf({ kind, metadata }: KubeObject): string {
  return metadata.namespace === undefined
    ? `${kind} ${metadata.name}`
    : `${kind} ${metadata.namespace}/${metadata.name}`;
}

function workloadOf({ store }: Cluster, pod: Pod): KubeObject | undefined | 'fixed' {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return undefined;
  const { namespace } = pod.metadata;
  switch (owner.kind) {
    case 'ReplicaSet': {
      const set = store.get('apps/replicasets', namespace, owner.name);
      const above = set?.metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (above?.kind !== 'Deployment') return 'fixed';
      return store.get('apps/deployments', namespace, above.name) ?? 'fixed';
    }
    case 'StatefulSet':
      return store.get('apps/statefulsets', namespace, owner.name) ?? 'fixed';
    case 'DaemonSet':
      return store.get('apps/daemonsets', namespace, owner.name) ?? 'fixed';
    default:
      return 'fixed';
  }
}

function nameOf(object: KubeObject): ObjectName {
  return { apiVersion: object.apiVersion, kind: object.kind, ...metadataOf(object) };
}

function metadataOf({ metadata }: KubeObject): { name: string; namespace?: string } {
  const { name, namespace } = metadata;
  return namespace === undefined ? { name } : { name, namespace };
}

function yaml(body: unknown): string {
  return stringify(body, { lineWidth: 0, aliasDuplicateObjects: false });
}
