/** Rules for `metadata` (apimachinery, `api/validation/objectmeta.go`). */

import type { KubeObject, Labels, ObjectMeta, OwnerReference } from '../../contract/kube.js';
import { deepEqual } from '../../kube/json.js';
import type { ResourceInfo } from '../registry/resource-info.js';
import {
  addAll,
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
  tooLong,
} from './field-error.js';
import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkPathSegment,
  checkQualifiedName,
} from './names.js';

const MAX_ANNOTATION_BYTES = 256 * 1024;

type NameCheck = (name: string) => readonly string[];

const NAME_CHECKS: Readonly<Record<string, NameCheck>> = {
  services: checkDns1035Label,
  namespaces: checkDns1123Label,
  'apps/statefulsets': checkDns1123Subdomain,
  'networking.k8s.io/ipaddresses': () => [],
  'rbac.authorization.k8s.io/roles': checkPathSegment,
  'rbac.authorization.k8s.io/rolebindings': checkPathSegment,
  'rbac.authorization.k8s.io/clusterroles': checkPathSegment,
  'rbac.authorization.k8s.io/clusterrolebindings': checkPathSegment,
};

/** What is wrong with an object's metadata. */
export function validateMeta(info: ResourceInfo, { metadata }: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  const check = NAME_CHECKS[info.storage] ?? checkDns1123Subdomain;
  if (metadata.name === undefined || metadata.name === '') {
    errors.push(required('metadata.name', 'name or generateName is required'));
  } else {
    addAll(
      errors,
      check(metadata.name).map((one) => nameError(metadata.name, one)),
    );
  }
  if (info.namespaced && metadata.namespace !== undefined) {
    const { namespace } = metadata;
    addAll(
      errors,
      checkDns1123Label(namespace).map((one) => invalidValue('metadata.namespace', namespace, one)),
    );
  }
  addAll(
    errors,
    validateLabels(metadata.labels, 'metadata.labels'),
    validateAnnotations(metadata.annotations, 'metadata.annotations'),
    validateOwners(metadata.ownerReferences),
    validateFinalizers(metadata),
  );
  return errors;
}

function nameError(name: string, detail: string): FieldError {
  const error = invalidValue('metadata.name', name, detail);
  const better = name.toLowerCase().replaceAll('_', '-').replaceAll(' ', '-');
  const helps = better !== name && checkDns1123Label(better).length === 0;
  return helps ? { ...error, hint: `"${better}" would do` } : error;
}

/** What is wrong with a map of labels. */
export function validateLabels(labels: Labels | undefined, path: string): readonly FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...checkQualifiedName(key).map((one) => invalidValue(path, key, one)),
    ...checkLabelValue(value).map((one) => invalidValue(path, value, one)),
  ]);
}

/** What is wrong with a map of annotations. */
export function validateAnnotations(
  annotations: Labels | undefined,
  path: string,
): readonly FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) =>
    checkQualifiedName(key.toLowerCase()).map((one) => invalidValue(path, key, one)),
  );
  const bytes = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return bytes > MAX_ANNOTATION_BYTES ? [...errors, tooLong(path, MAX_ANNOTATION_BYTES)] : errors;
}

function validateOwners(owners: readonly OwnerReference[] | undefined): readonly FieldError[] {
  const path = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  let controller: string | undefined;
  (owners ?? []).forEach((owner, index) => {
    const at = `${path}[${index}]`;
    if (!owner.apiVersion)
      errors.push(
        invalidValue(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'),
      );
    if (!owner.kind) errors.push(invalidValue(`${at}.kind`, '', 'must not be empty'));
    if (!owner.name) errors.push(invalidValue(`${at}.name`, '', 'must not be empty'));
    if (!owner.uid) errors.push(invalidValue(`${at}.uid`, '', 'must not be empty'));
    if (owner.controller !== true) return;
    if (controller !== undefined) {
      errors.push(
        invalidValue(
          path,
          owner,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.kind}/${owner.name}`,
        ),
      );
    }
    controller = `${owner.kind}/${owner.name}`;
  });
  return errors;
}

const PLAIN_FINALIZERS = ['orphan', 'foregroundDeletion', 'kubernetes'];

function validateFinalizers({ finalizers }: ObjectMeta): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, finalizer] of (finalizers ?? []).entries()) {
    const path = `metadata.finalizers[${index}]`;
    const problems = checkQualifiedName(finalizer);
    addAll(
      errors,
      problems.map((one) => invalidValue(path, finalizer, one)),
    );
    if (
      problems.length === 0 &&
      !finalizer.includes('/') &&
      !PLAIN_FINALIZERS.includes(finalizer)
    ) {
      errors.push(
        invalidValue(
          path,
          finalizer,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      );
    }
  }
  return errors;
}

/** What an update may not change in metadata. */
export function validateMetaUpdate(next: KubeObject, current: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp'] as const) {
    if (next.metadata[field] !== current.metadata[field]) {
      errors.push(invalidValue(`metadata.${field}`, next.metadata[field], 'field is immutable'));
    }
  }
  const { deletionTimestamp, finalizers = [] } = current.metadata;
  if (deletionTimestamp === undefined) return errors;
  const before = new Set(finalizers);
  const added = (next.metadata.finalizers ?? []).filter((one) => !before.has(one));
  if (added.length > 0 && !deepEqual(next.metadata.finalizers, finalizers)) {
    errors.push(
      forbiddenField(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => `"${one}"`).join(', ')}}`,
      ),
    );
  }
  return errors;
}
