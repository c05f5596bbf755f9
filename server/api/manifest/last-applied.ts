/** What `kubectl apply` notes on an object: the configuration that its author applied last. */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, type JsonObject } from '../../kube/json.js';
import type { ManifestObject } from './read.js';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Fields of metadata that the server sets. */
export const SERVER_FIELDS: readonly string[] = [
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
  'managedFields',
];

/** An object with the note of `kubectl apply` that says what its author wrote. */
export function withLastApplied(
  { body: asWritten }: ManifestObject,
  body: JsonObject,
  namespace: string | undefined,
): JsonObject {
  const metadata = asObject(body.metadata) ?? {};
  const { [LAST_APPLIED]: _, ...annotations } = asObject(metadata.annotations) ?? {};
  const plain = {
    ...asWritten,
    metadata: { annotations, ...metadata, ...(namespace === undefined ? {} : { namespace }) },
  };
  return {
    ...body,
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: { ...annotations, [LAST_APPLIED]: `${JSON.stringify(plain)}\n` },
    },
  };
}

/** Annotations that controllers write; a person's edit does not meet them. */
export const OF_CONTROLLERS = /^(deployment\.kubernetes\.io|autoscaling\.alpha\.kubernetes\.io)\//;

/** What a person edits of an object: not what the server or its controllers set, nor what `kubectl apply` noted. */
export function editableOf({ status: _, ...object }: KubeObject): JsonObject {
  const { annotations, ...metadata } = object.metadata;
  const own = Object.fromEntries(
    Object.entries(annotations ?? {}).filter(
      ([name]) => name !== LAST_APPLIED && !OF_CONTROLLERS.test(name),
    ),
  );
  return {
    ...object,
    metadata: {
      ...Object.fromEntries(
        Object.entries(metadata).filter(([field]) => !SERVER_FIELDS.includes(field)),
      ),
      ...(Object.keys(own).length === 0 ? {} : { annotations: own }),
    },
  };
}

/** What was applied last; nothing where that was not noted. */
export function lastApplied(live: KubeObject): JsonObject {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return {};
  try {
    return asObject(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}
