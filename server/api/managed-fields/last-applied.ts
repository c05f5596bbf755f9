/**
 * What `kubectl apply` without `--server-side` has left behind: an annotation with the last manifest.
 *
 * Source: apimachinery, `managedfields/internal/lastappliedmanager.go` and `lastappliedupdater.go`.
 */

import { asObject, asString, isObject, type JsonObject } from '../../kube/json.js';
import { compareValues } from './compare.js';
import { difference, EMPTY_SET, type FieldSet } from './field-set.js';
import type { MergeType } from './merge-type.js';
import { fieldsOfValue } from './value-fields.js';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_ANNOTATION_BYTES = 256 * 1024;

/** The manager that takes over from client-side apply without conflicts. */
export const KUBECTL = 'kubectl';

function annotationOf(object: unknown): string | undefined {
  const metadata = asObject(asObject(object)?.metadata);
  return asString(asObject(metadata?.annotations)?.[ANNOTATION]);
}

/** The fields that the last client-side apply set and that still have its values. */
export function lastAppliedFields(type: MergeType, live: unknown): FieldSet {
  const text = annotationOf(live);
  if (text === undefined || text === '') return EMPTY_SET;
  const applied = parse(text);
  if (!isObject(applied) || applied.apiVersion !== asObject(live)?.apiVersion) return EMPTY_SET;
  const { added, modified, removed } = compareValues(type, applied, live);
  const fields = fieldsOfValue(type, applied);
  return difference(difference(difference(fields, modified), added), removed);
}

/** The object with its annotation brought up to date, if it has one. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  if (annotationOf(object) === undefined) return object;
  const metadata = asObject(object.metadata) ?? {};
  const annotations = { ...asObject(metadata.annotations) };
  const text = `${JSON.stringify(withoutOwn(applied))}\n`;
  if (Buffer.byteLength(text) > MAX_ANNOTATION_BYTES) annotations[ANNOTATION] = '';
  else annotations[ANNOTATION] = text;
  return { ...object, metadata: { ...metadata, annotations } };
}

function withoutOwn(applied: JsonObject): JsonObject {
  const metadata = asObject(applied.metadata);
  const annotations = asObject(metadata?.annotations);
  if (metadata === undefined || annotations === undefined) return applied;
  const { [ANNOTATION]: _, ...others } = annotations;
  return { ...applied, metadata: { ...metadata, annotations: others } };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
