/** Rules for ConfigMaps, Secrets and Namespaces (kubernetes `pkg/apis/core/validation`). */

import type { ConfigMap, KubeObject, Secret } from '../../contract/kube.js';
import { deepEqual, ownField } from '../../kube/json.js';
import {
  addAll,
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
  tooLong,
} from './field-error.js';
import { checkConfigKey } from './names.js';

const MAX_BYTES = 1024 * 1024;

/** What is wrong with a ConfigMap. */
export function validateConfigMap(object: KubeObject): readonly FieldError[] {
  const { data = {}, binaryData = {} } = object as ConfigMap;
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    addAll(
      errors,
      checkConfigKey(key).map((one) => invalidValue(`data[${key}]`, key, one)),
    );
    if (Object.hasOwn(binaryData, key))
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    addAll(
      errors,
      checkConfigKey(key).map((one) => invalidValue(`binaryData[${key}]`, key, one)),
    );
    bytes += value.length * 0.75;
  }
  return bytes > MAX_BYTES ? [...errors, tooLong('', MAX_BYTES)] : errors;
}

/** The keys that a Secret of a type must have. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

/** What is wrong with a Secret. */
export function validateSecret(object: KubeObject): readonly FieldError[] {
  const { data = {}, type = 'Opaque' } = object as Secret;
  const errors: FieldError[] = [];
  for (const key of Object.keys(data)) {
    addAll(
      errors,
      checkConfigKey(key).map((one) => invalidValue(`data[${key}]`, key, one)),
    );
  }
  for (const key of ownField(NEEDED, type) ?? [])
    if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  const bytes = Object.values(data).reduce((sum, value) => sum + value.length * 0.75, 0);
  return bytes > MAX_BYTES ? [...errors, tooLong('data', MAX_BYTES)] : errors;
}

/** What is marked immutable stays, and a Secret keeps its type. */
export function validateConfigUpdate(next: KubeObject, current: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (next.type !== current.type)
    errors.push(invalidValue('type', next.type, 'field is immutable'));
  if (current.immutable !== true) return errors;
  if (next.immutable !== true)
    errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of ['data', 'binaryData'] as const) {
    if (!deepEqual(next[field], current[field])) {
      errors.push(forbiddenField(field, 'field is immutable when `immutable` is set'));
    }
  }
  return errors;
}
